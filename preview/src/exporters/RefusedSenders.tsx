import { Alert } from "@grafana/ui";
import type { RefusedSender } from "./exporters-api.ts";

/** Senders shown; a flood of invented addresses must not fill the page. */
const MAX_SHOWN = 5;

/** Who sends here and is not let in, with the way to change that. Nothing when nobody is refused. */
export function RefusedSenders({ refused }: { refused: readonly RefusedSender[] }) {
  if (refused.length === 0) return null;
  const shown = refused.filter(({ source }) => source !== null).slice(0, MAX_SHOWN);
  const others = refused.length - shown.length;
  return (
    <Alert severity="warning" title="Refused: these senders are not in collector.allow">
      {shown.map(({ collector, source, datagrams, connections, hint }) => (
        <div key={`${collector} ${source}`}>
          <strong>{source}</strong>: {datagrams.toLocaleString("en-US")} datagrams{connections > 0 && `, ${connections} connections`};{" "}
          {hint}
        </div>
      ))}
      {others > 0 && <div>and more: /api/v1/exporters lists them</div>}
    </Alert>
  );
}
