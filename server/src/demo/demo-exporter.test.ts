import { createSocket } from "node:dgram";
import { Decoder } from "../decode/index.ts";
import { FlowBatch, readFlow, type FlowValue } from "../flow/index.ts";
import { parseAddress } from "../flow/index.ts";
import { DEMO_PROTOCOLS, DemoExporter, Ledger, TrafficModel, type DemoProtocol } from "./index.ts";

const FLOW_TYPE: Readonly<Record<DemoProtocol, string>> = { v5: "netflow5", v9: "netflow9", ipfix: "ipfix", sflow: "sflow5" };

/** Sends flows to a socket of our own and decodes what arrives. */
async function exchange(
  count: number,
  protocols: readonly DemoProtocol[],
): Promise<{ readonly rows: Record<string, FlowValue>[]; readonly ledger: Ledger; readonly lost: number }> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 8_000_000 });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  const decoder = new Decoder();
  const batch = new FlowBatch();
  const rows: Record<string, FlowValue>[] = [];
  const flush = (): void => {
    for (let row = 0; row < batch.rows; row++) rows.push(readFlow(batch, row));
    batch.reset();
  };
  socket.on("message", (bytes, { address, port: sourcePort }) => {
    decoder.decode(bytes, { source: parseAddress(address), sourcePort, receivedMs: Date.now() }, { batch, flush });
  });
  const ledger = new Ledger({ keepFlows: true });
  const exporter = new DemoExporter({
    host: "127.0.0.1",
    ports: { v5: port, v9: port, ipfix: port, sflow: port },
    protocols,
    seed: 7,
    ledger,
  });
  await exporter.send(count);
  await exporter.stop();
  for (let waits = 0; waits < 2_000 && batch.rows < count; waits++) await new Promise((resolve) => setTimeout(resolve, 20));
  socket.close();
  flush();
  return { rows, ledger, lost: decoder.stats().reduce((sum, { sequence }) => sum + sequence.lost, 0) };
}

/** What a ledger's flow and a decoded row have in common. */
const essence = (flow: Record<string, unknown>): string =>
  [
    flow["exporter"],
    flow["type"],
    flow["src"],
    flow["dst"],
    flow["proto"],
    flow["bytes"],
    flow["packets"],
    flow["flags"],
    flow["ports"],
    flow["start"],
  ].join(" ");

describe("DemoExporter", () => {
  it.each([...DEMO_PROTOCOLS.map((protocol) => [protocol, [protocol]] as const), ["all", DEMO_PROTOCOLS] as const])(
    "%s: every flow of the ledger arrives as it was sent",
    async (_, protocols) => {
      const { rows, ledger, lost } = await exchange(600, protocols);
      const sent = ledger.flows().map((flow) => {
        const isIcmp = flow.proto === 1 || flow.proto === 58;
        const isSflow = flow.flowType === "sflow5";
        return essence({
          exporter: flow.exporter,
          type: flow.flowType,
          src: flow.srcAddr,
          dst: flow.dstAddr,
          proto: flow.proto,
          bytes: flow.bytes,
          packets: flow.packets,
          flags: flow.proto === 6 ? flow.tcpFlags : "",
          ports: isIcmp ? `${flow.dstPort >> 8}.${flow.dstPort & 0xff}` : `${flow.srcPort}>${flow.dstPort}`,
          start: isSflow ? "" : new Date(flow.startMs).toISOString(),
        });
      });
      const received = rows.map((row) =>
        essence({
          exporter: row["exporter"],
          type: row["flow_type"],
          src: row["src_addr"],
          dst: row["dst_addr"],
          proto: row["proto"],
          bytes: row["bytes"],
          packets: row["packets"],
          flags: row["proto"] === 6 ? row["tcp_flags"] : "",
          ports:
            row["icmp_type"] === null
              ? `${Number(row["src_port"])}>${Number(row["dst_port"])}`
              : `${Number(row["icmp_type"])}.${Number(row["icmp_code"])}`,
          start: row["flow_type"] === "sflow5" ? "" : row["time_start"],
        }),
      );
      expect(sent).toHaveLength(600);
      expect(received.sort()).toEqual(sent.sort());
      expect(lost).toBe(0);
      expect(new Set(rows.map((row) => row["flow_type"]))).toEqual(new Set(protocols.map((protocol) => FLOW_TYPE[protocol])));
    },
  );
});

describe("TrafficModel", () => {
  it("gives the same flows for the same seed and other flows for another", () => {
    const now = Date.UTC(2026, 0, 5, 10);
    expect(new TrafficModel(3).next(500, now)).toEqual(new TrafficModel(3).next(500, now));
    expect(new TrafficModel(4).next(500, now)).not.toEqual(new TrafficModel(3).next(500, now));
  });

  it("uses private and documentation addresses only", () => {
    const outside = /^(198\.51\.100\.|203\.0\.113\.|198\.18\.|198\.19\.|2001:db8:)/;
    for (const { srcAddr, dstAddr } of new TrafficModel(5).next(5_000, Date.UTC(2026, 0, 5, 15))) {
      for (const address of [srcAddr, dstAddr]) expect(address).toMatch(address.startsWith("10.20.") ? /^10\.20\./ : outside);
    }
  });

  it("holds scans, web, name resolution, IPv6 and heavy transfers in believable parts", () => {
    const flows = new TrafficModel(11).next(20_000, Date.UTC(2026, 0, 5, 12));
    const share = (test: (flow: (typeof flows)[number]) => boolean): number => flows.filter(test).length / flows.length;
    expect(share(({ proto, tcpFlags, dstPort }) => proto === 6 && tcpFlags === 2 && dstPort === 445)).toBeGreaterThan(0.005);
    expect(share(({ proto, srcPort, dstPort }) => proto === 6 && (srcPort === 443 || dstPort === 443))).toBeGreaterThan(0.2);
    expect(share(({ srcPort, dstPort }) => srcPort === 53 || dstPort === 53)).toBeGreaterThan(0.1);
    expect(share(({ ipVersion }) => ipVersion === 6)).toBeGreaterThan(0.1);
    const bytes = flows.map((flow) => flow.bytes).sort((a, b) => b - a);
    const total = bytes.reduce((sum, one) => sum + one, 0);
    expect(bytes.slice(0, 200).reduce((sum, one) => sum + one, 0) / total).toBeGreaterThan(0.4); // the largest hundredth carries much of it
  });
});
