/**
 * What all records of one message have in common, and the columns that say so. What follows from options is set anew before each of its
 * data sets (set-walker.ts), because options may stand between them; the rest stays as it arrived.
 */
import { columnIndex, type FlowBatch } from "../flow/index.ts";
import type { SamplingOverrides } from "./contract.ts";
import type { Fact, FactKey } from "./fact.ts";
import type { ToldNumbers } from "./told-numbers.ts";

export interface MessageContext {
  /** Number in FLOW_TYPES. */
  readonly flowType: number;
  readonly obsDomain: number;
  readonly receivedMs: number;
  /** Exporter's clock at export, epoch ms; 0 where the protocol has none. */
  readonly exportMs: number;
  /** Milliseconds since the exporter booted, at export, modulo 2^32; NaN when unknown. IPFIX: from options. */
  uptimeMs: number;
  /** 16-byte addresses as four words in memory order. */
  readonly exporter: Uint32Array;
  readonly source: Uint32Array;
  readonly sourcePort: number;
  /** 1 in N as far as known without looking into the record; 0 unknown. */
  samplingRate: number;
  /** Number in SAMPLING_SOURCES. */
  samplingSource: number;
  /** The operator's rates, where they differ between the interfaces of this exporter: each record must be asked for. */
  readonly interfaceOverrides: SamplingOverrides | undefined;
  /** Rates that options told, for records that name a sampler or an interface; undefined when there are none. */
  told: ToldNumbers | undefined;
  /** The exporter's names of applications, by `applicationKey`. */
  applications: ReadonlyMap<FactKey, Fact> | undefined;
}

const FLOWS = columnIndex("flows");
const IP_VERSION = columnIndex("ip_version");
const SAMPLING_RATE = columnIndex("sampling_rate");
const SAMPLING_SOURCE = columnIndex("sampling_source");
const PRESENT = columnIndex("present");

export interface RowConstants {
  readonly templateId: number;
  readonly ipVersion: number;
  readonly present: number;
  /** Flows each row stands for; 0 when the records say it themselves. */
  readonly flows: 0 | 1;
}

/** Rows `row .. row + n - 1` of a batch. */
export interface RowRange {
  readonly row: number;
  readonly n: number;
}

/** Writes the columns that are equal in all these rows. Zeros need no writing: what was not touched is zero. */
export function writeConstants(batch: FlowBatch, { row, n }: RowRange, context: MessageContext, constants: RowConstants): void {
  const { columns, runs } = batch;
  const end = row + n;
  runs.time_received.begin(row, context.receivedMs, context.receivedMs / 0x1_0000_0000);
  runs.time_export.begin(row, context.exportMs, context.exportMs / 0x1_0000_0000);
  runs.exporter.beginAddress(row, context.exporter);
  runs.exporter_source.beginAddress(row, context.source);
  runs.exporter_port.begin(row, context.sourcePort);
  runs.flow_type.begin(row, context.flowType);
  runs.obs_domain.begin(row, context.obsDomain);
  runs.template_id.begin(row, constants.templateId);
  const ipVersion = columns[IP_VERSION]!;
  const [samplingRate, samplingSource] = [columns[SAMPLING_RATE]!, columns[SAMPLING_SOURCE]!];
  const [present, flows] = [columns[PRESENT]!, columns[FLOWS]!];
  if (constants.ipVersion !== 0) {
    ipVersion.touched = true;
    for (let i = row; i < end; i++) ipVersion.u8[i] = constants.ipVersion;
  }
  if (context.samplingRate !== 0) {
    samplingRate.touched = samplingSource.touched = true;
    for (let i = row; i < end; i++) samplingRate.u32[i] = context.samplingRate;
    for (let i = row; i < end; i++) samplingSource.u8[i] = context.samplingSource;
  }
  if (constants.present !== 0) {
    present.touched = true;
    for (let i = row; i < end; i++) present.u32[i] = constants.present;
  }
  if (constants.flows !== 0) {
    flows.touched = true;
    for (let i = row; i < end; i++) flows.u32[i * 2] = 1;
  }
}
