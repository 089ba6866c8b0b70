/**
 * Datagrams made to exhaust a decoder or to reach its rarest paths: thousands of templates, records of one byte, fields of every length
 * there can be. Written from scratch, because mutation seldom gets there.
 */
import { STORED_FIELDS } from "@sillage/model";
import { ByteWriter, type Random } from "../server/src/demo/index.ts";
import { EXPORT_MS } from "./corpus.ts";
import { MAX_DATAGRAM_BYTES } from "./mutate.ts";
import { DECLARED } from "./operator.ts";

type Bomb = (random: Random) => Uint8Array;
type Version = 9 | 10;

/** Elements that some code reads: columns, times, sampling, options, events, lists, packet sections, flow keys of biflow. */
const ELEMENTS: readonly number[] = [
  ...STORED_FIELDS.flatMap((field) => ("elements" in field ? field.elements : [])),
  ...[21, 22, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 322, 323, 324, 325],
  ...[34, 35, 48, 49, 50, 84, 302, 304, 305, 306, 307, 308, 309, 310, 311],
  ...[8, 12, 27, 28, 32, 139, 176, 177, 178, 179, 60, 210, 0],
  ...[82, 83, 94, 95, 96, 104, 313, 315, 312, 145, 149, 143, 130, 131, 230, 233, 291, 292, 293],
  ...[231, 232, 298, 299, 239, 70, 71, 72, 73, 79, 33_000, 33_001, 33_002, 40_000, 40_001, 40_005],
];
const ENTERPRISES = [0, 9, 2636, 5951, 6876, 6871, 8741, 10_704, 15_397, 25_461, 29_305, 35_632, 41_916, 0xffff_ffff];
const LENGTHS = [0, 1, 2, 3, 4, 4, 4, 5, 6, 7, 8, 8, 9, 12, 16, 16, 17, 20, 65, 300, 65_534, 65_535, 65_535, 65_535];
/** What elements usually measure: otherwise most templates would be refused by their readers. */
const USUAL_LENGTH: Readonly<Record<number, number>> = {
  8: 4,
  12: 4,
  15: 4,
  27: 16,
  28: 16,
  4: 1,
  7: 2,
  11: 2,
  6: 1,
  1: 8,
  2: 8,
  152: 8,
  153: 8,
  21: 4,
  22: 4,
  160: 8,
};

interface Field {
  readonly id: number;
  readonly length: number;
  readonly enterprise: number;
}

function anyField(random: Random): Field {
  if (random.chance(0.05)) {
    const { enterprise, id } = random.pick(DECLARED);
    return { enterprise, id, length: random.pick([0, 1, 2, 4, 6, 8, 16, 65_535]) };
  }
  const id = random.chance(0.95) ? random.pick(ELEMENTS) : random.integer(0, 0xffff);
  const length = random.chance(0.6) ? (USUAL_LENGTH[id] ?? random.pick([1, 2, 4, 8, 65_535])) : random.pick(LENGTHS);
  return { id, length, enterprise: random.chance(0.15) ? random.pick(ENTERPRISES) : 0 };
}

function anyFields(random: Random, most: number): Field[] {
  return Array.from({ length: random.integer(1, most) }, () => anyField(random));
}

function writeHeader(out: ByteWriter, version: Version, random: Random): void {
  const seconds = random.chance(0.9) ? EXPORT_MS / 1000 : random.pick([0, 1, 502, 0xffff_ffff]);
  const domain = random.integer(0, 3);
  if (version === 9)
    out.u16(9).u16(random.integer(0, 40)).u32(random.integer(0, 0xffff_ffff)).u32(seconds).u32(random.integer(0, 9)).u32(domain);
  else out.u16(10).u16(0).u32(seconds).u32(random.integer(0, 9)).u32(domain);
}

function writeSet(out: ByteWriter, id: number, content: () => void): void {
  const at = out.length;
  out.u16(id).u16(0);
  content();
  out.setU16(at + 2, Math.min(out.length - at, 0xffff));
}

