/**
 * What a decoder learnt and needs to read the first datagram after a restart: templates, and the facts that options told. As lines of text,
 * so that a writer can take them one by one between datagrams, and a reader sees what they are.
 *
 *   {"state":"sillage decoder","version":1}
 *   {"session":{…},"templates":[[kind, last used, bytes in base64] …],"facts":[[kind, key, name, description, value, valid from, told] …]}
 *   {"exporter":address,"facts":[…]}
 *
 * Reading trusts nothing: the file may be cut off, edited, another program's or a later version's. A line that cannot be right costs itself,
 * templates go through the same checks as those from the wire, and all caps hold.
 */
import type { Dialect } from "./dialect.ts";
import { Fact, FACT_KINDS, type FactKind, type FactValue, MAX_ENTRIES } from "./fact.ts";
import type { FactOwner } from "./fact-table.ts";
import { isInteger, isTime, parseAddressWords, toHex } from "./saved-values.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./session-table.ts";
import { readTemplateSet } from "./template-sets.ts";
import type { Template, TemplateDefinition } from "./template.ts";

const HEADER = { state: "sillage decoder", version: 1 } as const;

/** Numbers of FLOW_TYPES whose sessions have templates. */
const DIALECTS: Readonly<Record<number, Dialect>> = { 9: "netflow9", 10: "ipfix" };

interface SavedSession {
  readonly flowType: number;
  readonly obsDomain: number;
  /** Address as hexadecimal. */
  readonly source: string;
  readonly sourcePort: number;
  readonly lastSeenMs: number;
  /** It delivered flows: worth more than others when there is no room. */
  readonly hasRows: boolean;
}

/** The lines, each made when it is asked for. Sessions of TCP connections are left out: their templates end with the connection. */
export function* saveState(table: SessionTable): Generator<string> {
  yield JSON.stringify(HEADER);
  const exporters = new Set<FactOwner>();
  for (const session of table.all()) {
    const { identity, templates, facts } = session;
    if (identity.connection !== 0 || !(identity.flowType in DIALECTS) || (templates.size === 0 && facts.size === 0)) continue;
    const saved: SavedSession = {
      flowType: identity.flowType,
      obsDomain: identity.obsDomain,
      source: toHex(identity.source),
      sourcePort: identity.sourcePort,
      lastSeenMs: session.lastSeenMs,
      hasRows: session.hasRows,
    };
    yield JSON.stringify({ session: saved, templates: [...templates.values()].map(saveTemplate), facts: saveFacts(session) });
    if (exporters.has(session.device)) continue;
    exporters.add(session.device);
    yield JSON.stringify({ exporter: saved.source, facts: saveFacts(session.device) });
  }
}

function saveTemplate({ definition: { kind, bytes }, lastUsedMs }: Template): unknown[] {
  return [kind, lastUsedMs, Buffer.from(bytes).toString("base64")];
}

function saveFacts(owner: FactOwner): unknown[][] {
  return Array.from(owner.facts.values(), (facts) =>
    Array.from(facts.values(), ({ kind, key, name, description, value, validFromMs, toldMs }) => [
      kind,
      key,
      name,
      description,
      value,
      validFromMs,
      toldMs,
    ]),
  ).flat();
}

export interface RestoreOptions {
  /** Sessions silent since before then are left out, epoch ms. */
  readonly sinceMs: number;
  readonly maxFieldsPerTemplate: number;
}

export interface RestoreResult {
  sessions: number;
  templates: number;
  facts: number;
  /** Lines, templates and facts that cannot be right. */
  refused: number;
}

/** Takes the lines of `saveState` back into an empty table. @returns undefined when they are something else: nothing was changed */
export function restoreState(table: SessionTable, lines: Iterable<string>, options: RestoreOptions): RestoreResult | undefined {
  const result: RestoreResult = { sessions: 0, templates: 0, facts: 0, refused: 0 };
  let isFirst = true;
  for (const line of lines) {
    const entry = parseObject(line);
    if (isFirst && (entry?.["state"] !== HEADER.state || entry["version"] !== HEADER.version)) return undefined;
    if (isFirst) isFirst = false;
    else if (!entry) result.refused++;
    else restoreEntry(table, entry, { ...options, result });
  }
  return isFirst ? undefined : result;
}

interface Restoring extends RestoreOptions {
  readonly result: RestoreResult;
}

