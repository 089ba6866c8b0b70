/** Captures of exporters that other people wrote (see their README), with facts that an independent decoder established. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(__dirname, "../../../../../shared/captures");

/** A decoded record in IANA's element names; 64-bit values beyond 2^53 are strings. */
export type FactRecord = Readonly<Record<string, number | string>>;

/** An sFlow sample; a discarded packet has no rate. */
export interface FactSample {
  readonly rate?: number;
  readonly inp: number;
  readonly out: number;
  /** Formats of the interfaces of an expanded sample. */
  readonly infmt?: number;
  readonly outfmt?: number;
  readonly records: readonly {
    /** Extended router and gateway. */
    readonly nh?: string;
    readonly masks?: readonly [src: number, dst: number];
    readonly peeras?: number;
    readonly path?: readonly (readonly [type: number, hops: readonly number[]])[];
    readonly comm?: readonly number[];
    /** Extended switch: VLAN and priority of both sides. */
    readonly sw?: readonly [srcVlan: number, srcPriority: number, dstVlan: number, dstPriority: number];
  }[];
}

export interface CaptureCase {
  readonly id: string;
  readonly files: readonly string[];
  readonly container: "raw-datagram" | "pcap" | "ipfix-stream";
  readonly protocol: string;
  readonly facts: {
    readonly data_records?: number;
    readonly options_records?: number;
    readonly undecodable_sets?: number;
    readonly zero_tail_or_trailing_bytes?: number;
    readonly errors?: readonly string[];
    readonly sum_octetDeltaCount?: number;
    readonly sum_packetDeltaCount?: number;
    /** Of biflows: what the answering side sent, in elements of their own. */
    readonly sum_reverse_octets?: number;
    readonly sum_reverse_packets?: number;
    readonly first_record?: FactRecord;
    readonly last_record?: FactRecord;
    readonly flow_samples?: number;
    readonly expanded_flow_samples?: number;
    readonly counter_samples?: number;
    readonly expanded_counter_samples?: number;
    /** How many records by sample format, enterprise and record format, as in "2:0:1". */
    readonly record_types?: Readonly<Record<string, number>>;
    readonly drop_samples?: number;
    readonly sum_frame_length_x_rate?: number;
    readonly first_flow_sample?: FactSample;
    readonly last_flow_sample?: FactSample;
    readonly first_header?: FactRecord;
  };
  readonly facts_from_repo_tests: Readonly<Record<string, unknown>>;
}

/** All cases; undefined where the captures are not at hand. With SILLAGE_TEST_ALL=1 that is an error. */
export function loadCaptureCases(): readonly CaptureCase[] | undefined {
  const path = join(FOLDER, "expected.json");
  if (existsSync(path)) return (JSON.parse(readFileSync(path, "utf8")) as { cases: CaptureCase[] }).cases;
  if (process.env["SILLAGE_TEST_ALL"] === "1") throw new Error(`${path} is missing and SILLAGE_TEST_ALL=1 wants every test to run`);
  console.log("skipped: captures of other people's exporters (../shared/captures is not here)");
  return undefined;
}

export function readCaptureFile(name: string): Uint8Array {
  return readFileSync(join(FOLDER, name));
}
