import { TestDecoder } from "./testing/decode.ts";
import { concat, hex, ipfix, ipfixOptions, netflow9, netflow9Options, set, template, type Spec } from "./testing/messages.ts";

/** A text in a field of fixed length, filled up with NULs. */
const text = (value: string, length: number): Uint8Array => concat(new TextEncoder().encode(value), new Uint8Array(length - value.length));

/** Application id, name, description. */
const TABLE: readonly Spec[] = [
  [95, 4],
  [96, 12],
  [94, 20],
];
const row = (id: string, name: string): Uint8Array => concat(hex(id), text(name, 12), text(`about ${name}`, 20));
const OPTIONS = netflow9([
  set(1, netflow9Options(300, [[1, 4]], TABLE)),
  set(300, concat(hex("0a0f0173"), row("03000050", "http"), hex("0a0f0173"), row("0d000001", "unclassified"))),
]);

const FLOW: readonly Spec[] = [
  [95, 4],
  [1, 4],
];
const flows = (...ids: readonly string[]): Uint8Array =>
  netflow9([set(0, template(256, FLOW)), set(256, concat(...ids.map((id) => hex(`${id} 00000064`))))], { domain: 7 });
const names = (decoder: TestDecoder, datagram: Uint8Array, source?: string): unknown[] =>
  decoder.decode(datagram, source === undefined ? {} : { source }).map(({ app_name }) => app_name);

describe("application names", () => {
  it("come from the exporter's table, whichever port or domain told it", () => {
    const decoder = new TestDecoder();
    expect(names(decoder, flows("03000050"))).toEqual([null]);
    decoder.decode(OPTIONS, { port: 9 });
    expect(names(decoder, flows("03000050", "0d000001", "03000051", "0d000001"))).toEqual(["http", "unclassified", null, "unclassified"]);
    expect(names(decoder, flows("03000050"), "192.0.2.9")).toEqual([null]);
  });

  it("are those of the record where it has them", () => {
    const decoder = new TestDecoder();
    decoder.decode(OPTIONS);
    const fields: readonly Spec[] = [...FLOW, [96, 8]];
    const datagram = netflow9([set(0, template(256, fields)), set(256, concat(hex("03000050 00000064"), text("web", 8)))]);
    expect(decoder.decode(datagram)).toMatchObject([{ bytes: 100 }]);
    expect(names(decoder, datagram)).not.toEqual(["http"]);
  });

  it.each([
    { name: "a shorter selector", table: "0300000050", record: "03000050" },
    { name: "an enterprise in front (Fortinet)", table: "14000030440000a203", record: "14000030440000a203" },
    { name: "leading zeros in a long id", table: "030000000000000050", record: "0350" },
  ])("are found by $name", ({ table, record }) => {
    const decoder = new TestDecoder();
    const fields: readonly Spec[] = [
      [95, table.length / 2],
      [96, 4],
    ];
    decoder.decode(ipfix([set(3, ipfixOptions(300, 1, fields)), set(300, concat(hex(table), text("web", 4)))]));
    const flow: readonly Spec[] = [
      [95, record.length / 2],
      [1, 4],
    ];
    expect(names(decoder, ipfix([set(2, template(256, flow)), set(256, hex(`${record} 00000064`))]))).toEqual(["web"]);
  });

  it("are found by an id of variable length, and by none where it is empty", () => {
    const decoder = new TestDecoder();
    const table: readonly Spec[] = [
      [95, 65_535],
      [96, 65_535],
    ];
    decoder.decode(ipfix([set(3, ipfixOptions(300, 1, table)), set(300, hex("04 03000050 03 776562 00 03 6e6f6e"))]));
    const flow: readonly Spec[] = [
      [95, 65_535],
      [1, 4],
    ];
    const datagram = ipfix([set(2, template(256, flow)), set(256, hex("04 03000050 00000064 00 00000064"))]);
    expect(names(decoder, datagram)).toEqual(["web", null]);
  });
});
