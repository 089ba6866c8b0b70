/** The kernel's counts of what never reached this process, read now and then, so that asking for them costs nothing. */
import { HostCounterReader, type HostCounters } from "./host-counters.ts";
import { readKernelDrops, readSocketInodes } from "./kernel-drops.ts";

export class SystemCounters {
  readonly #hostReader = new HostCounterReader();
  #inodes: ReadonlySet<string> = new Set();
  #kernelDrops: ReadonlyMap<number, number> | undefined;
  #host: HostCounters | undefined;

  /** Datagrams that found no room in a socket of ours, by local port; undefined where the system does not tell. */
  get kernelDrops(): ReadonlyMap<number, number> | undefined {
    return this.#kernelDrops;
  }

  /** Of the whole machine; undefined where the system does not tell. */
  get host(): HostCounters | undefined {
    return this.#host;
  }

  /** Looks which sockets are ours: to be called when some were opened or closed. */
  async findSockets(): Promise<void> {
    this.#inodes = await readSocketInodes();
  }

  async read(): Promise<void> {
    [this.#kernelDrops, this.#host] = await Promise.all([readKernelDrops(this.#inodes), this.#hostReader.read()]);
  }
}