function writeFields(out: ByteWriter, version: Version, fields: readonly Field[]): void {
  for (const { id, length, enterprise } of fields) {
    const isEnterprise = version === 10 && enterprise !== 0;
    out.u16(isEnterprise ? id | 0x8000 : version === 10 ? id & 0x7fff : id).u16(length);
    if (isEnterprise) out.u32(enterprise);
  }
}

function writeTemplate(out: ByteWriter, version: Version, { id, fields }: { id: number; fields: readonly Field[] }): void {
  writeSet(out, version === 9 ? 0 : 2, () => writeFields(out.u16(id).u16(fields.length), version, fields));
}

/** One record; values are small, zero, full or any. */
function writeRecord(out: ByteWriter, random: Random, fields: readonly Field[]): void {
  for (const { length } of fields) {
    if (out.length > MAX_DATAGRAM_BYTES) return;
    if (length === 65_535) writeVariable(out, random);
    else writeValue(out, random, Math.min(length, 2_000));
  }
}

function writeVariable(out: ByteWriter, random: Random): void {
  const length = random.pick([0, 1, 2, 4, 8, 16, 20, 64, 254, 255, 256, 700, 5_000]);
  if (length < 255 && random.chance(0.8)) out.u8(length);
  else out.u8(255).u16(length);
  writeValue(out, random, random.chance(0.97) ? length : random.integer(0, 40));
}

function writeValue(out: ByteWriter, random: Random, length: number): void {
  const kind = random.integer(0, 5);
  for (let i = 0; i < length; i++) {
    if (kind === 0) out.u8(0);
    else if (kind === 1) out.u8(0xff);
    else if (kind === 2) out.u8(i === length - 1 ? random.integer(0, 20) : 0);
    else if (kind === 3) out.u8(random.pick([0x61, 0x2e, 0xc3, 0xa9, 0xe2, 0xf0, 0x80, 0]));
    else out.u8(random.integer(0, 255));
  }
}

function build(random: Random, content: (out: ByteWriter, version: Version) => void): Uint8Array {
  const version = random.pick([9, 10] as const);
  const out = new ByteWriter();
  writeHeader(out, version, random);
  content(out, version);
  const length = Math.min(out.length, MAX_DATAGRAM_BYTES) - (random.chance(0.2) ? random.integer(0, 12) : 0);
  if (version === 10) out.setU16(2, length);
  return out.build().subarray(0, length);
}

/** A data set; some end in the middle of a record. */
function writeRecords(out: ByteWriter, random: Random, { id, fields }: { readonly id: number; readonly fields: readonly Field[] }): void {
  const at = out.length;
  writeSet(out, id, () => {
    for (let records = random.integer(0, 6); records > 0; records--) writeRecord(out, random, fields);
    out.zeros(random.pick([0, 0, 1, 2, 3, 4]));
  });
  if (random.chance(0.2)) out.setU16(at + 2, Math.max(0, Math.min(out.length - at, 0xffff) - random.integer(1, 12)));
}

/** Templates of any elements and lengths, and data for them. */
const anyTemplates: Bomb = (random) =>
  build(random, (out, version) => {
    for (let sets = random.integer(1, 4); sets > 0; sets--) {
      const template = { id: random.integer(256, 264), fields: anyFields(random, random.pick([2, 6, 20, 60])) };
      writeTemplate(out, version, template);
      writeRecords(out, random, template);
    }
  });

/** Options templates of any scope and elements, and data for them. */
const anyOptions: Bomb = (random) =>
  build(random, (out, version) => {
    const scopes = Array.from({ length: random.integer(0, 3) }, () =>
      random.chance(0.5) ? { id: random.integer(1, 5), length: random.pick([0, 1, 2, 4]), enterprise: 0 } : anyField(random),
    );
    const fields = [...scopes, ...anyFields(random, 12)];
    const id = random.integer(256, 264);
    writeSet(out, version === 9 ? 1 : 3, () => {
      out.u16(id);
      if (version === 9) out.u16(scopes.length * 4).u16((fields.length - scopes.length) * 4);
      else out.u16(fields.length).u16(scopes.length);
      writeFields(out, version, fields);
    });
    writeRecords(out, random, { id, fields });
  });

