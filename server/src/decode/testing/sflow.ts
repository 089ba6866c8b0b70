/** sFlow datagrams by the byte, so that tests can lie, and packets to put into them. */
import { ByteWriter } from "../../demo/index.ts";
import { concat, hex } from "./messages.ts";

export interface Datagram {
  readonly samples: readonly Uint8Array[];
  readonly count?: number;
  readonly agent?: Uint8Array;
  readonly sequence?: number;
}

const AGENT = hex("00000001 c6336401"); // 198.51.100.1

export function sflow({ samples, count = samples.length, agent = AGENT, sequence = 1 }: Datagram): Uint8Array {
  const out = new ByteWriter().u32(5).bytes(agent).u32(3).u32(sequence).u32(1_000).u32(count);
  for (const sample of samples) out.bytes(sample);
  return out.build();
}

/** Tag, length, content; `length` is what it says instead of the truth. */
export function block(tag: number, content: Uint8Array, length = content.length): Uint8Array {
  return new ByteWriter().u32(tag).u32(length).bytes(content).build();
}

export function flowSample(records: readonly Uint8Array[], { rate = 100, input = 1, output = 2, count = records.length } = {}): Uint8Array {
  const out = new ByteWriter().u32(1).u32(1).u32(rate).u32(0).u32(0).u32(input).u32(output).u32(count);
  for (const record of records) out.bytes(record);
  return block(1, out.build());
}

export function rawHeader(header: Uint8Array, { protocol = 1, frameBytes = header.length + 4, stripped = 4 } = {}): Uint8Array {
  const padding = new Uint8Array((4 - (header.length % 4)) % 4);
  return block(1, concat(new ByteWriter().u32(protocol).u32(frameBytes).u32(stripped).u32(header.length).build(), header, padding));
}

const MACS = hex("020000000001 020000000002");
export const IPV4 = (proto: string, rest: string, { fragment = "0000", total = "0064" } = {}): Uint8Array =>
  hex(`45 b8 ${total} 0001 ${fragment} 40 ${proto} 0000 0a000001 0a000002 ${rest}`);
export const ipv6Text = (next: string, rest: string): string =>
  `6b800000 0050 ${next} 3f 20010db8000000000000000000000001 20010db8000000000000000000000002 ${rest}`;
export const IPV6 = (next: string, rest: string): Uint8Array => hex(ipv6Text(next, rest));
export const TCP = "9c40 01bb 00000001 00000002 5112 ffff 0000 0000";
export const frame = (type: string, packet: Uint8Array): Uint8Array => concat(MACS, hex(type), packet);
