/**
 * Makes the loss balance outlive a crash: the file names the newest segment of the table `loss_1m`, and tells how far the exporters' sequence
 * numbers were followed up to the same datagram. It is written when that segment's content is on stable storage and only its name is missing
 * (`SpoolWriter.offer`), so the two are one step. The next process goes on from there: what it misses in the numbers was lost in between,
 * or is stored and was not counted yet; with either the parts of the balance add up to what was exported.
 *
 *   state/collector-<name>.losses   { version, segment, savedMs, sequences: [ … ] }
 */
import { readFile } from "node:fs/promises";
import type { SessionSequence } from "../decode/index.ts";
import type { Logger } from "../log.ts";
import { nodeDisk, replaceFile, type ReplacingDisk } from "../spool/index.ts";

const VERSION = 1;

/** What the process before has left; `sequences` are checked by who takes them. */
export interface SavedLosses {
  readonly segment: string;
  readonly sequences: readonly unknown[];
}

export class LossJournal {
  readonly #file: string;
  readonly #log: Logger;
  readonly #disk: ReplacingDisk;

  constructor(file: string, log: Logger, disk: ReplacingDisk = nodeDisk) {
    this.#file = file;
    this.#log = log;
    this.#disk = disk;
  }

  /** Durable when it returns. @throws what the disk throws */
  async write(segment: string, sequences: readonly SessionSequence[], savedMs: number): Promise<void> {
    const text = JSON.stringify({ version: VERSION, segment, savedMs, sequences });
    await replaceFile(this.#disk, this.#file, [Buffer.from(`${text}\n`)]);
  }

  /** Never fails: without a usable file the numbers begin anew, and what was lost before the start is not known. */
  async read(): Promise<SavedLosses | undefined> {
    try {
      const { version, segment, sequences } = JSON.parse(await readFile(this.#file, "utf8")) as Record<string, unknown>;
      if (version === VERSION && typeof segment === "string" && Array.isArray(sequences)) return { segment, sequences };
      this.#log.warn({ file: this.#file }, "how far sequence numbers were followed is not known: the file is not of this version");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") this.#log.warn({ file: this.#file, err: error }, "how far sequence numbers were followed cannot be read");
    }
    return undefined;
  }
}
