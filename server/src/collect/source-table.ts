/**
 * What is known about a source address, remembered by its text, so that a datagram costs one look-up instead of parsing an address and
 * walking the allow list.
 */
import { NetworkTable, parseNetwork } from "../config/index.ts";
import { formatAddress, parseAddress } from "../flow/index.ts";

export interface Source {
  /** 16 bytes, IPv4 mapped into IPv6. */
  readonly bytes: Uint8Array;
  readonly isAllowed: boolean;
}

/** What the word `private` in an allow list stands for: addresses that nobody reaches from the internet. RFC 1122, 1918, 3927, 4193, 4291. */
const PRIVATE_NETWORKS = [
  ...["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"],
  ...["::1/128", "fc00::/7", "fe80::/10"],
];
export const PRIVATE = "private";

/** Addresses remembered (about 200 bytes each). Senders can invent addresses: when full, all are forgotten and learnt again. */
const MAX_ADDRESSES = 65_536;

export class SourceTable {
  readonly #known = new Map<string, Source>();
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
    this.#known.clear();
  }

  /** @param address text as the socket gives it, with or without a zone */
  of(address: string): Source {
    let source = this.#known.get(address);
    if (source === undefined) {
      const bytes = parseAddress(address);
      source = { bytes, isAllowed: this.#allowed.find(bytes) === true };
      if (this.#known.size >= MAX_ADDRESSES) this.#known.clear();
      this.#known.set(address, source);
    }
    return source;
  }
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
