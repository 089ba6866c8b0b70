/**
 * How much of the disk the spool takes and how much it may take. The store deletes files of the same folder without telling, so the
 * folder is measured now and then; between two measures the number can only be too high, never too low.
 */
import path from "node:path";
import type { SpoolConfig } from "./config.ts";
import type { SpoolDisk } from "./disk.ts";

/** Files asked for their size at once. */
const PARALLEL = 64;

export class SpoolUsage {
  readonly #config: Pick<SpoolConfig, "maxBytes" | "maxShareOfDisk">;
  readonly #disk: SpoolDisk;
  readonly #folder: string;
  readonly #sizes = new Map<string, number>();
  #used = 0;
  #limit: number;

  constructor(config: Pick<SpoolConfig, "maxBytes" | "maxShareOfDisk">, disk: SpoolDisk, folder: string) {
    this.#config = config;
    this.#disk = disk;
    this.#folder = folder;
    this.#limit = config.maxBytes;
  }

  /** Bytes of all files in the folder, as far as known. */
  get usedBytes(): number {
    return this.#used;
  }

  /** The smaller of the two limits: `maxBytes`, or the share of what the disk could give the spool. */
  get limitBytes(): number {
    return this.#limit;
  }

  add(file: string, bytes: number): void {
    this.#used += bytes - (this.#sizes.get(file) ?? 0);
    this.#sizes.set(file, bytes);
  }

  /** Looks at the folder again. */
  async measure(): Promise<void> {
    const files = await this.#disk.list(this.#folder);
    const present = new Set(files);
    for (const [file, bytes] of this.#sizes) {
      if (present.has(file)) continue;
      this.#sizes.delete(file);
      this.#used -= bytes;
    }
    // A `.tmp` is a segment on its way to its name: it is counted as pending until then.
    const unknown = files.filter((file) => !this.#sizes.has(file) && !file.endsWith(".tmp"));
    for (let at = 0; at < unknown.length; at += PARALLEL) {
      await Promise.all(
        unknown.slice(at, at + PARALLEL).map(async (file) => {
          const bytes = await this.#disk.size(path.join(this.#folder, file));
          if (bytes !== undefined) this.add(file, bytes);
        }),
      );
    }
    const free = await this.#disk.freeBytes(this.#folder);
    const share = free === undefined ? Infinity : Math.floor((free + this.#used) * this.#config.maxShareOfDisk);
    this.#limit = Math.min(this.#config.maxBytes, share);
  }
}
