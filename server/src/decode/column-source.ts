/** A column and the elements that fill it, in order of preference. */
import type { ColumnKind, FieldName } from "@sillage/model";
import type { ElementNumber } from "./elements/netflow9-elements.ts";

export interface ColumnSource {
  readonly name: FieldName;
  readonly kind: ColumnKind;
  readonly elements: readonly ElementNumber[];
}
