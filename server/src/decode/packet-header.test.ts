import fc from "fast-check";
import { formatAddress } from "../flow/index.ts";
import type { IpHeader } from "./ip-header.ts";
import { HEADER_PROTOCOL, PacketHeader } from "./packet-header.ts";
import { concat, hex } from "./testing/messages.ts";

/** One object for all tests, as in the decoder: nothing of a packet may be left for the next. */
const packet = new PacketHeader();

/** Parses `bytes` in the middle of a datagram full of `around`; what was found, as text. */
function parse(bytes: Uint8Array, protocol: number = HEADER_PROTOCOL.ethernet, around = 0xee): Record<string, unknown> {
  const datagram = new Uint8Array(bytes.length + 64).fill(around);
  datagram.set(bytes, 32);
  const view = new DataView(datagram.buffer);
  packet.clear();
  packet.parse(view, 32, 32 + bytes.length, protocol);
  return describePacket(datagram);
}

function describePacket(datagram: Uint8Array): Record<string, unknown> {
  const { link, ip, inner, vni, linkBytes } = packet;
  const found: Record<string, unknown> = {};
  const put = (name: string, value: unknown, unknown: unknown = 0): void => {
    if (value !== unknown) found[name] = value;
  };
  const mac = (at: number): string => Buffer.from(datagram.subarray(at, at + 6)).toString("hex");
  if (link.dstMacAt >= 0) found["macs"] = `${mac(link.srcMacAt)} > ${mac(link.dstMacAt)}`;
  put("vlan", link.vlan);
  put("innerVlan", link.innerVlan);
  if (link.labelCount > 0) found["labels"] = [...link.labels.subarray(0, link.labelCount)].map((entry) => entry >>> 12);
  put("vni", vni);
  put("linkBytes", linkBytes);
  if (ip.version !== 0) found["ip"] = describeIp(datagram, ip);
  if (inner.version !== 0) found["inner"] = describeIp(datagram, inner);
  return found;
}

function describeIp(datagram: Uint8Array, ip: IpHeader): string {
  const address = (at: number): string => {
    if (ip.version === 4) return datagram.subarray(at, at + 4).join(".");
    return formatAddress(datagram.subarray(at, at + 16));
  };
  const words = [`${address(ip.srcAt)} > ${address(ip.dstAt)}`, ip.proto < 0 ? "proto ?" : `proto ${ip.proto}`, `${ip.bytes} B`];
  if (ip.hasPorts) words.push(`${ip.srcPort} > ${ip.dstPort}`);
  if (ip.tcpFlags >= 0) words.push(`flags ${ip.tcpFlags.toString(16)}`);
  if (ip.icmpType >= 0) words.push(`icmp ${ip.icmpType}/${ip.icmpCode}`);
  if (ip.fragmentId !== 0 || ip.fragmentOffset !== 0) words.push(`fragment ${ip.fragmentId} at ${ip.fragmentOffset}`);
  if (ip.fragmentFlags !== 0) words.push(`fragment flags ${ip.fragmentFlags.toString(16)}`);
  if (ip.flowLabel !== 0) words.push(`label ${ip.flowLabel.toString(16)}`);
  return words.join(", ");
}

const u16 = (value: number): string => value.toString(16).padStart(4, "0");

/** IPv4 with a right checksum: pseudowires are told from IP by it. */
function ipv4(proto: number, payload: Uint8Array, { src = "0a000001", dst = "0a000002", fragment = 0 } = {}): Uint8Array {
  const header = hex(
    `45 b8 ${u16(20 + payload.length)} 00ff ${u16(fragment)} 40 ${proto.toString(16).padStart(2, "0")} 0000 ${src} ${dst}`,
  );
  const view = new DataView(header.buffer);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += view.getUint16(i);
  view.setUint16(10, ~((sum & 0xffff) + (sum >>> 16)));
  return concat(header, payload);
}

