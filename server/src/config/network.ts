/**
 * Networks in the configuration ("10.0.0.0/8", "2001:db8::/32"; an address is a network of one) and the table that finds the longest one
 * an address lies in. Addresses are 16 bytes with IPv4 mapped into IPv6, as everywhere; a network of IPv6 never holds an IPv4 address.
 */
import ipaddr from "ipaddr.js";
import { z } from "zod";

export interface Network {
  /** First address, 16 bytes. */
  readonly first: Uint8Array;
  /** Bits that all its addresses share, of 128: an IPv4 /24 has 120. */
  readonly bits: number;
}

/** Bits that all IPv4 addresses share: ::ffff:0:0/96. */
const IPV4_BITS = 96;

/** The network a text names; a sentence about what is wrong when it names none. */
export function parseNetwork(text: string): Network | string {
  const [addressText = "", bitsText, ...rest] = text.split("/");
  const isIpv4 = ipaddr.IPv4.isValidFourPartDecimal(addressText);
  if (rest.length > 0 || addressText.includes("%") || !(isIpv4 || ipaddr.IPv6.isValid(addressText)))
    return 'expected an address or a network, such as "192.0.2.1", "10.0.0.0/8" or "2001:db8::/32"';
  const width = isIpv4 ? 32 : 128;
  const length = bitsText === undefined ? width : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN;
  if (!(length <= width)) return `expected a prefix length from 0 to ${width} behind the slash`;
  const address = isIpv4 ? ipaddr.IPv4.parse(addressText).toIPv4MappedAddress() : ipaddr.IPv6.parse(addressText);
  const bytes = Uint8Array.from(address.toByteArray());
  const bits = isIpv4 ? IPV4_BITS + length : length;
  const first = masked(bytes, bits);
  if (first.some((byte, i) => byte !== bytes[i])) {
    const parser = isIpv4 ? ipaddr.IPv4 : ipaddr.IPv6;
    return `the address has bits behind its prefix; the network is ${parser.networkAddressFromCIDR(text).toString()}/${length}`;
  }
  return { first, bits };
}

/** An option that holds a network, or one of some words. Parsed: the text as written. */
export function network(words: readonly string[] = []) {
  const kind = ["network", ...words.map((word) => `\`${word}\``)].join(" or ");
  return z
    .string({ error: 'expected an address or a network, such as "192.0.2.1" or "10.0.0.0/8"' })
    .superRefine((text, context) => {
      if (words.includes(text)) return;
      const parsed = parseNetwork(text);
      if (typeof parsed === "string") context.addIssue({ code: "custom", message: parsed });
    })
    .meta({ unitKind: kind });
}

/** What belongs to the longest network an address lies in. Looking up costs one map access for each prefix length in the table. */
export class NetworkTable<T extends object | string | number | boolean> {
  private readonly byBits = new Map<number, Map<string, T>>();
  /** Prefix lengths there are, longest first. */
  private lengths: readonly number[] = [];

  set({ first, bits }: Network, value: T): void {
    let networks = this.byBits.get(bits);
    if (!networks) {
      this.byBits.set(bits, (networks = new Map<string, T>()));
      this.lengths = [...this.byBits.keys()].sort((a, b) => b - a);
    }
    networks.set(String.fromCharCode(...first), value);
  }

  find(address: Uint8Array): T | undefined {
    return this.findCovering(address, 128);
  }

  /** Like `find`, among networks of at most so many bits. */
  findCovering(address: Uint8Array, maxBits: number): T | undefined {
    const minBits = isIpv4(address) ? IPV4_BITS : 0;
    for (const bits of this.lengths) {
      if (bits < minBits) return undefined;
      if (bits > maxBits) continue;
      const found = this.byBits.get(bits)!.get(String.fromCharCode(...masked(address, bits)));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** The address with everything behind the first bits zero. */
function masked(address: Uint8Array, bits: number): Uint8Array {
  const out = new Uint8Array(16);
  const whole = bits >>> 3;
  out.set(address.subarray(0, whole));
  if (whole < 16) out[whole] = address[whole]! & (0xff00 >>> (bits & 7));
  return out;
}

function isIpv4(address: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false;
  return address[10] === 0xff && address[11] === 0xff;
}