function restoreEntry(table: SessionTable, entry: Entry, restoring: Restoring): void {
  const { result } = restoring;
  if ("exporter" in entry) {
    const address = parseAddressWords(entry["exporter"]);
    const exporter = address && table.findExporter(address);
    if (exporter) restoreFacts(table, exporter, entry["facts"], result);
    return;
  }
  const saved = parseSession(entry["session"]);
  if (!saved) {
    result.refused++;
    return;
  }
  if (saved.lastSeenMs < restoring.sinceMs) return;
  const source = parseAddressWords(saved.source)!;
  const { flowType, obsDomain, sourcePort, lastSeenMs } = saved;
  const session = table.open({ flowType, obsDomain, source, sourcePort, exporter: source, connection: 0 }, lastSeenMs);
  result.sessions++;
  for (const template of asArray(entry["templates"])) restoreTemplate(table, session, template, restoring);
  for (const fact of restoreFacts(table, session, entry["facts"], result)) session.learned(fact);
  table.sleep(session, saved.hasRows);
}

function restoreTemplate(table: SessionTable, session: Session, saved: unknown, { maxFieldsPerTemplate, result }: Restoring): void {
  const [kind, lastUsedMs, base64] = asArray(saved);
  const definition =
    isKind(kind) && isTime(lastUsedMs) && typeof base64 === "string"
      ? readTemplate(base64, { kind, dialect: DIALECTS[session.identity.flowType]!, maxFieldsPerTemplate })
      : undefined;
  if (!definition) {
    result.refused++;
    return;
  }
  table.templates.learn(session, definition, lastUsedMs as number);
  result.templates++;
}

interface TemplateForm {
  readonly kind: TemplateDefinition["kind"];
  readonly dialect: Dialect;
  readonly maxFieldsPerTemplate: number;
}

/** As from the wire, where it must be one whole record. */
function readTemplate(base64: string, { kind, dialect, maxFieldsPerTemplate }: TemplateForm): TemplateDefinition | undefined {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  const view = new DataView(bytes.buffer);
  const { definitions, problems } = readTemplateSet({ view, at: 0, end: bytes.length, dialect, kind, maxFields: maxFieldsPerTemplate });
  return definitions.length === 1 && problems.length === 0 && definitions[0]!.bytes.length === bytes.length ? definitions[0] : undefined;
}

/** @returns those that were taken */
function restoreFacts(table: SessionTable, owner: FactOwner, saved: unknown, result: RestoreResult): Fact[] {
  const facts: Fact[] = [];
  for (const each of asArray(saved)) {
    const fact = parseFact(each);
    if (!fact) result.refused++;
    else if (table.facts.restore(owner, fact)) facts.push(fact);
  }
  result.facts += facts.length;
  return facts;
}

type Entry = Readonly<Record<string, unknown>>;

function parseObject(line: string): Entry | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Entry | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Entry) : undefined;
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function parseSession(value: unknown): SavedSession | undefined {
  const { flowType, obsDomain, source, sourcePort, lastSeenMs, hasRows } = asObject(value) ?? {};
  if (!isInteger(flowType, 0xff) || !(flowType in DIALECTS)) return undefined;
  if (!isInteger(obsDomain, 0xffff_ffff) || !isInteger(sourcePort, 0xffff) || !isTime(lastSeenMs)) return undefined;
  if (typeof source !== "string" || !parseAddressWords(source)) return undefined;
  return { flowType, obsDomain, source, sourcePort, lastSeenMs, hasRows: hasRows === true };
}

/** Characters of a text: as many as options can tell. */
const MAX_CHARS = 256;

function parseFact(saved: unknown): Fact | undefined {
  const [kind, key, name, description, value, validFromMs, toldMs] = asArray(saved);
  const isKey = isInteger(key, Number.MAX_SAFE_INTEGER) || isText(key);
  if (typeof kind !== "string" || !(kind in FACT_KINDS) || !isKey || !isText(name) || !isText(description)) return undefined;
  const entries = Object.entries(asObject(value) ?? {});
  if (!isTime(validFromMs) || !isTime(toldMs) || entries.length > MAX_ENTRIES || !entries.every(isValueEntry)) return undefined;
  const fact = new Fact({ kind: kind as FactKind, key: key }, validFromMs);
  fact.update({ kind: fact.kind, key: fact.key, name, description, value: Object.fromEntries(entries) as FactValue });
  fact.toldMs = toldMs;
  return fact;
}

function isValueEntry([name, value]: readonly [string, unknown]): boolean {
  return isText(name) && (isText(value) || (typeof value === "number" && Number.isFinite(value)));
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_CHARS;
}

function isKind(value: unknown): value is TemplateDefinition["kind"] {
  return value === "data" || value === "options";
}
