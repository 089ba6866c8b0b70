/**
 * When the state of a decoder is saved: soon after it changed, but not all the time. Exporters that change templates without end must not
 * keep the process busy writing them, so writing takes at most a fiftieth of the time.
 */
import { LogLimit } from "../log-limit.ts";
import type { Logger } from "../log.ts";
import type { SavedStateOwner, StateFile } from "./state-file.ts";

/** Least time between two writings. Unit: ms. */
const PAUSE_MS = 5_000;
/** Pause after a writing, as a multiple of the time it took. */
const PAUSE_SHARE = 50;
/** Saved at least so often while nothing changes: who was heard lately is part of the state. Unit: ms. */
const REFRESH_MS = 3_600_000;
/** Least time between two log lines about a disk that refuses. Unit: ms. */
const LOG_PAUSE_MS = 60_000;

export interface StateSaverDeps {
  readonly file: Pick<StateFile, "save">;
  readonly log: Logger;
  readonly now: () => number;
}

export class StateSaver {
  readonly #owner: SavedStateOwner;
  readonly #deps: StateSaverDeps;
  readonly #errors = new LogLimit(LOG_PAUSE_MS);
  #savedChanges: number;
  #savedMs: number;
  #nextMs = 0;
  #running: Promise<void> | undefined;

  constructor(owner: SavedStateOwner, deps: StateSaverDeps) {
    this.#owner = owner;
    this.#deps = deps;
    this.#savedChanges = owner.stateChanges();
    this.#savedMs = deps.now();
  }

  /** Called now and then: saves if it is time. */
  tick(): void {
    const nowMs = this.#deps.now();
    const isDue = this.#owner.stateChanges() !== this.#savedChanges || nowMs - this.#savedMs > REFRESH_MS;
    if (!this.#running && isDue && nowMs >= this.#nextMs) this.#running = this.#save(nowMs);
  }

  /** At the end: saves what there is now. */
  async finish(): Promise<void> {
    await this.#running;
    await this.#save(this.#deps.now());
  }

  async #save(startMs: number): Promise<void> {
    const { file, log, now } = this.#deps;
    const changes = this.#owner.stateChanges();
    try {
      await file.save(this.#owner);
      this.#savedChanges = changes;
      this.#savedMs = now();
    } catch (err) {
      const line = this.#errors.take("state", now());
      if (line) log.error({ err, count: line.count }, "templates cannot be saved: after a restart data waits until they are sent again");
    }
    this.#nextMs = now() + Math.max(PAUSE_MS, (now() - startMs) * PAUSE_SHARE);
    this.#running = undefined;
  }
}
