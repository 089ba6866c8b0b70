/**
 * The sets of a NetFlow v9 or IPFIX message. Sets are walked by their own lengths until less than a set header or only zeros are left: the
 * record count of a v9 header means sets, records or nothing, depending on the device. A bad set costs itself; only a length below 4
 * destroys the framing of what follows.
 */
import { isAllZero } from "./bytes.ts";
import type { FlowSink } from "./contract.ts";
import type { Dialect } from "./dialect.ts";
import type { ElementColumns } from "./element-columns.ts";
import type { ElementNumber } from "./elements/netflow9-elements.ts";
import { decodeDataSet, type DataSetOptions } from "./data-set.ts";
import type { MessageContext } from "./message-context.ts";
import { OWNER_OF_FACT } from "./fact.ts";
import { readOptionsSet, type OptionsSet } from "./options.ts";
import { RATE_FROM } from "./rate-source.ts";
import type { SessionTable } from "./session-table.ts";
import type { Session } from "./session.ts";
import type { ListContext, SubTemplate } from "./structured-lists.ts";
import { readTemplateSet } from "./template-sets.ts";
import type { Template } from "./template.ts";
import type { RateQuestion } from "./told-numbers.ts";

export interface Message {
  readonly session: Session;
  readonly dialect: Dialect;
  readonly view: DataView;
  /** First set, and end of the message. */
  readonly at: number;
  readonly end: number;
  readonly context: MessageContext;
  readonly sink: FlowSink;
}

export interface WalkerDeps {
  readonly table: SessionTable;
  readonly dataSets: DataSetOptions;
  readonly maxFieldsPerTemplate: number;
  /** Which element fills which column; the operator may declare more. */
  columns: ElementColumns;
}

/** Set ids of templates and options templates. */
const TEMPLATE_SETS: Readonly<Record<Dialect, Readonly<Record<number, "data" | "options">>>> = {
  netflow9: { 0: "data", 1: "options" },
  ipfix: { 2: "data", 3: "options" },
};
const FIRST_DATA_SET = 256;
const SET_HEADER_BYTES = 4;

/** @returns data and options records of the message; NaN when not all of it could be read, or waits for its template */
export function walkSets(message: Message, deps: WalkerDeps): number {
  const { session, view, end } = message;
  let { at } = message;
  let records = 0;
  while (end - at >= SET_HEADER_BYTES) {
    const id = view.getUint16(at);
    const length = view.getUint16(at + 2);
    if (length < SET_HEADER_BYTES) {
      if (isAllZero(view, at, end)) break;
      session.drop("bad_set_length", end - at, `set ${id} at byte ${at} has a length of ${length}`);
      return Number.NaN;
    }
    const isCut = length > end - at;
    if (isCut) {
      session.drop("set_overrun", 0, `set ${id} claims ${length - (end - at)} bytes more than the message has`);
      records = Number.NaN;
    }
    const setEnd = Math.min(at + length, end);
    const kind = TEMPLATE_SETS[message.dialect][id];
    session.decodedBytes += SET_HEADER_BYTES;
    const content = at + SET_HEADER_BYTES;
    if (kind) learnTemplates(message, { at: content, end: setEnd, kind }, deps);
    else if (id >= FIRST_DATA_SET) records += readDataSet(message, { id, at: content, end: setEnd, isCut }, deps);
    else session.skip("reserved_sets", setEnd - content);
    at = setEnd;
  }
  if (at < end) session.skip("trailing_bytes", end - at, end - at);
  return records;
}

interface SetRange {
  readonly at: number;
  readonly end: number;
}

interface DataSetRange extends SetRange {
  readonly id: number;
  /** The set claims more bytes than there are: what is no whole record is no padding but the start of one. */
  readonly isCut: boolean;
}

function learnTemplates(
  { session, dialect, view, context, sink }: Message,
  { at, end, kind }: SetRange & { readonly kind: "data" | "options" },
  deps: WalkerDeps,
): void {
  const { definitions, withdrawn, problems } = readTemplateSet({ view, at, end, dialect, kind, maxFields: deps.maxFieldsPerTemplate });
  session.decodedBytes += end - at;
  for (const { cause, bytes } of problems) {
    session.decodedBytes -= bytes;
    session.drop(cause, bytes, `${cause.replaceAll("_", " ")} in set at byte ${at - SET_HEADER_BYTES}`);
  }
  for (const id of withdrawn) {
    session.skip("withdrawals", 0);
    deps.table.templates.withdraw(session, id);
  }
  // All first: a list in the data that waits for one template may name another.
  const news = definitions.filter((definition) => deps.table.templates.learn(session, definition, context.receivedMs));
  for (const { id } of news) {
    for (const waiter of deps.table.waiting.take(session, id)) {
      const { bytes, context: then } = waiter.set;
      const late: Message = {
        session: waiter.session,
        dialect,
        view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
        at: 0,
        end: bytes.length,
        context: then,
        sink,
      };
      readDataSet(late, { id, at: 0, end: bytes.length, isCut: waiter.set.isCut }, deps);
    }
  }
}

