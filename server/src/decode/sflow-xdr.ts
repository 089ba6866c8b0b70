/**
 * The values of varying length in sFlow's XDR: stepping over them and noting where they are. Each step returns the position behind the value, or -1 when it is cut off.
 * Source: sFlow version 5, address and next_hop; RFC 4506 sections 4.10, 4.11 and 4.13.
 */

/** An address: type (0 unknown, 1 IPv4, 2 IPv6) and its bytes. -1 also for other types. */
export function skipAddress(view: DataView, at: number, end: number): number {
  if (end - at < 4) return -1;
  const type = view.getUint32(at);
  if (type > 2) return -1;
  const next = at + 4 + (type === 0 ? 0 : type === 1 ? 4 : 16);
  return next > end ? -1 : next;
}

/** Bytes or text: length, bytes, padding to a multiple of four. The content begins at `at` + 4. */
export function skipOpaque(view: DataView, at: number, end: number): number {
  if (end - at < 4) return -1;
  const bytes = view.getUint32(at);
  if (bytes > end - at - 4) return -1;
  // Some agents leave the padding of a record's last text out.
  return Math.min(at + 4 + Math.ceil(bytes / 4) * 4, end);
}

/** A list of numbers of 32 bits: count, numbers. They begin at `at` + 4. */
export function skipList(view: DataView, at: number, end: number): number {
  if (end - at < 4) return -1;
  const count = view.getUint32(at);
  return count > Math.floor((end - at - 4) / 4) ? -1 : at + 4 + count * 4;
}

/** A text in the datagram; `bytes` 0: none. */
export class TextPlace {
  at = 0;
  bytes = 0;

  /** Notes the text at `at` unless there is one. @returns position behind it; -1: cut off */
  read(view: DataView, at: number, end: number): number {
    const next = skipOpaque(view, at, end);
    if (next >= 0 && this.bytes === 0) {
      this.at = at + 4;
      this.bytes = view.getUint32(at);
    }
    return next;
  }
}

/** An address in the datagram; `bytes` is 4 or 16, 0: none. */
export class AddressPlace {
  at = 0;
  bytes = 0;

  /** Notes the address at `at` unless there is one. @returns position behind it; -1: cut off */
  read(view: DataView, at: number, end: number): number {
    const next = skipAddress(view, at, end);
    if (next > at + 4 && this.bytes === 0) {
      this.at = at + 4;
      this.bytes = next - at - 4;
    }
    return next;
  }
}
