import { Writable } from "node:stream";
import pino from "pino";
import { LogLimit } from "../log-limit.ts";
import { LossLog } from "./loss-log.ts";
import type { CollectorStatus } from "./status.ts";
import { exporterStatus } from "./testing/fake-decoder.ts";
import { collectorStatus } from "./testing/status.ts";

describe("LogLimit", () => {
  it("writes once a pause and key, and tells how many events a line stands for", () => {
    const limit = new LogLimit(1_000);
    const lines = [limit.take("a", 0), limit.take("a", 10, 5), limit.take("b", 10), limit.take("a", 999), limit.take("a", 1_000)];
    expect(lines.map((line) => line?.count)).toEqual([1, undefined, 1, undefined, 7]);
  });

  it("keeps a bounded number of keys, however many are invented", () => {
    const limit = new LogLimit(1_000, 10);
    const lines = Array.from({ length: 5_000 }, (_, i) => limit.take(`key ${i}`, 0)).filter((line) => line !== undefined);
    expect(lines.map(({ shared }) => shared)).toEqual([...Array<boolean>(10).fill(false), true]);
    expect(limit.take("key 9999", 1_000)).toEqual({ count: 4_990, shared: true });
    limit.sweep(5_000);
    expect(limit.take("new", 5_000)).toEqual({ count: 1, shared: false });
  });
});

describe("LossLog", () => {
  const status = (atMs: number, exporters: CollectorStatus["exporters"], kernelDrops = 0): CollectorStatus =>
    collectorStatus({
      ...{ atMs, exporters, exporterCount: exporters.length },
      listening: [{ host: "::", port: 2055, receives: "single", receiveBufferBytes: 1, datagrams: 0, bytes: 0, kernelDrops }],
    });

  function run(statuses: CollectorStatus[]): Record<string, unknown>[] {
    const lines: Record<string, unknown>[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()));
        done();
      },
    });
    const lossLog = new LossLog(pino({ base: null, timestamp: false }, sink));
    for (const each of statuses) lossLog.report(each);
    return lines;
  }

  it("tells of templates that change their layout, once a pause", () => {
    const at = (ms: number, layoutChanges: number) => status(ms, [exporterStatus({ protocol: "ipfix", layoutChanges })]);
    const lines = run([at(0, 0), at(5_000, 1), at(10_000, 3), at(400_000, 4)]).filter(({ msg }) => String(msg).includes("layout"));
    expect(lines).toMatchObject([
      { exporter: "192.0.2.1", protocol: "ipfix", count: 1, total: 1 },
      { count: 3, total: 4 },
    ]);
  });

  it("names a new exporter once, and a growing loss once a pause with its count", () => {
    const lines = run([
      status(1_000, [exporterStatus({ datagrams: 1 })]),
      status(2_000, [exporterStatus({ datagrams: 9, dropped: { set_overrun: 3 } })]),
      status(3_000, [exporterStatus({ datagrams: 19, dropped: { set_overrun: 10 } })]),
      status(400_000, [exporterStatus({ datagrams: 29, dropped: { set_overrun: 11 } })]),
    ]);
    expect(lines.map(({ msg, cause, count, total }) => ({ msg, cause, count, total }))).toEqual([
      { msg: "exporter seen", cause: undefined, count: undefined, total: undefined },
      { msg: "received but not stored", cause: "set_overrun", count: 3, total: 3 },
      { msg: "received but not stored", cause: "set_overrun", count: 8, total: 11 },
    ]);
  });

  it("calls an exporter what the operator calls it", () => {
    const session = { ...exporterStatus({ datagrams: 1, dropped: { bad_record: 1 } }), name: "core-1" };
    expect(run([status(1_000, [session])]).map(({ exporter, name, msg }) => [exporter, name, msg])).toEqual([
      ["192.0.2.1", "core-1", "exporter seen"],
      ["192.0.2.1", "core-1", "received but not stored"],
    ]);
  });

  it("adds up ports and domains of an exporter, which a sender can invent", () => {
    const domains = Array.from({ length: 500 }, (_, obsDomain) =>
      exporterStatus({ obsDomain, sourcePort: 1_000 + obsDomain, dropped: { set_overrun: 2 } }),
    );
    expect(run([status(1_000, domains)]).map(({ msg, count }) => [msg, count])).toEqual([
      ["exporter seen", undefined],
      ["received but not stored", 1_000],
    ]);
  });

  it("stays short when a thousand senders are invented", () => {
    const flood = Array.from({ length: 1_000 }, (_, i) =>
      exporterStatus({ exporter: `10.0.${i >> 8}.${i & 255}`, exporterSource: `10.0.${i >> 8}.${i & 255}`, dropped: { bad_record: 1 } }),
    );
    expect(run([status(1_000, flood)]).length).toBe(21 + 101);
  });

  it("names a refused sender once, with what lets it in, and stays short when a thousand are invented", () => {
    const refusedBy = (sources: string[]): CollectorStatus["refused"] => ({
      ...status(0, []).refused,
      sources: sources.map((source) => ({
        ...{ source, port: 2055, datagrams: 1, bytes: 9, connections: 0, firstSeenMs: 0, lastSeenMs: 0 },
        hint: `add ${source}`,
      })),
    });
    const at = (atMs: number, sources: string[]): CollectorStatus => ({ ...status(atMs, []), refused: refusedBy(sources) });
    expect(run([at(1_000, ["203.0.113.9"]), at(900_000, ["203.0.113.9"]), at(901_000, ["203.0.113.9", "2001:db8::9"])])).toEqual(
      ["203.0.113.9", "2001:db8::9"].map((exporter) => ({
        ...{ level: 40, exporter, port: 2055, hint: `add ${exporter}` },
        msg: "sender refused: it is not in collector.allow",
      })),
    );
    expect(
      run([
        at(
          1_000,
          Array.from({ length: 1_000 }, (_, i) => `198.51.${i >> 8}.${i & 255}`),
        ),
      ]),
    ).toHaveLength(21);
  });

  it("tells why TCP connections were closed, except those that exporters ended", () => {
    const { tcp } = status(0, []);
    const closed = { ...tcp.closed, ended: 40, reset: 2, lost_framing: 3 };
    const lines = run([{ ...status(1_000, []), tcp: { ...tcp, closed, lastClosed: { lost_framing: "192.0.2.7" } } }]);
    expect(lines).toEqual([
      {
        ...{ level: 40, cause: "lost_framing", count: 3, total: 3, last: "192.0.2.7" },
        hint: expect.stringContaining("only IPFIX") as string,
        msg: "TCP connections of exporters were closed",
      },
    ]);
  });

  it("tells lost fragments with what to change", () => {
    const host = { udpReceiveBufferErrors: 0, udpInErrors: 0, ipReassemblyFailures: 4 };
    expect(run([{ ...status(1_000, []), host }])).toEqual([
      expect.objectContaining({ level: 40, count: 4, hint: expect.stringContaining("MTU") as string }),
    ]);
  });

  it("tells kernel drops with the setting to raise", () => {
    expect(run([status(1_000, [], 5)])).toEqual([
      expect.objectContaining({ level: 40, port: 2055, count: 5, hint: expect.stringContaining("net.core.rmem_max") }),
    ]);
  });
});
