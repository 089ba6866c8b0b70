import { ByteWriter } from "../demo/index.ts";
import { RECEIVED_MS, TestDecoder } from "./testing/decode.ts";
import { concat, hex, ipfix, netflow9, set, template } from "./testing/messages.ts";

/** firewallEvent. */
const [CREATED, DELETED, DENIED, ALERT, UPDATE] = [1, 2, 3, 4, 5];

/** NSEL as an ASA from 8.4(5) on sends it: connection id, addresses, ports, protocol, event, start, counters of both directions. */
const NSEL = template(256, [
  [148, 4],
  [8, 4],
  [7, 2],
  [12, 4],
  [11, 2],
  [4, 1],
  [233, 1],
  [33_002, 2],
  [152, 8],
  [231, 4],
  [232, 4],
]);

interface Event {
  readonly id: number;
  readonly event: number;
  readonly sent?: number;
  readonly answered?: number;
  /** Start of the connection against the receipt, ms. */
  readonly age?: number;
}

function record({ id, event, sent = 0, answered = 0, age = 0 }: Event): Uint8Array {
  const start = RECEIVED_MS - age;
  return new ByteWriter()
    .u32(id)
    .bytes(hex("0a000001 c000 0a000002 01bb 06"))
    .u8(event)
    .u16(0)
    .u32(Math.floor(start / 2 ** 32))
    .u32(start >>> 0)
    .u32(sent)
    .u32(answered)
    .build();
}

class Firewall {
  readonly decoder: TestDecoder;

  constructor(limits = {}) {
    this.decoder = new TestDecoder({ limits });
    this.decoder.decode(netflow9([set(0, NSEL)]));
  }

  /** What the rows of the events count. */
  send(...events: readonly Event[]): { bytes: number; flows: number }[] {
    const rows = this.decoder.decode(netflow9([set(256, concat(...events.map(record)))]));
    return rows.map(({ bytes, flows }) => ({ bytes: Number(bytes), flows: Number(flows) }));
  }
}

const sum = (rows: readonly { bytes: number; flows: number }[]): number[] => [
  rows.reduce((total, { bytes }) => total + bytes, 0),
  rows.reduce((total, { flows }) => total + flows, 0),
];

describe("events of a firewall", () => {
  it("count a short connection at its end, as one flow in each direction", () => {
    const firewall = new Firewall();
    expect(firewall.send({ id: 1, event: CREATED })).toEqual([{ bytes: 0, flows: 0 }]);
    expect(firewall.send({ id: 1, event: DELETED, sent: 100, answered: 2000 })).toEqual([
      { bytes: 100, flows: 1 },
      { bytes: 2000, flows: 1 },
    ]);
  });

  it("count a long connection by its updates, and at its end what no update told", () => {
    const firewall = new Firewall();
    const rows = firewall.send(
      { id: 1, event: CREATED },
      { id: 1, event: UPDATE, sent: 2557, answered: 1117 },
      { id: 1, event: UPDATE, sent: 31 },
      { id: 1, event: DELETED, sent: 2600, answered: 1117 },
    );
    expect(rows).toEqual([
      { bytes: 0, flows: 0 },
      { bytes: 2557, flows: 0 },
      { bytes: 1117, flows: 0 },
      { bytes: 31, flows: 0 },
      { bytes: 12, flows: 1 },
      { bytes: 0, flows: 1 },
    ]);
    expect(sum(rows)).toEqual([2600 + 1117, 2]);
  });

  it("count once what arrives behind the end, or twice", () => {
    const firewall = new Firewall();
    firewall.send({ id: 1, event: UPDATE, sent: 10 });
    expect(sum(firewall.send({ id: 1, event: DELETED, sent: 15 }))).toEqual([5, 1]);
    expect(sum(firewall.send({ id: 1, event: UPDATE, sent: 5 }))).toEqual([0, 0]);
    expect(sum(firewall.send({ id: 1, event: DELETED, sent: 15 }))).toEqual([0, 1]);
  });

  it("tell connections of one number apart by their beginning, and firewalls by their session", () => {
    const firewall = new Firewall();
    firewall.send({ id: 1, event: UPDATE, sent: 10 }, { id: 1, event: DELETED, sent: 10 }, { id: 1, event: CREATED });
    expect(sum(firewall.send({ id: 1, event: DELETED, sent: 70 }))).toEqual([70, 1]);
    firewall.send({ id: 2, event: UPDATE, sent: 10 });
    const other = netflow9([set(0, NSEL), set(256, record({ id: 2, event: DELETED, sent: 10 }))], { domain: 2 });
    expect(firewall.decoder.decode(other)).toMatchObject([{ bytes: 10 }]);
  });

  it("do not count again the past of a connection that is older than the session, where updates told it", () => {
    const old = { id: 9, event: DELETED, sent: 1_000_000, age: 3_600_000 };
    expect(sum(new Firewall().send(old))).toEqual([1_000_000, 1]);
    const firewall = new Firewall();
    firewall.send({ id: 1, event: UPDATE, sent: 1 });
    expect(sum(firewall.send(old))).toEqual([0, 1]);
    expect(sum(firewall.send({ id: 9, event: UPDATE, sent: 1 }))).toEqual([0, 0]);
  });

  it("of a firewall that booted are of new connections, whatever their numbers", () => {
    const firewall = new Firewall();
    firewall.send({ id: 1, event: UPDATE, sent: 300 }, { id: 1, event: DELETED, sent: 300 }, { id: 2, event: UPDATE, sent: 500 });
    const SECOND_MS = 1_000;
    firewall.decoder.decode(netflow9([], { uptimeMs: SECOND_MS }), { receivedMs: RECEIVED_MS });
    const events = [1, 2].map((id) => record({ id, event: DELETED, sent: 100 }));
    const rows = firewall.decoder.decode(netflow9([set(256, concat(...events))], { uptimeMs: 2 * SECOND_MS }));
    expect(rows.map(({ bytes }) => Number(bytes))).toEqual([100, 100]);
  });

  it("are remembered within limits: the connection noted first goes, and is counted", () => {
    const firewall = new Firewall({ maxConnectionsPerSession: 2 });
    firewall.send({ id: 1, event: UPDATE, sent: 1 }, { id: 2, event: UPDATE, sent: 1 }, { id: 3, event: UPDATE, sent: 1 });
    expect(sum(firewall.send({ id: 3, event: DELETED, sent: 1 }))).toEqual([0, 1]);
    expect(sum(firewall.send({ id: 1, event: DELETED, sent: 1 }))).toEqual([1, 1]);
    expect(firewall.decoder.decoder.givenUp().connections).toBe(2);
  });

  it.each([
    ["denied", DENIED],
    ["an alert", ALERT],
  ])("that are %s are no flows, and can be found", (_, event) => {
    const firewall = new Firewall();
    firewall.send({ id: 0, event });
    expect(firewall.decoder.rows).toMatchObject([{ fw_event: event, bytes: 0, flows: 0, src_addr: "10.0.0.1", dst_port: 443 }]);
  });

  it("of 0 are flows like others", () => {
    expect(new Firewall().send({ id: 1, event: 0, sent: 5 })).toEqual([{ bytes: 5, flows: 1 }]);
  });
});

