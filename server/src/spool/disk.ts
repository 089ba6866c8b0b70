/**
 * The few things the spool asks of a disk. `nodeDisk` is the real one; `testing/memory-disk.ts` is one that crashes on command and forgets
 * whatever was not synced, as a real one may.
 */
import { mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";

export interface SpoolDisk {
  makeFolder(folder: string): Promise<void>;
  list(folder: string): Promise<string[]>;
  /** Bytes of a file; undefined when it is gone. */
  size(file: string): Promise<number | undefined>;
  /** Creates or empties the file, writes the pieces one after the other, and returns when the content is on stable storage. */
  writeDurable(file: string, pieces: Iterable<Uint8Array>): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A file that is gone already is no error: the store deletes files of the same folder. */
  remove(file: string): Promise<void>;
  /** Returns when the folder's names (created, renamed, removed) are on stable storage. */
  syncFolder(folder: string): Promise<void>;
  /** Bytes an ordinary user may still write; undefined where the system does not tell. */
  freeBytes(folder: string): Promise<number | undefined>;
}

export const nodeDisk: SpoolDisk = {
  async makeFolder(folder) {
    await mkdir(folder, { recursive: true });
  },
  list: (folder) => readdir(folder),
  async size(file) {
    try {
      return (await stat(file)).size;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  },
  async writeDurable(file, pieces) {
    const handle = await open(file, "w", 0o640);
    try {
      for (const piece of pieces) {
        for (let at = 0; at < piece.byteLength;) at += (await handle.write(piece, at)).bytesWritten;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename: (from, to) => rename(from, to),
  remove: (file) => rm(file, { force: true }),
  async syncFolder(folder) {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async freeBytes(folder) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch {
      return undefined;
    }
  },
};

/** What replacing a file asks of a disk. */
export type ReplacingDisk = Pick<SpoolDisk, "writeDurable" | "rename" | "syncFolder">;

/** Gives a file new content in one step, by way of `<file>.tmp`; durable when it returns. @throws what the disk throws */
export async function replaceFile(disk: ReplacingDisk, file: string, pieces: Iterable<Uint8Array>): Promise<void> {
  await disk.writeDurable(`${file}.tmp`, pieces);
  await disk.rename(`${file}.tmp`, file);
  await disk.syncFolder(path.dirname(file));
}

/** System error code (ENOSPC, EIO, ...) of anything thrown. */
export function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "UNKNOWN";
}
