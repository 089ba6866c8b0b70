/** Reads the small tables that the collector writes, so that tests see rows; written apart from the encoder, so that one defect cannot hide another. */
import { formatAddress, type NativeBlock } from "../../flow/index.ts";

export function readNativeRows(block: NativeBlock): Record<string, string | number>[] {
  const bytes = Buffer.concat(block.body);
  let at = 0;
  const varint = (): number => {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
      shift += 7;
    }
  };
  const text = (): string => {
    const length = varint();
    return bytes.toString("utf8", at, (at += length));
  };
  const readers: Readonly<Record<string, () => string | number>> = {
    UInt8: () => bytes.readUInt8((at += 1) - 1),
    UInt16: () => bytes.readUInt16LE((at += 2) - 2),
    UInt32: () => bytes.readUInt32LE((at += 4) - 4),
    "DateTime('UTC')": () => bytes.readUInt32LE((at += 4) - 4),
    UInt64: () => Number(bytes.readBigUInt64LE((at += 8) - 8)),
    Int64: () => Number(bytes.readBigInt64LE((at += 8) - 8)),
    "DateTime64(3, 'UTC')": () => Number(bytes.readBigInt64LE((at += 8) - 8)),
    IPv6: () => formatAddress(Uint8Array.from(bytes.subarray((at += 16) - 16, at))),
    String: text,
  };
  const columns = varint();
  const rows = Array.from({ length: varint() }, (): Record<string, string | number> => ({}));
  for (let i = 0; i < columns; i++) {
    const name = text();
    const type = text();
    for (const row of rows) row[name] = readers[type]!();
  }
  return rows;
}
