/**
 * What is remembered of one exporter session: source address and port, protocol, observation domain (sFlow: agent and sub-agent). Templates
 * belong to the session; the counts below are its line on the exporters page.
 */
import { FLOW_TYPES } from "@sillage/model";
import { formatAddress } from "../flow/index.ts";
import { ClockOffset } from "./clock-offset.ts";
import type { ConnectionTotals } from "./connection-totals.ts";
import type { ByteBalance, ExporterStats, SequenceStats } from "./contract.ts";
import type { Exporter } from "./exporter.ts";
import { BOOT_VALUE, RATE_VALUE, type Fact, type FactKind } from "./fact.ts";
import { FactOwner, type FactSubject } from "./fact-table.ts";
import type { DropCause, SkipKind } from "./drop-cause.ts";
import type { IgnoredElements } from "./ignored-elements.ts";
import type { SequencePosition } from "./sequence-position.ts";
import type { SessionIdentity } from "./session-identity.ts";
import type { SampleSources } from "./sample-sources.ts";
import { addCounts, SequenceTracker, type SavedSequence, type SequenceRule } from "./sequence-tracker.ts";
import type { SessionTemplates, SiblingGroup } from "./sibling-group.ts";
import { ToldNumbers } from "./told-numbers.ts";
import { WaitingSets } from "./waiting-sets.ts";

export interface SessionParts {
  readonly group: SiblingGroup;
  readonly device: Exporter;
  readonly ignored: IgnoredElements;
  readonly connectionTotals: ConnectionTotals;
  /** Counter of the exporter's socket, for exporters that number the messages of all their domains together. */
  readonly socketSequence?: SequencePosition;
  /** sFlow: where the sampling of the agent's sources is followed. */
  readonly samples?: SampleSources;
  readonly nowMs: number;
}

/** How much the uptime may go back before it means a restart and not a late datagram. Unit: ms. */
const LATE_UPTIME_MS = 60_000;
/** The same when the exporter says that it started within the last minute. Unit: ms. */
const LATE_YOUNG_UPTIME_MS = 5_000;

interface Numbering {
  /** Ways to count, the protocol's own first. */
  readonly rules: readonly SequenceRule[];
  /** What its records are called. */
  readonly units: "flows" | "records";
}

const FLOWS_BEFORE: Numbering = { rules: ["units-before", "units-through"], units: "flows" };
/** By number in FLOW_TYPES; NetFlow v1 has no sequence numbers. */
const NUMBERING: Readonly<Record<number, Numbering>> = {
  5: FLOWS_BEFORE,
  6: FLOWS_BEFORE,
  7: FLOWS_BEFORE,
  8: FLOWS_BEFORE,
  9: { rules: ["messages", "units-before", "units-through"], units: "flows" },
  10: { rules: ["units-before", "units-through", "messages", "shared-messages"], units: "records" },
  11: { rules: ["messages"], units: "records" },
};
const NO_NUMBERS: Numbering = { rules: [], units: "records" };

/** Facts that tell a number by subject, and the entry of their value that is it. */
const NUMBER_OF_FACT: Partial<Record<FactKind, string>> = { sampling: RATE_VALUE, sampler: RATE_VALUE, boot: BOOT_VALUE };