describe("events with other counters", () => {
  const send = (fields: readonly (readonly [number, string])[]): Record<string, unknown>[] =>
    new TestDecoder().decode(
      ipfix([
        set(2, template(256, [[8, 4], ...fields.map(([id, value]) => [id, hex(value).length] as const)])),
        set(256, concat(hex("0a000001"), ...fields.map(([, value]) => hex(value)))),
      ]),
    );

  it.each([
    {
      name: "a total counts at the end",
      fields: [
        [233, "02"],
        [85, "0038"],
      ],
      want: { bytes: 56, flows: 1 },
    },
    {
      name: "a total in an update counts for nothing",
      fields: [
        [233, "05"],
        [85, "0038"],
        [86, "02"],
      ],
      want: { bytes: 0, packets: 0, flows: 0 },
    },
    {
      name: "a delta in an update counts",
      fields: [
        [233, "05"],
        [1, "0007"],
        [85, "0038"],
      ],
      want: { bytes: 7, flows: 0 },
    },
    {
      name: "a delta of a creation counts (PAN-OS)",
      fields: [
        [233, "01"],
        [1, "0046"],
        [2, "01"],
      ],
      want: { bytes: 70, packets: 1, flows: 0 },
    },
    {
      name: "a translation is no flow",
      fields: [
        [230, "01"],
        [225, "c0000201"],
        [227, "0400"],
      ],
      want: { nat_event: 1, nat_src_addr: "192.0.2.1", nat_src_port: 1024, flows: 0 },
    },
    {
      name: "a translation with traffic is one",
      fields: [
        [230, "02"],
        [1, "0009"],
      ],
      want: { nat_event: 2, bytes: 9, flows: 1 },
    },
  ] as { name: string; fields: [number, string][]; want: Record<string, unknown> }[])("$name", ({ fields, want }) => {
    // prettier-ignore
    expect(send(fields)).toMatchObject([want]);
  });

  it("without an address are kept: a pool that is exhausted", () => {
    const layout = template(256, [
      [230, 1],
      [323, 8],
    ]);
    expect(new TestDecoder().decode(ipfix([set(2, layout), set(256, hex("03 000001a0c3a25400"))]))).toMatchObject([
      { nat_event: 3, flows: 0, src_addr: null },
    ]);
  });

  it("of old ASAs have the same columns", () => {
    const layout = template(256, [
      [8, 4],
      [40_005, 1],
      [40_001, 4],
      [40_002, 4],
      [40_003, 2],
      [40_004, 2],
      [33_000, 12],
      [40_000, 20],
      [85, 4],
    ]);
    const values = hex(
      "0a000001 02 c0000201 c0000202 0400 0401 0f8e7ff3fc1a030f00000000 626f62 0000000000000000000000000000000000 00000038",
    );
    expect(new TestDecoder().decode(netflow9([set(0, layout), set(256, values)]))).toMatchObject([
      {
        fw_event: 2,
        nat_src_addr: "192.0.2.1",
        nat_dst_addr: "192.0.2.2",
        nat_src_port: 1024,
        nat_dst_port: 1025,
        in_acl: "0f8e7ff3fc1a030f00000000",
        user: "bob",
        bytes: 56,
        flows: 1,
      },
    ]);
  });
});
