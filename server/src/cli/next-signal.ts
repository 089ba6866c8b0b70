/** Waits for the signal that ends a long-running command. */
import { watchTerminal } from "../hang-up.ts";

/** @param reload called for SIGHUP, unless the terminal is gone; without it SIGHUP ends the command as well */
export function nextSignal(reload?: () => void, isTerminalGone = watchTerminal()): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on("SIGINT", resolve).on("SIGTERM", resolve);
    process.on("SIGHUP", (signal) => {
      if (reload === undefined || isTerminalGone()) resolve(signal);
      else reload();
    });
  });
}
