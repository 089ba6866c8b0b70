/** NetFlow v9 and IPFIX messages by the byte, so that tests can lie. */
import { ByteWriter } from "../../demo/index.ts";
import { RECEIVED_MS } from "./decode.ts";

export interface MessageHeader {
  readonly sequence?: number;
  readonly domain?: number;
  readonly exportSeconds?: number;
  readonly uptimeMs?: number;
  /** IPFIX: what the header says instead of the truth. */
  readonly length?: number;
}

const EXPORT_SECONDS = RECEIVED_MS / 1000;

export function netflow9(
  sets: readonly Uint8Array[],
  { sequence = 0, domain = 0, exportSeconds = EXPORT_SECONDS, uptimeMs = 1_000_000 }: MessageHeader = {},
): Uint8Array {
  const out = new ByteWriter();
  out.u16(9).u16(1).u32(uptimeMs).u32(exportSeconds).u32(sequence).u32(domain);
  for (const set of sets) out.bytes(set);
  return out.build();
}

export function ipfix(
  sets: readonly Uint8Array[],
  { sequence = 0, domain = 0, exportSeconds = EXPORT_SECONDS, length }: MessageHeader = {},
): Uint8Array {
  const out = new ByteWriter();
  out.u16(10).u16(0).u32(exportSeconds).u32(sequence).u32(domain);
  for (const set of sets) out.bytes(set);
  return out.setU16(2, length ?? out.length).build();
}

/** A set of any id; `length` is what its header says instead of the truth. */
export function set(id: number, content: Uint8Array | readonly number[], length?: number): Uint8Array {
  const out = new ByteWriter();
  return out
    .u16(id)
    .u16(length ?? content.length + 4)
    .bytes(Uint8Array.from(content))
    .build();
}

/** [element, length] or [element, length, enterprise]. */
export type Spec = readonly [element: number, length: number, enterprise?: number];

/** Specs from text: `34:4 82:v 9999:2:4242`, element, length (v: variable) and enterprise. */
export function specs(text: string): Spec[] {
  return text.split(" ").map((field): Spec => {
    const [element, length, enterprise] = field.split(":");
    const bytes = length === "v" ? 65_535 : Number(length);
    return enterprise === undefined ? [Number(element), bytes] : [Number(element), bytes, Number(enterprise)];
  });
}

export function template(id: number, fields: readonly Spec[]): Uint8Array {
  return writeSpecs(new ByteWriter().u16(id).u16(fields.length), fields);
}

/** IPFIX options template; the first `scopes` fields are scope. */
export function ipfixOptions(id: number, scopes: number, fields: readonly Spec[]): Uint8Array {
  return writeSpecs(new ByteWriter().u16(id).u16(fields.length).u16(scopes), fields);
}

export function netflow9Options(id: number, scopes: readonly Spec[], fields: readonly Spec[]): Uint8Array {
  return writeSpecs(
    new ByteWriter()
      .u16(id)
      .u16(scopes.length * 4)
      .u16(fields.length * 4),
    [...scopes, ...fields],
  );
}

function writeSpecs(out: ByteWriter, fields: readonly Spec[]): Uint8Array {
  for (const [element, length, enterprise] of fields) {
    out.u16(enterprise === undefined ? element : element | 0x8000).u16(length);
    if (enterprise !== undefined) out.u32(enterprise);
  }
  return out.build();
}

/** Bytes from hexadecimal text; blanks are ignored. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
