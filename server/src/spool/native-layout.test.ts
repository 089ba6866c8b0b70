import { encodeNative } from "../flow/index.ts";
import { countNativeRows } from "./native-layout.ts";

const COLUMNS = [
  { name: "t", type: "DateTime64(3, 'UTC')" },
  { name: "n", type: "UInt16" },
  { name: "text", type: "String" },
  { name: "ip", type: "IPv6" },
];
const rows = (count: number): (number | string)[][] => Array.from({ length: count }, (_, i) => [1e12 + i, i, "x".repeat(i * 50), "::1"]);
const body = (count: number): Buffer => Buffer.concat(encodeNative(COLUMNS, rows(count)).body);

describe("countNativeRows", () => {
  it.each([1, 5, 300])("counts a block of %i rows", (count) => expect(countNativeRows(body(count), COLUMNS)).toBe(count));

  it("counts the rows of several blocks, and none in an empty body", () => {
    expect(countNativeRows(Buffer.concat([body(3), body(200)]), COLUMNS)).toBe(203);
    expect(countNativeRows(Buffer.alloc(0), COLUMNS)).toBe(0);
  });

  it("finds a body that ends early, wherever it was cut", () => {
    const whole = body(4);
    for (let length = 1; length < whole.length; length++)
      expect(() => countNativeRows(whole.subarray(0, length), COLUMNS)).toThrow(/ends within/);
  });

  it.each([
    {
      name: "other names",
      columns: COLUMNS.map((c) => ({ ...c, name: `${c.name}_` })),
      wanted: /the column t DateTime64\(3, 'UTC'\) instead of t_/,
    },
    { name: "other types", columns: COLUMNS.map((c) => ({ ...c, type: "UInt8" })), wanted: /instead of t UInt8/ },
    { name: "fewer columns", columns: COLUMNS.slice(1), wanted: /4 columns instead of 3/ },
  ])("refuses $name", ({ columns, wanted }) => expect(() => countNativeRows(body(2), columns)).toThrow(wanted));

  it("takes a narrower type for a wider one, and never a wider one for a narrower", () => {
    const block = (type: string, value: number[]): Buffer => Buffer.from([1, 1, 1, 97, type.length, ...Buffer.from(type), ...value]);
    expect(countNativeRows(block("IPv4", [1, 2, 0, 192]), [{ name: "a", type: "IPv6" }])).toBe(1);
    expect(countNativeRows(block("UInt8", [7]), [{ name: "a", type: "UInt64" }])).toBe(1);
    expect(() => countNativeRows(block("UInt8", [7]), [{ name: "a", type: "IPv6" }])).toThrow(/instead of a IPv6/);
    expect(() => countNativeRows(block("UInt16", [7, 0]), [{ name: "a", type: "UInt8" }])).toThrow(/instead of a UInt8/);
    expect(() => countNativeRows(block("IPv4", [1, 2]), [{ name: "a", type: "IPv6" }])).toThrow(/ends within/);
  });

  it("refuses a type that does not travel in segments, and a number without end", () => {
    const strange = Buffer.from([1, 1, 1, 97, 4, ...Buffer.from("JSON"), 0]);
    expect(() => countNativeRows(strange, [{ name: "a", type: "JSON" }])).toThrow(/type JSON/);
    expect(() => countNativeRows(Buffer.alloc(20, 0xff), COLUMNS)).toThrow(/too long/);
  });
});
