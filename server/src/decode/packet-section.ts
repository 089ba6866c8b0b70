/**
 * The beginning of a packet inside a record: dataLinkFrameSection (315), layer2packetSectionData (104) and ipHeaderPacketSection (313). PSAMP
 * exports packets so, and routers of Cisco and Juniper have templates with nothing else. The packet fills what the record does not say; it is
 * counted as one packet of its IP length only where the record has no counters.
 *
 * Beside the section stand the length of the whole frame (312), its type (408: 1 Ethernet, 2 IEEE 802.11), where the section begins in it (409,
 * 102) and how much of it is real (410, 103): softflowd pads with zeros. Sources: RFC 5477 section 8.5, RFC 7133 section 3, IANA.
 */
import type { FieldName } from "@sillage/model";
import { columnIndex, type FlowBatch } from "../flow/index.ts";
import { fieldLength, fieldStart, type Chunk } from "./column-loops.ts";
import { readNumber } from "./field-value.ts";
import { fill64 } from "./fill-columns.ts";
import type { FindField, PlacedField } from "./layout.ts";
import { HEADER_PROTOCOL, PacketHeader } from "./packet-header.ts";
import { writePacket, writePacketLabels } from "./packet-row.ts";

const SECTION = { frame: 315, layer2: 104, ip: 313 } as const;
const ABOUT = { frameBytes: 312, frameType: 408, offset: 409, exported: 410, layer2Offset: 102, layer2Exported: 103 } as const;

export const SECTION_ELEMENTS: readonly number[] = [...Object.values(SECTION), ...Object.values(ABOUT)];

const BYTES = columnIndex("bytes");
const PACKETS = columnIndex("packets");
const PRESENT = columnIndex("present");

/** Values of dataLinkFrameType. */
const FRAME_TYPES: Readonly<Record<number, number>> = { 0: HEADER_PROTOCOL.ethernet, 1: HEADER_PROTOCOL.ethernet, 2: HEADER_PROTOCOL.wifi };

export interface SectionPlan {
  readonly section: PlacedField;
  readonly frameBytes: PlacedField | undefined;
  readonly frameType: PlacedField | undefined;
  readonly offset: PlacedField | undefined;
  readonly exported: PlacedField | undefined;
  /** The record has no counters: the packet is the flow. */
  readonly countsPacket: boolean;
  /** The record has no labels of its own. */
  readonly tellsLabels: boolean;
}

/** What a record says itself. */
export interface RecordColumns {
  readonly filled: ReadonlySet<FieldName>;
  readonly labels: unknown;
}

/** undefined: the template has no section. */
export function compileSection(find: FindField, { filled, labels }: RecordColumns): SectionPlan | undefined {
  const section = find(SECTION.frame) ?? find(SECTION.layer2) ?? find(SECTION.ip);
  if (!section) return undefined;
  const isLayer2 = section.id === SECTION.layer2;
  return {
    section,
    frameBytes: section.id === SECTION.ip ? undefined : find(ABOUT.frameBytes),
    frameType: section.id === SECTION.frame ? find(ABOUT.frameType) : undefined,
    offset: find(isLayer2 ? ABOUT.layer2Offset : ABOUT.offset),
    exported: find(isLayer2 ? ABOUT.layer2Exported : ABOUT.exported),
    countsPacket: !filled.has("bytes") && !filled.has("packets"),
    tellsLabels: labels === undefined,
  };
}

const packet = new PacketHeader();

/** Fills the rows of the chunk from their packets. Runs when the record's own fields are written. */
export function writeSections(plan: SectionPlan, batch: FlowBatch, chunk: Chunk): void {
  const { view, columns, n } = chunk;
  const present = columns[PRESENT]!;
  present.touched = true;
  for (let i = 0; i < n; i++) {
    const row = chunk.row + i;
    const frameBytes = numberOf(plan.frameBytes, chunk, i);
    parseSection(plan, chunk, i, frameBytes);
    present.u32[row]! |= writePacket(columns, row, view, packet);
    if (plan.tellsLabels && packet.link.labelCount > 0) writePacketLabels(batch, row, packet.link);
    if (!plan.countsPacket) continue;
    fill64(columns[PACKETS]!, row, 1);
    fill64(columns[BYTES]!, row, packet.ipBytes(frameBytes));
  }
}

/** Leaves `packet` empty where the section does not begin with a header. */
function parseSection(plan: SectionPlan, chunk: Chunk, i: number, frameBytes: number): void {
  const { section } = plan;
  packet.clear();
  const at = fieldStart(section, chunk, i);
  const exported = numberOf(plan.exported, chunk, i);
  let length = fieldLength(section, chunk, i);
  if (exported !== 0) length = Math.min(length, exported);
  if (frameBytes !== 0) length = Math.min(length, frameBytes);
  if (length === 0 || numberOf(plan.offset, chunk, i) !== 0) return;
  if (section.id === SECTION.ip) packet.parse(chunk.view, at, at + length, ipProtocol(chunk.view.getUint8(at)));
  else packet.parse(chunk.view, at, at + length, FRAME_TYPES[numberOf(plan.frameType, chunk, i)] ?? 0);
}

function ipProtocol(first: number): number {
  return first >>> 4 === 6 ? HEADER_PROTOCOL.ipv6 : HEADER_PROTOCOL.ipv4;
}

/** 0 when the record has none. */
function numberOf(place: PlacedField | undefined, chunk: Chunk, i: number): number {
  return place ? readNumber(place, chunk, i) : 0;
}
