/** Datagrams of sFlow version 5: the session is the agent's, whoever sends for it. */
import type { Arrival, Reception } from "./reception.ts";
import { decodeSflow, readSflowHeader, type SflowHeader } from "./sflow.ts";

/** Number in FLOW_TYPES. */
const SFLOW5 = 11;

/** Agent of the datagram at hand: sessions keep copies. */
const agent = new Uint32Array(4);

export function decodeSflow5(arrival: Arrival, reception: Reception): void {
  const { view, context, sink } = arrival;
  const header = readSflowHeader(view);
  if (!header) {
    reception.refuse(arrival, "truncated_header", `an sFlow datagram of ${view.byteLength} bytes has no room for its header`);
    return;
  }
  readAgent(view, header, reception.source);
  const session = reception.table.open(
    {
      flowType: SFLOW5,
      obsDomain: header.subAgent,
      source: reception.source,
      sourcePort: context.sourcePort,
      exporter: agent,
      connection: 0,
    },
    context.receivedMs,
  );
  reception.see(session, view.byteLength, context, 1);
  session.seeUptime(header.uptimeMs);
  const message = reception.message(session, context, { exportMs: 0, uptimeMs: header.uptimeMs, samplingRate: 0 });
  const before = session.dataRecords;
  const place = session.sequence.observe(header.sequence, 0, context.receivedMs);
  decodeSflow({ session, view, header, context: message, sink, isCopy: place === "again", facts: reception.table.facts });
  session.sequence.addRecords(place, session.dataRecords - before);
}

/** The agent's own address names the exporter; an agent that does not know it goes by its UDP source. */
function readAgent(view: DataView, { agentAt: at, agentBytes }: SflowHeader, source: Uint32Array): void {
  if (agentBytes === 0) agent.set(source);
  else if (agentBytes === 4) agent.set([0, 0, 0xffff_0000, view.getUint32(at, true)]);
  else for (let word = 0; word < 4; word++) agent[word] = view.getUint32(at + word * 4, true);
}
