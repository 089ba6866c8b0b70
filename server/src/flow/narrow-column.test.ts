import { parseAddress } from "./address-text.ts";
import { Column, setU64 } from "./column.ts";
import { narrowestForm } from "./narrow-column.ts";

const ROWS = 3;
/** More room than rows: what lies behind must not count. */
const CAPACITY = 5;

function addresses(...texts: string[]): Column {
  const column = new Column("src_addr", "ip", CAPACITY);
  texts.forEach((text, row) => column.u8.set(parseAddress(text), row * 16));
  return column;
}

function counters(...values: number[]): Column {
  const column = new Column("bytes", "u64", CAPACITY);
  values.forEach((value, row) => setU64(column, row, value));
  return column;
}

function numbers(...values: number[]): Column {
  const column = new Column("in_if", "u32", CAPACITY);
  column.u32.set(values);
  return column;
}

describe("narrowestForm", () => {
  it.each([
    { name: "mapped addresses", column: addresses("192.0.2.1", "0.0.0.0", "255.254.253.252"), type: "IPv4" },
    { name: "an IPv6 address among others", column: addresses("192.0.2.1", "2001:db8::1", "192.0.2.3"), type: "IPv6" },
    { name: "an unknown address among others", column: addresses("192.0.2.1", "::", "192.0.2.3"), type: "IPv6" },
    { name: "an address that only ends like a mapped one", column: addresses("192.0.2.1", "2001:db8::ffff:c000:201", "::1"), type: "IPv6" },
    { name: "counters of a byte", column: counters(0, 1, 255), type: "UInt8" },
    { name: "counters of two", column: counters(256, 0, 65_535), type: "UInt16" },
    { name: "counters of four", column: counters(65_536, 1, 0xffff_ffff), type: "UInt32" },
    { name: "one counter of more", column: counters(1, 2 ** 32, 2), type: "UInt64" },
    { name: "numbers of a byte", column: numbers(7, 0, 255), type: "UInt8" },
    { name: "numbers of two", column: numbers(7, 0x8000, 1), type: "UInt16" },
    { name: "one number of four", column: numbers(1, 2, 0x8000_0000), type: "UInt32" },
    { name: "large counters behind the rows", column: counters(1, 2, 3, 2 ** 40), type: "UInt8" },
    { name: "ports", column: new Column("src_port", "u16", CAPACITY), type: "UInt16" },
    { name: "hardware addresses", column: new Column("src_mac", "mac", CAPACITY), type: "UInt64" },
  ])("takes $type for $name", ({ column, type }) => {
    const form = narrowestForm(column, ROWS);
    expect(form.type).toBe(type);
    const width = { UInt8: 1, UInt16: 2, UInt32: 4, UInt64: 8, IPv4: 4, IPv6: 16 }[type]!;
    expect(form.bytes).toHaveLength(ROWS * width);
  });

  it("keeps every value", () => {
    const { buffer, byteOffset } = narrowestForm(counters(65_536, 1, 0xffff_fffe), ROWS).bytes;
    expect([...new Uint32Array(buffer, byteOffset, ROWS)]).toEqual([65_536, 1, 0xffff_fffe]);
    expect([...narrowestForm(addresses("192.0.2.1", "0.0.0.0", "255.254.253.252"), ROWS).bytes]).toEqual([
      ...[1, 2, 0, 192],
      ...[0, 0, 0, 0],
      ...[252, 253, 254, 255],
    ]);
  });

  it.each([
    { kind: "counters", column: () => counters(0, 0, 0), set: setU64, type: "UInt64" },
    { kind: "numbers", column: () => numbers(0, 0, 0), set: ({ u32 }: Column, row: number, n: number) => (u32[row] = n), type: "UInt32" },
  ])("finds the width of $kind again when the values have changed", ({ column: make, set, type }) => {
    const column = make();
    const top = type === "UInt64" ? 2 ** 40 : 70_000;
    const steps = [2, 300, top, top, 300, 2, top, 2, 300, 2];
    const wanted = new Map([
      [2, "UInt8"],
      [300, "UInt16"],
      [top, type],
    ]);
    for (const value of steps) {
      set(column, 1, value);
      const { type: found, bytes } = narrowestForm(column, ROWS);
      expect(found).toBe(wanted.get(value));
      if (value !== top) {
        const values = found === "UInt8" ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, ROWS);
        expect([...values]).toEqual([0, value, 0]);
      }
    }
  });
});
