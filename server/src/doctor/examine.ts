/** Asks every rule. Pure: what is wrong follows from the report alone. */
import { DEVICE_RULES } from "./device-rules.ts";
import { sortFindings, type Finding } from "./finding.ts";
import type { DeviceReport, SystemReport } from "./report.ts";
import { STORAGE_RULES } from "./storage-rules.ts";
import { SYSTEM_RULES } from "./system-rules.ts";

/** Everything that is wrong, the worst first. */
export function examine(report: SystemReport): Finding[] {
  const system = Object.entries({ ...SYSTEM_RULES, ...STORAGE_RULES }).flatMap(([rule, look]) =>
    look(report).map((finding) => ({ rule, ...finding })),
  );
  return sortFindings([...system, ...(report.devices ?? []).flatMap((device) => examineDevice(device, report.nowMs))]);
}

/** What is wrong with one exporter, the worst first. */
export function examineDevice(device: DeviceReport, nowMs: number): Finding[] {
  const { exporter, name } = device;
  const findings = Object.entries(DEVICE_RULES).flatMap(([rule, look]) => {
    const finding = look(device, nowMs);
    return finding ? [{ rule, exporter, ...(name !== undefined && { name }), ...finding }] : [];
  });
  return sortFindings(findings);
}
