/** A fact as people and tables see it: whose it is, and its key as text. */
import { SUBJECT, subjectOf } from "./agreement.ts";
import { applicationText } from "./application-key.ts";
import type { ExporterFact } from "./contract.ts";
import type { Fact } from "./fact.ts";
import type { FactOwner } from "./fact-table.ts";

export function describeFact({ whose }: FactOwner, fact: Fact): ExporterFact {
  const { kind, name, description, value, validFromMs, toldMs } = fact;
  return { ...whose, kind, key: keyText(fact), name, description, value, validFromMs, toldMs };
}

function keyText({ kind, key }: Fact): string {
  if (kind === "application") return applicationText(key);
  return typeof key === "number" && (kind === "sampling" || kind === "sampler" || kind === "boot") ? subjectText(key) : String(key);
}

function subjectText(key: number): string {
  const { subject, id } = subjectOf(key);
  switch (subject) {
    case SUBJECT.sampler:
      return String(id);
    case SUBJECT.template:
      return `template ${id}`;
    case SUBJECT.interface:
      return `interface ${id}`;
    case SUBJECT.foreignDomain:
    case SUBJECT.foreignBoot:
      return `domain ${id}`;
    case SUBJECT.foreignTemplate:
      return `domain ${Math.floor(id / 0x1_0000)} template ${id % 0x1_0000}`;
    default:
      return "";
  }
}
