import type { ExporterSession } from "./exporters-api.ts";

/** What keeps a session's flows from being stored, and what to do; nothing when all is well. */
export function adviceFor(session: ExporterSession): string[] {
  const { waiting_sets, waiting, templates, flow_rows, lost_units, dropped, last_error } = session;
  const advice: string[] = [];
  if (waiting_sets > 0) {
    advice.push(
      `${waiting_sets} data sets wait for template ${waiting.join(", ")}. Exporters send templates now and then: wait, restart the exporter, or set its template timeout to a minute.`,
    );
  } else if (flow_rows === 0 && templates > 0) {
    advice.push(
      "Templates are known, but no flow has come yet. Exporters report a flow when it ends or at the active timeout: set that to a minute.",
    );
  }
  if (lost_units > 0)
    advice.push(`${lost_units} were sent but never arrived, by their sequence numbers: the network or a full receive buffer lost them.`);
  const causes = Object.entries(dropped).filter(([, count]) => count > 0);
  if (causes.length > 0) advice.push(`Dropped: ${causes.map(([cause, count]) => `${cause} ${count}`).join(", ")}.`);
  if (last_error !== undefined && advice.length > 0) advice.push(`Last error: ${last_error}`);
  return advice;
}
