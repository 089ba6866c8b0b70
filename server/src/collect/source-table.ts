/**
 * What is known about a source address, remembered so that a datagram costs one look-up instead of walking the allow list (and, where the
 * address comes as text, parsing it).
 */
import { NetworkTable, parseNetwork } from "../config/index.ts";
import { formatAddress, parseAddress } from "../flow/index.ts";

export interface Source {
  /** 16 bytes, IPv4 mapped into IPv6. */
  readonly bytes: Uint8Array;
  /** The same as text. */
  readonly text: string;
  readonly isAllowed: boolean;
}

/** What the word `private` in an allow list stands for: addresses that nobody reaches from the internet. RFC 1122, 1918, 3927, 4193, 4291. */
const PRIVATE_NETWORKS = [
  ...["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"],
  ...["::1/128", "fc00::/7", "fe80::/10"],
];
export const PRIVATE = "private";

/** Addresses remembered (about 300 bytes each). Senders can invent addresses: when full, all are forgotten and learnt again. */
const MAX_ADDRESSES = 65_536;

/** A source with its address as four words in memory order. */
interface KnownSource extends Source {
  readonly words: Uint32Array;
}

export class SourceTable {
  readonly #byText = new Map<string, Source>();
  /** By a hash of the address. Of two with one hash the last seen stays, so that nobody can make a look-up long by choice of addresses. */
  readonly #byHash = new Map<number, KnownSource>();
  #allowed = new NetworkTable<true>();

  /** @param allow networks, and the word `private` */
  constructor(allow: readonly string[]) {
    this.allow(allow);
  }

  /** Replaces the allow list. */
  allow(networks: readonly string[]): void {
    const allowed = new NetworkTable<true>();
    for (const text of networks.flatMap((each) => (each === PRIVATE ? PRIVATE_NETWORKS : [each]))) {
      const parsed = parseNetwork(text);
      if (typeof parsed !== "string") allowed.set(parsed, true); // the schema let nothing else through
    }
    this.#allowed = allowed;
    this.#byText.clear();
    this.#byHash.clear();
  }

  /** @param text as Node's sockets give it, with or without a zone */
  ofText(text: string): Source {
    let source = this.#byText.get(text);
    if (source === undefined) {
      source = this.#learn(parseAddress(text));
      if (this.#byText.size >= MAX_ADDRESSES) this.#byText.clear();
      this.#byText.set(text, source);
    }
    return source;
  }

  /** @param words the address as four words in memory order, IPv4 mapped into IPv6; may be used for the next address afterwards */
  ofAddress(words: Uint32Array): Source {
    const hash = hashOf(words);
    let source = this.#byHash.get(hash);
    if (source === undefined || !isEqual(source.words, words)) {
      const own = words.slice();
      source = { ...this.#learn(new Uint8Array(own.buffer)), words: own };
      if (this.#byHash.size >= MAX_ADDRESSES) this.#byHash.clear();
      this.#byHash.set(hash, source);
    }
    return source;
  }

  #learn(bytes: Uint8Array): Source {
    return { bytes, text: formatAddress(bytes), isAllowed: this.#allowed.find(bytes) === true };
  }
}

/** A small integer, as a Map finds it fastest. */
function hashOf(words: Uint32Array): number {
  let hash = 0;
  for (let i = 0; i < 4; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x9e37_79b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

function isEqual(a: Uint32Array, b: Uint32Array): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}

/** An allow list up to this long is repeated as a whole. */
const SHORT_LIST = 8;

/** What to write into the configuration file to let a source in: the whole list, because one in the file replaces the default. */
export function allowHint(allow: readonly string[], source: Uint8Array): string {
  // In quotes, because YAML takes some addresses of IPv6 for keys.
  const quoted = (item: string): string => (item.includes(":") ? JSON.stringify(item) : item);
  const address = quoted(formatAddress(source));
  return allow.length > SHORT_LIST
    ? `to accept it, add to the list collector.allow the line "- ${address}", then reload (SIGHUP)`
    : `to accept it, write below "collector:" the line "allow: [${[...allow.map(quoted), address].join(", ")}]", then reload (SIGHUP)`;
}
