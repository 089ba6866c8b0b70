import type { DemoFlow } from "./demo-flow.ts";
import { Ledger } from "./index.ts";

const FLOW: DemoFlow = {
  ipVersion: 4,
  srcAddr: "10.20.0.10",
  dstAddr: "198.51.100.1",
  proto: 6,
  srcPort: 40_000,
  dstPort: 443,
  tcpFlags: 0x1b,
  tos: 0,
  bytes: 1_000,
  packets: 10,
  inIf: 1,
  outIf: 2,
  srcAs: 0,
  dstAs: 0,
  srcMask: 24,
  dstMask: 24,
  vlan: 0,
  startMs: 0,
  endMs: 0,
};
const SENDING = { sentMs: 90_000, exporter: "127.0.1.1", flowType: "netflow5", samplingRate: 1 };

describe("Ledger", () => {
  it("adds up by minute, exporter, protocol and service port", () => {
    const ledger = new Ledger();
    ledger.record([FLOW, { ...FLOW, srcPort: 443, dstPort: 40_000, bytes: 5_000 }], SENDING);
    ledger.record([FLOW], { ...SENDING, sentMs: 120_000 });
    ledger.record([{ ...FLOW, proto: 17, dstPort: 53 }], { ...SENDING, samplingRate: 64 });
    expect(ledger.list()).toMatchObject([
      {
        minuteMs: 60_000,
        exporter: "127.0.1.1",
        flowType: "netflow5",
        proto: 6,
        svcPort: 443,
        bytes: 6_000,
        packets: 20,
        flows: 2,
        tcpFlows: 2,
        attempts: 0,
      },
      { minuteMs: 120_000, proto: 6, svcPort: 443, bytes: 1_000, flows: 1 },
      { minuteMs: 60_000, proto: 17, svcPort: 53, bytes: 1_000, bytesScaled: 64_000, packetsScaled: 640, tcpFlows: 0 },
    ]);
    expect(ledger.total()).toMatchObject({ flows: 4, bytes: 8_000, tcpFlows: 3 });
    expect(ledger.total(({ proto }) => proto === 17)).toMatchObject({ flows: 1, bytesScaled: 64_000 });
    expect(ledger.flows()).toEqual([]);
  });

  it.each([
    { name: "a probe: its destination", flow: { ...FLOW, tcpFlags: 0x02, srcPort: 22, dstPort: 50_000 }, svcPort: 50_000, attempts: 1 },
    { name: "a refusal: its source", flow: { ...FLOW, tcpFlags: 0x14, srcPort: 50_000, dstPort: 22 }, svcPort: 50_000, attempts: 0 },
    { name: "an answer: its source", flow: { ...FLOW, srcPort: 25, dstPort: 50_000 }, svcPort: 25, attempts: 0 },
    { name: "ICMP: none", flow: { ...FLOW, proto: 1, srcPort: 0, dstPort: 2_048, tcpFlags: 0 }, svcPort: 0, attempts: 0 },
  ])("knows the service port of $name", ({ flow, svcPort, attempts }) => {
    const ledger = new Ledger({ keepFlows: true });
    ledger.record([flow], SENDING);
    expect(ledger.list()).toMatchObject([{ svcPort, attempts }]);
    expect(ledger.flows()).toMatchObject([{ svcPort, exporter: "127.0.1.1", sentMs: 90_000 }]);
  });
});
