/**
 * How far a decoder has followed the sequence numbers of its exporters, so that the next process counts what nobody received between the two.
 * Unlike templates (saved-state.ts) this changes with every datagram, and is worth something only together with the counts up to the same one.
 */
import { isInteger, isTime, parseAddressWords, toHex } from "./saved-values.ts";
import type { SavedSequence, SequenceRule } from "./sequence-tracker.ts";
import type { SessionTable } from "./session-table.ts";

/** One session; addresses as 32 hexadecimal digits. */
export interface SessionSequence extends SavedSequence {
  readonly flowType: number;
  readonly obsDomain: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly exporter: string;
  /** Exporter's uptime, ms; 0 where it tells none. */
  readonly uptimeMs: number;
}

const RULES: readonly SequenceRule[] = ["units-before", "units-through", "messages"];

/** Sessions over UDP whose numbers mean something. A TCP connection begins its numbers anew. */
export function saveSequences(table: SessionTable): SessionSequence[] {
  const saved: SessionSequence[] = [];
  for (const { identity, sequence, uptimeMs } of table.all()) {
    const position = identity.connection === 0 ? sequence.save() : undefined;
    if (!position) continue;
    const { flowType, obsDomain, source, sourcePort, exporter } = identity;
    saved.push({ ...position, flowType, obsDomain, source: toHex(source), sourcePort, exporter: toHex(exporter), uptimeMs });
  }
  return saved;
}

/**
 * Takes them back, before the first datagram; what cannot be right costs itself.
 * @param sinceMs sessions that were silent since before then begin anew
 * @returns sessions taken
 */
export function resumeSequences(table: SessionTable, saved: readonly unknown[], sinceMs: number): number {
  let taken = 0;
  for (const each of saved) {
    if (!isSessionSequence(each) || each.lastMs < sinceMs) continue;
    const { flowType, obsDomain, sourcePort, uptimeMs, lastMs } = each;
    const source = parseAddressWords(each.source)!;
    const exporter = each.exporter === each.source ? source : parseAddressWords(each.exporter)!;
    const session = table.open({ flowType, obsDomain, source, sourcePort, exporter, connection: 0 }, lastMs);
    session.resume(each, uptimeMs);
    table.sleep(session, session.hasRows);
    taken++;
  }
  return taken;
}

function isSessionSequence(value: unknown): value is SessionSequence {
  if (typeof value !== "object" || value === null) return false;
  const { rule, next, unitsPerSecond, lastMs, flowType, obsDomain, source, sourcePort, exporter, uptimeMs } = value as SessionSequence;
  return (
    RULES.includes(rule) &&
    isInteger(next, 0xffff_ffff) &&
    [unitsPerSecond, lastMs, uptimeMs].every(isTime) &&
    isInteger(flowType, 0xff) &&
    isInteger(obsDomain, 0xffff_ffff) &&
    isInteger(sourcePort, 0xffff) &&
    isAddress(source) &&
    isAddress(exporter)
  );
}

const isAddress = (value: unknown): boolean => parseAddressWords(value) !== undefined;
