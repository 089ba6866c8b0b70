/** Damaged capture files against the readers of captures: whatever a file says, reading it ends, throws nothing and invents no byte. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Random } from "../server/src/demo/index.ts";
import { detectContainer, readCapture } from "../server/src/decode/index.ts";
import { mutate } from "./mutate.ts";

/** Larger files take longer and say no more. */
const MAX_FILE_BYTES = 40_000;
const OWN = path.join(__dirname, "../e2e/captures");

export interface CaptureFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function loadCaptureFiles(folder: string): CaptureFile[] {
  return [OWN, folder].filter(existsSync).flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(pcap|pcapng|ipfix)$/.test(file) && statSync(path.join(root, file)).size <= MAX_FILE_BYTES)
      .sort()
      .map((name) => ({ name, bytes: readFileSync(path.join(root, name)) })),
  );
}

/** Reads one damaged file. @returns what is wrong; undefined: nothing */
export function findInCapture(random: Random, files: readonly CaptureFile[]): string | undefined {
  const { name, bytes } = random.pick(files);
  const damaged = damage(random, bytes, random.pick(files).bytes);
  let visited = 0;
  try {
    const skips = readCapture(damaged, detectContainer(damaged, name), (datagram) => {
      visited += datagram.bytes.length;
    });
    const isCounted = Object.values(skips).every((count: number) => Number.isSafeInteger(count) && count >= 0);
    if (!isCounted) return `${name}: ${JSON.stringify(skips)}`;
  } catch (error) {
    return `${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  return visited > damaged.length ? `${name}: ${visited} bytes out of a file of ${damaged.length}` : undefined;
}

/** Frames begin somewhere in the first hundred bytes of each record: single bytes anywhere, and every length of a little-endian file. */
function damage(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.chance(0.3)) return mutate(random, bytes, other);
  const out = Uint8Array.from(bytes);
  for (let lies = random.integer(1, 8); lies > 0; lies--) {
    const at = random.integer(0, out.length - 1);
    if (random.chance(0.5)) out[at]! ^= 1 << random.integer(0, 7);
    else out[at] = random.pick([0, 1, 4, 5, 6, 17, 0x45, 0x7f, 0x80, 0xff]);
  }
  const cut = random.chance(0.2) ? random.integer(0, out.length) : out.length;
  return out.subarray(0, cut);
}
