/**
 * Where the numbers stand that steer a decoder: lengths, counts, ids and types. Lenient: it follows what the bytes claim as far as they
 * go, because what it looks at was often mutated before.
 */

export interface Landmark {
  readonly at: number;
  readonly bytes: 1 | 2 | 4;
}

/** Sets, samples and records have a start and an end that may be cut at, doubled or moved. */
export interface Piece {
  readonly at: number;
  readonly end: number;
}

export interface Structure {
  readonly landmarks: readonly Landmark[];
  readonly pieces: readonly Piece[];
}

/** Landmarks of one datagram: enough to hit each kind, not more. */
const MAX_LANDMARKS = 400;

export function readStructure(datagram: Uint8Array): Structure {
  const reader = new Reader(datagram);
  if (datagram.length >= 4) {
    const version = reader.u16(0);
    if (version === 9) readSets(reader, 20);
    else if (version === 10) {
      reader.mark(2, 2);
      readSets(reader, 16);
    } else if (version === 0) readSflow(reader);
    else if (version <= 8) readFixed(reader);
  }
  reader.mark(0, 2);
  return reader;
}

class Reader implements Structure {
  readonly landmarks: Landmark[] = [];
  readonly pieces: Piece[] = [];
  readonly end: number;
  private readonly view: DataView;

  constructor(datagram: Uint8Array) {
    this.view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    this.end = datagram.byteLength;
  }

  u16(at: number): number {
    return at + 2 <= this.end ? this.view.getUint16(at) : 0;
  }

  u32(at: number): number {
    return at + 4 <= this.end ? this.view.getUint32(at) : 0;
  }

  mark(at: number, bytes: Landmark["bytes"]): void {
    if (at + bytes <= this.end && this.landmarks.length < MAX_LANDMARKS) this.landmarks.push({ at, bytes });
  }

  piece(at: number, end: number): void {
    if (at < end && end <= this.end && this.pieces.length < MAX_LANDMARKS) this.pieces.push({ at, end });
  }
}

/** Count, uptime, clock, sequence, engine, sampling or aggregation; the records follow. */
function readFixed(reader: Reader): void {
  for (const at of [2, 4, 6, 8, 10, 12, 16, 20, 22]) reader.mark(at, 2);
  const header = reader.u16(0) === 1 ? 16 : reader.u16(0) === 8 ? 28 : 24;
  const bytes = reader.u16(0) >= 6 ? 52 : 48;
  for (let at = header; at + bytes <= reader.end; at += bytes) reader.piece(at, at + bytes);
}

function readSets(reader: Reader, first: number): void {
  for (let at = 2; at < first; at += 2) reader.mark(at, 2);
  for (let at = first; reader.end - at >= 4;) {
    const id = reader.u16(at);
    const length = reader.u16(at + 2);
    reader.mark(at, 2);
    reader.mark(at + 2, 2);
    if (length < 4) return;
    const end = Math.min(at + length, reader.end);
    reader.piece(at, end);
    if (id < 4) readTemplates(reader, at + 4, end);
    else markSome(reader, at + 4, end);
    at = end;
  }
}

/** Every pair of words of a template set is an id and a count or length. */
function readTemplates(reader: Reader, at: number, end: number): void {
  for (let word = at; end - word >= 2; word += 2) reader.mark(word, 2);
}

/** The first bytes of a data set: lengths of variable-length fields may be among them. */
function markSome(reader: Reader, at: number, end: number): void {
  for (let byte = at; byte < Math.min(end, at + 24); byte++) reader.mark(byte, 1);
}

function readSflow(reader: Reader): void {
  const addressBytes = reader.u32(4) === 2 ? 16 : 4;
  const head = 8 + addressBytes;
  for (const at of [4, head, head + 4, head + 8, head + 12]) reader.mark(at, 4);
  for (let at = head + 16; reader.end - at >= 8;) {
    const format = reader.u32(at) & 0xfff;
    const end = Math.min(at + 8 + reader.u32(at + 4), reader.end);
    reader.mark(at, 4);
    reader.mark(at + 4, 4);
    reader.piece(at, end);
    const headBytes = { 1: 32, 2: 12, 3: 44, 4: 16, 5: 32 }[format] ?? 8;
    for (let word = at + 8; word < Math.min(at + 8 + headBytes, end); word += 4) reader.mark(word, 4);
    readSampleRecords(reader, at + 8 + headBytes, end);
    at = end;
  }
}

function readSampleRecords(reader: Reader, from: number, to: number): void {
  for (let at = from; to - at >= 8;) {
    const end = Math.min(at + 8 + reader.u32(at + 4), to);
    reader.piece(at, end);
    // Tag and length, then counts and lengths of the record's own, then the sampled header's types and lengths.
    for (let word = at; word < Math.min(at + 48, end); word += 4) reader.mark(word, 4);
    for (const inside of [36, 38, 39, 40, 41, 47, 48]) if (at + inside + 2 <= end) reader.mark(at + inside, inside % 2 === 0 ? 2 : 1);
    at = end;
  }
}
