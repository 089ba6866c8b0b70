/**
 * The data folder and who may use it.
 *
 *   data/VERSION              what the folder is and how new it is, JSON
 *   data/LOCK                 the server process that owns the folder (process-lock.ts)
 *   data/store/               embedded ClickHouse
 *   data/spool/<collector>/   segments on their way to the store
 *   data/spool/quarantine/    segments that the store cannot take, each with its reason
 *   data/state/               manifests, and what else must survive a restart
 *
 * The first file written is VERSION, so a folder with content but without VERSION belongs to something else and is left alone. The
 * supervisor and the collector only `prepareDataFolder`; the one server process `openDataFolder`s it, which takes the lock.
 */
import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { SillageError } from "@sillage/model";
import { z } from "zod";
import { parseJson } from "../parse-json.ts";
import { nodeDisk, replaceFile } from "../spool/index.ts";
import { LATEST_SCHEMA_VERSION } from "./schema/migrations.ts";
import { lockProcess } from "./process-lock.ts";

/** Changes when files move inside the folder. */
const LAYOUT_VERSION = 1;

const versionSchema = z.object({
  product: z.literal("sillage"),
  layout: z.int().min(1),
  /** Newest migration the store has seen; 0 before the first start of a server. */
  schema: z.int().min(0),
});
type Version = z.output<typeof versionSchema>;

export interface DataPaths {
  readonly root: string;
  readonly store: string;
  /** One folder for each collector lies in here. */
  readonly spool: string;
  readonly quarantine: string;
  readonly state: string;
  readonly manifests: string;
}

export interface DataFolder extends DataPaths {
  /** Writes down that the store now has this schema, so that an older program refuses the folder before it opens the engine. */
  recordSchema(version: number): Promise<void>;
  /** Gives the folder up. */
  release(): Promise<void>;
}

/** Where things are in a data folder; touches nothing. */
export function dataPaths(root: string): DataPaths {
  const absolute = path.resolve(root);
  const state = path.join(absolute, "state");
  return {
    root: absolute,
    store: path.join(absolute, "store"),
    spool: path.join(absolute, "spool"),
    quarantine: path.join(absolute, "spool", "quarantine"),
    state,
    manifests: path.join(state, "manifests"),
  };
}

/**
 * Makes the folder and its parts, or checks that it is ours; several processes may do so at once.
 * @throws SillageError DATA_UNWRITABLE, DATA_FOREIGN, DATA_NEWER
 */
export async function prepareDataFolder(root: string): Promise<DataPaths> {
  const paths = dataPaths(root);
  try {
    await mkdir(paths.root, { recursive: true });
    if ((await readVersion(paths.root)) === undefined) await claim(paths.root);
    for (const folder of [paths.store, paths.quarantine, paths.manifests]) await mkdir(folder, { recursive: true });
    const probe = path.join(paths.state, `.write-test-${randomUUID()}`);
    await writeFile(probe, "");
    await rm(probe);
  } catch (error) {
    throw error instanceof SillageError ? error : unwritable(paths.root, error);
  }
  return paths;
}

/**
 * Prepares the folder and takes it for this process.
 * @param supervisorPid process without which this one ends
 * @throws SillageError DATA_IN_USE and those of `prepareDataFolder`
 */
export async function openDataFolder(root: string, supervisorPid?: number): Promise<DataFolder> {
  const paths = await prepareDataFolder(root);
  const release = await lockProcess(path.join(paths.root, "LOCK"), supervisorPid).catch((error: unknown) => {
    throw error instanceof SillageError ? error : unwritable(paths.root, error);
  });
  return {
    ...paths,
    async recordSchema(schema) {
      const version = await readVersion(paths.root);
      if (version?.schema === schema) return;
      const text = formatVersion({ product: "sillage", layout: LAYOUT_VERSION, schema });
      await replaceFile(nodeDisk, path.join(paths.root, "VERSION"), [Buffer.from(text)]);
    },
    release,
  };
}

/** Reads VERSION and refuses what this program must not touch; undefined when there is none. */
async function readVersion(root: string): Promise<Version | undefined> {
  const file = path.join(root, "VERSION");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const parsed = versionSchema.safeParse(parseJson(text));
  if (!parsed.success) throw foreign(root, `its VERSION file is not one of Sillage's`);
  const { layout, schema } = parsed.data;
  if (layout > LAYOUT_VERSION || schema > LATEST_SCHEMA_VERSION) {
    throw new SillageError(
      "config",
      "DATA_NEWER",
      `the data folder ${root} was written by a newer Sillage (layout ${layout}, schema ${schema})`,
      {
        hint: `this program knows layout ${LAYOUT_VERSION}, schema ${LATEST_SCHEMA_VERSION}: update it, or choose another folder; nothing was changed`,
      },
    );
  }
  return parsed.data;
}

/** Writes VERSION into an empty folder. */
async function claim(root: string): Promise<void> {
  const others = (await readdir(root)).filter((name) => !/^\.VERSION-[0-9a-f-]+$/.test(name));
  if (others.length > 0) {
    // Another process of ours may have claimed the folder between the two looks.
    if (others.includes("VERSION")) {
      await readVersion(root);
      return;
    }
    throw foreign(root, `it is not empty (${others.slice(0, 3).join(", ")}) and has no VERSION file`);
  }
  const draft = path.join(root, `.VERSION-${randomUUID()}`);
  await writeFile(draft, formatVersion({ product: "sillage", layout: LAYOUT_VERSION, schema: 0 }));
  try {
    // A link appears with its content or not at all, and never replaces what another process wrote.
    await link(draft, path.join(root, "VERSION"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

const formatVersion = (version: Version): string => `${JSON.stringify(version)}\n`;

function foreign(root: string, why: string): SillageError {
  return new SillageError("config", "DATA_FOREIGN", `the data folder ${root} does not belong to Sillage: ${why}`, {
    hint: "choose an empty or new folder with the option `data`",
  });
}

function unwritable(root: string, cause: unknown): SillageError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "unknown error";
  return new SillageError("config", "DATA_UNWRITABLE", `the data folder ${root} cannot be written (${code})`, {
    hint: "make it writable for this user, or choose another folder with the option `data`",
    cause,
  });
}
