import { HostCounterReader, parseSnmp, parseSnmp6 } from "./host-counters.ts";

const SNMP = `Ip: Forwarding DefaultTTL ReasmReqds ReasmOKs ReasmFails
Ip: 1 64 40 30 3
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors
Udp: 1000 5 17 900 16
UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors
UdpLite: 0 0 0 0 99
`;

describe("host counters", () => {
  it("reads pairs of lines, each group apart", () => {
    const counters = parseSnmp(SNMP);
    expect(["IpReasmFails", "UdpInErrors", "UdpRcvbufErrors", "UdpLiteRcvbufErrors"].map((name) => counters.get(name))).toEqual([
      3, 17, 16, 99,
    ]);
    expect(parseSnmp("nonsense\n").size).toBe(0);
  });

  it("reads one counter a line", () => {
    expect(parseSnmp6("Ip6ReasmFails                   \t7\nUdp6RcvbufErrors  \t2\n\n")).toEqual(
      new Map([
        ["Ip6ReasmFails", 7],
        ["Udp6RcvbufErrors", 2],
      ]),
    );
  });

  it("counts from the first look on", async () => {
    const reader = new HostCounterReader();
    const first = await reader.read();
    if (process.platform === "linux") expect(first).toEqual({ udpReceiveBufferErrors: 0, udpInErrors: 0, ipReassemblyFailures: 0 });
    else expect(first).toBeUndefined();
  });
});