/** @returns records; NaN when one could not be read, or the set waits for its template */
function readDataSet(message: Message, set: DataSetRange, deps: WalkerDeps): number {
  const { session, view, context } = message;
  const found = session.group.find(session.templates, set.id);
  if ("template" in found && (session.templates.has(set.id) || fits(found.template, set))) {
    found.template.lastUsedMs = context.receivedMs;
    return found.template.definition.kind === "options"
      ? decodeOptions(message, set, { template: found.template, deps })
      : decodeData(message, set, { template: found.template, deps });
  }
  const length = set.end - set.at;
  if (length > 0) {
    const bytes = new Uint8Array(view.buffer, view.byteOffset + set.at, length).slice();
    if (!deps.table.waiting.wait(session, { templateId: set.id, bytes, isCut: set.isCut, context })) session.drop("waiting_full", length);
  }
  return Number.NaN;
}

/**
 * Whether a set may be read by a layout that only another source port announced: two exporters behind one address may use one id for
 * different layouts. It must hold whole records and no more padding than aligns it to 4 bytes.
 */
function fits({ recordBytes }: Template, { at, end, isCut }: DataSetRange): boolean {
  return recordBytes === 0 || isCut || (end - at) % recordBytes < 4;
}

interface DataTemplate {
  readonly template: Template;
  readonly deps: WalkerDeps;
}

function decodeOptions({ session, dialect, view, context }: Message, set: DataSetRange, { template, deps }: DataTemplate): number {
  const { id, at, end } = set;
  const { facts } = deps.table;
  const options: OptionsSet = { plan: template.optionsPlan(dialect), view, at, end, obsDomain: session.identity.obsDomain };
  const { records, brokenBytes, paddingBytes } = readOptionsSet(options, (told) => {
    const owner = OWNER_OF_FACT[told.kind] === "session" ? session : session.device;
    const fact = facts.tell(owner, told, context.receivedMs);
    if (fact && owner === session) session.learned(fact);
  });
  session.optionsRecords += records;
  session.decodedBytes += end - at - brokenBytes - truncatedBytes(session, set, paddingBytes);
  if (brokenBytes > 0) session.drop("bad_record", brokenBytes, `a variable-length field of options set ${id} leaves the set`);
  return brokenBytes > 0 ? Number.NaN : records;
}

function decodeData(message: Message, set: DataSetRange, { template, deps }: DataTemplate): number {
  const { session, view, context, sink } = message;
  const { id, at, end } = set;
  const plan = template.plan(deps.columns);
  applyTold(message, { templateId: id, namesSampler: plan.forward.sampling?.sampler !== undefined });
  const result = decodeDataSet(plan, { view, at, end, templateId: id }, context, {
    sink,
    options: deps.dataSets,
    connectionTotals: session.connectionTotals,
    lists: plan.lists.length === 0 ? undefined : new SessionLists(session, deps.columns, context.receivedMs),
  });
  session.dataRecords += result.records;
  session.rows += result.rows;
  session.clampedTimes += result.clampedTimes;
  const usableBytes = end - at - result.brokenBytes - result.homelessBytes - truncatedBytes(session, set, result.paddingBytes);
  if (plan.describesTraffic) session.decodedBytes += usableBytes;
  else session.skip("not_traffic", usableBytes, result.records);
  if (result.brokenBytes > 0) session.drop("bad_record", result.brokenBytes, `a variable-length field of set ${id} leaves the set`);
  if (result.homeless > 0) session.drop("sink_full", result.homelessBytes, undefined, result.homeless);
  if (result.unreadLists > 0) session.skip("unread_lists", 0, result.unreadLists);
  session.ignored.count(plan.ignored, result.records);
  return result.brokenBytes > 0 ? Number.NaN : result.records;
}

/** What the structured lists of a message ask about their session. */
class SessionLists implements ListContext {
  private readonly session: Session;
  private readonly columns: ElementColumns;
  private readonly nowMs: number;

  constructor(session: Session, columns: ElementColumns, nowMs: number) {
    this.session = session;
    this.columns = columns;
    this.nowMs = nowMs;
  }

  findSubTemplate(id: number): SubTemplate | undefined {
    const found = this.session.group.find(this.session.templates, id);
    if (!("template" in found)) return undefined;
    const { template } = found;
    template.lastUsedMs = this.nowMs;
    return { fields: template.definition.fields, ignored: template.plan(this.columns).ignoredInList };
  }

  countIgnored(elements: readonly ElementNumber[]): void {
    this.session.ignored.count(elements, 1);
  }
}

/** Drops the start of a record at the end of a set that was cut off; the same bytes in a whole set are padding. @returns bytes dropped */
function truncatedBytes(session: Session, { isCut }: DataSetRange, paddingBytes: number): number {
  if (!isCut || paddingBytes === 0) return 0;
  session.drop("set_overrun", paddingBytes, undefined, 0);
  return paddingBytes;
}

/**
 * What options told until now, also in an earlier set of the same message: the rate of records that say none themselves, and for IPFIX the
 * uptime at export, which follows from the boot time.
 */
function applyTold({ session: { numbers, device }, dialect, context }: Message, question: RateQuestion): void {
  context.applications = device.applications;
  context.told = numbers.isEmpty ? undefined : numbers;
  if (!context.told) return;
  if (dialect === "ipfix") {
    const { bootMs } = numbers;
    context.uptimeMs = Number.isNaN(bootMs) ? bootMs : (context.exportMs - bootMs) >>> 0;
  }
  if (context.samplingSource === RATE_FROM.operator) return;
  numbers.findRate(question);
  context.samplingRate = numbers.rate;
  context.samplingSource = numbers.source;
}
