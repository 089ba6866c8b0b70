/** Moves a packet capture in time, because NetFlow's 32-bit clocks wrap after 24 days: an old trace would come out with wrong times. */
import { readFileSync, writeFileSync } from "node:fs";

/** Classic pcap with microsecond stamps, both byte orders. Throws on anything else. */
function recordOffsets(pcap: Buffer): {
  offsets: number[];
  readU32: (offset: number) => number;
  writeU32: (value: number, offset: number) => void;
} {
  const magic = pcap.readUInt32LE(0);
  const little = magic === 0xa1b2c3d4;
  if (!little && pcap.readUInt32BE(0) !== 0xa1b2c3d4) throw new Error("not a classic pcap file with microseconds");
  const readU32 = (offset: number): number => (little ? pcap.readUInt32LE(offset) : pcap.readUInt32BE(offset));
  const writeU32 = (value: number, offset: number): void =>
    void (little ? pcap.writeUInt32LE(value, offset) : pcap.writeUInt32BE(value, offset));
  const offsets: number[] = [];
  for (let at = 24; at + 16 <= pcap.length; at += 16 + readU32(at + 8)) offsets.push(at);
  return { offsets, readU32, writeU32 };
}

/** Writes a copy of `source` whose last packet lies at `endMs` (epoch ms, whole seconds are shifted); returns the shift in seconds. */
export function shiftPcap(source: string, target: string, endMs: number): number {
  const pcap = readFileSync(source);
  const { offsets, readU32, writeU32 } = recordOffsets(pcap);
  const last = Math.max(...offsets.map((offset) => readU32(offset)));
  const shift = Math.floor(endMs / 1000) - last;
  for (const offset of offsets) writeU32(readU32(offset) + shift, offset);
  writeFileSync(target, pcap);
  return shift;
}
