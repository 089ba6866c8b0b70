/** The storing side of the spool: which segments wait, and whether one is what its name and its sidecar say. */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { parseJson } from "../parse-json.ts";
import { errorCode } from "./disk.ts";
import { columnSetOf } from "./native-block.ts";
import { countNativeRows, LayoutError } from "./native-layout.ts";
import { parseSegmentName, SEGMENT_SUFFIX, type SegmentColumn, type SegmentName } from "./segment.ts";

/** Folder beside those of the collectors, for segments that cannot be stored. */
const QUARANTINE_FOLDER = "quarantine";

export interface WaitingSegment {
  readonly name: SegmentName;
  /** Absolute path of the body. */
  readonly file: string;
  readonly bytes: number;
  /** When the body was written, epoch ms by the file system's clock. */
  readonly writtenMs: number;
}

/** Files asked for their size at once. */
const PARALLEL = 64;

export class SpoolReader {
  readonly #root: string;
  #known = new Map<string, WaitingSegment>();
  #unreadable: readonly string[] = [];

  /** @param root folder that holds one folder for each collector */
  constructor(root: string) {
    this.#root = root;
  }

  /** Collectors' folders that could not be read in the last `list`, with the reason. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  /** All segments that wait, the oldest first. What is not a segment is left alone; a folder that cannot be read does not hide the others. */
  async list(): Promise<readonly WaitingSegment[]> {
    const files: string[] = [];
    const unreadable: string[] = [];
    for (const entry of await readdir(this.#root, { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name === QUARANTINE_FOLDER) continue;
      const folder = path.join(this.#root, entry.name);
      try {
        for (const name of await readdir(folder)) if (name.endsWith(SEGMENT_SUFFIX)) files.push(path.join(folder, name));
      } catch (error) {
        if (errorCode(error) !== "ENOENT") unreadable.push(`${folder} (${errorCode(error)})`);
      }
    }
    this.#unreadable = unreadable;
    const known = new Map<string, WaitingSegment>();
    for (let at = 0; at < files.length; at += PARALLEL) {
      // A segment never changes, so each file is looked at once.
      const found = await Promise.all(files.slice(at, at + PARALLEL).map(async (file) => this.#known.get(file) ?? lookAt(file)));
      for (const segment of found) if (segment) known.set(segment.file, segment);
    }
    this.#known = known;
    return byAge([...known.values()]);
  }
}

async function lookAt(file: string): Promise<WaitingSegment | undefined> {
  const name = parseSegmentName(path.basename(file));
  if (name === undefined) return undefined;
  try {
    const { size, mtimeMs } = await stat(file);
    return { name, file, bytes: size, writtenMs: mtimeMs };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Within one collector by its own count, whatever its clock did; between collectors by the time of writing. */
function byAge(segments: WaitingSegment[]): WaitingSegment[] {
  const latest = new Map<string, number>();
  return segments
    .sort((a, b) => compare(a.name.boot, b.name.boot) || a.name.sequence - b.name.sequence)
    .map((segment) => {
      const folder = path.dirname(segment.file);
      const time = Math.max(latest.get(folder) ?? 0, segment.writtenMs);
      latest.set(folder, time);
      return { segment, time };
    })
    .sort((a, b) => a.time - b.time)
    .map(({ segment }) => segment);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sidecarSchema = z.object({
  version: z.literal(1),
  columns: z.array(z.object({ name: z.string(), type: z.string() })).min(1),
  rows: z.int().min(0),
  bytes: z.int().min(0),
  crc32: z.string().regex(/^[0-9a-f]{8}$/),
});

/** A segment as its sidecar describes it, or why it cannot be trusted. `gone`: its body is not there any more. */
export type SegmentCheck =
  | { readonly kind: "good"; readonly columns: readonly SegmentColumn[] }
  | { readonly kind: "bad"; readonly reason: string }
  | { readonly kind: "gone" };

const bad = (reason: string): SegmentCheck => ({ kind: "bad", reason });

/** A file that these say will not be readable later either; other errors (too many open files) pass. */
const UNREADABLE = new Set(["EACCES", "EPERM", "EIO", "EISDIR"]);

/** Compares a segment's body with its name and its sidecar. Throws only when the disk fails in a way that passes. */
export async function checkSegment(segment: Pick<WaitingSegment, "name" | "file">): Promise<SegmentCheck> {
  try {
    return await compareSegment(segment);
  } catch (error) {
    if (error instanceof LayoutError) return bad(error.message);
    if (UNREADABLE.has(errorCode(error))) return bad(`it cannot be read (${errorCode(error)})`);
    throw error;
  }
}

async function compareSegment({ name, file }: Pick<WaitingSegment, "name" | "file">): Promise<SegmentCheck> {
  const body = await readIfThere(file);
  if (body === undefined) return { kind: "gone" };
  if (body.length === 0) return bad("the file is empty");
  const text = await readIfThere(`${file}.json`);
  if (text === undefined) return bad("its sidecar is missing");
  const parsed = sidecarSchema.safeParse(parseJson(text.toString("utf8")));
  if (!parsed.success) return bad(`its sidecar is corrupt (${parsed.error.issues[0]?.message ?? "no JSON"})`);
  const { columns, rows, bytes, crc32: checksum } = parsed.data;
  if (body.length !== bytes) return bad(`it has ${body.length} bytes, its sidecar says ${bytes}`);
  const actual = crc32(body).toString(16).padStart(8, "0");
  if (actual !== checksum) return bad(`its checksum is ${actual}, its sidecar says ${checksum}`);
  if (rows !== name.rows) return bad(`its name says ${name.rows} rows, its sidecar ${rows}`);
  if (columnSetOf(columns) !== name.columnSet) return bad("its name and its sidecar tell different columns");
  const counted = countNativeRows(body, columns);
  if (counted !== rows) return bad(`it holds ${counted} rows, its name says ${rows}`);
  return { kind: "good", columns };
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
