/** What decoding takes and gives: the words that the collector, the command line and the decoders share. */
import type { FlowBatch } from "../flow/index.ts";
import type { FactKind, FactValue } from "./fact.ts";
import type { DecoderLimits } from "./limits.ts";
import type { OperatorElement } from "./operator-element.ts";
import type { SampleStats } from "./sample-sources.ts";
import type { StructureKind } from "./sflow-structures.ts";

/** What is known about a datagram, or a message of a TCP connection, besides its bytes. */
export interface DatagramContext {
  /** Source address, 16 bytes, IPv4 mapped into IPv6. */
  readonly source: Uint8Array;
  readonly sourcePort: number;
  /**
   * IPFIX over TCP: the connection that the message came by, a number above 0 that no other connection has (also none before it). Its
   * templates hold for it alone and end with `Decoder.closeConnection`. Absent or 0: a datagram.
   */
  readonly connection?: number;
  /** Local UDP port that it came to; 0 or left out: unknown, or a connection. */
  readonly localPort?: number;
  /** When the datagram arrived, epoch ms. For files: when it was captured, else the export time (`exportTimeMs`). */
  readonly receivedMs: number;
}

/** Bytes of a connection that became no message, and why. */
export interface ConnectionRest {
  readonly cause: "lost_framing" | "cut_off_message";
  readonly bytes: number;
}

/** Where rows go. */
export interface FlowSink {
  readonly batch: FlowBatch;
  /** Called by the decoder when the batch is full; must leave the batch empty. */
  flush(): void;
  /** Takes the counters of an interface; the object is the sink's to keep. Without it they are read and not kept. */
  counters?(row: InterfaceCounters): void;
}

/**
 * An interface as its device counted it: totals since the device booted, exact. 32-bit ones wrap; all bits set means that the device does
 * not count it. Names and meanings are IF-MIB's (RFC 2863).
 */
export interface InterfaceCounters {
  /** Epoch ms. */
  readonly receivedMs: number;
  /** 16 bytes, IPv4 mapped into IPv6. */
  readonly exporter: Uint8Array;
  readonly exporterSource: Uint8Array;
  readonly subAgent: number;
  /** What was sampled: type 0 an interface and its ifIndex, 1 a VLAN, 2 a physical entity. */
  readonly sourceType: number;
  readonly sourceIndex: number;
  /** Since the agent started, ms modulo 2^32. */
  readonly uptimeMs: number;
  readonly ifIndex: number;
  /** IANAifType: 6 Ethernet. */
  readonly ifType: number;
  /** Bit/s. */
  readonly speed: bigint;
  /** 0 unknown, 1 full duplex, 2 half duplex, 3 in, 4 out. */
  readonly direction: number;
  readonly isAdminUp: boolean;
  readonly isOperUp: boolean;
  /** Bytes of frames. */
  readonly inOctets: bigint;
  readonly inUnicastPackets: number;
  readonly inMulticastPackets: number;
  readonly inBroadcastPackets: number;
  readonly inDiscards: number;
  readonly inErrors: number;
  readonly inUnknownProtocols: number;
  readonly outOctets: bigint;
  readonly outUnicastPackets: number;
  readonly outMulticastPackets: number;
  readonly outBroadcastPackets: number;
  readonly outDiscards: number;
  readonly outErrors: number;
  readonly isPromiscuous: boolean;
}

/**
 * The operator's word on sampling rates: it wins over everything an exporter says, because some devices lie and some say nothing.
 * Rates are whole numbers, 1 in N; 1 means unsampled, 0 means that there is no word.
 */
export interface SamplingOverrides {
  /**
   * Rate of what an exporter saw coming in by an interface: the interface's own, else the exporter's. `inIf` 0 (an unknown interface, or
   * the exporter as a whole) is the exporter's. Asked once a message; for each record where `hasInterfaces`.
   */
  rateOf(exporter: Uint32Array, inIf: number): number;
  /** True if an interface of this exporter has a rate of its own. The address is four words in memory order, IPv4 mapped into IPv6. */
  hasInterfaces(exporter: Uint32Array): boolean;
}

/** What may change while the decoder works. */
export interface DecoderSettings {
  /** Undefined: no word for anybody. */
  readonly samplingOverrides: SamplingOverrides | undefined;
  /** Elements that the operator declares; undefined: none. */
  readonly elements: readonly OperatorElement[] | undefined;
}

export interface DecoderOptions extends Partial<DecoderSettings> {
  /**
   * Replace times that cannot be true (end more than 1 h after or 7 d before receipt) by the time of receipt.
   * Off when reading files, whose flows may be of any age. @default true
   */
  readonly clampTimes?: boolean;
  /** Add up counter elements as exported (`Decoder.sums`); costs a second pass over the records. @default false */
  readonly sumCounters?: boolean;
  readonly limits?: Partial<DecoderLimits>;
}

/** Where the bytes of datagrams went: received = decoded + dropped + skipped + waiting, after every datagram. */
export interface ByteBalance {
  readonly received: number;
  /** Headers, templates, records, padding inside sets. */
  readonly decoded: number;
  readonly dropped: number;
  readonly skipped: number;
  /** In data sets that wait for their template. */
  readonly waiting: number;
}

