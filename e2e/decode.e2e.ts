/**
 * `sillage decode` as built, on every capture of other people's exporters: one process a case, as a user runs it. What it prints agrees
 * with itself and with the facts beside the captures. The decoder's own tests compare field by field; this is about the program.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describeWith, SHARED } from "./support/needs.ts";
import { BUNDLE } from "./support/system.ts";

const CAPTURES = path.join(SHARED, "captures");
const FACTS = path.join(CAPTURES, "expected.json");

interface CaptureCase {
  readonly id: string;
  readonly files: readonly string[];
  readonly container: "raw-datagram" | "pcap" | "ipfix-stream";
  readonly protocol: string;
  readonly facts: Readonly<Record<string, number>> & { readonly undecodable_sets?: number };
  readonly facts_from_repo_tests: { readonly data_records_if_packet_reparsed?: number };
}

interface Summary {
  readonly datagrams: number;
  readonly data_records: number;
  readonly options_records: number;
  readonly rows: number;
  readonly sums: Readonly<Record<string, number | string>>;
  readonly dropped: Readonly<Record<string, number>>;
}

interface Run {
  readonly code: number | null;
  readonly flows: readonly Record<string, unknown>[];
  readonly summary: Summary;
  /** Lines on standard error before the summary. */
  readonly remarks: readonly string[];
}

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

function decode(files: readonly string[], input?: Buffer): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BUNDLE, "decode", ...files], { stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.end(input);
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      const remarks = lines(errors);
      const summary = JSON.parse(remarks.pop() ?? "null") as Summary;
      resolve({ code, flows: lines(output).map((line) => JSON.parse(line) as Record<string, unknown>), summary, remarks });
    });
  });
}

/** Two at a time: most of a run is the start of Node. */
async function decodeAll(cases: readonly CaptureCase[]): Promise<Map<string, Run>> {
  const runs = new Map<string, Run>();
  const waiting = [...cases];
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const files = one.files.map((file) => path.join(CAPTURES, file));
      runs.set(one.id, await decode(files));
    }
  };
  await Promise.all([worker(), worker()]);
  return runs;
}

describeWith([FACTS])("sillage decode", () => {
  if (!existsSync(FACTS)) {
    it.skip("has no captures to read", () => undefined);
    return;
  }
  // Read here and not in beforeAll: the tests are made of it.
  const cases = (JSON.parse(readFileSync(FACTS, "utf8")) as { cases: CaptureCase[] }).cases;
  let runs: Map<string, Run>;

  beforeAll(async () => {
    runs = await decodeAll(cases);
  });

  it.each(cases.map((one) => [one.id, one] as const))("%s", (id, { protocol, facts, facts_from_repo_tests: origin }) => {
    const { code, flows, summary, remarks } = runs.get(id)!;
    expect({ code, remarks, lines: flows.length }).toEqual({ code: 0, remarks: [], lines: summary.rows });
    expect(summary.datagrams).toBe(facts.datagrams);
    if (protocol === "sflow5") {
      const samples = flows.filter((flow) => flow.flow_type === "sflow5");
      const estimate = samples.reduce((sum, flow) => sum + Number(flow.frame_bytes) * Number(flow.sampling_rate), 0);
      expect(estimate).toBe(facts.sum_frame_length_x_rate);
      return;
    }
    // The file holds several datagrams glued together, its facts are of the first.
    if (id === "nf5-softflowd") return;
    // The facts are of a decoder that gives up data in front of its template; the capture's origin wants it.
    const reparsed = origin.data_records_if_packet_reparsed;
    expect(summary).toMatchObject({ data_records: reparsed ?? facts.data_records, options_records: facts.options_records });
    expect(flows.every((flow) => flow.flow_type === protocol)).toBe(true);
    if (reparsed !== undefined) return;
    expect(Number(summary.sums.octetDeltaCount ?? 0)).toBe(facts.sum_octetDeltaCount);
    expect(Number(summary.sums.packetDeltaCount ?? 0)).toBe(facts.sum_packetDeltaCount);
    expect(summary.dropped.template_never_came ?? 0).toBe(facts.undecodable_sets ?? 0);
  });

  it("reads a capture from standard input", async () => {
    const { facts } = cases.find(({ id }) => id === "lab-softflowd-v9")!;
    const { code, flows, summary } = await decode(["-"], readFileSync(path.join(CAPTURES, "lab/softflowd-v9.pcap")));
    expect({ code, lines: flows.length, records: summary.data_records }).toEqual({ code: 0, lines: 7, records: facts.data_records });
  });
});
