import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { hex, ipfix, set, template as specs } from "../decode/testing/messages.ts";
import { encodeNetflow5, encodeTemplated, NETFLOW9_TEMPLATES, TrafficModel } from "../demo/index.ts";
import { decodeFiles } from "./decode.ts";

const EXPORT_MS = 1_790_000_000_000;
const clock = { exportMs: EXPORT_MS, bootMs: EXPORT_MS - 1_000_000, sequence: 0 };
const flows = new TrafficModel(9, { ipv6: false }).next(10, EXPORT_MS);
const template = NETFLOW9_TEMPLATES[4];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sillage-decode-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function run(
  files: readonly string[],
  options: Partial<Parameters<typeof decodeFiles>[1]> = {},
): { lines: string[]; summary: ReturnType<typeof decodeFiles> } {
  let text = "";
  const summary = decodeFiles(files, { format: "ndjson", container: "auto", ...options }, (piece) => {
    text += piece;
  });
  return { lines: text.split("\n").filter((line) => line !== ""), summary };
}

describe("sillage decode", () => {
  it("prints one JSON object a flow and sums up what it read", () => {
    const { lines, summary } = run([file("v5.bin", encodeNetflow5({ ...clock, flows, engine: 0, samplingInterval: 0 }))]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject(
      flows.map(({ srcAddr, bytes, proto }) => ({
        src_addr: srcAddr,
        bytes,
        proto,
        flow_type: "netflow5",
        time_received: "2026-09-21T14:13:20.000Z",
      })),
    );
    expect(summary).toEqual({
      datagrams: 1,
      data_records: 10,
      options_records: 0,
      counter_samples: 0,
      rows: 10,
      sums: {
        octetDeltaCount: flows.reduce((sum, { bytes }) => sum + bytes, 0),
        packetDeltaCount: flows.reduce((sum, { packets }) => sum + packets, 0),
      },
      dropped: {},
      skipped: {},
      templates: 0,
      unknown_elements: [],
    });
  });

  it("names what no column keeps, and keeps what the operator declares", () => {
    const data = ipfix([set(2, specs(256, [[8, 4], [118, 2, 35_632], [7, 1, 4_242_424]])), set(256, hex("0a000001 0007 09"))]); // prettier-ignore
    const capture = file("vendor.bin", data);
    expect(run([capture]).summary.unknown_elements).toEqual([
      { enterprise: 35_632, id: 118, name: "L7_PROTO", records: 1 },
      { enterprise: 4_242_424, id: 7, records: 1 },
    ]);
    const elements = file(
      "elements.yaml",
      Buffer.from("elements:\n  - { enterprise: 4242424, id: 7, name: mood, type: unsigned8, keep: true }\n"),
    );
    const { lines, summary } = run([capture], { elements });
    expect(JSON.parse(lines[0]!)).toMatchObject({ extra: { mood: "9" } });
    expect(summary.unknown_elements).toMatchObject([{ id: 118 }]);
  });

  it("knows the template of one file in the next, in whatever order", () => {
    const announcement = file("template.bin", encodeTemplated({ ...clock, version: 9, obsDomain: 1, templates: [template], sets: [] }));
    const data = file("data.bin", encodeTemplated({ ...clock, version: 9, obsDomain: 1, templates: [], sets: [{ template, flows }] }));
    for (const files of [
      [announcement, data],
      [data, announcement],
    ])
      expect(run(files).summary).toMatchObject({ datagrams: 2, data_records: 10, templates: 1, dropped: {} });
    expect(run([data]).summary).toMatchObject({ data_records: 0, dropped: { template_never_came: 1 } });
  });

  it("unpacks what gzip has packed", () => {
    const announcement = encodeTemplated({ ...clock, version: 10, obsDomain: 1, templates: [template], sets: [] });
    const data = encodeTemplated({ ...clock, version: 10, obsDomain: 1, templates: [], sets: [{ template, flows }] });
    const packed = file("stream.ipfix.gz", gzipSync(Buffer.concat([announcement, data])));
    expect(run([packed]).summary).toMatchObject({ datagrams: 2, data_records: 10 });
    expect(() => run([file("cut.gz", gzipSync(data).subarray(0, 40))])).toThrow(expect.objectContaining({ code: "DECODE_FILE" }));
  });

  it("prints a table for people, or nothing but the sums", () => {
    const path = file("v5.bin", encodeNetflow5({ ...clock, flows, engine: 0, samplingInterval: 0 }));
    const { lines } = run([path], { format: "table" });
    expect(lines).toHaveLength(11);
    expect(lines[0]).toMatch(/^start +duration s proto +source -> destination/);
    expect(lines.slice(1).join("\n")).toContain(flows[0]!.srcAddr);
    expect(run([path], { format: "summary" }).lines).toEqual([]);
  });

  it("counts what is no flow export and goes on", () => {
    expect(run([file("a.txt", new TextEncoder().encode("hello")), file("empty", new Uint8Array(0))]).summary).toMatchObject({
      datagrams: 2,
      rows: 0,
      dropped: { unknown_version: 1, empty_datagram: 1 },
    });
  });

  it("names the file that cannot be read", () => {
    expect(() => run([join(folder, "missing.pcap")])).toThrow(
      expect.objectContaining({ code: "DECODE_FILE", message: expect.stringContaining("missing.pcap") as string }),
    );
  });
});
