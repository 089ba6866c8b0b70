/** Source addresses as decoders want them, 16 bytes, remembered so that a datagram costs a look-up instead of parsing text. */
import { parseAddress } from "../flow/index.ts";

/** Addresses remembered (about 150 bytes each). Senders can invent addresses: when full, all are forgotten and learnt again. */
const MAX_ADDRESSES = 65_536;

export class SourceAddresses {
  readonly #known = new Map<string, Uint8Array>();

  bytesOf(address: string): Uint8Array {
    let bytes = this.#known.get(address);
    if (bytes === undefined) {
      bytes = parseAddress(address);
      if (this.#known.size >= MAX_ADDRESSES) this.#known.clear();
      this.#known.set(address, bytes);
    }
    return bytes;
  }
}
