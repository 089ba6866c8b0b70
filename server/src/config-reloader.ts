/**
 * The configuration in force, and how it changes while the program runs: the files are read again and checked as at the start; what is wrong
 * with them is logged with its place and nothing changes, else what can change does, and the log names what waits for the next start.
 */
import { SillageError } from "@sillage/model";
import type { Logger } from "./log.ts";
import { planReload } from "./reload-plan.ts";
import type { SillageConfig } from "./sillage-config.ts";

export interface ConfigReloaderDeps {
  /** Reads and checks everything again. @throws SillageError */
  readonly reread: () => SillageConfig;
  /** Puts options in force. @throws SillageError when they cannot be */
  readonly apply: (config: SillageConfig) => Promise<void>;
  readonly log: Logger;
}

export class ConfigReloader {
  readonly #deps: ConfigReloaderDeps;
  #config: SillageConfig;
  #running = Promise.resolve();

  constructor(config: SillageConfig, deps: ConfigReloaderDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  /** What is in force, or is being put in force: a child that starts during a reload must not begin with what was before. */
  get config(): SillageConfig {
    return this.#config;
  }

  /** One reload after the other; never rejects. */
  reload(): Promise<void> {
    this.#running = this.#running.then(() => this.#reload());
    return this.#running;
  }

  async #reload(): Promise<void> {
    const { reread, apply, log } = this.#deps;
    const before = this.#config;
    try {
      const { config, changed, needRestart } = planReload(before, reread());
      this.#config = config;
      await apply(config);
      log.level = config.log.level;
      log.info({ changed }, changed.length === 0 ? "configuration read again: no option has changed" : "configuration read again");
      if (needRestart.length > 0) log.warn({ options: needRestart }, "changed options that wait for the next start");
    } catch (error) {
      this.#config = before;
      const { code, message, hint } =
        error instanceof SillageError
          ? error
          : { code: "INTERNAL", message: error instanceof Error ? error.message : String(error), hint: undefined };
      log.error({ code, reason: message, ...(hint !== undefined && { hint }) }, "configuration not changed: the one before stays in force");
    }
  }
}
