/** A template as announced: what the records of a data set look like. RFC 3954 section 5.2, RFC 7011 section 3.4. */
import type { ElementColumns } from "./element-columns.ts";
import { VARIABLE_LENGTH, type FieldSpec } from "./field-spec.ts";
import { layOut } from "./layout.ts";
import { compileOptions, type OptionsPlan } from "./options-plan.ts";
import { compilePlan, type Plan } from "./plan.ts";
import type { Dialect } from "./dialect.ts";

export interface TemplateDefinition {
  readonly id: number;
  readonly kind: "data" | "options";
  readonly fields: readonly FieldSpec[];
  /** Options templates: how many of the fields, from the first, are scope. In v9 their ids are a namespace of their own. */
  readonly scopeFields: number;
  /** The template record's bytes: two announcements are the same layout if these are equal. */
  readonly bytes: Uint8Array;
}

/** A known template. Sessions of one exporter that announce the same layout share one object, so a plan is compiled once. */
export class Template {
  readonly definition: TemplateDefinition;
  /** Bytes of each record; 0: they differ, because a field carries its own length. */
  readonly recordBytes: number;
  /** Sessions that announced it. */
  owners = 0;
  /** Receipt of the last set that used or announced it, epoch ms; for dropping the least recently used. */
  lastUsedMs: number;
  private compiled: { readonly plan: Plan; readonly columns: ElementColumns } | undefined;
  private compiledOptions: OptionsPlan | undefined;

  constructor(definition: TemplateDefinition, nowMs: number) {
    this.definition = definition;
    const lengths = definition.fields.map(({ length }) => length);
    this.recordBytes = lengths.includes(VARIABLE_LENGTH) ? 0 : lengths.reduce((sum, length) => sum + length, 0);
    this.lastUsedMs = nowMs;
  }

  /** How the records of an options template are read. A template belongs to one exporter and protocol, so it has one dialect. */
  optionsPlan(dialect: Dialect): OptionsPlan {
    return (this.compiledOptions ??= compileOptions(layOut(this.definition.fields), this.definition.scopeFields, dialect));
  }

  /**
   * How the records of a data template are read. Compiled at the first data set (an announcement alone costs a copy of its bytes) and
   * again when the operator declared other elements.
   */
  plan(columns: ElementColumns): Plan {
    if (this.compiled?.columns !== columns) this.compiled = { plan: compilePlan(this.definition.fields, columns), columns };
    return this.compiled.plan;
  }

  hasLayoutOf(other: TemplateDefinition): boolean {
    const { kind, bytes } = this.definition;
    return kind === other.kind && bytes.length === other.bytes.length && bytes.every((byte, i) => byte === other.bytes[i]);
  }
}
