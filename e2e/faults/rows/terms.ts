/** An orderly end under load, as an init system makes it: SIGTERM to every process at once. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultRow } from "../row.ts";
import { PROCESSES } from "../system-under-fault.ts";
import { underLoad } from "../under-load.ts";

const TIMES = 3;

export const SIGTERM_ALL: FaultRow = {
  name: "sigterm",
  fault: "SIGTERM of supervisor, collector and server at once",
  moment: `under load, ${TIMES} times`,
  expectation: "nothing that was sent before the signal is lost; exit code 0",
  run: (options) =>
    underLoad(options, {}, async ({ system, load }) => {
      const wrong: string[] = [];
      load.start(options.rate);
      for (let time = 0; time < TIMES; time++) {
        await sleep(options.random.integer(1_500, 4_000));
        system.signal(PROCESSES, "SIGTERM");
        const end = await system.end();
        if (end !== "0") wrong.push(`ended with ${end}`);
        await system.gone();
        system.launch();
        await system.up();
      }
      return { wrong };
    }),
};