function ipv6(next: number, payload: Uint8Array, { src = "2001", dst = "2001" } = {}): Uint8Array {
  const addresses = `${src}0db8000000000000000000000001 ${dst}0db8000000000000000000000002`;
  return concat(hex(`6b8abcde ${u16(payload.length)} ${next.toString(16).padStart(2, "0")} 3f ${addresses}`), payload);
}

const TCP = hex("9c40 01bb 00000001 00000002 5112 ffff 0000 0000");
const udp = (dstPort: number, payload: Uint8Array): Uint8Array =>
  concat(hex(`c000 ${u16(dstPort)} ${u16(8 + payload.length)} 0000`), payload);
const MACS = hex("020000000001 020000000002");
const ethernet = (type: string, payload: Uint8Array): Uint8Array => concat(MACS, hex(type), payload);

const IN = ipv4(6, TCP, { src: "c0000201", dst: "c0000202" });
const IN6 = ipv6(6, TCP);
const IP4 = ipv4(6, TCP);
const MAC_TEXT = "020000000002 > 020000000001";
const WANT_IP4 = "10.0.0.1 > 10.0.0.2, proto 6, 40 B, 40000 > 443, flags 112";
const WANT_IP6 = "2001:db8::1 > 2001:db8::2, proto 6, 60 B, 40000 > 443, flags 112, label abcde";
const WANT_IN = "192.0.2.1 > 192.0.2.2, proto 6, 40 B, 40000 > 443, flags 112";