/** As many templates as fit, each another. */
const manyTemplates: Bomb = (random) =>
  build(random, (out, version) => {
    const fields = random.pick([1, 1, 2, 5, 40]);
    writeSet(out, version === 9 ? 0 : 2, () => {
      for (let id = 256; out.length < MAX_DATAGRAM_BYTES - 8 - fields * 8; id++) {
        out.u16(id & 0xffff).u16(fields);
        writeFields(
          out,
          version,
          Array.from({ length: fields }, () => ({ ...anyField(random), length: random.integer(1, 8) })),
        );
      }
    });
  });

/** As many templates as fit, each followed by data, so that each is compiled. */
const manyPlans: Bomb = (random) =>
  build(random, (out, version) => {
    const isSameId = random.chance(0.5);
    for (let n = 0; out.length < MAX_DATAGRAM_BYTES - 40; n++) {
      const fields = [{ ...anyField(random), length: 1 + (n % 4) }];
      const id = isSameId ? 256 : 256 + n;
      writeTemplate(out, version, { id, fields });
      writeSet(out, id, () => out.zeros(4));
    }
  });

/** One template with as many fields as fit, then records. */
const manyFields: Bomb = (random) =>
  build(random, (out, version) => {
    const length = random.pick([0, 1, 65_535]);
    const fields = Array.from({ length: random.pick([200, 999, 1_000, 1_001, 8_000]) }, () => ({ ...anyField(random), length }));
    writeTemplate(out, version, { id: 256, fields });
    writeSet(out, 256, () => out.zeros(random.integer(0, Math.max(0, MAX_DATAGRAM_BYTES - out.length))));
  });

/** Records of one byte, or with one field of variable length: the most rows and the most steps that bytes can buy. */
const tinyRecords: Bomb = (random) =>
  build(random, (out, version) => {
    writeTemplate(out, version, {
      id: 256,
      fields: [{ id: random.pick([1, 4, 8, 371, 82]), length: random.pick([1, 65_535]), enterprise: 0 }],
    });
    writeSet(out, 256, () => out.zeros(MAX_DATAGRAM_BYTES - out.length));
  });

/** As many sets as fit: without content, for unknown templates, reserved. */
const manySets: Bomb = (random) =>
  build(random, (out) => {
    const bytes = random.integer(0, 3);
    const ids = random.pick([[256], [300, 301, 302], [5, 17], [2, 3], [0, 1]]);
    while (out.length < MAX_DATAGRAM_BYTES - 8)
      out
        .u16(random.chance(0.1) ? random.integer(256, 0xffff) : random.pick(ids))
        .u16(4 + bytes)
        .zeros(bytes);
  });

/** sFlow of as many samples, records, path segments or labels as fit or are claimed. */
const manySamples: Bomb = (random) => {
  const out = new ByteWriter();
  out
    .u32(5)
    .u32(1)
    .u32(0xc000_0201)
    .u32(random.integer(0, 3))
    .u32(1)
    .u32(1)
    .u32(random.pick([1, 5, 10_000, 0xffff_ffff]));
  const most = random.pick([1, 20, 100_000]);
  for (let n = 0; n < most && out.length < MAX_DATAGRAM_BYTES - 400; n++) {
    const at = out.length;
    const format = random.integer(0, 6);
    out.u32(format).u32(0);
    if (random.chance(0.8)) {
      for (let word = format === 3 ? 10 : 7; word > 0; word--)
        out.u32(random.pick([0, 1, 2, 10, 0x3fff_ffff, 0x4000_0100, 0x8000_0002, 0xffff_ffff]));
      writeSampleRecords(out, random);
    }
    out.setU32(at + 4, out.length - at - 8 + (random.chance(0.1) ? random.integer(-8, 8) : 0));
  }
  return out.build().subarray(0, MAX_DATAGRAM_BYTES);
};

const RECORD_FORMATS = [
  1, 2, 3, 4, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1020, 1021, 1024, 1029, 1036, 1037, 1038, 1041,
];

