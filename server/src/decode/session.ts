/**
 * What is remembered of one exporter session: source address and port, protocol, observation domain (sFlow: agent and sub-agent). Templates
 * belong to the session; the counts below are its line on the exporters page.
 */
import { FLOW_TYPES } from "@sillage/model";
import { formatAddress } from "../flow/index.ts";
import type { ByteBalance, ExporterStats } from "./contract.ts";
import type { DropCause, SkipKind } from "./drop-cause.ts";
import type { IgnoredElements } from "./ignored-elements.ts";
import { SequenceTracker, type SequenceRule } from "./sequence-tracker.ts";
import type { SessionTemplates, SiblingGroup } from "./sibling-group.ts";
import { WaitingSets } from "./waiting-sets.ts";

export interface SessionIdentity {
  /** Number in FLOW_TYPES; 0 for datagrams of no protocol that is read. */
  readonly flowType: number;
  readonly obsDomain: number;
  /** Addresses as four words in memory order. */
  readonly source: Uint32Array;
  readonly sourcePort: number;
  readonly exporter: Uint32Array;
  /** Number of the TCP connection the session began with; 0 over UDP. */
  readonly connection: number;
}

export interface SessionParts {
  readonly group: SiblingGroup;
  readonly ignored: IgnoredElements;
  readonly nowMs: number;
}

/** How much the uptime may go back before it means a restart and not a late datagram. Unit: ms. */
const LATE_UPTIME_MS = 60_000;

const SEQUENCE_RULES: Readonly<Record<number, readonly SequenceRule[]>> = {
  5: ["units-before", "units-through"],
  6: ["units-before"],
  7: ["units-before"],
  8: ["units-before"],
  9: ["messages", "units-before"],
  10: ["units-before", "messages"],
  11: ["messages"],
};

export class Session {
  readonly identity: SessionIdentity;
  readonly key: string;
  readonly group: SiblingGroup;
  readonly templates: SessionTemplates = new Map();
  readonly waiting = new WaitingSets();
  readonly sequence: SequenceTracker;
  /** Elements that the exporter sends and no column keeps. */
  readonly ignored: IgnoredElements;
  /** IPFIX: when the exporter booted, epoch ms, as its options told; NaN until they do. */
  bootMs = Number.NaN;
  /** TCP: the connection it belongs to now; 0 between two connections, and over UDP. */
  connection = 0;
  datagrams = 0;
  bytes = 0;
  /** Bytes that were understood: headers, templates, records, padding inside sets. */
  decodedBytes = 0;
  dataRecords = 0;
  optionsRecords = 0;
  rows = 0;
  clampedTimes = 0;
  firstSeenMs: number;
  lastSeenMs: number;
  lastError: string | undefined;
  /** NetFlow v8: sequences of the aggregations by scheme: each is an export stream of its own. */
  private readonly aggregations = new Map<number, SequenceTracker>();
  private knownNames: Pick<ExporterStats, "exporter" | "exporterSource"> | undefined;
  private lastUptimeMs = 0;
  private readonly dropped: Partial<Record<DropCause, number>> = {};
  private readonly droppedBytes: Partial<Record<DropCause, number>> = {};
  private readonly skipped: Partial<Record<SkipKind, number>> = {};
  private readonly skippedBytes: Partial<Record<SkipKind, number>> = {};

  constructor(identity: SessionIdentity, key: string, { group, ignored, nowMs }: SessionParts) {
    this.identity = identity;
    this.key = key;
    this.group = group;
    this.ignored = ignored;
    this.sequence = new SequenceTracker(rulesOf(identity));
    this.firstSeenMs = nowMs;
    this.lastSeenMs = nowMs;
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

  /** The sequence of an aggregation scheme of NetFlow v8; scheme 0 is everything else. */
  sequenceOf(scheme: number): SequenceTracker {
    if (scheme === 0) return this.sequence;
    let sequence = this.aggregations.get(scheme);
    if (!sequence) this.aggregations.set(scheme, (sequence = new SequenceTracker(rulesOf(this.identity))));
    return sequence;
  }

  /** Tells the sequence trackers of a restart when the uptime went back; a wrap of the 32-bit counter is none. */
  seeUptime(uptimeMs: number): void {
    if (((this.lastUptimeMs - uptimeMs) | 0) > LATE_UPTIME_MS) {
      this.sequence.restart();
      for (const sequence of this.aggregations.values()) sequence.restart();
    }
    this.lastUptimeMs = uptimeMs;
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

  stats(): ExporterStats {
    const { flowType, sourcePort, obsDomain } = this.identity;
    return {
      ...this.names,
      sourcePort,
      protocol: FLOW_TYPES[flowType as keyof typeof FLOW_TYPES],
      obsDomain,
      datagrams: this.datagrams,
      bytes: this.bytes,
      decodedBytes: this.decodedBytes,
      dataRecords: this.dataRecords,
      optionsRecords: this.optionsRecords,
      rows: this.rows,
      templates: this.templates.size,
      waitingSets: this.waiting.size,
      waitingBytes: this.waiting.bytes,
      waitingTemplates: this.waiting.countByTemplate(),
      dropped: { ...this.dropped },
      droppedBytes: { ...this.droppedBytes },
      skipped: { ...this.skipped },
      skippedBytes: { ...this.skippedBytes },
      lostUnits: Array.from(this.aggregations.values()).reduce((lost, sequence) => lost + sequence.lost, this.sequence.lost),
      clampedTimes: this.clampedTimes,
      firstSeenMs: this.firstSeenMs,
      lastSeenMs: this.lastSeenMs,
      ...(this.lastError === undefined ? {} : { lastError: this.lastError }),
    };
  }
}

function rulesOf({ flowType }: SessionIdentity): readonly SequenceRule[] {
  return SEQUENCE_RULES[flowType] ?? ["messages"];
}

function sum(counts: Readonly<Partial<Record<string, number>>>): number {
  let total = 0;
  for (const key in counts) total += counts[key]!;
  return total;
}
