/** What operators declare about elements, so that columns or at least names are theirs without a change of the program. */
import type { FieldName } from "@sillage/model";
import type { KeptType } from "./elements/element-type.ts";

/** An element that no registry of ours knows, or not well enough, as the operator declares it. */
export interface OperatorElement {
  /** Private enterprise number; 0 for IANA's numbers and NetFlow v9's types. */
  readonly enterprise: number;
  readonly id: number;
  /** Under which the element is listed and kept. */
  readonly name: string;
  readonly type: KeptType;
  /** Column that it fills, behind the elements that the registry names; must be one that `columnsFor(type)` gives. */
  readonly column?: FieldName;
  /** Keep it as text in the column `extra`, under its name. */
  readonly keep?: boolean;
}
