/** Frames out of pcap and pcapng files: link type, time and bytes. What is cut off at the end of a file is given up, never guessed. */

export interface CapturedFrame {
  /** LINKTYPE_ number of tcpdump.org. */
  readonly linkType: number;
  /** Epoch ms. */
  readonly timeMs: number;
  readonly bytes: Uint8Array;
}

const NANOSECOND_MAGIC = 0xa1b2_3c4d;

/**
 *   file   magic u32 (a1b2c3d4 microseconds, a1b23c4d nanoseconds, in the writer's byte order), version u32, zone, accuracy, snap length, link type u32
 *   frame  seconds u32, fraction u32, captured u32, original u32, bytes
 *
 * @returns bytes at the end that are no whole frame
 */
export function readPcap(file: Uint8Array, visit: (frame: CapturedFrame) => void): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isLittle = view.getUint8(0) !== 0xa1;
  const perMs = view.getUint32(0, isLittle) === NANOSECOND_MAGIC ? 1_000_000 : 1_000;
  const linkType = view.getUint32(20, isLittle) & 0xffff;
  let at = 24;
  while (view.byteLength - at >= 16) {
    const captured = view.getUint32(at + 8, isLittle);
    if (captured > view.byteLength - at - 16) break;
    const timeMs = view.getUint32(at, isLittle) * 1000 + Math.floor(view.getUint32(at + 4, isLittle) / perMs);
    visit({ linkType, timeMs, bytes: file.subarray(at + 16, at + 16 + captured) });
    at += 16 + captured;
  }
  return view.byteLength - at;
}

const BLOCK = { section: 0x0a0d_0d0a, interface: 1, simplePacket: 3, enhancedPacket: 6 } as const;
const LITTLE_ENDIAN_MAGIC = 0x4d3c_2b1a;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;

interface Interface {
  readonly linkType: number;
  /** Time units in a second. */
  readonly unitsPerSecond: number;
  readonly offsetSeconds: number;
}

/**
 *   block      type u32, total length u32, body, total length u32
 *   section    type 0a0d0d0a, byte order magic; starts a new list of interfaces
 *   interface  link type u16, reserved u16, snap length u32, options (9: time resolution, 14: time offset)
 *   packet     interface u32, time u64, captured u32, original u32, bytes
 *
 * Simple packets have no time: they are given up with the packets of unknown interfaces.
 * @returns bytes at the end that are no whole block
 */
export function readPcapng(file: Uint8Array, visit: (frame: CapturedFrame) => void): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let isLittle = true;
  let interfaces: Interface[] = [];
  let at = 0;
  while (view.byteLength - at >= 12) {
    const isSection = view.getUint32(at) === BLOCK.section;
    if (isSection) {
      isLittle = view.getUint32(at + 8) === LITTLE_ENDIAN_MAGIC;
      interfaces = [];
    }
    const type = view.getUint32(at, isLittle);
    const length = view.getUint32(at + 4, isLittle);
    if (length < 12 || length > view.byteLength - at) break;
    const body = { view, isLittle, at: at + 8, end: at + length - 4 };
    if (!isSection && type === BLOCK.interface) interfaces.push(readInterface(body));
    else if (!isSection && type === BLOCK.enhancedPacket) readEnhancedPacket(body, file, { interfaces, visit });
    at += Math.ceil(length / 4) * 4;
  }
  return Math.max(view.byteLength - at, 0);
}

interface Block {
  readonly view: DataView;
  readonly isLittle: boolean;
  readonly at: number;
  readonly end: number;
}

function readInterface({ view, isLittle, at, end }: Block): Interface {
  if (end - at < 8) return { linkType: -1, unitsPerSecond: 1, offsetSeconds: 0 };
  let unitsPerSecond = 1_000_000;
  let offsetSeconds = 0;
  let option = at + 8;
  while (end - option >= 4) {
    const code = view.getUint16(option, isLittle);
    const length = view.getUint16(option + 2, isLittle);
    if (code === 0 || length > end - option - 4) break;
    if (code === OPTION_TIME_RESOLUTION && length === 1) {
      const resolution = view.getUint8(option + 4);
      unitsPerSecond = resolution < 0x80 ? 10 ** resolution : 2 ** (resolution & 0x7f);
    } else if (code === OPTION_TIME_OFFSET && length === 8) offsetSeconds = Number(view.getBigInt64(option + 4, isLittle));
    option += 4 + Math.ceil(length / 4) * 4;
  }
  return { linkType: view.getUint16(at, isLittle), unitsPerSecond, offsetSeconds };
}

function readEnhancedPacket(
  { view, isLittle, at, end }: Block,
  file: Uint8Array,
  { interfaces, visit }: { readonly interfaces: readonly Interface[]; readonly visit: (frame: CapturedFrame) => void },
): void {
  if (end - at < 20) return;
  const from = interfaces[view.getUint32(at, isLittle)];
  const captured = view.getUint32(at + 12, isLittle);
  if (!from || captured > end - at - 20) return;
  const units = view.getUint32(at + 4, isLittle) * 0x1_0000_0000 + view.getUint32(at + 8, isLittle);
  const timeMs = Math.floor((units / from.unitsPerSecond) * 1000) + from.offsetSeconds * 1000;
  visit({ linkType: from.linkType, timeMs, bytes: file.subarray(at + 20, at + 20 + captured) });
}