describe("the link layer", () => {
  it.each([
    { name: "Ethernet and IPv4", bytes: ethernet("0800", IP4), want: { ip: WANT_IP4, linkBytes: 14 } },
    { name: "Ethernet and IPv6", bytes: ethernet("86dd", IN6), want: { ip: WANT_IP6, linkBytes: 14 } },
    { name: "one VLAN tag", bytes: ethernet("8100 6014 0800", IP4), want: { vlan: 20, ip: WANT_IP4, linkBytes: 18 } },
    {
      name: "a service and a customer tag",
      bytes: ethernet("88a8 0064 8100 0014 0800", IP4),
      want: { vlan: 100, innerVlan: 20, ip: WANT_IP4, linkBytes: 22 },
    },
    {
      name: "two tags of one kind",
      bytes: ethernet("8100 0064 8100 0014 0800", IP4),
      want: { vlan: 100, innerVlan: 20, ip: WANT_IP4, linkBytes: 22 },
    },
    { name: "a tag of 0x9100", bytes: ethernet("9100 0064 0800", IP4), want: { vlan: 100, ip: WANT_IP4, linkBytes: 18 } },
    {
      name: "a priority tag before the VLAN",
      bytes: ethernet("8100 e000 8100 0014 0800", IP4),
      want: { innerVlan: 20, ip: WANT_IP4, linkBytes: 22 },
    },
    {
      name: "four tags",
      bytes: ethernet("8100 0001 8100 0002 8100 0003 8100 0004 0800", IP4),
      want: { vlan: 1, innerVlan: 2, ip: WANT_IP4, linkBytes: 30 },
    },
    {
      name: "five tags: one too many",
      bytes: ethernet("8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800", IP4),
      want: { vlan: 1, innerVlan: 2 },
    },
    { name: "802.3 with LLC and SNAP", bytes: ethernet("0030 aaaa03 000000 0800", IP4), want: { ip: WANT_IP4, linkBytes: 22 } },
    { name: "802.3 of another organisation", bytes: ethernet("0030 aaaa03 00000c 2000", IP4), want: {} },
    { name: "a spanning tree frame", bytes: ethernet("0026 424203", new Uint8Array(35)), want: {} },
    {
      name: "SNAP behind a VLAN tag",
      bytes: ethernet("8100 0014 0030 aaaa03 000000 0800", IP4),
      want: { vlan: 20, ip: WANT_IP4, linkBytes: 26 },
    },
    { name: "PPPoE and IPv4", bytes: ethernet("8864 11 00 0001 002a 0021", IP4), want: { ip: WANT_IP4, linkBytes: 22 } },
    { name: "PPPoE and IPv6", bytes: ethernet("8864 11 00 0001 003e 0057", IN6), want: { ip: WANT_IP6, linkBytes: 22 } },
    { name: "PPPoE discovery", bytes: ethernet("8863 11 09 0000 0004 0101 0000", new Uint8Array(40)), want: {} },
    { name: "ARP", bytes: ethernet("0806", new Uint8Array(46)), want: {} },
  ])("is read: $name", ({ bytes, want }) => {
    expect(parse(bytes)).toEqual({ macs: MAC_TEXT, ...want });
  });

  const labels = (...values: number[]): Uint8Array =>
    hex(values.map((label, i) => ((label << 12) | (i === values.length - 1 ? 0x100 : 0) | 64).toString(16).padStart(8, "0")).join(""));
  it.each([
    { name: "IPv4", below: IP4, want: { ip: WANT_IP4 } },
    { name: "IPv6", below: IN6, want: { ip: WANT_IP6 } },
    { name: "a pseudowire with control word", below: concat(hex("00000000"), ethernet("0800", IP4)), want: { ip: WANT_IP4 } },
    { name: "a pseudowire without, to a MAC that begins with 0", below: ethernet("0800", IP4), want: { ip: WANT_IP4 } },
    {
      name: "a pseudowire without, to a MAC that begins with 4",
      below: concat(hex("480000000001 020000000002 0800"), IP4),
      want: { ip: WANT_IP4 },
    },
    {
      name: "a pseudowire without, to a MAC that begins with 6",
      below: concat(hex("6c0000000001 020000000002 86dd"), IN6),
      want: { ip: WANT_IP6 },
    },
    {
      name: "a pseudowire without, to a MAC that begins with f",
      below: concat(hex("fc0000000001 020000000002 0800"), IP4),
      want: { ip: WANT_IP4 },
    },
    {
      name: "a customer's VLAN in a pseudowire",
      below: concat(hex("00000000"), ethernet("8100 0014 0800", IP4)),
      want: { innerVlan: 20, ip: WANT_IP4 },
    },
    {
      name: "IPv4 from 8.0.0.1, whose address looks like an Ethertype",
      below: ipv4(6, TCP, { src: "08000001" }),
      want: { ip: WANT_IP4.replace("10.0.0.1", "8.0.0.1") },
    },
    {
      name: "IPv6 whose address looks like an Ethertype",
      below: ((): Uint8Array => {
        const bytes = ipv6(6, TCP);
        bytes.set([0x08, 0x00], 12);
        return bytes;
      })(),
      want: { ip: WANT_IP6.replace("2001:db8::1", "2001:db8:800::1") },
    },
    { name: "nothing", below: new Uint8Array(), want: {} },
  ])("is guessed below MPLS labels: $name", ({ below, want }) => {
    const found = parse(concat(MACS, hex("8847"), labels(16_001, 3), below));
    delete found["linkBytes"];
    expect(found).toEqual({ macs: MAC_TEXT, labels: [16_001, 3], ...want });
  });

  it("keeps ten labels and gives up on deeper stacks", () => {
    const stack = (n: number): Uint8Array => labels(...Array.from({ length: n }, (_, i) => 100 + i));
    expect(parse(concat(stack(10), IP4), HEADER_PROTOCOL.mpls)).toMatchObject({ labels: { length: 10 }, ip: WANT_IP4 });
    expect(parse(concat(stack(11), IP4), HEADER_PROTOCOL.mpls)).toEqual({ labels: Array.from({ length: 10 }, (_, i) => 100 + i) });
  });

  it.each([
    { name: "IPv4", protocol: 11, bytes: IP4, want: { ip: WANT_IP4 } },
    { name: "IPv6", protocol: 12, bytes: IN6, want: { ip: WANT_IP6 } },
    { name: "MPLS", protocol: 13, bytes: concat(labels(7), IP4), want: { labels: [7], ip: WANT_IP4, linkBytes: 4 } },
    { name: "PPP", protocol: 7, bytes: concat(hex("0021"), IP4), want: { ip: WANT_IP4, linkBytes: 2 } },
    { name: "PPP with a short protocol", protocol: 7, bytes: concat(hex("21"), IP4), want: { ip: WANT_IP4, linkBytes: 1 } },
    { name: "POS in HDLC framing", protocol: 14, bytes: concat(hex("ff03 0021"), IP4), want: { ip: WANT_IP4, linkBytes: 4 } },
    {
      name: "POS with labels",
      protocol: 14,
      bytes: concat(hex("ff03 0281"), labels(7), IP4),
      want: { labels: [7], ip: WANT_IP4, linkBytes: 8 },
    },
    { name: "Cisco HDLC", protocol: 14, bytes: concat(hex("0f00 86dd"), IN6), want: { ip: WANT_IP6, linkBytes: 4 } },
    {
      name: "802.11 to the access point",
      protocol: 15,
      bytes: concat(hex("0801 0000 020000000003 020000000002 020000000001 0000 aaaa03 000000 0800"), IP4),
      want: { macs: MAC_TEXT, ip: WANT_IP4, linkBytes: 32 },
    },
    {
      name: "802.11 from the access point, with QoS",
      protocol: 15,
      bytes: concat(hex("8802 0000 020000000001 020000000003 020000000002 0000 0000 aaaa03 000000 0800"), IP4),
      want: { macs: MAC_TEXT, ip: WANT_IP4, linkBytes: 34 },
    },
    {
      name: "802.11 between access points",
      protocol: 15,
      bytes: concat(hex("0803 0000 020000000004 020000000003 020000000001 0000 020000000002 aaaa03 000000 0800"), IP4),
      want: { macs: MAC_TEXT, ip: WANT_IP4, linkBytes: 38 },
    },
    {
      name: "802.11, encrypted",
      protocol: 15,
      bytes: concat(hex("0841 0000 020000000003 020000000002 020000000001 0000 00000000 00000000"), IP4),
      want: { macs: MAC_TEXT },
    },
    { name: "an 802.11 beacon", protocol: 15, bytes: concat(hex("8000 0000"), new Uint8Array(60)), want: {} },
    { name: "X.25, which is not read", protocol: 6, bytes: IP4, want: {} },
    { name: "IPv6 where IPv4 is announced", protocol: 11, bytes: IN6, want: {} },
  ])("may be another than Ethernet: $name", ({ protocol, bytes, want }) => {
    expect(parse(bytes, protocol)).toEqual(want);
  });
});