function writeSampleRecords(out: ByteWriter, random: Random): void {
  const records = random.pick([0, 1, 2, 3, 40]);
  out.u32(random.chance(0.9) ? records : random.pick([0xffff_ffff, 0x7fff_ffff, 1_000]));
  for (let n = 0; n < records && out.length < MAX_DATAGRAM_BYTES - 300; n++) {
    const at = out.length;
    const format = random.pick(RECORD_FORMATS);
    out.u32(format).u32(0);
    if (format === 1) writeRawHeader(out, random);
    else
      for (let words = random.integer(0, 24); words > 0; words--)
        out.u32(random.pick([0, 1, 1, 2, 3, 4, 6, 16, 64_500, 0xffff_ffff, random.integer(0, 0xffff_ffff)]));
    out.setU32(at + 4, out.length - at - 8 + (random.chance(0.05) ? random.pick([-4, 4, 100_000]) : 0));
  }
}

function writeRawHeader(out: ByteWriter, random: Random): void {
  const packet = anyPacket(random);
  out
    .u32(random.pick([1, 1, 1, 1, 11, 12, 13, 14]))
    .u32(random.integer(0, 9_000))
    .u32(random.integer(0, 40));
  out
    .u32(random.chance(0.9) ? packet.length : random.integer(0, 0xffff))
    .bytes(packet)
    .zeros((4 - (packet.length % 4)) % 4);
}

/** A packet of stacked headers, cut anywhere. */
function anyPacket(random: Random): Uint8Array {
  const out = new ByteWriter();
  if (random.chance(0.8)) out.zeros(12);
  for (let layers = random.integer(1, 14); layers > 0; layers--) writeLayer(out, random);
  const bytes = out.build();
  return bytes.subarray(0, random.chance(0.5) ? bytes.length : random.integer(0, bytes.length));
}

const IP_PROTOCOLS = [0, 1, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 60, 115, 132, 135, 139, 140];

function writeLayer(out: ByteWriter, random: Random): void {
  switch (random.integer(0, 7)) {
    case 0:
      out.u16(random.pick([0x8100, 0x88a8, 0x9100])).u16(random.integer(0, 0xffff));
      break;
    case 1:
      out
        .u16(0x8847)
        .u32((random.integer(0, 0xffff_ffff) & ~0x100) >>> 0)
        .u32((random.integer(0, 0xffff_ffff) | 0x100) >>> 0);
      break;
    case 2:
      out
        .u16(0x8864)
        .u32(random.integer(0, 0xffff_ffff))
        .u16(40)
        .u16(random.pick([0x21, 0x57]));
      break;
    case 3:
      out
        .u16(0x0800)
        .u8(0x40 | random.pick([0, 4, 5, 5, 5, 6, 15]))
        .u8(1)
        .u16(random.integer(0, 2_000))
        .u32(random.pick([0, 0x2000, 1, 0x4000]))
        .u8(64);
      out.u8(random.pick(IP_PROTOCOLS)).u16(0).u32(0x0a00_0001).u32(0x0a00_0002);
      break;
    case 4:
      out.u16(0x86dd).u32(0x6000_0000).u16(random.integer(0, 2_000)).u8(random.pick(IP_PROTOCOLS)).u8(64).zeros(32);
      break;
    case 5:
      out
        .u8(random.pick(IP_PROTOCOLS))
        .u8(random.pick([0, 0, 1, 2, 255]))
        .zeros(6);
      break;
    case 6:
      out
        .u16(random.pick([4789, 8472, 6081, 2152, 1701, 53]))
        .u16(random.pick([4789, 6081, 2152, 53]))
        .zeros(random.pick([4, 8, 16]));
      break;
    default:
      for (let n = random.integer(1, 30); n > 0; n--) out.u8(random.integer(0, 255));
  }
}

