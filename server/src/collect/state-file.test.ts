import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Logger } from "../log.ts";
import { StateFile } from "./state-file.ts";

let folder: string;
let file: string;
let logged: string[];
const log = {
  info: (_: object, message: string) => logged.push(`info ${message}`),
  warn: ({ reason }: { reason: string }, message: string) => logged.push(`warn ${message}: ${reason}`),
} as unknown as Logger;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sillage-state-"));
  file = path.join(folder, "collector-lab.state");
  logged = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A decoder that says these lines, and notes those that it is given back. */
function owner(lines: readonly string[], isOurs = true) {
  const given: string[] = [];
  return {
    given,
    saveState: () => lines,
    stateChanges: () => 0,
    restoreState(saved: Iterable<string>) {
      given.push(...saved);
      return isOurs ? { sessions: 1, templates: 2, facts: 3, refused: 0 } : undefined;
    },
  };
}

async function restored(isOurs = true): Promise<string[]> {
  const subject = owner([], isOurs);
  await new StateFile(file, log).restore(subject, 0);
  return subject.given;
}

describe("StateFile", () => {
  it("gives back what was saved, also of many lines, and leaves no second file", async () => {
    const lines = Array.from({ length: 10_000 }, (_, i) => JSON.stringify({ line: i, text: "é".repeat(20) }));
    await new StateFile(file, log).save(owner(lines));
    expect(await restored()).toEqual(lines);
    expect(readdirSync(folder)).toEqual(["collector-lab.state"]);
    expect(logged).toEqual(["info templates of before the restart are known"]);
  });

  it("makes lines while others are written", async () => {
    const [made, seen]: [string[], number[]] = [[], []];
    const saveState = function* (): Generator<string> {
      for (let i = 0; i < 1_000; i++) {
        made.push("x");
        yield "x".repeat(1_000);
      }
    };
    const timer = setInterval(() => seen.push(made.length), 0);
    await new StateFile(file, log).save({ ...owner([]), saveState });
    clearInterval(timer);
    expect(seen.some((count) => count > 0 && count < 1_000)).toBe(true);
  });

  it("says nothing when there is no file yet", async () => {
    expect(await restored()).toEqual([]);
    expect(logged).toEqual([]);
  });

  it.each<{ name: string; damage: () => void; reason: string }>([
    { name: "is empty", damage: () => writeFileSync(file, ""), reason: "not whole" },
    { name: "was cut off", damage: () => truncateSync(file, 20), reason: "not whole" },
    { name: "was edited", damage: () => writeFileSync(file, readFileSync(file, "utf8").replace("one", "One")), reason: "not whole" },
    { name: "is another program's", damage: () => writeFileSync(file, "# notes\n\nhello\n"), reason: "not whole" },
    { name: "is no text", damage: () => writeFileSync(file, Buffer.from([0xff, 0xfe, 0, 0x0a, 0x80])), reason: "not whole" },
  ])("is ignored with one line in the log when it $name", async ({ damage, reason }) => {
    await new StateFile(file, log).save(owner(["one", "two"]));
    damage();
    expect(await restored()).toEqual([]);
    expect(logged).toEqual([`warn saved templates are ignored: ${reason}`]);
  });

  it("is ignored with one line in the log when the decoder does not know its form", async () => {
    await new StateFile(file, log).save(owner(["one"]));
    await restored(false);
    expect(logged).toEqual(["warn saved templates are ignored: not a state of this version"]);
  });

  it("stays whole when writing fails in the middle", async () => {
    await new StateFile(file, log).save(owner(["one"]));
    const saveState = function* (): Generator<string> {
      yield "x".repeat(100_000);
      throw new Error("no more");
    };
    await expect(new StateFile(file, log).save({ ...owner([]), saveState })).rejects.toThrow("no more");
    expect(await restored()).toEqual(["one"]);
  });
});