describe("IP and transport", () => {
  const inFrame = (bytes: Uint8Array): unknown => parse(bytes, bytes[0]! >>> 4 === 4 ? HEADER_PROTOCOL.ipv4 : HEADER_PROTOCOL.ipv6)["ip"];
  const v4 = "10.0.0.1 > 10.0.0.2";
  const v6 = "2001:db8::1 > 2001:db8::2";
  it.each([
    { name: "UDP", bytes: ipv4(17, udp(53, new Uint8Array(12))), want: `${v4}, proto 17, 40 B, 49152 > 53` },
    { name: "SCTP", bytes: ipv4(132, hex("0b59 0b5a 00000000")), want: `${v4}, proto 132, 28 B, 2905 > 2906` },
    { name: "ICMP", bytes: ipv4(1, hex("0301 0000 00000000")), want: `${v4}, proto 1, 28 B, icmp 3/1` },
    { name: "ICMPv6", bytes: ipv6(58, hex("8000 0000")), want: `${v6}, proto 58, 44 B, icmp 128/0, label abcde` },
    { name: "ESP", bytes: ipv4(50, new Uint8Array(16)), want: `${v4}, proto 50, 36 B` },
    {
      name: "TCP flags with NS",
      bytes: ipv4(6, hex("9c40 01bb 00000001 00000002 5fff ffff")),
      want: `${v4}, proto 6, 36 B, 40000 > 443, flags 1ff`,
    },
    {
      name: "options in IPv4",
      bytes: concat(hex("46000020 00000000 40110000 0a000001 0a000002 01010101"), udp(53, new Uint8Array())),
      want: `${v4}, proto 17, 32 B, 49152 > 53`,
    },
    {
      name: "do not fragment",
      bytes: ipv4(17, udp(53, new Uint8Array()), { fragment: 0x4000 }),
      want: `${v4}, proto 17, 28 B, 49152 > 53, fragment flags 40`,
    },
    {
      name: "a first fragment",
      bytes: ipv4(17, udp(53, new Uint8Array()), { fragment: 0x2000 }),
      want: `${v4}, proto 17, 28 B, 49152 > 53, fragment 255 at 0, fragment flags 20`,
    },
    {
      name: "a later fragment",
      bytes: ipv4(17, udp(53, new Uint8Array()), { fragment: 0x0010 }),
      want: `${v4}, proto 17, 28 B, fragment 255 at 16`,
    },
    {
      name: "a first fragment of IPv6",
      bytes: ipv6(44, concat(hex("11 00 0001 00000007"), udp(53, new Uint8Array()))),
      want: `${v6}, proto 17, 56 B, 49152 > 53, fragment 7 at 0, fragment flags 20, label abcde`,
    },
    {
      name: "a later fragment of IPv6",
      bytes: ipv6(44, concat(hex("11 00 0080 00000007"), udp(53, new Uint8Array()))),
      want: `${v6}, proto 17, 56 B, fragment 7 at 16, label abcde`,
    },
    {
      name: "hop-by-hop, routing, destination options",
      bytes: ipv6(0, concat(hex("2b 00 000000000000  3c 00 00 00 00000000  11 00 000000000000"), udp(53, new Uint8Array()))),
      want: `${v6}, proto 17, 72 B, 49152 > 53, label abcde`,
    },
    {
      name: "an authentication header",
      bytes: ipv6(51, concat(hex("11 02 0000 00000000 00000000 00000000"), udp(53, new Uint8Array()))),
      want: `${v6}, proto 17, 64 B, 49152 > 53, label abcde`,
    },
    {
      name: "nine extension headers: one too many",
      bytes: ipv6(
        60,
        concat(...Array.from({ length: 8 }, () => hex("3c 00 000000000000")), hex("11 00 000000000000"), udp(53, new Uint8Array())),
      ),
      want: `${v6}, proto ?, 120 B, label abcde`,
    },
    { name: "an extension header that is cut off", bytes: ipv6(60, hex("11 00")), want: `${v6}, proto ?, 42 B, label abcde` },
    { name: "IPv4 shorter than it can be", bytes: hex("44000014 00000000 40060000 0a000001 0a000002"), want: undefined },
  ])("are read: $name", ({ bytes, want }) => {
    expect(inFrame(bytes)).toBe(want);
  });
});

