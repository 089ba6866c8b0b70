/** Options of an exporter, from the datagram to the table. */
import { encodeFacts, OPTIONS_TABLE } from "../../collect/options-table.ts";
import { TestDecoder } from "../../decode/testing/decode.ts";
import { concat, hex, netflow9, netflow9Options, set, specs } from "../../decode/testing/messages.ts";
import { openTestStore, BACKENDS, type TestStore } from "../testing/backends.ts";
import { writeBlock } from "../testing/segments.ts";
import { loaderConfigSchema } from "./config.ts";
import { createLoader } from "./loader.ts";

const RENAMED_MS = Date.UTC(2026, 5, 1, 12);
const name = (text: string): Uint8Array => concat(new TextEncoder().encode(text), new Uint8Array(8 - text.length));
/** Interface 7 has a name, flows of the source id are sampled 1 in 100. */
const options = (interfaceName: string): Uint8Array =>
  netflow9([
    set(1, netflow9Options(300, specs("2:2"), specs("82:8"))),
    set(300, concat(hex("0007"), name(interfaceName))),
    set(1, netflow9Options(301, specs("1:4"), specs("34:4 35:1"))),
    set(301, hex("00000000 00000064 02")),
  ]);

describe.each(BACKENDS)("exporter_options on %s", (backend) => {
  let db: TestStore;
  beforeAll(async () => {
    db = await openTestStore(backend);
  });
  afterAll(() => db.close());

  it("has what an exporter told about itself, with its history", async () => {
    const decoder = new TestDecoder();
    const loader = createLoader(loaderConfigSchema.parse({}), { store: db.store, paths: db.dataFolder });
    let sequence = 0;
    const tell = async (datagram: Uint8Array, receivedMs: number): Promise<void> => {
      decoder.decode(datagram, { receivedMs });
      const block = encodeFacts("lab", decoder.decoder.takeChangedFacts(receivedMs, 100));
      if (block) await writeBlock(db.dataFolder.spool, block, { table: OPTIONS_TABLE, collector: "lab", sequence: sequence++ });
      await loader.runOnce();
    };
    await tell(options("old"), RENAMED_MS - 7_200_000);
    await tell(options("old"), RENAMED_MS - 3_600_000); // nothing new
    await tell(options("new"), RENAMED_MS);
    await tell(options("new"), RENAMED_MS + 25 * 3_600_000); // the next day: the same again
    expect(sequence).toBe(3);
    expect(
      await db.rows(
        `SELECT kind, key, name, value, protocol, toUnixTimestamp(valid_from) - {renamed:UInt32}
         FROM exporter_options FINAL WHERE exporter = toIPv6('192.0.2.1') ORDER BY kind, key, valid_from`,
        { renamed: RENAMED_MS / 1_000 },
      ),
    ).toEqual([
      ["interface", "7", "old", "{}", "", "-7200"],
      ["interface", "7", "new", "{}", "", "0"],
      ["sampling", "", "", '{"sampling_rate":100,"selectorAlgorithm":2}', "netflow9", "-7200"],
    ]);
  });
});
