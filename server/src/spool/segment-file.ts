/**
 * One segment on its way to the disk. The steps of segment.ts, each of which may fail and be tried again:
 *
 *   copied -> written (body and sidecar as .tmp, fsynced) -> visible (both renamed) -> durable (folder fsynced)
 *
 * A visible segment is never written a second time: the store may have taken it already, and a second copy would be counted twice.
 */
import path from "node:path";
import { crc32 } from "node:zlib";
import type { SpoolDisk } from "./disk.ts";
import { formatSegmentName, type SegmentName, type SegmentSidecar } from "./segment.ts";

/** Bytes handed to the disk at once: the checksum of a piece takes 1 ms of the receive loop. Larger pieces mean fewer calls into the kernel. */
const PIECE_BYTES = 2 << 20;

export class SegmentFile {
  readonly name: SegmentName;
  readonly fileName: string;
  /** Size of the body. */
  readonly bytes: number;
  #sidecarBytes = 0;
  readonly body: Uint8Array;
  readonly #facts: Pick<SegmentSidecar, "columns" | "minTimeMs" | "maxTimeMs">;
  #step: "copied" | "written" | "visible" = "copied";
  #isPromised = false;

  constructor(name: SegmentName, body: Uint8Array, facts: Pick<SegmentSidecar, "columns" | "minTimeMs" | "maxTimeMs">) {
    this.name = name;
    this.fileName = formatSegmentName(name);
    this.bytes = body.byteLength;
    this.body = body;
    this.#facts = facts;
  }

  /** Size of the sidecar; 0 before it is written. */
  get sidecarBytes(): number {
    return this.#sidecarBytes;
  }

  /** Does the store see it? */
  get visible(): boolean {
    return this.#step === "visible";
  }

  /** Something else counts on it by its name: from now on its files are only given their names, neither written anew nor taken away. */
  promise(): void {
    this.#isPromised = true;
  }

  /** Writes both `.tmp` files, unless that is done. */
  async write(disk: SpoolDisk, folder: string): Promise<void> {
    if (this.#step !== "copied") return;
    const body = path.join(folder, this.fileName);
    const checksum = { value: 0 };
    await disk.writeDurable(`${body}.tmp`, pieces(this.body, checksum));
    const sidecar: SegmentSidecar = {
      version: 1,
      ...this.#facts,
      rows: this.name.rows,
      bytes: this.bytes,
      crc32: checksum.value.toString(16).padStart(8, "0"),
    };
    const text = Buffer.from(`${JSON.stringify(sidecar)}\n`);
    await disk.writeDurable(`${body}.json.tmp`, [text]);
    this.#sidecarBytes = text.byteLength;
    this.#step = "written";
  }

  /** Gives both files their names, the body last: its name is the commit. */
  async rename(disk: SpoolDisk, folder: string): Promise<void> {
    if (this.#step !== "written") return;
    const body = path.join(folder, this.fileName);
    try {
      // A try before this one may have come as far as here.
      if (!this.#isPromised || (await disk.size(`${body}.json`)) === undefined) await disk.rename(`${body}.json.tmp`, `${body}.json`);
      await disk.rename(`${body}.tmp`, body);
    } catch (error) {
      // A rename may fail and have taken effect all the same; only a body without its name may be written again.
      const size = await disk.size(body).catch(() => undefined);
      if (size === undefined) {
        const hasBody = this.#isPromised && (await isThere(disk, `${body}.tmp`));
        if (!hasBody) this.#step = "copied";
        throw error;
      }
    }
    this.#step = "visible";
  }

  /** Takes the `.tmp` files away, so that a disk without room gets some back. */
  async discard(disk: SpoolDisk, folder: string): Promise<void> {
    if (this.#step === "visible" || (this.#isPromised && this.#step === "written")) return;
    this.#step = "copied";
    const body = path.join(folder, this.fileName);
    await disk.remove(`${body}.tmp`);
    await disk.remove(`${body}.json.tmp`);
  }
}

/** A disk that does not answer has lost nothing yet. */
function isThere(disk: SpoolDisk, file: string): Promise<boolean> {
  return disk.size(file).then(
    (size) => size !== undefined,
    () => true,
  );
}

/** The body in pieces; the checksum grows as they are taken. */
function* pieces(body: Uint8Array, checksum: { value: number }): Iterable<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += PIECE_BYTES) {
    const piece = body.subarray(at, at + PIECE_BYTES);
    checksum.value = crc32(piece, checksum.value);
    yield piece;
  }
}
