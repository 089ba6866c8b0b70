/**
 * The part of the fault matrix that is quick enough for every change; `npm run faults` does all of it (docs/faults.md). The seed decides moments
 * and victims; SILLAGE_FAULT_SEED repeats a run.
 */
import { Random } from "../server/src/demo/index.ts";
import { FAULT_ROWS } from "./faults/rows/index.ts";

const SEED = Number(process.env.SILLAGE_FAULT_SEED ?? Date.now() % 1_000_000);
const ROWS = ["sigkill", "sigterm", "corrupt"];
const OPTIONS = { kills: 15, rate: 15_000, backlogMinutes: 0.5, keep: false };

describe(`faults, seed ${SEED}`, () => {
  it.each(FAULT_ROWS.filter(({ name }) => ROWS.includes(name)))(
    "$fault: $expectation",
    async (row) => {
      const said: string[] = [];
      const { wrong, sent, stored } = await row.run({ ...OPTIONS, random: new Random(SEED), say: (line) => said.push(line) });
      expect({ wrong, said: wrong.length === 0 ? [] : said }).toEqual({ wrong: [], said: [] });
      expect(stored).toBeGreaterThan(sent / 10);
    },
    240_000,
  );
});
