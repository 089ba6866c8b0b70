/**
 * What can be seen while no server answers: whether the collector runs, what waits in the spool, what lies in quarantine and why. The data
 * folder is only read.
 */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { examine, sortFindings, type Finding, type LoaderReport } from "../doctor/index.ts";
import type { SillageConfig } from "../sillage-config.ts";
import { parseSegmentName, quarantineReasons, type QuarantineReason } from "../spool/index.ts";
import { dataPaths } from "../store/index.ts";

/** @param url where the server did not answer */
export async function lookLocally(config: SillageConfig, url: string): Promise<Finding[]> {
  const paths = dataPaths(config.data);
  const spool = await lookAtSpool(paths.spool, paths.quarantine);
  const system = examine({
    nowMs: Date.now(),
    // Without the server nothing is loaded, however old what waits is; that is told by the finding about the server.
    loader: { ...spool.loader, oldestAgeMs: 0 },
    quarantineFolder: paths.quarantine,
    quarantined: spool.quarantined,
    spool: { usedBytes: spool.usedBytes, limitBytes: config.spool.maxBytes },
    devices: undefined,
  });
  return sortFindings([serverFinding(url, spool.loader), ...(await collectorFindings(config)), ...system]);
}

function serverFinding(url: string, { backlogSegments, oldestAgeMs }: LoaderReport): Finding {
  return {
    rule: "server",
    severity: "error",
    what: `no server answers at ${url}: nothing is loaded, and exporters cannot be looked at`,
    evidence: { waiting_segments: backlogSegments, oldest_age_ms: oldestAgeMs },
    todo: ["start it: sillage serve (or name another with --url); its log says why it ended"],
  };
}

/** The collector has a page of its own, which answers also without the server. */
async function collectorFindings({ collector }: SillageConfig): Promise<Finding[]> {
  const { host, port } = collector.status;
  const page = `http://${host.includes(":") ? `[${host}]` : host}:${port}/health`;
  const answer = await fetch(page)
    .then(async (response) => (await response.json()) as { status: string; reason?: string })
    .catch(() => undefined);
  if (answer?.status === "up") return [];
  return [
    {
      rule: "collector",
      severity: "error",
      what:
        answer === undefined
          ? `no collector answers at ${page}: nothing is received`
          : `the collector is in trouble: ${answer.reason ?? answer.status}`,
      evidence: {},
      todo: answer === undefined ? ["start it: sillage serve, or sillage collect"] : ["its log (component collector) says more"],
    },
  ];
}

interface SpoolLook {
  readonly loader: LoaderReport;
  readonly usedBytes: number;
  readonly quarantined: readonly QuarantineReason[];
}

async function lookAtSpool(spool: string, quarantine: string): Promise<SpoolLook> {
  let [segments, usedBytes, oldestMs] = [0, 0, Number.POSITIVE_INFINITY];
  for (const collector of await namesIn(spool)) {
    const folder = path.join(spool, collector);
    if (folder === quarantine) continue;
    for (const name of await namesIn(folder)) {
      if (!parseSegmentName(name)) continue;
      const file = await stat(path.join(folder, name)).catch(() => undefined); // loaded meanwhile
      if (!file) continue;
      segments++;
      usedBytes += file.size;
      oldestMs = Math.min(oldestMs, file.mtimeMs);
    }
  }
  const quarantined = await quarantineReasons(quarantine);
  return {
    usedBytes,
    quarantined,
    loader: {
      backlogSegments: segments,
      oldestAgeMs: segments === 0 ? 0 : Math.round(Date.now() - oldestMs),
      inQuarantine: quarantined.length,
    },
  };
}

/** Nothing where there is no folder, or none that may be read. */
const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
