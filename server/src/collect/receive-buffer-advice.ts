/** Tells the operator when the kernel grants a smaller receive buffer than asked. */
import { formatSize } from "../config/index.ts";
import type { Logger } from "../log.ts";
import type { ReceiveSocket } from "./receive-socket.ts";

export class ReceiveBufferAdvice {
  readonly #log: Pick<Logger, "warn">;
  /** Buffer that the log has spoken of. */
  #told: number | undefined;

  constructor(log: Pick<Logger, "warn">) {
    this.#log = log;
  }

  /** One line for each size that is asked for, with the command that raises the limit. */
  check(sockets: readonly Pick<ReceiveSocket, "receiveBufferBytes">[], asked: number): void {
    if (asked === this.#told) return;
    this.#told = asked;
    const granted = Math.min(...sockets.map((socket) => socket.receiveBufferBytes));
    if (granted >= asked) return;
    this.#log.warn(
      {
        granted: formatSize(granted),
        asked: formatSize(asked),
        hint: `sysctl -w net.core.rmem_max=${asked}; for good: packaging/60-sillage.conf`,
      },
      "the kernel grants a smaller receive buffer than asked: bursts may be lost",
    );
  }
}
