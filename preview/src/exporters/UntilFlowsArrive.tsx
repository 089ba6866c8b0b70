import { Button, LoadingPlaceholder, Text } from "@grafana/ui";
import { useState, type ReactNode } from "react";
import { listeningPorts } from "./exporters-api.ts";
import { ExporterTable } from "./ExporterTable.tsx";
import { HowToExport } from "./HowToExport.tsx";
import { RefusedSenders } from "./RefusedSenders.tsx";
import { useExporters } from "./use-exporters.ts";

/** In place of empty panels: what was received, from whom, what waits for a template, and what to do next. Gives way to the first flow. */
export function UntilFlowsArrive({ children }: { children: ReactNode }) {
  const [ready, setReady] = useState(false);
  const { exporters, health } = useExporters(!ready);
  const { data, error } = exporters;

  // What cannot be told must not hide the dashboards: they tell what is wrong.
  const arrived = error !== undefined || data?.exporters.some((session) => session.flow_rows > 0) === true;
  if (arrived && !ready) setReady(true);
  if (ready || arrived) return children;
  if (!data) return <LoadingPlaceholder text="Loading" />;
  const sessions = data.exporters;
  const datagrams = sessions.reduce((sum, session) => sum + session.datagrams, 0);
  return (
    <div data-testid="waiting-for-flows" style={{ maxWidth: 1100, margin: "48px auto", display: "grid", gap: 16 }}>
      <Text element="h2" variant="h3">
        No flow has been stored yet
      </Text>
      <RefusedSenders refused={data.refused} />
      {sessions.length === 0 ? (
        <Text>No datagram of an exporter has arrived on UDP port {listeningPorts(health.data).join(", ")}.</Text>
      ) : (
        <>
          <Text>
            {datagrams} datagrams from {sessions.length} {sessions.length === 1 ? "exporter" : "exporters"} have arrived:
          </Text>
          <ExporterTable exporters={sessions} />
        </>
      )}
      <HowToExport ports={listeningPorts(health.data)} />
      <div>
        <Button variant="secondary" fill="text" onClick={() => setReady(true)}>
          Show the dashboards anyway (flows were imported from files)
        </Button>
      </div>
    </div>
  );
}
