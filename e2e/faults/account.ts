/**
 * Where the flows of a run went, by set: what the exporters sent is held against what the store has, number by number, and every flow that is
 * not there must have a cause. Then each rollup, by what its view makes of the raw table now and by the ledger's own sums.
 */
import { LOSS_PARTS } from "@sillage/model";
import { bytesOf, NUMBER_SQL, packetsOf } from "./numbered-flow.ts";
import type { NumberedExporter } from "./numbered-exporter.ts";
import { formatRanges, missingOf, sizeOf, type NumberRange } from "./number-set.ts";
import { rollupSums, storedFlows, SUMMED_ROLLUPS, wrongGroups, type Stored, type StoredFlows, type Sums } from "./stored.ts";
import type { SystemUnderFault } from "./system-under-fault.ts";

/** Why a flow may be missing. */
export const CAUSES = ["not listening", "killed in memory", "kernel", "spool full", "quarantined"] as const;
export type Cause = (typeof CAUSES)[number];

/** What the loss balance says. */
export interface Balance {
  /** All parts. */
  readonly exported: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly duplicateRecords: number;
}

export interface Account {
  readonly sent: number;
  /** Distinct flows in the raw table. */
  readonly stored: number;
  /** Rows beyond the first of a flow. */
  readonly duplicated: number;
  readonly lost: Readonly<Partial<Record<Cause, number>>>;
  readonly balance: Balance;
  /** What is not as it must be, for people; empty when all is well. */
  readonly wrong: readonly string[];
}

export interface AccountInputs {
  readonly exporters: readonly NumberedExporter[];
  readonly system: Pick<SystemUnderFault, "deaf" | "kernelDrops">;
  readonly stored: Stored;
  /** Flows that are allowed to be missing for a reason that only the row knows, by exporter address. */
  readonly allowed?: (exporter: NumberedExporter, flow: number) => Cause | undefined;
  /** Flows that must be there more than once, by exporter address. */
  readonly repeated?: ReadonlyMap<string, readonly NumberRange[]>;
  /** Whole copies of segments that were spoilt: what is in them, and nothing else, must be missing. */
  readonly lostSegments?: readonly string[];
}

export async function takeAccount({ exporters, system, stored, allowed, repeated, lostSegments = [] }: AccountInputs): Promise<Account> {
  const wrong: string[] = [];
  const lost: Partial<Record<Cause, number>> = {};
  const total = { sent: 0, stored: 0, duplicated: 0 };
  const ledger = new Map<string, StoredFlows>();
  const spoilt = await segmentFlows(stored, lostSegments);
  let dropsLeft = system.kernelDrops;
  for (const exporter of exporters) {
    const { address, sentFlows, flowsPerDatagram } = exporter;
    const found = await storedFlows(stored, address);
    ledger.set(address, found);
    total.sent += sentFlows;
    total.stored += sizeOf(found.ranges);
    total.duplicated += found.rows - sizeOf(found.ranges);
    if (found.foreign > 0) wrong.push(`${address}: ${found.foreign} rows were never sent like that`);
    if ((found.ranges.at(-1)?.last ?? -1) >= sentFlows) wrong.push(`${address}: flows beyond ${sentFlows - 1} were never sent`);
    const twice = repeated?.get(address) ?? [];
    if (JSON.stringify(found.repeated) !== JSON.stringify(twice))
      wrong.push(`${address}: stored more than once are ${formatRanges(found.repeated) || "none"}, not ${formatRanges(twice) || "none"}`);
    const inQuarantine = spoilt.get(address) ?? new Set();
    const unexplained: { first: number; last: number }[] = [];
    for (const range of missingOf(found.ranges, sentFlows)) {
      for (let flow = range.first; flow <= range.last;) {
        if (inQuarantine.delete(flow)) {
          lost.quarantined = (lost.quarantined ?? 0) + 1;
          flow++;
          continue;
        }
        const end = Math.min(range.last, flow - (flow % flowsPerDatagram) + flowsPerDatagram - 1);
        let cause = allowed?.(exporter, flow) ?? whyDeaf(system, exporter.sentMsOf(flow));
        if (cause === undefined && dropsLeft > 0) {
          dropsLeft--;
          cause = "kernel";
        }
        if (cause === undefined) append(unexplained, { first: flow, last: end });
        else lost[cause] = (lost[cause] ?? 0) + end - flow + 1;
        flow = end + 1;
      }
    }
    if (inQuarantine.size > 0) wrong.push(`${address}: ${inQuarantine.size} flows of spoilt segments are stored`);
    if (unexplained.length > 0)
      wrong.push(`${address}: ${sizeOf(unexplained)} flows are missing without a cause: ${formatRanges(unexplained)}`);
  }
  wrong.push(...(await wrongRollups(stored, ledger)));
  for (const exporter of exporters) {
    const { exported, firstCountedMs } = await exportedFlows(stored, exporter);
    const { least, most } = countableFlows(exporter, system, firstCountedMs);
    if (exported < least || exported > most)
      wrong.push(
        `${exporter.address}: the parts of the loss balance add up to ${exported}, but ${least === most ? least : `${least} to ${most}`} were sent`,
      );
  }
  const balance = await readBalance(stored);
  const took = total.stored + (lost.quarantined ?? 0);
  // What a kill kept from being counted is called lost although it is stored, never the other way round.
  if (balance.parts["stored"]! > took) wrong.push(`the loss balance says ${balance.parts["stored"]} were stored, of ${took}`);
  return { ...total, lost, balance, wrong };
}

