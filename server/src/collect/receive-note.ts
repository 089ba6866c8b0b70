/** One line on how datagrams are taken from the kernel; where the better way does not work, with the reason. */
import type { Logger } from "../log.ts";
import { loadLibc } from "./libc.ts";
import type { ReceiveSocket, ReceiveWay } from "./receive-socket.ts";

export class ReceiveNote {
  readonly #log: Logger;
  /** The way that the log has spoken of. */
  #told: ReceiveWay | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  async check(sockets: readonly ReceiveSocket[], wanted: ReceiveWay): Promise<void> {
    if (wanted === this.#told) return;
    this.#told = wanted;
    if (sockets.every(({ receives }) => receives === wanted)) this.#log.info({ receives: wanted }, "how datagrams are received");
    else
      this.#log.info({ receives: "single", reason: await loadLibc() }, "datagrams are received one at a time, which takes more CPU time");
  }
}
