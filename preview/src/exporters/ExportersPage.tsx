import { Alert, LoadingPlaceholder, Text } from "@grafana/ui";
import { listeningPorts } from "./exporters-api.ts";
import { DeviceFindings } from "./DeviceFindings.tsx";
import { ExporterTable } from "./ExporterTable.tsx";
import { HowToExport } from "./HowToExport.tsx";
import { RefusedSenders } from "./RefusedSenders.tsx";
import { useExporters } from "./use-exporters.ts";

/** Who sends flows here, how much of it arrives, and how to add one more. */
export function ExportersPage() {
  const { exporters, health } = useExporters(true);
  const sessions = exporters.data?.exporters;
  const error = exporters.error ?? health.error;
  return (
    <div style={{ padding: "16px 0" }}>
      {error && (
        <Alert severity="error" title={`The state of the exporters is not known: ${error.message}`}>
          {error.hint}
        </Alert>
      )}
      {health.data?.collector === null && (
        <Alert severity="warning" title="No collector runs beside this server, so nothing new arrives here">
          Start one with: sillage collect
        </Alert>
      )}
      <RefusedSenders refused={exporters.data?.refused ?? []} />
      <DeviceFindings devices={exporters.data?.devices ?? []} />
      {sessions ? sessions.length > 0 && <ExporterTable exporters={sessions} /> : <LoadingPlaceholder text="Loading" />}
      <section style={{ marginTop: 24 }}>
        <Text element="h2" variant="h4">
          {sessions?.length === 0 ? "Nothing has arrived yet. Point an exporter here" : "Add an exporter"}
        </Text>
        <HowToExport ports={listeningPorts(health.data)} />
      </section>
    </div>
  );
}