/**
 * Flows that must be in one part of the balance: all that were sent. Only of an exporter that was new to a collector, which was killed before it
 * had written anything of it, nobody knows where its numbers began: it counts from the next collector on, and that may begin to listen a
 * moment before it is seen to.
 */
function countableFlows(
  { sentMs, sentFlows, flowsPerDatagram }: NumberedExporter,
  { deaf }: Pick<SystemUnderFault, "deaf">,
  firstCountedMs: number,
): { readonly least: number; readonly most: number } {
  const wasNewToIt = !deaf.some(({ fromMs }) => fromMs < firstCountedMs);
  if (wasNewToIt) return { least: sentFlows, most: sentFlows };
  const listenedMs = Math.min(...deaf.flatMap(({ toMs = Infinity }) => (toMs >= firstCountedMs ? [toMs] : [])));
  const sentUntil = (ms: number): number => sentMs.filter((each) => each <= ms).length * flowsPerDatagram;
  return { least: sentFlows - sentUntil(listenedMs), most: sentFlows - sentUntil(firstCountedMs) };
}

/** Numbers of the flows in some segments, by exporter. */
async function segmentFlows(stored: Stored, files: readonly string[]): Promise<Map<string, Set<number>>> {
  const flows = new Map<string, Set<number>>();
  for (const file of files) {
    for (const [address, number] of await stored.rows(`SELECT toString(toIPv4(exporter)), ${NUMBER_SQL} FROM file('${file}', Native)`)) {
      const known = flows.get(String(address)) ?? new Set();
      flows.set(String(address), known.add(Number(number)));
    }
  }
  return flows;
}

/** A collector in its place would have taken it; or it had, and was killed before it was on disk. */
function whyDeaf({ deaf }: Pick<SystemUnderFault, "deaf">, sentMs: number): Cause | undefined {
  for (const { fromMs, toMs = Infinity, heldFromMs } of deaf) {
    if (sentMs >= fromMs && sentMs <= toMs) return "not listening";
    if (sentMs < fromMs && sentMs >= heldFromMs) return "killed in memory";
  }
  return undefined;
}

async function wrongRollups(stored: Stored, ledger: ReadonlyMap<string, StoredFlows>): Promise<string[]> {
  const wrong = (await wrongGroups(stored)).map((group) => `a rollup differs from its raw flows: ${group}`);
  for (const { table, holds } of SUMMED_ROLLUPS) {
    const sums = await rollupSums(stored, table);
    for (const [address, flows] of ledger) {
      const wanted = sumsOf(flows, holds);
      const got = sums.get(address) ?? { flows: 0, bytes: 0, packets: 0 };
      if (wanted.flows !== got.flows || wanted.bytes !== got.bytes || wanted.packets !== got.packets)
        wrong.push(`${table} has ${JSON.stringify(got)} of ${address}, the ledger ${JSON.stringify(wanted)}`);
    }
  }
  return wrong;
}

/** What the ledger says of the flows that are stored: each of them once, and again those that are there twice. */
function sumsOf({ ranges, repeated }: StoredFlows, holds: (flow: number) => boolean): Sums {
  const sums = { flows: 0, bytes: 0, packets: 0 };
  for (const { first, last } of [...ranges, ...repeated]) {
    for (let flow = first; flow <= last; flow++) {
      if (!holds(flow)) continue;
      sums.flows++;
      sums.bytes += bytesOf(flow);
      sums.packets += packetsOf(flow);
    }
  }
  return sums;
}

function append(ranges: { first: number; last: number }[], range: NumberRange): void {
  const open = ranges.at(-1);
  if (open?.last === range.first - 1) open.last = range.last;
  else ranges.push({ ...range });
}

/** All parts of one exporter's balance, and the start of the first collector that wrote any; Infinity when none did. */
async function exportedFlows(stored: Stored, { address }: NumberedExporter): Promise<{ exported: number; firstCountedMs: number }> {
  const sum = LOSS_PARTS.map(({ name }) => name).join(" + ");
  const [row] = await stored.rows(
    `SELECT toFloat64(sum(${sum})), toFloat64(toUnixTimestamp64Milli(min(collector_start))), count() FROM loss_1m WHERE exporter = toIPv6('${address}')`,
  );
  const [exported, firstMs, lines] = row!.map(Number) as [number, number, number];
  return { exported, firstCountedMs: lines === 0 ? Infinity : firstMs };
}

async function readBalance(stored: Stored): Promise<Balance> {
  const names = [...LOSS_PARTS.map(({ name }) => name), "duplicate_records"];
  const [sums] = await stored.rows(`SELECT ${names.map((name) => `toFloat64(sum(${name}))`).join(", ")} FROM loss_1m`);
  const parts = Object.fromEntries(LOSS_PARTS.map(({ name }, i) => [name, Number(sums![i])]));
  return { exported: Object.values(parts).reduce((sum, part) => sum + part, 0), parts, duplicateRecords: Number(sums!.at(-1)) };
}
