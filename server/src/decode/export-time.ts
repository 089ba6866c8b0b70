/** The export time of a datagram without decoding it, for files that do not say when they were captured. */

/** Epoch ms by the exporter's clock; undefined for sFlow, which has none, and for anything that is not NetFlow or IPFIX. */
export function exportTimeMs(datagram: Uint8Array): number | undefined {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  if (view.byteLength < 16) return undefined;
  const version = view.getUint16(0);
  if (version === 10) return view.getUint32(4) * 1000;
  return [1, 5, 6, 7, 8, 9].includes(version) ? view.getUint32(8) * 1000 : undefined;
}
