import { exportedRecords, LOSS_NAMES } from "@sillage/model";
import { BACKENDS, openTestStore, type TestStore } from "../store/testing/backends.ts";
import { exporterRows, ignoredElements, interfaceVolumes, lossBalance, lossHistory, trafficProfiles, type QueryContext } from "./index.ts";

const FROM = Date.UTC(2026, 4, 1, 10);
const HOUR = { fromMs: FROM, toMs: FROM + 3_600_000 };
const at = (minutes: number): string => new Date(FROM + minutes * 60_000).toISOString().slice(0, 19).replace("T", " ");

describe.each(BACKENDS)("tables about exporters on %s", (backend) => {
  let db: TestStore;
  let context: QueryContext;
  beforeAll(async () => {
    db = await openTestStore(backend);
    context = { store: db.store, limits: db.limits, nowMs: HOUR.toMs };
  });
  afterAll(() => db.close());

  /** One line of the balance. */
  async function lose(minutes: number, exporter: string, parts: Record<string, number>, start = at(-60)): Promise<void> {
    const names = Object.keys(parts);
    await db.store.command(
      `INSERT INTO loss_1m (time_slot, collector, collector_start, exporter, exporter_source, protocol, obs_domain, ${names.join(", ")}) VALUES ('${at(minutes)}', 'main', '${start}', '${exporter}', '${exporter}', 'ipfix', 0, ${Object.values(parts).join(", ")})`,
    );
  }

  it("add up the balance of a range over restarts of the collector", async () => {
    await lose(-1, "192.0.2.1", { stored: 1_000_000 });
    await lose(0, "192.0.2.1", { stored: 100, lost: 30, waiting: 7, datagrams: 10 });
    await lose(0, "192.0.2.1", { lost: -10, kernel: 10, datagrams: 5 });
    await lose(30, "192.0.2.1", { stored: 50, waiting: 2, datagrams: 5 }, at(20));
    await lose(59, "2001:db8::1", { stored: 5, datagrams: 1 });
    await lose(60, "192.0.2.1", { stored: 1_000_000 });
    const [first, second, ...rest] = await lossBalance(context, HOUR);
    expect(first).toMatchObject({
      exporter: "192.0.2.1",
      protocol: "ipfix",
      totals: { stored: 150, lost: 20, kernel: 10, datagrams: 20, waiting: 2, expired: 7 },
    });
    expect(exportedRecords(first!.totals)).toBe(100 + 30 + 7 + 50 + 2);
    expect(Object.keys(first!.totals)).toEqual(LOSS_NAMES);
    expect([second?.exporter, rest]).toEqual(["2001:db8::1", []]);
    expect(await lossBalance(context, HOUR, "2001:db8::1")).toHaveLength(1);
    expect(await lossBalance(context, HOUR, "192.0.2.77")).toEqual([]);
  });

  it("tell the balance by time", async () => {
    const steps = await lossHistory(context, HOUR, "192.0.2.1", 900);
    expect(steps.map(({ time, totals }) => [time - FROM, totals.stored, totals.expired])).toEqual([
      [0, 100, 7],
      [1_800_000, 50, 0],
    ]);
  });

  it("tell the newest state of a session", async () => {
    const insert = (time: string, datagrams: number, clock: string): Promise<void> =>
      db.store.command(
        `INSERT INTO exporters (snapshot_time, collector, exporter, exporter_source, source_port, protocol, obs_domain, last_seen, datagrams, clock_known, clock_offset_ms, dropped, waiting, rate_differences) VALUES ('${time}', 'main', '192.0.2.1', '192.0.2.9', 5000, 'sflow5', 0, '${time}', ${datagrams}, ${clock}, '{"bad_sample":2}', '[256]', '[{"type":0,"index":3,"rate":100,"effective":200}]')`,
      );
    await insert(at(0), 5, "0, 0");
    await insert(at(1), 9, "1, -1500");
    expect(await exporterRows(context, "192.0.2.1")).toMatchObject([
      {
        exporter: "192.0.2.1",
        exporter_source: "192.0.2.9",
        last_seen: FROM + 60_000,
        datagrams: 9,
        clock_offset_ms: -1_500,
        dropped: { bad_sample: 2 },
        skipped: {},
        waiting: [256],
        rate_differences: [{ type: 0, index: 3, rate: 100, effective: 200 }],
      },
    ]);
    expect((await exporterRows(context))[0]).not.toHaveProperty("last_error");
    expect(await exporterRows(context, "192.0.2.2")).toEqual([]);
  });

  it("tell what is ignored, of all collectors together", async () => {
    for (const [collector, records] of [
      ["main", 5],
      ["main", 8],
      ["other", 1],
    ] as const)
      await db.store.command(
        `INSERT INTO ignored_elements VALUES ('${at(records)}', '${collector}', '192.0.2.1', 'element', 35632, 118, 'L7_PROTO', ${records})`,
      );
    expect(await ignoredElements(context, "192.0.2.1")).toEqual([
      { exporter: "192.0.2.1", kind: "element", enterprise: 35_632, id: 118, name: "L7_PROTO", records: 9 },
    ]);
  });

  it("tell what kind of flows an exporter sends", async () => {
    await db.store.command(
      [
        "INSERT INTO flows (time_received, exporter, flow_type, proto, present, bytes, sampling_rate, sampler_id, flow_direction, in_if, time_start, time_end, time_source, flows, fw_event) VALUES",
        // tcp_flags is bit 3 of present, flow_direction bit 7
        `('${at(1)}', '192.0.2.1', 9, 6, 136, 100, 100, 1, 0, 7, '${at(0)}', '${at(1)}', 2, 1, 0),`,
        `('${at(1)}', '192.0.2.1', 9, 6, 128, 0, 0, 1, 1, 70000, '${at(-10)}', '${at(1)}', 2, 1, 0),`,
        `('${at(1)}', '192.0.2.1', 9, 17, 0, 0, 0, 0, 0, 7, '${at(1)}', '${at(1)}', 5, 1, 2)`,
      ].join(" "),
    );
    expect(await trafficProfiles(context, HOUR)).toEqual([
      {
        exporter: "192.0.2.1",
        protocol: "netflow9",
        rows: 3,
        zero_bytes: 1,
        tcp: 2,
        tcp_without_flags: 1,
        events: 1,
        sampler_unrated: 1,
        unrated: 2,
        ingress: 1,
        egress: 1,
        long: 1,
        longest: 660_000,
        without_times: 1,
        largest_if: 70_000,
      },
    ]);
    expect(await trafficProfiles(context, HOUR, "192.0.2.2")).toEqual([]);
  });

  it("check sampled volumes against interface counters, over a restart of the device", async () => {
    const counters = [
      [0, 1_000, 500],
      [1, 11_000, 2_500],
      [2, 4_000, 100],
      [3, 14_000, 100],
    ];
    for (const [minute, octetsIn, octetsOut] of counters)
      await db.store.command(
        `INSERT INTO if_counters (time_received, exporter, if_index, if_speed, in_octets, out_octets) VALUES ('${at(minute!)}', '192.0.2.5', 3, 1000000000, ${octetsIn}, ${octetsOut})`,
      );
    await db.store.command(
      [
        "INSERT INTO flows (time_received, exporter, flow_type, in_if, out_if, frame_bytes, sampling_rate, flows) VALUES",
        `('${at(-1)}', '192.0.2.5', 11, 3, 4, 1000, 100, 1),`, // before the first counter
        `('${at(1)}', '192.0.2.5', 11, 3, 4, 100, 100, 1),`,
        `('${at(2)}', '192.0.2.5', 11, 3, 4, 90, 100, 1),`,
        `('${at(2)}', '192.0.2.5', 11, 4, 3, 20, 100, 1)`,
      ].join(" "),
    );
    expect(await interfaceVolumes(context, { fromMs: FROM - 600_000, toMs: HOUR.toMs }, "192.0.2.5")).toEqual([
      {
        ...{ if_index: 3, speed: 1_000_000_000, from: FROM, to: FROM + 180_000 },
        ...{ in_octets: 20_000, out_octets: 2_000, in_estimate: 19_000, out_estimate: 2_000, in_samples: 2, out_samples: 1 },
      },
    ]);
    expect(await interfaceVolumes(context, HOUR, "192.0.2.1")).toEqual([]);
  });
});
