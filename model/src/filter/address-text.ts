/**
 * Addresses and networks as text. Stricter than inet_aton (no octal, no missing parts in a host address); short networks such as
 * `10/8` or `10.1` are libpcap's and nfdump 1.7.1's. IPv4 mapped into IPv6 is the IPv4 address.
 */
import ipaddr from "ipaddr.js";
import type { Network } from "../predicate.ts";
import type { Problem } from "./problem.ts";

export interface ReadNetwork {
  readonly network: Network;
  /** Bits behind the prefix were set; they are cleared in `network`. */
  readonly hostBits: boolean;
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
/** Longest IPv6 text with an embedded IPv4 address. */
const MAX_ADDRESS = 45;

/** Bytes of an address (4 or 16), undefined when it is none. */
function parseBytes(text: string): readonly number[] | undefined {
  const v4 = IPV4.exec(text);
  if (v4) {
    const bytes = v4.slice(1).map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes : undefined;
  }
  if (!text.includes(":") || text.length > MAX_ADDRESS || !ipaddr.IPv6.isValid(text)) return undefined;
  return ipaddr.IPv6.parse(text).toByteArray();
}

function formatBytes(bytes: readonly number[]): string {
  return bytes.length === 4 ? bytes.join(".") : new ipaddr.IPv6([...bytes]).toRFC5952String();
}

const isMapped = (bytes: readonly number[]): boolean =>
  bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;

function maskBytes(bytes: readonly number[], prefix: number): number[] {
  return bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - i * 8))) & 0xff);
}

function makeNetwork(bytes: readonly number[], prefix: number): ReadNetwork {
  if (isMapped(bytes) && prefix >= 96) return makeNetwork(bytes.slice(12), prefix - 96);
  const masked = maskBytes(bytes, prefix);
  return { network: { address: formatBytes(masked), prefix }, hostBits: masked.some((byte, i) => byte !== bytes[i]) };
}

/** Why a text is no address, as far as it can be told. */
function notAnAddress(text: string): Problem {
  const message = `${text} is not an IP address`;
  if (IPV4.test(text)) return { message, hint: "the four numbers of an IPv4 address go up to 255" };
  if (/^\d+(\.\d+){0,2}$/.test(text))
    return { message, hint: "an IPv4 address has four numbers; for a network write net and a prefix length" };
  if (/[g-z]/i.test(text) && !text.includes(":")) {
    return {
      message,
      hint: "host names are not looked up, because the answer may change: write the addresses, for instance ip in [192.0.2.1 2001:db8::1]",
    };
  }
  return { message, hint: "for instance 192.0.2.1 or 2001:db8::1" };
}

/** Reads an address, or an address with a prefix length. */
export function readAddress(text: string): ReadNetwork | Problem {
  if (text.includes("/")) return readNetwork(text);
  const bytes = parseBytes(text);
  return bytes === undefined ? notAnAddress(text) : makeNetwork(bytes, bytes.length * 8);
}

/** Reads a network: address/length, a bare address, or the short forms `10`, `10.1`, `10/8`, `10.0/16`. */
export function readNetwork(text: string): ReadNetwork | Problem {
  const [address = "", length, ...rest] = text.split("/");
  if (rest.length > 0) return { message: `${text} has more than one /`, hint: "for instance net 192.0.2.0/24" };
  const short = /^\d{1,3}(\.\d{1,3}){0,2}$/.test(address) ? address.split(".") : undefined;
  const bytes = parseBytes(short ? [...short, "0", "0", "0"].slice(0, 4).join(".") : address);
  if (bytes === undefined) return notAnAddress(address);
  const bits = bytes.length * 8;
  if (length === undefined) return makeNetwork(bytes, short ? short.length * 8 : bits);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) {
    return {
      message: `/${length} is not a prefix length for ${address}`,
      hint: `write a number from 0 to ${bits}, or a dotted mask after a blank`,
    };
  }
  return makeNetwork(bytes, Number(length));
}

/** Reads `A mask` with a dotted mask, IPv4 only. */
export function readMaskedNetwork(address: string, mask: string): ReadNetwork | Problem {
  const bytes = parseBytes(address);
  const maskBits = parseBytes(mask)
    ?.map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  if (bytes?.length !== 4) return notAnAddress(address);
  if (maskBits?.length !== 32 || !/^1*0*$/.test(maskBits)) {
    return { message: `${mask} is not a network mask`, hint: "a mask is ones, then zeros: 255.255.255.0; or write the prefix length: /24" };
  }
  return makeNetwork(bytes, maskBits.indexOf("0") < 0 ? 32 : maskBits.indexOf("0"));
}

/** A single host rather than a range of addresses? */
export function isHost({ address, prefix }: Network): boolean {
  return prefix === (address.includes(":") ? 128 : 32);
}

/** Is the address inside the network? Both in any valid form; an IPv4 address only matches IPv4 networks. */
export function inNetwork(address: string, { address: base, prefix }: Network): boolean {
  const read = readAddress(address);
  if ("message" in read) return false;
  const bytes = parseBytes(read.network.address);
  const baseBytes = parseBytes(base);
  if (bytes === undefined || bytes.length !== baseBytes?.length) return false;
  const masked = maskBytes(bytes, prefix);
  return baseBytes.every((byte, i) => byte === masked[i]);
}
