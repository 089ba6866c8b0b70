/** Addresses between text and 128-bit numbers. IPv4 lives at ::ffff:0:0/96, as in the store. */
import ipaddr from "ipaddr.js";

/** Length of ::ffff:0:0/96, which every IPv4 prefix is counted from. */
export const V4_MAPPED_PREFIX = 96;
/** First and last address of that block. */
export const V4_FIRST = 0xffff_0000_0000n;
export const V4_LAST = 0xffff_ffff_ffffn;

/** @param text IPv4 dotted or IPv6, already checked. */
export function parseAddress(text: string): bigint {
  const parsed = ipaddr.parse(text);
  const bytes = (parsed.kind() === "ipv4" ? (parsed as ipaddr.IPv4).toIPv4MappedAddress() : parsed).toByteArray();
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

/** Canonical text as ClickHouse reads and people write it: IPv4 dotted, IPv6 compressed (RFC 5952). */
export function addressText(address: bigint): string {
  const bytes = Array.from({ length: 16 }, (_, i) => Number((address >> BigInt(8 * (15 - i))) & 0xffn));
  return writeAddress(new ipaddr.IPv6(bytes));
}

/** ClickHouse answers `::ffff:192.0.2.1`; people want `192.0.2.1`. */
export function unmappedAddress(text: string): string {
  return writeAddress(ipaddr.parse(text));
}

/** The way addresses are written in answers; undefined for a text that is none. */
export function canonicalAddress(text: string): string | undefined {
  return ipaddr.isValid(text) ? unmappedAddress(text) : undefined;
}

function writeAddress(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (address.kind() === "ipv6" && (address as ipaddr.IPv6).isIPv4MappedAddress())
    return (address as ipaddr.IPv6).toIPv4Address().toString();
  return address.kind() === "ipv6" ? (address as ipaddr.IPv6).toRFC5952String() : address.toString();
}
