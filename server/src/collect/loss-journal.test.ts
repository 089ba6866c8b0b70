import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { SessionSequence } from "../decode/index.ts";
import { createLogger } from "../log.ts";
import { LossJournal } from "./loss-journal.ts";

const SEQUENCE: SessionSequence = {
  ...{ rule: "units-before", next: 30, unitsPerSecond: 10, lastMs: 5, flowType: 5, obsDomain: 0, sourcePort: 9, uptimeMs: 1 },
  ...{ source: "00000000000000000000ffff7f000001", exporter: "00000000000000000000ffff7f000001" },
};

describe("the journal of losses", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sillage-journal-"));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const journal = (): LossJournal =>
    new LossJournal(path.join(folder, "main.losses"), createLogger("collector", { level: "error", format: "json" }, false));

  it("gives back what was written last", async () => {
    await journal().write("first", [], 1);
    await journal().write("second", [SEQUENCE], 2);
    expect(await journal().read()).toEqual({ segment: "second", sequences: [SEQUENCE] });
  });

  it.each([
    { name: "no file", text: undefined },
    { name: "half a file", text: '{"version":1,"segment":"a","sequ' },
    { name: "a file of another version", text: '{"version":2,"segment":"a","sequences":[]}' },
    { name: "something else", text: '{"version":1,"segment":5,"sequences":{}}' },
    { name: "no object", text: "null" },
  ])("begins anew with $name", async ({ text }) => {
    if (text !== undefined) await writeFile(path.join(folder, "main.losses"), text);
    expect(await journal().read()).toBeUndefined();
  });
});
