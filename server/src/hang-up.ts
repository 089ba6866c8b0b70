/**
 * SIGHUP has two senders. An operator, systemd or logrotate asks to read the configuration again; and the kernel says that the terminal a
 * program was started from is gone, which by custom ends the program. The second case is told by the terminal itself: the kernel takes it from
 * all processes of the session before it sends the signal, so it cannot be opened any more. A program that never had one (systemd, a container,
 * nohup, whose streams are files) is only ever asked to reload.
 */
import { closeSync, openSync } from "node:fs";

/** Whether the terminal that this process was started from is gone; false when there never was one. Ask `watchTerminal` at the start. */
export type TerminalWatch = () => boolean;

export function watchTerminal(
  hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY,
  canOpen: () => boolean = canOpenTerminal,
): TerminalWatch {
  const isAttached = hasTerminal && canOpen();
  return () => isAttached && !canOpen();
}

/**
 * Ends this process, which has ended its work. Node 20 aborts when it cannot put the terminal back as it was; after a hang-up there is none to
 * put back, so the process ends by that signal, as programs do that know nothing of it.
 */
export function endByHangUp(): void {
  process.removeAllListeners("SIGHUP");
  process.kill(process.pid, "SIGHUP");
}

function canOpenTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
