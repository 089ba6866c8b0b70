/**
 * Who sends here without being on the allow list, and how much. Senders can invent addresses, so a bounded number is counted apart; beyond
 * it the one that was silent longest makes room, and its counts go to the rest.
 */

/** Sources told apart. All of them travel in each status. */
const MAX_SOURCES = 256;

export interface RefusedSource {
  /** Text (Source.text). */
  readonly address: string;
  /** Port here that it last sent to. */
  port: number;
  datagrams: number;
  bytes: number;
  /** TCP connections that were turned away. */
  connections: number;
  readonly firstSeenMs: number;
  lastSeenMs: number;
}

export interface Refusal {
  readonly port: number;
  readonly nowMs: number;
  readonly datagrams: number;
  readonly bytes: number;
  readonly connections: number;
}

export class RefusedSources {
  /** Oldest refusal first. */
  readonly #sources = new Map<string, RefusedSource>();
  readonly #maxSources: number;
  /** Of all sources, told apart or not. */
  readonly total = { datagrams: 0, bytes: 0, connections: 0 };
  /** Of sources that are no longer told apart. */
  readonly rest = { datagrams: 0, bytes: 0, connections: 0 };

  constructor(maxSources = MAX_SOURCES) {
    this.#maxSources = maxSources;
  }

  count(address: string, { port, nowMs, datagrams, bytes, connections }: Refusal): void {
    let source = this.#sources.get(address);
    if (source) this.#sources.delete(address);
    else {
      if (this.#sources.size >= this.#maxSources) this.#forget(this.#sources.keys().next().value!);
      source = { address, port, datagrams: 0, bytes: 0, connections: 0, firstSeenMs: nowMs, lastSeenMs: nowMs };
    }
    this.#sources.set(address, source);
    source.port = port;
    source.lastSeenMs = nowMs;
    for (const counts of [source, this.total]) {
      counts.datagrams += datagrams;
      counts.bytes += bytes;
      counts.connections += connections;
    }
  }

  /** Last refused first. */
  list(): RefusedSource[] {
    return [...this.#sources.values()].reverse();
  }

  /** Tells those no longer apart that the predicate names, for example because they are allowed now. */
  forgetIf(isOver: (address: string) => boolean): void {
    for (const address of [...this.#sources.keys()]) if (isOver(address)) this.#forget(address);
  }

  #forget(address: string): void {
    const source = this.#sources.get(address)!;
    this.#sources.delete(address);
    this.rest.datagrams += source.datagrams;
    this.rest.bytes += source.bytes;
    this.rest.connections += source.connections;
  }
}