describe("tunnels", () => {
  const gre = (header: string, payload: Uint8Array): Uint8Array => ipv4(47, concat(hex(header), payload));
  const overUdp = (port: number, header: string, payload: Uint8Array): Uint8Array => ipv4(17, udp(port, concat(hex(header), payload)));
  it.each([
    { name: "IPv4 in IPv4", bytes: ipv4(4, IN), want: { inner: WANT_IN } },
    { name: "IPv6 in IPv4", bytes: ipv4(41, IN6), want: { inner: WANT_IP6 } },
    { name: "IPv4 in IPv6", bytes: ipv6(4, IN), want: { inner: WANT_IN } },
    {
      name: "IPv4 in IPv6 behind a segment routing header",
      bytes: ipv6(43, concat(hex("04 02 04 00 00000000 20010db8000000000000000000000009"), IN)),
      want: { inner: WANT_IN },
    },
    { name: "Ethernet in IPv6", bytes: ipv6(143, ethernet("0800", IN)), want: { inner: WANT_IN } },
    { name: "MPLS in IPv4", bytes: ipv4(137, concat(hex("00064140"), IN)), want: { inner: WANT_IN } },
    { name: "MPLS in UDP", bytes: overUdp(6635, "00064140", IN), want: { inner: WANT_IN } },
    { name: "GRE", bytes: gre("0000 0800", IN), want: { inner: WANT_IN } },
    { name: "GRE with IPv6", bytes: gre("0000 86dd", IN6), want: { inner: WANT_IP6 } },
    { name: "GRE with checksum, key and sequence", bytes: gre("b000 0800 00000000 00000001 00000002", IN), want: { inner: WANT_IN } },
    {
      name: "GRE with Ethernet and a VLAN tag",
      bytes: gre("2000 6558 00000001", ethernet("8100 0014 0800", IN)),
      want: { inner: WANT_IN },
    },
    { name: "GRE with MPLS", bytes: gre("0000 8847", concat(hex("00064140"), IN)), want: { inner: WANT_IN } },
    { name: "ERSPAN type 1", bytes: gre("0000 88be", ethernet("0800", IN)), want: { inner: WANT_IN } },
    { name: "ERSPAN type 2", bytes: gre("1000 88be 00000001 1000000100000000", ethernet("0800", IN)), want: { inner: WANT_IN } },
    { name: "ERSPAN type 3", bytes: gre("1000 22eb 00000001 200000010000000000000000", ethernet("0800", IN)), want: { inner: WANT_IN } },
    {
      name: "ERSPAN type 3 with a subheader",
      bytes: gre("1000 22eb 00000001 200000010000000000000001 0000000000000000", ethernet("0800", IN)),
      want: { inner: WANT_IN },
    },
    { name: "PPTP", bytes: gre("3081 880b 00340001 00000001 00000001", concat(hex("ff03 0021"), IN)), want: { inner: WANT_IN } },
    { name: "GRE with source routes, which is not followed", bytes: gre("4000 0800 00000000", IN), want: {} },
    { name: "VXLAN", bytes: overUdp(4789, "08000000 0004d200", ethernet("0800", IN)), want: { vni: 1234, inner: WANT_IN } },
    {
      name: "VXLAN on Linux' old port",
      bytes: overUdp(8472, "08000000 0004d200", ethernet("86dd", IN6)),
      want: { vni: 1234, inner: WANT_IP6 },
    },
    {
      name: "VXLAN around a frame without IP",
      bytes: overUdp(4789, "08000000 0004d200", ethernet("0806", new Uint8Array(46))),
      want: { vni: 1234 },
    },
    { name: "the port of VXLAN without its flag", bytes: overUdp(4789, "00000000 0004d200", ethernet("0800", IN)), want: {} },
    {
      name: "Geneve with options",
      bytes: overUdp(6081, "02006558 0004d200 0102030405060708", ethernet("0800", IN)),
      want: { vni: 1234, inner: WANT_IN },
    },
    { name: "Geneve with IPv4", bytes: overUdp(6081, "00000800 0004d200", IN), want: { vni: 1234, inner: WANT_IN } },
    { name: "GTP-U", bytes: overUdp(2152, "30ff 0028 00000001", IN), want: { inner: WANT_IN } },
    { name: "GTP-U with a sequence number", bytes: overUdp(2152, "32ff 002c 00000001 00010000", IN6), want: { inner: WANT_IP6 } },
    {
      name: "GTP-U with two extensions",
      bytes: overUdp(2152, "34ff 0034 00000001 00000085 01100985 01100a00", IN),
      want: { inner: WANT_IN },
    },
    { name: "GTP-U with an extension of no length", bytes: overUdp(2152, "34ff 0030 00000001 00000085 00100900", IN), want: {} },
    { name: "GTP-U with an extension", bytes: overUdp(2152, "34ff 0030 00000001 00000085 01100900", IN), want: { inner: WANT_IN } },
    { name: "GTP-U that is no user's packet", bytes: overUdp(2152, "3001 0000 00000001", IN), want: {} },
    { name: "L2TP", bytes: overUdp(1701, "4002 0034 0001 0002", concat(hex("ff03 0021"), IN)), want: { inner: WANT_IN } },
    {
      name: "L2TP with sequence and offset",
      bytes: overUdp(1701, "0a02 0001 0002 00010002 0002 ffff", concat(hex("0021"), IN)),
      want: { inner: WANT_IN },
    },
    { name: "L2TP control", bytes: overUdp(1701, "c802 0034 0001 0002 00000000", IN), want: {} },
    {
      name: "a tunnel in a tunnel: the first packet inside",
      bytes: ipv4(4, ipv4(4, IN, { src: "ac100001", dst: "ac100002" })),
      want: { inner: "172.16.0.1 > 172.16.0.2, proto 4, 60 B" },
    },
    { name: "a later fragment of a tunnel", bytes: ipv4(4, IN, { fragment: 0x0010 }), want: {} },
  ])("show the packet inside: $name", ({ bytes, want }) => {
    const found = parse(bytes, bytes[0]! >>> 4 === 4 ? HEADER_PROTOCOL.ipv4 : HEADER_PROTOCOL.ipv6);
    delete found["ip"];
    expect(found).toEqual(want);
  });

  it("leave the outer packet as it is", () => {
    expect(
      parse(ethernet("8100 0014 0800", overUdp(4789, "08000000 0004d200", concat(hex("0a0000000001 0a0000000002 8100 0063 0800"), IN)))),
    ).toEqual({
      macs: MAC_TEXT,
      vlan: 20,
      linkBytes: 18,
      vni: 1234,
      ip: "10.0.0.1 > 10.0.0.2, proto 17, 94 B, 49152 > 4789",
      inner: WANT_IN,
    });
  });
});

