/**
 * A disk in memory that crashes the way real ones may: names changed since the folder's last sync survive only up to a random point (in
 * order, as a journal replays them), content that was not synced is cut at a random length. After `crashAfter(n)` operations every call
 * hangs forever, as it does for a process that was killed; `reboot` returns the disk the next process finds.
 */
import path from "node:path";
import type { SpoolDisk } from "../disk.ts";

interface Inode {
  content: Uint8Array;
  synced: boolean;
}
/** One entry of the journal: survives a crash whole or not at all. */
interface NameChange {
  readonly remove?: string;
  readonly set?: readonly [name: string, inode: Inode];
}

/** Numbers below 1 that stand for whatever a crash leaves to chance. */
export type Chance = () => number;

export class MemoryDisk implements SpoolDisk {
  readonly #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #changes: NameChange[] = [];
  #operationsLeft = Infinity;
  #failures: { left: number; readonly code: string }[] = [];
  freeSpace: number | undefined = undefined;

  /** The next `count` operations fail with the code. */
  failNext(count: number, code: string): void {
    this.#failures.push({ left: count, code });
  }

  /** The process dies when it has done so many more operations. */
  crashAfter(operations: number): void {
    this.#operationsLeft = operations;
  }

  /** The disk after a power cut at this moment. */
  reboot(chance: Chance): MemoryDisk {
    const survived = new Map(this.#durableNames);
    for (const change of this.#changes.slice(0, Math.floor(chance() * (this.#changes.length + 1)))) apply(survived, change);
    const next = new MemoryDisk();
    next.freeSpace = this.freeSpace;
    for (const [name, { content, synced }] of survived) {
      const kept = synced ? content : content.slice(0, Math.floor(chance() * (content.byteLength + 1)));
      next.#names.set(name, { content: kept, synced: true });
    }
    next.#durableNames = new Map(next.#names);
    return next;
  }

  /** Content of every file, by name without folder. */
  files(): Map<string, Uint8Array> {
    return new Map([...this.#names].map(([name, inode]) => [name, inode.content]));
  }

  /** Takes a file away for good, as the store does after it loaded it. */
  takeAway(name: string): void {
    this.#change({ remove: name });
    this.#sync();
  }

  async makeFolder(): Promise<void> {
    await this.#operation();
  }

  async list(): Promise<string[]> {
    await this.#operation();
    return [...this.#names.keys()];
  }

  async size(file: string): Promise<number | undefined> {
    await this.#operation();
    return this.#names.get(path.basename(file))?.content.byteLength;
  }

  async writeDurable(file: string, pieces: Iterable<Uint8Array>): Promise<void> {
    await this.#operation();
    const inode: Inode = { content: new Uint8Array(0), synced: false };
    this.#change({ set: [path.basename(file), inode] });
    for (const piece of pieces) {
      await this.#operation();
      inode.content = Buffer.concat([inode.content, piece]);
    }
    await this.#operation();
    inode.synced = true;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operation();
    const inode = this.#names.get(path.basename(from));
    if (!inode) throw Object.assign(new Error(`no file ${from}`), { code: "ENOENT" });
    this.#change({ remove: path.basename(from), set: [path.basename(to), inode] });
  }

  async remove(file: string): Promise<void> {
    await this.#operation();
    if (this.#names.has(path.basename(file))) this.#change({ remove: path.basename(file) });
  }

  async syncFolder(): Promise<void> {
    await this.#operation();
    this.#sync();
  }

  async freeBytes(): Promise<number | undefined> {
    await this.#operation();
    return this.freeSpace;
  }

  #change(change: NameChange): void {
    this.#changes.push(change);
    apply(this.#names, change);
  }

  #sync(): void {
    this.#changes = [];
    this.#durableNames = new Map(this.#names);
  }

  /** One turn of the event loop, then success, the failure that was asked for, or silence forever. */
  async #operation(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#operationsLeft <= 0) await new Promise(() => undefined);
    this.#operationsLeft--;
    const failure = this.#failures[0];
    if (!failure) return;
    if (--failure.left <= 0) this.#failures.shift();
    throw Object.assign(new Error(failure.code), { code: failure.code });
  }
}

function apply(names: Map<string, Inode>, change: NameChange): void {
  if (change.remove !== undefined) names.delete(change.remove);
  if (change.set) names.set(...change.set);
}
