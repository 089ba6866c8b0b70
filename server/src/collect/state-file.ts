/**
 * The file that lets a restart decode its first datagram: what the decoder learnt, line by line, and a checksum of it in the last line.
 * It is written to a second file, fsynced and renamed, so there is always a whole one; what is not whole, too large or not ours is ignored
 * with one line in the log. Lines are made while they are written, so that datagrams are read in between.
 */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { RestoreResult } from "../decode/index.ts";
import type { Logger } from "../log.ts";
import { nodeDisk, replaceFile, type ReplacingDisk } from "../spool/index.ts";

/** Larger files are not ours: all caps of a decoder together stay below. Unit: bytes. */
const MAX_BYTES = 256 * 2 ** 20;
/** Bytes written at a time; between two pieces datagrams are read. */
const PIECE_BYTES = 64 * 1024;

/** What is asked of a decoder. */
export interface SavedStateOwner {
  /** Lines, each made when it is asked for. */
  saveState(): Iterable<string>;
  /** Grows with every change that is worth saving. */
  stateChanges(): number;
  /** undefined when the lines are something else. */
  restoreState(lines: Iterable<string>, nowMs: number): RestoreResult | undefined;
}

export class StateFile {
  readonly #file: string;
  readonly #log: Logger;
  readonly #disk: ReplacingDisk;

  constructor(file: string, log: Logger, disk: ReplacingDisk = nodeDisk) {
    this.#file = file;
    this.#log = log;
    this.#disk = disk;
  }

  /** Gives the decoder back what was saved. Never fails: without a usable file the decoder starts empty. */
  async restore(owner: SavedStateOwner, nowMs: number): Promise<void> {
    const lines = await this.#readLines();
    if (lines === undefined) return;
    if (typeof lines === "string") {
      this.#log.warn({ file: this.#file, reason: lines }, "saved templates are ignored");
      return;
    }
    const result = owner.restoreState(lines, nowMs);
    if (result) this.#log.info({ ...result }, "templates of before the restart are known");
    else this.#log.warn({ file: this.#file, reason: "not a state of this version" }, "saved templates are ignored");
  }

  /** @throws what the disk throws */
  async save(owner: SavedStateOwner): Promise<void> {
    await replaceFile(this.#disk, this.#file, pieces(owner.saveState()));
  }

  /** The lines; a reason why not; undefined when there is no file. */
  async #readLines(): Promise<string[] | string | undefined> {
    try {
      if ((await stat(this.#file)).size > MAX_BYTES) return "too large";
      const text = await readFile(this.#file, "utf8");
      const end = text.lastIndexOf("\n", text.length - 2) + 1;
      if (text.slice(end) !== checksumLine(createHash("sha256").update(text.slice(0, end)).digest("hex"))) return "not whole";
      return text.slice(0, Math.max(end - 1, 0)).split("\n");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === "ENOENT" ? undefined : (code ?? "cannot be read");
    }
  }
}

function* pieces(lines: Iterable<string>): Generator<Uint8Array> {
  const hash = createHash("sha256");
  let piece = "";
  for (const line of lines) {
    hash.update(`${line}\n`);
    piece += `${line}\n`;
    if (piece.length < PIECE_BYTES) continue;
    yield Buffer.from(piece);
    piece = "";
  }
  yield Buffer.from(piece + checksumLine(hash.digest("hex")));
}

function checksumLine(hex: string): string {
  return `{"sha256":"${hex}"}\n`;
}
