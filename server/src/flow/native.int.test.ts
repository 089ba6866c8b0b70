import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeFlowBatch, encodeNative, FlowBatch, parseAddress, readFlow, setTime, setU64, type NativeBlock } from "./index.ts";

/** Asks ClickHouse itself, embedded, in a process of its own: the reader of the format is not ours. */
function readWithClickhouse({ body, columns }: NativeBlock, select = "*"): unknown[][] {
  const folder = mkdtempSync(join(tmpdir(), "sillage-native-"));
  try {
    const file = join(folder, "block.native");
    writeFileSync(file, Buffer.concat(body));
    const structure = columns.map(({ name, type }) => `${name} ${type}`).join(", ");
    const sql = `SELECT ${select} FROM file('${file}', Native, '${structure.replaceAll("'", "\\'")}') SETTINGS output_format_json_quote_64bit_integers = 1`;
    const script = "process.stdout.write(require('chdb').query(process.argv[1], 'JSONCompactEachRow'))";
    const text = execFileSync(process.execPath, ["-e", script, sql], { encoding: "utf8" });
    return text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown[]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("encodeFlowBatch", () => {
  it("is read by ClickHouse value for value, touched columns only", () => {
    const batch = new FlowBatch(16);
    const put = (name: Parameters<FlowBatch["column"]>[0], write: (column: ReturnType<FlowBatch["column"]>) => void): void => {
      const column = batch.column(name);
      write(column);
      column.touched = true;
    };
    put("time_received", (column) => {
      setTime(column, 0, 1_790_000_000_123);
      setTime(column, 1, 0);
    });
    put("time_start", (column) => {
      setTime(column, 0, 4_294_967_296_000); // beyond 2^32 milliseconds, to see both halves
      setTime(column, 1, 1);
    });
    put("src_addr", (column) => {
      column.u8.set(parseAddress("192.0.2.7"), 0);
      column.u8.set(parseAddress("2001:db8::ff"), 16);
    });
    put("proto", (column) => column.u8.set([6, 255]));
    put("src_port", (column) => column.u16.set([443, 65_535]));
    put("in_if", (column) => column.u32.set([7, 0xffff_ffff]));
    put("bytes", (column) => {
      setU64(column, 0, Number.MAX_SAFE_INTEGER);
      column.u64[1] = 0xffff_ffff_ffff_ffffn;
    });
    put("src_mac", (column) => setU64(column, 0, 0x0200_5e10_0001));
    batch.rows = 2;

    const block = encodeFlowBatch(batch);
    expect(block.rows).toBe(2);
    expect(block.columns.map(({ name }) => name)).toEqual([
      "time_received",
      "time_start",
      "src_addr",
      "proto",
      "src_port",
      "bytes",
      "in_if",
      "src_mac",
    ]);
    expect(readWithClickhouse(block)).toEqual([
      ["2026-09-21 14:13:20.123", "2106-02-07 06:28:16.000", "::ffff:192.0.2.7", 6, 443, "9007199254740991", 7, String(0x0200_5e10_0001)],
      ["1970-01-01 00:00:00.000", "1970-01-01 00:00:00.001", "2001:db8::ff", 255, 65_535, "18446744073709551615", 4_294_967_295, "0"],
    ]);
  });

  it("is read by ClickHouse as the same values where they travel narrower than they are stored", () => {
    const batch = new FlowBatch(16);
    const [source, bytes, flows, inIf] = [batch.column("src_addr"), batch.column("bytes"), batch.column("flows"), batch.column("in_if")];
    source.u8.set(parseAddress("192.0.2.7"), 0);
    source.u8.set(parseAddress("0.0.0.0"), 16);
    [70_000, 0xffff_ffff].forEach((value, row) => setU64(bytes, row, value));
    [1, 255].forEach((value, row) => setU64(flows, row, value));
    inIf.u32.set([1, 65_535]);
    for (const column of [source, bytes, flows, inIf]) column.touched = true;
    batch.rows = 2;
    const block = encodeFlowBatch(batch);
    expect(Object.fromEntries(block.columns.map(({ name, type }) => [name, type]))).toEqual({
      src_addr: "IPv6",
      bytes: "UInt64",
      flows: "UInt64",
      in_if: "UInt32",
    });
    expect(Buffer.concat(block.body).length).toBeLessThan(80);
    expect(readWithClickhouse(block, "src_addr, bytes, flows, in_if, toTypeName(src_addr), toTypeName(flows)")).toEqual([
      ["::ffff:192.0.2.7", "70000", "1", 1, "IPv6", "UInt64"],
      ["::ffff:0.0.0.0", "4294967295", "255", 65_535, "IPv6", "UInt64"],
    ]);
  });

  it("holds a batch of every column, full to the last row", () => {
    const batch = new FlowBatch(300);
    for (const column of batch.columns) {
      column.touched = true;
      column.u8.fill(1, 0, batch.capacity * column.width);
    }
    batch.rows = batch.capacity;
    const block = encodeFlowBatch(batch);
    expect(readWithClickhouse(block, "count(), sum(proto), uniqExact(src_addr), min(bytes), max(in_if)")).toEqual([
      ["300", "300", "1", "72340172838076673", 16_843_009],
    ]);
  });

  it("is read with text, lists and named values, also where rows have none", () => {
    const batch = new FlowBatch(4);
    batch.column("proto").touched = true;
    batch.text("user").set(1, new TextEncoder().encode("Zoë"));
    batch.list("mpls_labels").push(0, 16);
    batch.list("mpls_labels").push(0, 0xffff_ffff);
    batch.list("mpls_labels").push(2, 3);
    batch.map("extra").push(2, "queueId", "7");
    batch.rows = 4;
    expect(readWithClickhouse(encodeFlowBatch(batch))).toEqual([
      [0, [16, 4_294_967_295], "", {}],
      [0, [], "Zoë", {}],
      [0, [3], "", { queueId: "7" }],
      [0, [], "", {}],
    ]);
  });

  it("encodes nothing for an empty batch", () => {
    expect(encodeFlowBatch(new FlowBatch(4))).toEqual({ rows: 0, columns: [], body: [] });
  });
});

describe("encodeNative", () => {
  const columns = [
    { name: "at", type: "DateTime64(3, 'UTC')" },
    { name: "address", type: "IPv6" },
    { name: "text", type: "String" },
    { name: "small", type: "UInt8" },
    { name: "large", type: "UInt64" },
  ];

  it("is read by ClickHouse value for value", () => {
    const long = "Zürich ".repeat(40);
    const block = encodeNative(columns, [
      [1_790_000_000_123, "10.0.0.1", long, 0, 2n ** 64n - 1n],
      [-1, parseAddress("fe80::1%eth0"), "", 255, 5],
    ]);
    expect(readWithClickhouse(block)).toEqual([
      ["2026-09-21 14:13:20.123", "::ffff:10.0.0.1", long, 0, "18446744073709551615"],
      ["1969-12-31 23:59:59.999", "fe80::1", "", 255, "5"],
    ]);
  });

  it.each([
    ["a number too large for its column", [0, "::", "", 256, 0]],
    ["a fraction", [0, "::", "", 1.5, 0]],
    ["a negative counter", [0, "::", "", 0, -1n]],
    ["text that is no address", [0, "example", "", 0, 0]],
    ["a missing value", [0, "::", "", 0]],
  ])("refuses %s", (_, row) => {
    expect(() => encodeNative(columns, [row])).toThrow(RangeError);
  });

  it("refuses a type it does not know", () => {
    expect(() => encodeNative([{ name: "x", type: "Float64" }], [[1]])).toThrow(TypeError);
  });
});

describe("FlowBatch", () => {
  it("is empty and clean after a reset, whatever was in it", () => {
    const batch = new FlowBatch(8);
    for (const column of batch.columns) {
      column.u8.fill(0xff, 0, 3 * column.width);
      column.touched = true;
    }
    batch.rows = 3;
    batch.reset();
    expect(batch.rows).toBe(0);
    for (const column of batch.columns) {
      expect(column.touched).toBe(false);
      expect(column.u8.every((byte) => byte === 0)).toBe(true);
    }
  });

  it("shows unknown values as null and counters beyond 2^53 as text", () => {
    const batch = new FlowBatch(1);
    batch.column("bytes").u64[0] = 2n ** 60n;
    batch.rows = 1;
    expect(readFlow(batch, 0)).toMatchObject({
      bytes: "1152921504606846976",
      src_addr: null,
      src_port: null,
      time_start: null,
      flow_type: "unknown",
      packets: 0,
    });
  });
});
