/** Waits for what is to happen, for as long as a busy machine may take. */
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_EVERY_MS = 10;

/** @throws Error when it has not happened after so long */
export async function until(isSo: () => boolean, timeoutMs = 30_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`waited in vain for ${timeoutMs / 1_000} s: ${isSo.toString()}`);
    await sleep(LOOK_EVERY_MS);
  }
}
