import { Alert, Stack, Text } from "@grafana/ui";
import type { Device, Finding } from "./exporters-api.ts";

const ALERTS = { error: "error", warning: "warning", notice: "info" } as const;

/** Findings shown; a flood of invented senders must not fill the page. */
const MAX_SHOWN = 10;

/** What became of the records that a device exported, and what is wrong with it in words; the same as `sillage doctor` says. */
export function DeviceFindings({ devices }: { devices: readonly Device[] }) {
  const exported = devices.reduce((sum, { balance }) => sum + balance.exported, 0);
  const stored = devices.reduce((sum, { balance }) => sum + balance.stored, 0);
  if (exported === 0) return null;
  const findings = devices.flatMap((device) => device.findings);
  const share = ((stored / exported) * 100).toLocaleString("en-US", { maximumFractionDigits: 2 });
  return (
    <Stack direction="column" gap={1}>
      <Text color="secondary">
        Stored {share} % of {exported.toLocaleString("en-US")} records that were exported in the last hour.
      </Text>
      {findings.slice(0, MAX_SHOWN).map((finding) => (
        <FindingAlert key={`${finding.exporter} ${finding.rule}`} {...finding} />
      ))}
      {findings.length > MAX_SHOWN && <Text color="secondary">{findings.length - MAX_SHOWN} more: sillage doctor lists them.</Text>}
    </Stack>
  );
}

function FindingAlert({ severity, exporter, name, what, todo }: Finding) {
  return (
    <Alert severity={ALERTS[severity]} title={`${name ?? exporter ?? "Sillage"}: ${what}`}>
      {todo.map((line) => (
        <div key={line} style={{ whiteSpace: "pre-wrap" }}>
          {line}
        </div>
      ))}
    </Alert>
  );
}