export class Session extends FactOwner {
  readonly identity: SessionIdentity;
  readonly key: string;
  readonly group: SiblingGroup;
  /** The device it belongs to. */
  readonly device: Exporter;
  /** Rates and boot time that options told. */
  readonly numbers: ToldNumbers;
  readonly templates: SessionTemplates = new Map();
  readonly waiting = new WaitingSets();
  readonly sequence: SequenceTracker;
  /** Elements that the exporter sends and no column keeps. */
  readonly ignored: IgnoredElements;
  /** What the updates of a firewall told of its open connections. */
  readonly connectionTotals: ConnectionTotals;
  /** sFlow only. */
  readonly samples: SampleSources | undefined;
  readonly clock = new ClockOffset();
  /** TCP: the connection it belongs to now; 0 between two connections, and over UDP. */
  connection = 0;
  localPort = 0;
  /** Restored after a restart, and silent since: it has no counts that anybody should see. */
  isAsleep = false;
  datagrams = 0;
  bytes = 0;
  /** Bytes that were understood: headers, templates, records, padding inside sets. */
  decodedBytes = 0;
  dataRecords = 0;
  optionsRecords = 0;
  counterSamples = 0;
  rows = 0;
  clampedTimes = 0;
  layoutChanges = 0;
  firstSeenMs: number;
  lastSeenMs: number;
  lastError: string | undefined;
  /** NetFlow v8: sequences of the aggregations by scheme: each is an export stream of its own. */
  private readonly aggregations = new Map<number, SequenceTracker>();
  private knownNames: Pick<ExporterStats, "exporter" | "exporterSource"> | undefined;
  private hadRows = false;
  private lastUptimeMs = 0;
  private readonly dropped: Partial<Record<DropCause, number>> = {};
  private readonly droppedBytes: Partial<Record<DropCause, number>> = {};
  private readonly skipped: Partial<Record<SkipKind, number>> = {};
  private readonly skippedBytes: Partial<Record<SkipKind, number>> = {};

  constructor(
    identity: SessionIdentity,
    key: string,
    { group, device, ignored, connectionTotals, socketSequence, samples, nowMs }: SessionParts,
  ) {
    super();
    this.identity = identity;
    this.key = key;
    this.group = group;
    this.device = device;
    this.numbers = new ToldNumbers(identity.obsDomain, {
      domain: group.agreement,
      exporter: device.agreement(identity.flowType),
    });
    this.ignored = ignored;
    this.connectionTotals = connectionTotals;
    this.samples = samples;
    this.sequence = new SequenceTracker(this.numbering.rules, socketSequence);
    this.firstSeenMs = nowMs;
    this.lastSeenMs = nowMs;
  }

  /** It delivers flows, or did before the restart. */
  get hasRows(): boolean {
    return this.rows > 0 || this.hadRows;
  }

  sleep(hadRows: boolean): void {
    this.isAsleep = true;
    this.hadRows = hadRows;
  }

  wake(nowMs: number): void {
    this.isAsleep = false;
    this.firstSeenMs = this.lastSeenMs = nowMs;
  }

  /** Follows a fact about this session that is new or changed. A boot time later than the one before means a restart. */
  learned({ kind, key, value }: Fact): void {
    const number = value[NUMBER_OF_FACT[kind] ?? ""];
    if (typeof number !== "number" || typeof key !== "number") return;
    if (kind === "boot" && number - this.numbers.ownBootMs > LATE_UPTIME_MS) this.restart(number);
    this.numbers.tell(key, number);
  }

  get whose(): FactSubject {
    const { flowType, obsDomain } = this.identity;
    return { exporter: this.exporter, protocol: FLOW_TYPES[flowType as keyof typeof FLOW_TYPES], obsDomain };
  }

  forgot({ kind, key }: Fact): void {
    if (kind in NUMBER_OF_FACT && typeof key === "number") this.numbers.forget(key);
  }

  drop(cause: DropCause, bytes: number, error?: string, count = 1): void {
    this.dropped[cause] = (this.dropped[cause] ?? 0) + count;
    this.droppedBytes[cause] = (this.droppedBytes[cause] ?? 0) + bytes;
    if (error !== undefined) this.lastError = error;
  }

  skip(kind: SkipKind, bytes: number, count = 1): void {
    this.skipped[kind] = (this.skipped[kind] ?? 0) + count;
    this.skippedBytes[kind] = (this.skippedBytes[kind] ?? 0) + bytes;
  }

  /** Where the bytes received went. The sum is exact after every datagram. */
  byteBalance(): ByteBalance {
    return {
      received: this.bytes,
      decoded: this.decodedBytes,
      dropped: sum(this.droppedBytes),
      skipped: sum(this.skippedBytes),
      waiting: this.waiting.bytes,
    };
  }

  /** Uptime that the last header told; 0 before the first. Unit: ms. */
  get uptimeMs(): number {
    return this.lastUptimeMs;
  }

  /** An earlier process has heard of this one. */
  resume(saved: SavedSequence, uptimeMs: number): void {
    this.sequence.resume(saved);
    this.lastUptimeMs = uptimeMs;
  }

