/** A ClickHouse server (the HTTP helper) that refuses, hangs, cuts connections, applies inserts late, or is away. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startHttpHelper, type HttpHelper } from "../../../server/src/store/testing/http-helper.ts";
import { freePort } from "../../../server/src/testing/free-port.ts";
import { waitFor } from "../../support/system.ts";
import { NUMBER_SQL } from "../numbered-flow.ts";
import type { FaultRow, RowResult, RunOptions } from "../row.ts";
import { openStoredOverHttp } from "../stored.ts";
import { underLoad, type Knowledge, type Running } from "../under-load.ts";

/** How long the database misbehaves. */
const FAULT_SECONDS = 15;
/** Longest wait for the newest flows behind an outage: the loader's longest pause, the open batch, and a full one. */
const BACK_MS = 120_000;
/** Of the usual rate: what takes minutes to grow must not take as many to load here. */
const BACKLOG_RATE = 0.25;
const BACKLOG_BATCH_ROWS = 65_536;
/** Of a backlog of four batches and more, the newest flow comes with the first of them, behind the small one that was open. */
const LARGEST_SHARE = 0.6;

/** A server that can be away and come back with what it had. */
class Database {
  readonly url: string;
  helper: HttpHelper;
  readonly #folder: string;
  readonly #port: number;

  private constructor(folder: string, port: number, helper: HttpHelper) {
    this.#folder = folder;
    this.#port = port;
    this.helper = helper;
    this.url = helper.url;
  }

  static async start(): Promise<Database> {
    const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-faults-store-"));
    const port = await freePort();
    return new Database(folder, port, await startHttpHelper({ path: path.join(folder, "store"), port }));
  }

  async goAway(): Promise<void> {
    await this.helper.stop();
  }

  async comeBack(): Promise<void> {
    this.helper = await startHttpHelper({ path: path.join(this.#folder, "store"), port: this.#port });
  }

  async close(): Promise<void> {
    await this.helper.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function withDatabase(
  options: RunOptions,
  strike: (running: Running & { readonly database: Database }) => Promise<Knowledge | undefined>,
  more: readonly string[] = [],
): Promise<RowResult> {
  const database = await Database.start();
  try {
    const set = ["store.kind=http", `store.url=${database.url}`, ...more];
    return await underLoad(options, { set, httpStore: database.url }, (running) => strike({ ...running, database }));
  } finally {
    await database.close();
  }
}

const isInsert = (sql: string): boolean => sql.startsWith("INSERT INTO `");

type Faults = HttpHelper["faults"];

/** A row in which inserts meet a fault, by chance, for a while. */
function insertFault(
  row: Omit<FaultRow, "run">,
  chance: number,
  faults: (strikes: () => boolean, random: RunOptions["random"]) => Faults,
): FaultRow {
  return {
    ...row,
    run: (options) =>
      withDatabase(options, async ({ load, database }) => {
        let met = 0;
        const strikes = (): boolean => {
          const hit = options.random.chance(chance);
          if (hit) met++;
          return hit;
        };
        load.start(options.rate);
        await sleep(2_000);
        database.helper.faults = faults(strikes, options.random);
        await sleep(FAULT_SECONDS * 1_000);
        database.helper.faults = {};
        await sleep(3_000);
        await load.stop();
        return { note: `${met} inserts met it`, wrong: met === 0 ? ["no insert met the fault"] : [] };
      }),
  };
}

export const DATABASE_ROWS: readonly FaultRow[] = [
  insertFault(
    {
      name: "http-500",
      fault: "the database, or a proxy before it, answers 500",
      moment: `half of the inserts of ${FAULT_SECONDS} s`,
      expectation: "nothing lost, nothing twice",
    },
    0.5,
    (strikes) => ({ refuse: (sql) => (isInsert(sql) && strikes() ? 500 : undefined) }),
  ),
  insertFault(
    {
      name: "http-hang",
      fault: "the database hangs, then goes on",
      moment: `a third of the inserts of ${FAULT_SECONDS} s, 5 s each`,
      expectation: "nothing lost, nothing twice",
    },
    0.34,
    (strikes) => ({ before: (sql) => (isInsert(sql) && strikes() ? sleep(5_000) : undefined) }),
  ),
  insertFault(
    {
      name: "http-cut",
      fault: "the connection is cut after the insert was applied, before the answer",
      moment: `half of the inserts of ${FAULT_SECONDS} s`,
      expectation: "nothing lost; what is sent again under its token changes nothing, in no rollup",
    },
    0.5,
    (strikes) => ({
      after: (sql) => {
        if (isInsert(sql) && strikes()) throw new Error("cut");
      },
    }),
  ),
  insertFault(
    {
      name: "http-late",
      fault: "the connection is cut, and the insert is applied after it was sent again",
      moment: `half of the inserts of ${FAULT_SECONDS} s, 0 to 3 s late`,
      expectation: "nothing lost, nothing twice",
    },
    0.5,
    (strikes, random) => ({ detach: (sql) => (isInsert(sql) && strikes() ? random.integer(0, 3_000) : undefined) }),
  ),
  {
    name: "backlog",
    fault: "the database is away, and a backlog waits when it comes back",
    moment: "under load, which goes on",
    expectation: "behind the batch that was open the newest flows come first, then the past; nothing lost, nothing twice",
    run: (options) =>
      withDatabase(
        options,
        async ({ load, database, system }) => {
          await load.run(options.rate, 3);
          await system.loaded();
          const exporter = load.exporters[0]!;
          const [before, from] = [load.sentFlows, exporter.sentFlows];
          await database.goAway();
          await load.run(options.rate * BACKLOG_RATE, options.backlogMinutes * 60);
          const backlog = load.sentFlows - before;
          const newest = exporter.sentFlows - 1;
          await database.comeBack();
          // Less load, as at the end of a rush.
          load.start((options.rate * BACKLOG_RATE) / 2);
          const share = (await storedWithNewest(database, exporter.address, { from, newest })) / (newest + 1 - from);
          await load.stop();
          const wrong = share < LARGEST_SHARE ? [] : [`${Math.round(share * 100)} % of the backlog were stored before its newest flow was`];
          return {
            note: `backlog ${backlog} flows; ${Math.round(share * 100)} % of it stored when its newest flow was; ${system.largestBatch} rows in the largest batch seen`,
            wrong,
          };
        },
        // A backlog of many batches, also when it is a short one.
        [`loader.maxBatchRows=${BACKLOG_BATCH_ROWS}`],
      ),
  },
];

/** Waits for the newest flow of the backlog. @returns how many flows of the backlog are there then */
async function storedWithNewest(
  database: Database,
  exporter: string,
  { from, newest }: { readonly from: number; readonly newest: number },
): Promise<number> {
  const stored = await openStoredOverHttp(database.url);
  const flows = `SELECT ${NUMBER_SQL} AS n FROM flows WHERE exporter = toIPv6('${exporter}')`;
  try {
    return await waitFor(
      "the newest flow of the backlog",
      async () => {
        const [row] = await stored.rows(
          `SELECT toFloat64(count()), toFloat64(max(n)) FROM (${flows}) WHERE n BETWEEN ${from} AND ${newest}`,
        );
        const [count, last] = row!.map(Number) as [number, number];
        return last === newest ? count : undefined;
      },
      BACK_MS,
    );
  } finally {
    await stored.close();
  }
}
