/** A template as announced: what the records of a data set look like. RFC 3954 section 5.2, RFC 7011 section 3.4. */
import type { Dialect } from "./dialect.ts";
import type { ElementColumns } from "./element-columns.ts";
import type { OptionsPlan } from "./options-plan.ts";
import type { Plan } from "./plan.ts";
import type { SharedDefinition, TemplateDefinition } from "./shared-definitions.ts";

export type { TemplateDefinition } from "./shared-definitions.ts";

/** A known template. Sessions of one exporter that announce the same layout share one object. */
export class Template {
  readonly definition: SharedDefinition;
  /** Sessions that announced it. */
  owners = 0;
  /** Receipt of the last set that used or announced it, epoch ms; for dropping the least recently used. */
  lastUsedMs: number;

  constructor(definition: SharedDefinition, nowMs: number) {
    this.definition = definition;
    this.lastUsedMs = nowMs;
  }

  get recordBytes(): number {
    return this.definition.recordBytes;
  }

  optionsPlan(dialect: Dialect): OptionsPlan {
    return this.definition.optionsPlan(dialect);
  }

  plan(columns: ElementColumns): Plan {
    return this.definition.plan(columns);
  }

  hasLayoutOf(other: TemplateDefinition): boolean {
    const { kind, bytes } = this.definition;
    return kind === other.kind && bytes.length === other.bytes.length && bytes.every((byte, i) => byte === other.bytes[i]);
  }
}
