/**
 * A DataView of each datagram. Making one costs 100 ns, twice as much as copying the datagram, so datagrams are copied to one place and views
 * of it are kept, one for each length that has come. A view is bounded by its datagram's length and holds until the next datagram: whoever
 * keeps bytes for longer copies them.
 */

/** No UDP datagram and no IPFIX message is longer; what is (a file of glued datagrams) gets a view of its own. */
const MAX_BYTES = 65_535;

export class DatagramViews {
  private readonly bytes = new Uint8Array(MAX_BYTES);
  /** By length. Filled at once: an array with few of many places is a hash table to V8. */
  private readonly views = new Array<DataView | undefined>(MAX_BYTES + 1).fill(undefined);

  of(datagram: Uint8Array): DataView {
    const { length } = datagram;
    if (length > MAX_BYTES) return new DataView(datagram.buffer, datagram.byteOffset, length);
    this.bytes.set(datagram);
    return (this.views[length] ??= new DataView(this.bytes.buffer, 0, length));
  }
}
