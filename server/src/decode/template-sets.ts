/**
 * Reads template and options template sets. Every count is checked against the bytes left before anything is allocated from it.
 *
 *   v9 template          id u16, fields u16, (type u16, length u16)*                                     RFC 3954 section 5.2
 *   v9 options template  id u16, scope bytes u16, option bytes u16, (type u16, length u16)*              RFC 3954 section 6.1
 *   IPFIX template       id u16, fields u16, (id u16, length u16, [enterprise u32])*                     RFC 7011 section 3.4.1
 *   IPFIX options        id u16, fields u16, scope fields u16, (id u16, length u16, [enterprise u32])*   RFC 7011 section 3.4.2
 */
import type { Dialect } from "./dialect.ts";
import type { DropCause } from "./drop-cause.ts";
import { canonicalElement, type ElementNumber } from "./elements/netflow9-elements.ts";
import { VARIABLE_LENGTH, type FieldSpec } from "./field-spec.ts";
import type { TemplateDefinition } from "./template.ts";

/** Smallest id of a data template; smaller ones are set ids. */
const FIRST_TEMPLATE_ID = 256;

export interface TemplateSet {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  readonly dialect: Dialect;
  readonly kind: TemplateDefinition["kind"];
  readonly maxFields: number;
}

export interface TemplateSetResult {
  readonly definitions: TemplateDefinition[];
  /** Ids of withdrawn IPFIX templates; 2 and 3 stand for all of a kind. */
  readonly withdrawn: number[];
  readonly problems: { readonly cause: DropCause; readonly bytes: number }[];
}

export function readTemplateSet(set: TemplateSet): TemplateSetResult {
  const result: TemplateSetResult = { definitions: [], withdrawn: [], problems: [] };
  const { view, end } = set;
  let { at } = set;
  while (end - at >= 4) {
    const id = view.getUint16(at);
    if (id < FIRST_TEMPLATE_ID) {
      if (isWithdrawalOfAll(set, at)) result.withdrawn.push(id);
      else if (id !== 0) result.problems.push({ cause: "bad_template", bytes: end - at });
      break; // 0 is padding
    }
    const head = readHead(set, at);
    if (head === "withdrawal") {
      result.withdrawn.push(id);
      at += 4;
      continue;
    }
    const fields = head && readFields(set, head);
    if (!head || !fields) {
      result.problems.push({ cause: "bad_template", bytes: end - at });
      break;
    }
    const { specs, next } = fields;
    const problem = judge(specs, set.maxFields);
    if (problem) result.problems.push({ cause: problem, bytes: next - at });
    else result.definitions.push({ id, kind: set.kind, fields: specs, scopeFields: head.scopeFields, bytes: copy(view, at, next) });
    at = next;
  }
  return result;
}

interface Head {
  readonly fieldsAt: number;
  readonly fieldCount: number;
  readonly scopeFields: number;
}

/** undefined: cannot be right. */
function readHead({ view, end, dialect, kind }: TemplateSet, at: number): Head | "withdrawal" | undefined {
  const count = view.getUint16(at + 2);
  if (dialect === "ipfix" && count === 0) return "withdrawal";
  if (kind === "data") return { fieldsAt: at + 4, fieldCount: count, scopeFields: 0 };
  if (end - at < 6) return undefined;
  const second = view.getUint16(at + 4);
  if (dialect === "ipfix") return second > count ? undefined : { fieldsAt: at + 6, fieldCount: count, scopeFields: second };
  if (count % 4 !== 0 || second % 4 !== 0) return undefined;
  return { fieldsAt: at + 6, fieldCount: (count + second) / 4, scopeFields: count / 4 };
}

function readFields({ view, end, dialect }: TemplateSet, { fieldsAt, fieldCount }: Head): { specs: FieldSpec[]; next: number } | undefined {
  if (fieldCount * 4 > end - fieldsAt) return undefined;
  const specs: FieldSpec[] = [];
  let at = fieldsAt;
  for (let i = 0; i < fieldCount; i++) {
    if (end - at < 4) return undefined;
    const raw = view.getUint16(at);
    const length = view.getUint16(at + 2);
    at += 4;
    if (dialect === "netflow9" || raw < 0x8000) {
      specs.push(fieldSpec(canonicalElement(0, raw), length));
      continue;
    }
    if (end - at < 4) return undefined;
    specs.push(fieldSpec(canonicalElement(view.getUint32(at), raw & 0x7fff), length));
    at += 4;
  }
  return { specs, next: at };
}

/** Written out: an object made by spreading takes four times the memory, and there may be a million of these. */
function fieldSpec({ enterprise, id }: ElementNumber, length: number): FieldSpec {
  return { enterprise, id, length };
}

/** A record must take at least one byte, or a data set would hold infinitely many. */
function judge(specs: readonly FieldSpec[], maxFields: number): DropCause | undefined {
  if (specs.length > maxFields) return "template_too_large";
  let bytes = 0;
  for (const { length } of specs) bytes += length === VARIABLE_LENGTH ? 1 : length;
  return bytes === 0 || bytes > 0xffff ? "bad_template" : undefined;
}

/** "All templates": set id and no field. Legal over TCP and SCTP only (TemplateTable.withdraw). RFC 7011 section 8.1. */
function isWithdrawalOfAll({ view, dialect, kind }: TemplateSet, at: number): boolean {
  return dialect === "ipfix" && view.getUint16(at) === (kind === "data" ? 2 : 3) && view.getUint16(at + 2) === 0;
}

function copy(view: DataView, from: number, to: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + from, to - from).slice();
}