/** What the sequence numbers of a session tell. */
export interface SequenceStats {
  /** What the exporter numbers; none: it has no numbers, or none that mean anything. */
  readonly unit: "flows" | "records" | "datagrams" | "none";
  /** Received and lost, in `unit`. */
  readonly expected: number;
  /** Sent but never seen here, in `unit`. Can go down: late datagrams are taken off, and an exporter's way to count may be understood later. */
  readonly lost: number;
  /** Records in it; estimated from the records that datagrams hold where datagrams are numbered. */
  readonly lostRecords: number;
  /** Datagrams that came after a later one. */
  readonly reordered: number;
  /** Datagrams that came again; their records are stored again. */
  readonly duplicates: number;
  readonly duplicateRecords: number;
  /** How often the exporter began anew. */
  readonly restarts: number;
}

/** One exporter session as seen so far; all counts are totals since the session was first seen. */
export interface ExporterStats {
  /** sFlow: agent address; else the UDP source. */
  exporter: string;
  exporterSource: string;
  /** Over TCP, where each connection has another port: its number among those that the exporter has at a time, from 0. */
  sourcePort: number;
  /** Local UDP port that it last sent to; 0 where the caller does not tell, and over TCP. */
  localPort: number;
  /** A name of FLOW_TYPES; "unknown" collects datagrams of no protocol that is read. */
  protocol: string;
  obsDomain: number;
  datagrams: number;
  /** Payload bytes: decodedBytes + droppedBytes + skippedBytes + waitingBytes, exactly. */
  bytes: number;
  decodedBytes: number;
  /** Data records (NetFlow, IPFIX) or flow samples (sFlow) decoded. */
  dataRecords: number;
  optionsRecords: number;
  /** sFlow: counter samples read; interface counters and port names are kept of them. */
  counterSamples: number;
  /** Rows written. Less than dataRecords where records describe no traffic (`skipped.not_traffic`). */
  rows: number;
  /** Templates and options templates known now. */
  templates: number;
  /** Data sets that wait for their template now. */
  waitingSets: number;
  waitingBytes: number;
  /** When the oldest of them came, epoch ms; null when none waits. */
  waitingSinceMs: number | null;
  waitingTemplates: { templateId: number; sets: number }[];
  /** Lost, by cause (see DropCause for the unit of each). */
  dropped: Record<string, number>;
  droppedBytes: Record<string, number>;
  /** Understood and left out on purpose, by kind (see SkipKind). */
  skipped: Record<string, number>;
  skippedBytes: Record<string, number>;
  sequence: SequenceStats;
  /** sFlow: what the agent's sources say about their sampling. */
  samples?: SampleStats;
  /** Exporter's clock minus ours, positive when it is ahead, ms; null where no header tells a time. Whole seconds in v9 and IPFIX. */
  clockOffsetMs: number | null;
  /** Rows whose times were replaced because they could not be true. */
  clampedTimes: number;
  /** Templates that were announced with another layout under the same id: after a reboot, a new configuration, or by somebody else. */
  layoutChanges: number;
  /** What the exporter counted itself, as its options told, by IANA's names (exportedFlowRecordTotalCount …); `toldMs`: when. */
  exporterTotals?: Readonly<Record<string, number | string>> & { readonly toldMs: number };
  firstSeenMs: number;
  lastSeenMs: number;
  lastError?: string;
}

/** An information element of NetFlow v9 and IPFIX, or a structure of sFlow: a sample, a record of a flow sample or of a counter sample. */
export type IgnoredKind = "element" | StructureKind;

/** Something that exporters send and no column keeps. */
export interface IgnoredElement {
  readonly kind: IgnoredKind;
  /** Private enterprise number; 0 for IANA's, NetFlow v9's and sflow.org's. */
  readonly enterprise: number;
  /** Number of the element, format of the structure. */
  readonly id: number;
  /** Name in the registry of IANA, sflow.org or the vendor; undefined for those that nobody told us of. */
  readonly name: string | undefined;
  /** Data records that carried it; structures: how many there were. */
  readonly records: number;
}

/** The same by who sends it. */
export interface ExporterIgnoredElement extends IgnoredElement {
  /** As in ExporterStats; all sessions of an exporter together. */
  readonly exporter: string;
}

/** Something an exporter told about itself in options. */
export interface ExporterFact {
  /** As in ExporterStats. */
  readonly exporter: string;
  /** Empty: the fact is the device's, whatever protocol and domain told it. */
  readonly protocol: string;
  readonly obsDomain: number;
  readonly kind: FactKind;
  /** What it is about (FACT_KINDS). */
  readonly key: string;
  readonly name: string;
  readonly description: string;
  /** What else it says, by IANA's names; a rate as `sampling_rate`. */
  readonly value: FactValue;
  /** Receipt of the options that first and last said so, epoch ms. */
  readonly validFromMs: number;
  readonly toldMs: number;
}