  /** The sequence of an aggregation scheme of NetFlow v8; scheme 0 is everything else. */
  sequenceOf(scheme: number): SequenceTracker {
    if (scheme === 0) return this.sequence;
    let sequence = this.aggregations.get(scheme);
    if (!sequence) this.aggregations.set(scheme, (sequence = new SequenceTracker(this.numbering.rules)));
    return sequence;
  }

  /** Tells the sequence trackers of a restart when the uptime went back; a wrap of the 32-bit counter is none. */
  seeUptime(uptimeMs: number): void {
    const back = (this.lastUptimeMs - uptimeMs) | 0;
    if (back > LATE_UPTIME_MS || (back > LATE_YOUNG_UPTIME_MS && uptimeMs < LATE_UPTIME_MS)) this.restart(this.lastSeenMs - uptimeMs);
    this.lastUptimeMs = uptimeMs;
  }

  private restart(bootMs: number): void {
    this.sequence.restart();
    for (const sequence of this.aggregations.values()) sequence.restart();
    this.samples?.restart();
    this.connectionTotals.restart(Math.min(bootMs, this.lastSeenMs));
  }

  private get numbering(): Numbering {
    return NUMBERING[this.identity.flowType] ?? NO_NUMBERS;
  }

  private sequenceStats(): SequenceStats {
    const { unit, ...counts } = Array.from(this.aggregations.values(), (sequence) => sequence.counts()).reduce(
      addCounts,
      this.sequence.counts(),
    );
    return { ...counts, unit: unit === "messages" ? "datagrams" : unit === "units" ? this.numbering.units : unit };
  }

  /** Addresses as text, made once: statistics of thousands of sessions are asked for every second. */
  private get names(): Pick<ExporterStats, "exporter" | "exporterSource"> {
    const { exporter, source } = this.identity;
    this.knownNames ??= {
      exporter: formatAddress(new Uint8Array(exporter.buffer, exporter.byteOffset, 16)),
      exporterSource: formatAddress(new Uint8Array(source.buffer, source.byteOffset, 16)),
    };
    return this.knownNames;
  }

  /** Address of the exporter as text. */
  get exporter(): string {
    return this.names.exporter;
  }

  private exporterTotals(): Pick<ExporterStats, "exporterTotals"> {
    const fact = this.facts.get("statistics")?.get("");
    return fact ? { exporterTotals: { ...fact.value, toldMs: fact.toldMs } } : {};
  }

  stats(): ExporterStats {
    const { flowType, sourcePort, obsDomain } = this.identity;
    return {
      ...this.names,
      sourcePort,
      localPort: this.localPort,
      protocol: FLOW_TYPES[flowType as keyof typeof FLOW_TYPES],
      obsDomain,
      datagrams: this.datagrams,
      bytes: this.bytes,
      decodedBytes: this.decodedBytes,
      dataRecords: this.dataRecords,
      optionsRecords: this.optionsRecords,
      counterSamples: this.counterSamples,
      rows: this.rows,
      templates: this.templates.size,
      waitingSets: this.waiting.size,
      waitingBytes: this.waiting.bytes,
      waitingSinceMs: this.waiting.oldestMs ?? null,
      waitingTemplates: this.waiting.countByTemplate(),
      dropped: { ...this.dropped },
      droppedBytes: { ...this.droppedBytes },
      skipped: { ...this.skipped },
      skippedBytes: { ...this.skippedBytes },
      sequence: this.sequenceStats(),
      ...(this.samples && { samples: this.samples.stats() }),
      clockOffsetMs: Number.isNaN(this.clock.offsetMs) ? null : this.clock.offsetMs,
      clampedTimes: this.clampedTimes,
      layoutChanges: this.layoutChanges,
      ...this.exporterTotals(),
      firstSeenMs: this.firstSeenMs,
      lastSeenMs: this.lastSeenMs,
      ...(this.lastError === undefined ? {} : { lastError: this.lastError }),
    };
  }
}

function sum(counts: Readonly<Partial<Record<string, number>>>): number {
  let total = 0;
  for (const key in counts) total += counts[key]!;
  return total;
}