/** IPFIX and v9 records that carry packets (315, 104, 313) or lists (291 to 293). */
const carriedPackets: Bomb = (random) =>
  build(random, (out, version) => {
    const element = random.pick([315, 104, 313, 291, 292, 293, 314]);
    const isVariable = version === 10 && random.chance(0.6);
    const length = isVariable ? 65_535 : random.pick([14, 34, 64, 128]);
    const fields = [
      { id: 10, length: 4, enterprise: 0 },
      { id: element, length, enterprise: 0 },
      { id: 410, length: 2, enterprise: 0 },
    ];
    writeTemplate(out, version, { id: 270, fields });
    writeSet(out, 270, () => {
      for (let records = random.integer(1, 8); records > 0; records--) {
        const content = element >= 291 && element <= 293 ? anyList(random, 0) : anyPacket(random).subarray(0, 250);
        out.u32(7);
        if (isVariable) out.u8(255).u16(content.length).bytes(content);
        else out.bytes(content.subarray(0, length)).zeros(Math.max(0, length - content.length));
        out.u16(0x0800);
      }
    });
  });

/** RFC 6313: semantic, then element or templates, then values; nested until it gets boring. */
function anyList(random: Random, depth: number): Uint8Array {
  const out = new ByteWriter();
  out.u8(random.pick([0, 1, 3, 4, 255]));
  for (let n = random.integer(1, 4); n > 0; n--) {
    const inner = depth < 8 && random.chance(0.6) ? anyList(random, depth + 1) : Uint8Array.of(1, 2, 3, 4);
    out
      .u16(random.pick([291, 292, 293, 270, 256, 8, 0x8001]))
      .u16(random.chance(0.7) ? inner.length : random.pick([0, 4, 65_535]))
      .bytes(inner);
  }
  return out.build();
}

/** Headers without records, glued. */
const gluedHeaders: Bomb = (random) => {
  const out = new ByteWriter();
  const version = random.pick([1, 5, 6, 7, 8, 10, 9]);
  const bytes = { 1: 16, 8: 28, 10: 16, 9: 20 }[version] ?? 24;
  const total = random.pick([100, 3_000, MAX_DATAGRAM_BYTES - 64]);
  while (out.length < total) {
    const at = out.length;
    out
      .u16(version)
      .u16(version === 10 ? bytes : 0)
      .zeros(bytes - 4);
    if (version !== 9 && version !== 10) out.setU16(at + 20 < out.length ? at + 20 : at + 14, random.integer(0, 300));
    if (version === 8) out.setU16(at + 22, (random.integer(0, 16) << 8) | random.pick([2, 2, 2, 1]));
  }
  return out.build();
};

/** Withdrawals of all, of one, of what never was. */
const withdrawals: Bomb = (random) =>
  build(random, (out, version) => {
    writeSet(out, random.pick(version === 9 ? [0, 1] : [2, 3]), () => {
      for (let n = random.integer(1, 12); n > 0; n--) out.u16(random.pick([2, 3, 256, 257, 258, 260, 300, 0xffff])).u16(0);
    });
  });

const noise: Bomb = (random) => {
  const out = new ByteWriter().u16(random.pick([0, 0, 1, 5, 6, 7, 8, 9, 10])).u16(random.pick([5, 1, 30, 0xffff]));
  for (let n = random.pick([0, 8, 40, 300, 1_400]); n > 0; n--) out.u8(random.chance(0.5) ? random.integer(0, 8) : random.integer(0, 255));
  return out.build();
};

const SMALL: readonly { readonly weight: number; readonly bomb: Bomb }[] = [
  { weight: 10, bomb: anyTemplates },
  { weight: 5, bomb: anyOptions },
  { weight: 4, bomb: carriedPackets },
  { weight: 2, bomb: withdrawals },
  { weight: 2, bomb: noise },
];

const LARGE: readonly { readonly weight: number; readonly bomb: Bomb }[] = [
  { weight: 3, bomb: manyTemplates },
  { weight: 3, bomb: manyPlans },
  { weight: 2, bomb: manyFields },
  { weight: 2, bomb: tinyRecords },
  { weight: 2, bomb: manySets },
  { weight: 3, bomb: manySamples },
  { weight: 1, bomb: gluedHeaders },
];

/** A datagram that no exporter would send; mostly a small one, because the large ones cost as much time as hundreds of others. */
export function makeBomb(random: Random): Uint8Array {
  return random.chance(0.97) ? random.weighted(SMALL).bomb(random) : random.weighted(LARGE).bomb(random);
}
