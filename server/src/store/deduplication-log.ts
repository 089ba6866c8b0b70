/**
 * Repairs what a killed process leaves in the embedded engine's memory of inserts. ClickHouse (26.7) writes an insert's token into the table's
 * `deduplication_logs` and then gives the part its name, two calls one after the other. A process that ends between the two leaves a token
 * without rows, and the repeated batch would be taken for a copy: its rows would be lost. So before the engine opens, tokens whose part is not
 * there are struck off.
 *
 *   deduplication_log_N.txt   operation (1 add, 2 drop) \t part \t block id \n
 */
import { appendFile, readdir, readFile } from "node:fs/promises";
import path from "node:path";

const LOG_NAME = /^deduplication_log_(\d+)\.txt$/;
const ENTRY = /^([12])\t([^\t]+)\t([^\t]+)$/;
const PART = /^(.+?)_(\d+)_(\d+)_\d+(?:_\d+)?$/;

interface Blocks {
  readonly partition: string;
  readonly first: number;
  readonly last: number;
}

/**
 * @param folder of the engine, which must not be open
 * @returns tokens struck off
 */
export async function forgetUnfinishedInserts(folder: string): Promise<number> {
  let count = 0;
  const root = path.join(folder, "store");
  for (const prefix of await list(root))
    for (const table of await list(path.join(root, prefix))) count += await repairTable(path.join(root, prefix, table));
  return count;
}

async function repairTable(table: string): Promise<number> {
  const logs = path.join(table, "deduplication_logs");
  const numbers = (await list(logs)).flatMap((name) => LOG_NAME.exec(name)?.[1] ?? []).map(Number);
  numbers.sort((a, b) => a - b);
  const newest = numbers.at(-1);
  if (newest === undefined) return 0;
  const remembered = new Map<string, string>();
  let isWhole = true;
  for (const number of numbers) {
    const text = await readFile(logFile(logs, number), "utf8");
    isWhole = text === "" || text.endsWith("\n");
    for (const line of text.split("\n")) {
      const [, operation, part, blockId] = ENTRY.exec(line) ?? [];
      if (part === undefined || blockId === undefined) continue;
      if (operation === "1") remembered.set(blockId, part);
      else remembered.delete(blockId);
    }
  }
  // Behind half a line nothing can be added; the engine must see to it.
  if (!isWhole) return 0;
  const present = (await list(table)).flatMap((name) => blocksOf(name) ?? []);
  const lines = [...remembered].filter(([, part]) => !isPresent(part, present)).map(([blockId, part]) => `2\t${part}\t${blockId}\n`);
  if (lines.length > 0) await appendFile(logFile(logs, newest), lines.join(""));
  return lines.length;
}

const logFile = (logs: string, number: number): string => path.join(logs, `deduplication_log_${number}.txt`);

/** A part is there as itself, or within one that merging made of it. */
function isPresent(part: string, present: readonly Blocks[]): boolean {
  const blocks = blocksOf(part);
  // A name that we cannot read says nothing.
  if (blocks === undefined) return true;
  return present.some(({ partition, first, last }) => partition === blocks.partition && first <= blocks.first && last >= blocks.last);
}

function blocksOf(name: string): Blocks | undefined {
  const [, partition, first, last] = PART.exec(name) ?? [];
  if (partition === undefined || partition.startsWith("tmp_") || partition.startsWith("delete_tmp_")) return undefined;
  return { partition, first: Number(first), last: Number(last) };
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  });
}
