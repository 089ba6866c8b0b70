/** Moves a packet capture in time, because NetFlow's 32-bit clocks wrap after 24 days: an old trace would come out with wrong times. */
import { readFileSync, writeFileSync } from "node:fs";

/** A classic pcap file in memory: where its records begin, and access to its numbers in its own byte order. */
class Pcap {
  bytes: Buffer;
  private readonly little: boolean;

  /** @throws Error for anything but classic pcap with microseconds. */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.little = bytes.readUInt32LE(0) === 0xa1b2c3d4;
    if (!this.little && bytes.readUInt32BE(0) !== 0xa1b2c3d4) throw new Error("not a classic pcap file with microseconds");
  }

  read(offset: number): number {
    return this.little ? this.bytes.readUInt32LE(offset) : this.bytes.readUInt32BE(offset);
  }

  write(value: number, offset: number): void {
    if (this.little) this.bytes.writeUInt32LE(value, offset);
    else this.bytes.writeUInt32BE(value, offset);
  }

  /** Offsets of the 16-byte record headers: seconds, microseconds, bytes kept, bytes on the wire. */
  records(): number[] {
    const offsets: number[] = [];
    for (let at = 24; at + 16 <= this.bytes.length; at += 16 + this.read(at + 8)) offsets.push(at);
    return offsets;
  }

  lastSecond(): number {
    return Math.max(...this.records().map((offset) => this.read(offset)));
  }

  append(seconds: number, microseconds: number, frame: Buffer): void {
    const at = this.bytes.length;
    this.bytes = Buffer.concat([this.bytes, Buffer.alloc(16), frame]);
    [seconds, microseconds, frame.length, frame.length].forEach((value, i) => this.write(value, at + 4 * i));
  }
}

/** Writes a copy of `source` whose last packet lies in the second of `endMs` (epoch ms). */
export function shiftPcap(source: string, target: string, endMs: number): void {
  const pcap = new Pcap(readFileSync(source));
  const shift = Math.floor(endMs / 1000) - pcap.lastSecond();
  for (const offset of pcap.records()) pcap.write(pcap.read(offset) + shift, offset);
  writeFileSync(target, pcap.bytes);
}

/** Ethernet, IPv4 (28 bytes), UDP 192.0.2.1:9 -> 192.0.2.2:9: TEST-NET-1, which no trace of ours uses. */
const FILLER = Buffer.from("0200000000020200000000010800" + "4500001c000000004011f6cdc0000201c0000202" + "0009000900080000", "hex");

/**
 * Appends small frames of TEST-NET-1 to an Ethernet capture. pmacctd's sFlow probe (1.7.7) drops the datagram that it is filling when the
 * file ends: behind filler, every packet of interest has left before.
 */
export function appendFiller(file: string, count: number): void {
  const pcap = new Pcap(readFileSync(file));
  const seconds = pcap.lastSecond() + 1;
  for (let i = 0; i < count; i++) pcap.append(seconds, i, FILLER);
  writeFileSync(file, pcap.bytes);
}
