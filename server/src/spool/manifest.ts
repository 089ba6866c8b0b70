/**
 * A manifest writes down which segments form a batch before the batch is inserted, so that every repetition is the same batch under the
 * same token, whatever has arrived or was lost meanwhile.
 *
 *   state/manifests/<token>.json   the batch is to be inserted       (written, fsynced, renamed, folder fsynced)
 *   state/manifests/<token>.done   it was; its files are to be deleted
 *
 * Nothing is deleted before the `.done` is durable, and the `.done` goes last: a crash at any point is finished by the next start.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { parseJson } from "../parse-json.ts";
import { errorCode, nodeDisk, replaceFile } from "./disk.ts";
import { formatSegmentName, parseSegmentName, type SegmentColumn } from "./segment.ts";

const manifestSchema = z.object({
  version: z.literal(1),
  table: z.string(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })).min(1),
  rows: z.int().min(1),
  /** Relative to the spool folder, in the order of insertion. */
  files: z.array(z.string().regex(/^[^/]+\/[^/]+\.native$/)).min(1),
  createdMs: z.number(),
});

export interface Manifest {
  /** Names the batch for the database; made of the files' names, so the same files always are the same batch. */
  readonly token: string;
  readonly table: string;
  readonly columns: readonly SegmentColumn[];
  readonly rows: number;
  /** Absolute paths of the bodies, in the order of insertion. */
  readonly files: readonly string[];
  readonly createdMs: number;
}

export interface StoredManifest extends Manifest {
  /** Inserted; only its files are left to delete. */
  readonly done: boolean;
}

export class ManifestFolder {
  readonly #folder: string;
  readonly #spool: string;

  constructor(folder: string, spool: string) {
    this.#folder = folder;
    this.#spool = spool;
  }

  /** Writes down a batch; durable when it returns. */
  async write(batch: Omit<Manifest, "token">): Promise<Manifest> {
    const files = batch.files.map((file) => path.relative(this.#spool, file));
    const token = createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 32);
    const text = JSON.stringify({ version: 1, ...batch, files });
    await replaceFile(nodeDisk, this.#path(token, "json"), [Buffer.from(`${text}\n`)]);
    return { ...batch, token };
  }

  /** Writes down that the batch is in the database. */
  async markDone({ token }: Pick<Manifest, "token">): Promise<void> {
    await rename(this.#path(token, "json"), this.#path(token, "done"));
  }

  /** Deletes the files of a batch that is done, then its manifest. Whatever fails, it can be called again. */
  async finish({ token, files }: Pick<Manifest, "token" | "files">): Promise<void> {
    await nodeDisk.syncFolder(this.#folder);
    // The body goes first: a sidecar without body is debris, a body without sidecar would count as corrupt.
    for (const file of files) await nodeDisk.remove(file);
    for (const file of files) await nodeDisk.remove(`${file}.json`);
    for (const folder of new Set(files.map((file) => path.dirname(file)))) await syncIfThere(folder);
    await nodeDisk.remove(this.#path(token, "done"));
  }

  /** Forgets a batch whose segments were put into quarantine. */
  async discard({ token }: Pick<Manifest, "token">): Promise<void> {
    await nodeDisk.remove(this.#path(token, "json"));
    await nodeDisk.syncFolder(this.#folder);
  }

  /** What an earlier process left, the oldest first; halves of manifests go. `unreadable` are files that are no manifests. */
  async list(): Promise<{ manifests: StoredManifest[]; unreadable: string[] }> {
    const manifests: StoredManifest[] = [];
    const unreadable: string[] = [];
    for (const name of await readdir(this.#folder)) {
      if (name.endsWith(".json.tmp")) await nodeDisk.remove(path.join(this.#folder, name));
      const match = /^([0-9a-f]{32})\.(json|done)$/.exec(name);
      if (!match) continue;
      const parsed = manifestSchema.safeParse(parseJson(await readFile(path.join(this.#folder, name), "utf8")));
      if (parsed.success && parsed.data.files.every((file) => isSegmentPath(file))) {
        const files = parsed.data.files.map((file) => path.join(this.#spool, file));
        manifests.push({ ...parsed.data, files, token: match[1]!, done: match[2] === "done" });
      } else unreadable.push(path.join(this.#folder, name));
    }
    return { manifests: manifests.sort((a, b) => a.createdMs - b.createdMs), unreadable };
  }

  #path(token: string, state: "json" | "done"): string {
    return path.join(this.#folder, `${token}.${state}`);
  }
}

async function syncIfThere(folder: string): Promise<void> {
  await nodeDisk.syncFolder(folder).catch((error: unknown) => {
    if (errorCode(error) !== "ENOENT") throw error;
  });
}

/** A manifest leads to deleting files, so its paths must be segments in a collector's folder. */
function isSegmentPath(file: string): boolean {
  const [folder, base] = file.split("/") as [string, string];
  const name = parseSegmentName(base);
  return folder !== ".." && folder !== "." && name !== undefined && formatSegmentName(name) === base;
}
