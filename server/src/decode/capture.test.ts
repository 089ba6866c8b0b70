import { ByteWriter } from "../demo/index.ts";
import { formatAddress } from "../flow/index.ts";
import { CaptureReader, detectContainer, readCapture, type CapturedDatagram, type CaptureSkips, type Container } from "./index.ts";
import { concat, hex, ipfix } from "./testing/messages.ts";

const PAYLOAD = hex("0005 0001 02 03 04 05");
const TIME_MS = 1_790_000_000_123;

/** A UDP packet from 192.0.2.1:9000 to port 2055. */
const udp = (payload: Uint8Array): Uint8Array =>
  new ByteWriter()
    .u16(9_000)
    .u16(2_055)
    .u16(payload.length + 8)
    .u16(0)
    .bytes(payload)
    .build();
/** A TCP segment from 192.0.2.1:9000 to port 4739. */
const tcp = (sequence: number, payload: Uint8Array): Uint8Array =>
  new ByteWriter().u16(9_000).u16(4_739).u32(sequence).u32(0).u16(0x5010).u16(100).u32(0).bytes(payload).build();
const ipv4 = (content: Uint8Array, { fragment = 0, id = 1, proto = 17 } = {}): Uint8Array =>
  new ByteWriter()
    .u16(0x4500)
    .u16(content.length + 20)
    .u16(id)
    .u16(fragment)
    .u8(64)
    .u8(proto)
    .u16(0)
    .ipv4("192.0.2.1")
    .ipv4("192.0.2.2")
    .bytes(content)
    .build();
const ipv6 = (next: number, content: Uint8Array): Uint8Array =>
  new ByteWriter().u32(0x6000_0000).u16(content.length).u8(next).u8(64).ipv6("2001:db8::1").ipv6("2001:db8::2").bytes(content).build();
const ethernet = (type: string, packet: Uint8Array): Uint8Array => concat(new Uint8Array(12), hex(type), packet);

function pcap(frames: readonly Uint8Array[], { linkType = 1, isLittle = true, nanoseconds = false } = {}): Uint8Array {
  const file = new DataView(new ArrayBuffer(24 + frames.reduce((sum, { length }) => sum + 16 + length, 0)));
  file.setUint32(0, nanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4, isLittle);
  file.setUint32(20, linkType, isLittle);
  let at = 24;
  for (const frame of frames) {
    [1_790_000_000, nanoseconds ? 123_000_000 : 123_000, frame.length, frame.length].forEach((word, i) => {
      file.setUint32(at + i * 4, word, isLittle);
    });
    new Uint8Array(file.buffer).set(frame, at + 16);
    at += 16 + frame.length;
  }
  return new Uint8Array(file.buffer);
}

function pcapng(frame: Uint8Array): Uint8Array {
  const block = (type: number, body: Uint8Array): Uint8Array => {
    const padded = concat(body, new Uint8Array((4 - (body.length % 4)) % 4));
    const out = new DataView(new ArrayBuffer(12 + padded.length));
    out.setUint32(0, type, true);
    out.setUint32(4, 12 + padded.length, true);
    new Uint8Array(out.buffer).set(padded, 8);
    out.setUint32(8 + padded.length, 12 + padded.length, true);
    return new Uint8Array(out.buffer);
  };
  const section = block(0x0a0d_0d0a, hex("4d3c2b1a 0100 0000 ffffffffffffffff"));
  const nanoseconds = block(1, hex("0100 0000 00000400 0900 0100 09000000 0000 0000"));
  const units = BigInt(TIME_MS) * 1_000_000n;
  const head = new DataView(new ArrayBuffer(20));
  head.setUint32(4, Number(units >> 32n), true);
  head.setUint32(8, Number(units & 0xffff_ffffn), true);
  head.setUint32(12, frame.length, true);
  head.setUint32(16, frame.length, true);
  return concat(section, nanoseconds, block(5, new Uint8Array(8)), block(6, concat(new Uint8Array(head.buffer), frame)));
}

function read(
  file: Uint8Array,
  container: Container = detectContainer(file, "capture"),
): { datagrams: CapturedDatagram[]; skips: CaptureSkips } {
  const datagrams: CapturedDatagram[] = [];
  const skips = readCapture(file, container, (datagram) => datagrams.push(datagram));
  return { datagrams, skips };
}

const FRAME = ethernet("0800", ipv4(udp(PAYLOAD)));

