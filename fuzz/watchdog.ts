/**
 * Ends the process when a datagram never ends: a decoder that goes round in circles blocks its thread, so another thread has to look. Which
 * round it was is printed; nothing can be made smaller then.
 */
import { Worker } from "node:worker_threads";

/** No datagram takes as long, however busy the machine. Unit: ms. */
const PATIENCE_MS = 60_000;

const progress = new Int32Array(new SharedArrayBuffer(8));

/** Tells that a round or a datagram of it begins. */
export function beat(round: number, datagram: number): void {
  progress[0] = round;
  progress[1] = datagram;
}

/** Watches until the process ends. @param command how to play the seed's round again, less the round's number */
export function startWatchdog(command: string): void {
  new Worker(WATCH, { eval: true, workerData: { progress, patienceMs: PATIENCE_MS, command } }).unref();
}

/** Plain JavaScript, because a worker does not go through the compiler. */
const WATCH = `
  const { workerData: { progress, patienceMs, command } } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  let seen = "";
  let sinceMs = Date.now();
  setInterval(() => {
    const now = progress.join(" ");
    if (now !== seen) { seen = now; sinceMs = Date.now(); }
    else if (Date.now() - sinceMs > patienceMs) {
      writeSync(1, "fuzz: FOUND: hang: datagram " + (progress[1] + 1) + " has not ended in " + patienceMs / 1000 + " s\\nfuzz: again with " + command + " --round " + progress[0] + "\\n");
      process.kill(process.pid, "SIGKILL");
    }
  }, 1000);
`;
