/** Addresses as text: 16 bytes with IPv4 mapped into IPv6 on one side, RFC 5952 (and dotted IPv4) on the other. */
import ipaddr from "ipaddr.js";

/** Text of a 16-byte address; IPv4-mapped addresses are written as IPv4. */
export function formatAddress(bytes: Uint8Array): string {
  const address = new ipaddr.IPv6(Array.from(bytes.subarray(0, 16)));
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

/**
 * The 16 bytes of an address; IPv4 becomes ::ffff:a.b.c.d. A zone ("fe80::1%eth0") is ignored.
 * @throws Error when the text is no address
 */
export function parseAddress(text: string): Uint8Array {
  const zone = text.indexOf("%");
  const address = ipaddr.parse(zone < 0 ? text : text.slice(0, zone));
  return Uint8Array.from((address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address).toByteArray());
}