describe("captures", () => {
  it.each([
    { name: "pcap, little-endian", file: pcap([FRAME]) },
    { name: "pcap, big-endian", file: pcap([FRAME], { isLittle: false }) },
    { name: "pcap with nanoseconds", file: pcap([FRAME], { nanoseconds: true }) },
    { name: "pcapng", file: pcapng(FRAME) },
    { name: "a VLAN tag", file: pcap([ethernet("8100 0014 0800", ipv4(udp(PAYLOAD)))]) },
    { name: "a Linux cooked capture", file: pcap([concat(new Uint8Array(14), hex("0800"), ipv4(udp(PAYLOAD)))], { linkType: 113 }) },
    {
      name: "a Linux cooked capture, version 2",
      file: pcap([concat(hex("0800"), new Uint8Array(18), ipv4(udp(PAYLOAD)))], { linkType: 276 }),
    },
    { name: "raw IP", file: pcap([ipv4(udp(PAYLOAD))], { linkType: 101 }) },
    { name: "bytes behind the packet, as Ethernet pads", file: pcap([concat(FRAME, new Uint8Array(9))]) },
    {
      name: "IPv4 fragments, out of order",
      file: pcap([
        ethernet("0800", ipv4(udp(PAYLOAD).subarray(8), { fragment: 1 })),
        ethernet("0800", ipv4(udp(PAYLOAD).subarray(0, 8), { fragment: 0x2000 })),
      ]),
    },
  ])("give the datagrams of $name", ({ file }) => {
    const { datagrams, skips } = read(file);
    expect(datagrams.map(({ bytes, source, ...rest }) => ({ bytes: Array.from(bytes), source: formatAddress(source), ...rest }))).toEqual([
      { bytes: Array.from(PAYLOAD), source: "192.0.2.1", sourcePort: 9_000, destinationPort: 2_055, capturedMs: TIME_MS },
    ]);
    expect(skips).toEqual({ notUdp: 0, truncated: 0, fragments: 0, trailingBytes: 0, streamBytes: 0 });
  });

  it("give IPv6, whole and in fragments", () => {
    const whole = ethernet("86dd", ipv6(17, udp(PAYLOAD)));
    const part = (flags: number, content: Uint8Array): Uint8Array =>
      ethernet("86dd", ipv6(44, concat(new ByteWriter().u16(0x1100).u16(flags).u32(7).build(), content)));
    const { datagrams } = read(pcap([whole, part(1, udp(PAYLOAD).subarray(0, 8)), part(8, udp(PAYLOAD).subarray(8))]));
    expect(datagrams.map(({ bytes, source }) => [Array.from(bytes), formatAddress(source)])).toEqual([
      [Array.from(PAYLOAD), "2001:db8::1"],
      [Array.from(PAYLOAD), "2001:db8::1"],
    ]);
  });

  it("give the messages of IPFIX over TCP with the number of their connection, also from one file to the next", () => {
    const message = ipfix([]);
    const frames = [message.subarray(0, 10), message.subarray(10)].map((part, i) =>
      ethernet("0800", ipv4(tcp(10 * i, part), { proto: 6 })),
    );
    // Without the begin of the connection, a message is recognised by its header.
    const first = ethernet("86dd", ipv6(6, tcp(7, message)));
    const seen: CapturedDatagram[] = [];
    const reader = new CaptureReader((datagram) => seen.push(datagram));
    for (const frame of [ethernet("0800", ipv4(tcp(4_294_967_280, message), { proto: 6 })), ...frames, first])
      reader.read(pcap([frame]), "pcap");
    expect(reader.end()).toMatchObject({ notUdp: 0, streamBytes: 0 });
    expect(
      seen.map(({ connection, source, sourcePort, destinationPort }) => [connection, formatAddress(source), sourcePort, destinationPort]),
    ).toEqual([
      [1, "192.0.2.1", 9_000, 4_739],
      [1, "192.0.2.1", 9_000, 4_739],
      [2, "2001:db8::1", 9_000, 4_739],
    ]);
    expect(Array.from(seen[1]!.bytes)).toEqual(Array.from(message));
  });

  it("count what they cannot give", () => {
    const arp = ethernet("0806", new Uint8Array(28));
    const icmp = ethernet("0800", ipv4(new Uint8Array(20), { proto: 1 }));
    const http = ethernet("0800", ipv4(tcp(0, new TextEncoder().encode("GET / HTTP/1.1")), { proto: 6 }));
    const acknowledgement = ethernet("0800", ipv4(tcp(0, new Uint8Array(0)), { proto: 6 }));
    const cut = FRAME.subarray(0, 40);
    const lonely = ethernet("0800", ipv4(udp(PAYLOAD), { fragment: 0x2000, id: 99 }));
    const { datagrams, skips } = read(concat(pcap([arp, icmp, http, acknowledgement, cut, lonely]), hex("010203")));
    expect(datagrams).toEqual([]);
    expect(skips).toEqual({ notUdp: 3, truncated: 1, fragments: 1, trailingBytes: 3, streamBytes: 0 });
  });

  it("survive overlapping fragments and a flood of them", () => {
    const first = ethernet("0800", ipv4(udp(PAYLOAD), { fragment: 0x2000 }));
    const overlapping = ethernet("0800", ipv4(new Uint8Array(4), { fragment: 1 }));
    const far = ethernet("0800", ipv4(new Uint8Array(64), { fragment: 0x2000 + 4_000 }));
    expect(read(pcap([far, first, overlapping])).datagrams).toHaveLength(1);
    const flood = Array.from({ length: 3_000 }, (_, id) => ethernet("0800", ipv4(udp(PAYLOAD), { fragment: 0x2000, id })));
    expect(read(pcap(flood)).skips.fragments).toBe(3_000);
  });

  it("are cut at every byte without harm", () => {
    for (const file of [pcap([FRAME]), pcapng(FRAME)])
      for (let length = 24; length < file.length; length++) read(file.subarray(0, length), file[0] === 0x0a ? "pcapng" : "pcap");
  });

  it("of IPFIX messages back to back are a stream by name or size, else one datagram", () => {
    const stream = concat(ipfix([]), ipfix([]), hex("000a"));
    expect(detectContainer(stream, "export.ipfix")).toBe("ipfix-stream");
    expect(detectContainer(stream, "datagram.bin")).toBe("datagram");
    expect(detectContainer(concat(...Array.from({ length: 5_000 }, () => ipfix([]))), "big.bin")).toBe("ipfix-stream");
    const { datagrams, skips } = read(stream, "ipfix-stream");
    expect(datagrams).toHaveLength(2);
    expect(skips.trailingBytes).toBe(2);
  });

  it.each([
    { name: "nothing", file: new Uint8Array(0) },
    { name: "text", file: new TextEncoder().encode("not a capture") },
  ])("that hold $name are one datagram, for the decoder to refuse", ({ file }) => {
    expect(detectContainer(file, "x")).toBe("datagram");
  });
});
