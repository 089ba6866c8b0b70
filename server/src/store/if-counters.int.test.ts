/** Interface counters all the way: a switch's sFlow, decoded, gathered, in a segment, loaded, asked for. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { COUNTERS_TABLE, CounterTable } from "../collect/index.ts";
import { loadCaptureCases } from "../decode/testing/captures.ts";
import { decodeCase } from "../decode/testing/decode-capture.ts";
import { createSpoolWriter, spoolConfigSchema } from "../spool/index.ts";
import { createLoader } from "./loader/loader.ts";
import { loaderConfigSchema } from "./loader/config.ts";
import { openTestStore, type TestStore } from "./testing/backends.ts";

const capture = loadCaptureCases()?.find(({ id }) => id === "lab-ovs-sflow");

/** Last totals of each port, as another program reads them from the capture; what Open vSwitch does not count has all bits set. */
const WANTED = [
  [2, "10000000000", 1, "666864", 536, 4_294_967_295, 0, "19920", 256, 0],
  [3, "10000000000", 1, "19304", 248, 4_294_967_295, 0, "667480", 544, 0],
  [5, "10000000000", 0, "0", 0, 4_294_967_295, 0, "0", 0, 18],
];

(capture ? describe : describe.skip)("interface counters of Open vSwitch", () => {
  let db: TestStore;
  beforeAll(async () => (db = await openTestStore("embedded")));
  afterAll(() => db.close());

  it("arrive in ClickHouse as the switch counted them", async () => {
    const folder = path.join(db.dataFolder.spool, "lab");
    await mkdir(folder, { recursive: true });
    const writer = createSpoolWriter({ config: spoolConfigSchema.parse({}), folder, collector: "lab", bootMs: 1 });
    await writer.start();
    const refused: unknown[] = [];
    const table = new CounterTable((block, span) => refused.push(writer.offer(COUNTERS_TABLE, block, span)));
    for (const row of decodeCase(capture!).counters) table.add(row);
    table.flush();
    await writer.stop(5_000);
    expect(refused).toEqual([undefined]);

    const loader = createLoader(loaderConfigSchema.parse({}), { store: db.store, paths: db.dataFolder });
    expect(await loader.runOnce()).toBe(12);
    const last = await db.rows(
      `SELECT if_index, argMax(toString(if_speed), time_received), argMax(oper_up, time_received),
        toString(max(in_octets)), max(in_unicast_packets), max(in_broadcast_packets), max(in_discards),
        toString(max(out_octets)), max(out_unicast_packets), max(out_discards)
      FROM if_counters WHERE exporter = toIPv6('127.0.0.1') GROUP BY if_index ORDER BY if_index`,
    );
    expect(last).toEqual(WANTED);
  });
});
