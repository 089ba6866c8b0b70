/** The system clock jumps, for all processes (libfaketime, of Debian's package of that name). Timers go on: they follow the other clock. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { FaultRow } from "../row.ts";
import type { Stored } from "../stored.ts";
import { underLoad } from "../under-load.ts";

const LIBRARIES = "/usr/lib";
/** Seconds from the true time, one after the other. */
const STEPS = [-3_600, 0, 3_600, 0] as const;
const STEP_SECONDS = 3;

function findLibrary(): string | undefined {
  const folders = existsSync(LIBRARIES) ? readdirSync(LIBRARIES).map((name) => path.join(LIBRARIES, name, "faketime")) : [];
  return folders.map((folder) => path.join(folder, "libfaketimeMT.so.1")).find((file) => existsSync(file));
}

/** Without a step in the times of receipt nothing was shown. */
async function whyNotStepped(stored: Stored): Promise<string[]> {
  const [row] = await stored.rows("SELECT toFloat64(dateDiff('second', min(time_received), max(time_received))) FROM flows");
  const [seconds] = row!.map(Number) as [number];
  return seconds > STEPS[2] - STEPS[0] - STEP_SECONDS ? [] : [`the times of receipt are only ${seconds} s apart`];
}

export const CLOCK_STEPS: FaultRow = {
  name: "clock",
  fault: "the clock jumps back an hour, forth, ahead an hour, back",
  moment: `under load, every ${STEP_SECONDS} s`,
  expectation: "nothing lost, nothing twice: segments and batches are told apart by names, and no clock orders them",
  skip: () => (findLibrary() === undefined ? "libfaketime is not installed" : undefined),
  run: async (options) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-faults-clock-"));
    const file = path.join(folder, "offset");
    const step = (seconds: number): void => writeFileSync(file, `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}\n`);
    step(0);
    const env = {
      LD_PRELOAD: findLibrary(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
    };
    try {
      return await underLoad(options, { env }, async ({ load }) => {
        await load.run(options.rate, STEP_SECONDS);
        for (const seconds of STEPS) {
          step(seconds);
          await load.run(options.rate, STEP_SECONDS);
        }
        return { inspect: whyNotStepped };
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
