/**
 * Template records that are kept once, however many exporters announce them: devices of one vendor send the same bytes, and a definition with
 * its compiled plan takes kilobytes, a reference to it some hundred bytes. Nothing in it changes once it is compiled.
 */
import type { Dialect } from "./dialect.ts";
import type { ElementColumns } from "./element-columns.ts";
import { VARIABLE_LENGTH, type FieldSpec } from "./field-spec.ts";
import { layOut } from "./layout.ts";
import { compileOptions, type OptionsPlan } from "./options-plan.ts";
import { compilePlan, type Plan } from "./plan.ts";

export interface TemplateDefinition {
  readonly id: number;
  readonly kind: "data" | "options";
  readonly fields: readonly FieldSpec[];
  /** Options templates: how many of the fields, from the first, are scope. In v9 their ids are a namespace of their own. */
  readonly scopeFields: number;
  /** The template record's bytes: two announcements are the same layout if these are equal. */
  readonly bytes: Uint8Array;
}

export class SharedDefinition implements TemplateDefinition {
  readonly id: number;
  readonly kind: TemplateDefinition["kind"];
  readonly fields: readonly FieldSpec[];
  readonly scopeFields: number;
  readonly bytes: Uint8Array;
  /** Bytes of each record; 0: they differ, because a field carries its own length. */
  readonly recordBytes: number;
  readonly key: string;
  /** Templates that are it. */
  users = 0;
  private compiled: { readonly plan: Plan; readonly columns: ElementColumns } | undefined;
  private compiledOptions: OptionsPlan | undefined;

  constructor({ id, kind, fields, scopeFields, bytes }: TemplateDefinition, key: string) {
    this.id = id;
    this.kind = kind;
    this.fields = fields;
    this.scopeFields = scopeFields;
    this.bytes = bytes;
    this.key = key;
    const lengths = fields.map(({ length }) => length);
    this.recordBytes = lengths.includes(VARIABLE_LENGTH) ? 0 : lengths.reduce((sum, length) => sum + length, 0);
  }

  /** How the records of an options template are read. A definition belongs to one protocol, so it has one dialect. */
  optionsPlan(dialect: Dialect): OptionsPlan {
    return (this.compiledOptions ??= compileOptions(layOut(this.fields), this.scopeFields, dialect));
  }

  /**
   * How the records of a data template are read. Compiled at the first data set (an announcement alone costs a copy of its bytes) and
   * again when the operator declared other elements.
   */
  plan(columns: ElementColumns): Plan {
    if (this.compiled?.columns !== columns) this.compiled = { plan: compilePlan(this.fields, columns), columns };
    return this.compiled.plan;
  }
}

export class SharedDefinitions {
  /** Fields of all definitions, each counted once. */
  fields = 0;
  private readonly byKey = new Map<string, SharedDefinition>();

  /** The one definition of these bytes in a protocol; `release` it when its template goes. */
  share(flowType: number, definition: TemplateDefinition): SharedDefinition {
    const key = `${flowType}${definition.kind}${Buffer.from(definition.bytes).toString("latin1")}`;
    let shared = this.byKey.get(key);
    if (!shared) {
      this.byKey.set(key, (shared = new SharedDefinition(definition, key)));
      this.fields += definition.fields.length;
    }
    shared.users++;
    return shared;
  }

  release(shared: SharedDefinition): void {
    if (--shared.users > 0) return;
    this.byKey.delete(shared.key);
    this.fields -= shared.fields.length;
  }
}
