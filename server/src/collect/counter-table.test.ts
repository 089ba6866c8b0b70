import type { InterfaceCounters } from "../decode/index.ts";
import { parseAddress } from "../flow/index.ts";
import { countNativeRows } from "../spool/native-layout.ts";
import { CounterTable } from "./counter-table.ts";

const row = (receivedMs: number): InterfaceCounters => ({
  receivedMs,
  exporter: parseAddress("192.0.2.1"),
  exporterSource: parseAddress("192.0.2.2"),
  subAgent: 0,
  sourceType: 0,
  sourceIndex: 7,
  uptimeMs: 0xffff_ffff,
  ifIndex: 7,
  ifType: 6,
  speed: 2n ** 64n - 1n,
  direction: 0xffff_ffff,
  isAdminUp: true,
  isOperUp: false,
  inOctets: 2n ** 64n - 1n,
  inUnicastPackets: 0xffff_ffff,
  inMulticastPackets: 0,
  inBroadcastPackets: 0,
  inDiscards: 0,
  inErrors: 0,
  inUnknownProtocols: 0,
  outOctets: 0n,
  outUnicastPackets: 0,
  outMulticastPackets: 0,
  outBroadcastPackets: 0,
  outDiscards: 0,
  outErrors: 0,
  isPromiscuous: false,
});

describe("the table of interface counters", () => {
  it("hands over what has gathered, with the span of its times, and nothing twice", () => {
    const handed: { rows: number; bytes: number; minTimeMs: number; maxTimeMs: number }[] = [];
    const table = new CounterTable(({ body, columns }, span) => {
      const bytes = Buffer.concat(body);
      handed.push({ rows: countNativeRows(bytes, columns), bytes: bytes.length, ...span });
    });
    table.flush();
    for (const receivedMs of [5, 3, 9]) table.add(row(receivedMs));
    table.flush();
    table.flush();
    expect(handed).toMatchObject([{ rows: 3, minTimeMs: 3, maxTimeMs: 9 }]);
  });

  it("hands a flood over before it takes memory", () => {
    const handed: number[] = [];
    const table = new CounterTable(({ rows }) => handed.push(rows));
    for (let i = 0; i < 10_000; i++) table.add(row(i));
    table.flush();
    expect(handed).toEqual([4_096, 4_096, 10_000 - 2 * 4_096]);
  });
});