describe("headers that are cut off or wrong", () => {
  const whole = [
    {
      protocol: 1,
      bytes: ethernet(
        "88a8 0064 8100 0014 8864 11 00 0001 003e 0057",
        ipv6(0, concat(hex("2c 00 000000000000 11 00 0001 00000007"), udp(4789, concat(hex("08000000 0004d200"), ethernet("0800", IN))))),
      ),
    },
    {
      protocol: 13,
      bytes: concat(
        hex("00064000 00007140 00000000"),
        ethernet("0030 aaaa03 000000 0800", ipv4(17, udp(2152, concat(hex("34ff 0030 00000001 00000085 01100900"), IN6)))),
      ),
    },
    {
      protocol: 14,
      bytes: concat(
        hex("ff03 0021"),
        ipv4(47, concat(hex("b000 22eb 00000000 00000001 00000002 200000010000000000000001 0000000000000000"), ethernet("0800", IN))),
      ),
    },
    {
      protocol: 15,
      bytes: concat(
        hex("8803 0000 020000000004 020000000003 020000000001 0000 020000000002 0000 aaaa03 000000 0800"),
        ipv4(17, udp(1701, concat(hex("4a02 0034 0001 0002 00010002 0002 ffff ff03 0021"), IN))),
      ),
    },
  ];

  it("are read up to the cut, whatever stands behind it", () => {
    for (const { protocol, bytes } of whole) {
      expect(parse(bytes, protocol)).toHaveProperty("inner");
      for (let length = 0; length < bytes.length; length++) {
        const cut = bytes.subarray(0, length);
        expect(parse(cut, protocol, 0x00)).toEqual(parse(cut, protocol, 0xff));
      }
    }
  });

  it("never lead outside, whatever they say", () => {
    const start = fc.constantFrom(...whole.map(({ bytes }) => bytes), new Uint8Array());
    const flips = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 12 });
    fc.assert(
      fc.property(start, flips, fc.uint8Array({ maxLength: 120 }), fc.integer({ min: 0, max: 18 }), (base, changes, tail, protocol) => {
        const bytes = concat(base, tail);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        expect(parse(bytes, protocol, 0x00)).toEqual(parse(bytes, protocol, 0xff));
        // A view that ends where the header ends: a read outside would throw.
        packet.clear();
        packet.parse(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, protocol);
      }),
      { numRuns: 3_000 },
    );
  });
});
