/** What can be wrong with Sillage itself, as a table of small functions over its report. */
import type { Finding } from "./finding.ts";
import type { SystemReport } from "./report.ts";
import { bytes, duration, integer, percent, plural } from "./words.ts";

type SystemFinding = Omit<Finding, "rule">;
export type SystemRule = (report: SystemReport) => readonly SystemFinding[];

/** Flows are loaded within two seconds; a minute means that loading does not keep up. */
const BACKLOG_MS = 60_000;
/** A burst of a second at 100,000 datagrams of 1,400 bytes would need more; this takes the usual ones. */
const GOOD_BUFFER_BYTES = 32 * 2 ** 20;
const RECENT_MS = 900_000;
/** Reasons of quarantine that are repeated word for word. */
const MAX_REASONS = 5;
/** Refused senders named one by one; the rest is in /api/v1/exporters. */
const MAX_REFUSED = 10;

export const SYSTEM_RULES: Readonly<Record<string, SystemRule>> = {
  store: ({ storeError, storageError }) => {
    if (storeError !== undefined)
      return [
        {
          severity: "error",
          what: `the database does not answer: ${storeError}`,
          evidence: {},
          todo: ["flows are kept in the spool meanwhile; see the log of the server (component server) and docs/clickhouse.md"],
        },
      ];
    if (storageError === undefined) return [];
    return [
      {
        severity: "warning",
        what: `the state of tables and disk is not known: ${storageError}`,
        evidence: {},
        todo: ["give the ClickHouse user the rights that docs/clickhouse.md lists: retention by size needs them too"],
      },
    ];
  },

  loader: ({ loader }) => {
    if (!loader) return [];
    const { failing, oldestAgeMs, backlogSegments, backlogRows = 0, backlogGrowth } = loader;
    if (failing === undefined && oldestAgeMs < BACKLOG_MS) return [];
    const growth = Math.round(backlogGrowth ?? 0);
    const trend =
      growth > 0
        ? `; the backlog grows by ${plural(growth, "row")} a second`
        : growth < 0
          ? `; at this pace it is loaded in ${duration((backlogRows / -growth) * 1000)}`
          : "";
    return [
      {
        severity: failing === undefined ? "warning" : "error",
        what:
          failing === undefined
            ? `loading is behind: ${plural(backlogSegments, "segment")} wait, the oldest for ${duration(oldestAgeMs)}${trend}`
            : `loading fails and is tried again: ${failing}; ${plural(backlogSegments, "segment")} wait`,
        evidence: { segments: backlogSegments, rows: backlogRows, growth_per_second: growth, oldest_age_ms: oldestAgeMs },
        todo: [
          growth < 0 && failing === undefined
            ? "nothing is lost, and nothing is to be done unless it comes again: then the database needs more cores, or faster disks"
            : "nothing is lost while the spool has room; look at the load of ClickHouse, and at its disk",
        ],
      },
    ];
  },

  quarantine: ({ loader, quarantineFolder, quarantined = [] }) => {
    if (!loader || loader.inQuarantine === 0) return [];
    const reasons = [...new Set(quarantined.map(({ reason }) => reason))];
    const named = reasons.slice(0, MAX_REASONS).map((reason) => {
      const segments = quarantined.filter((one) => one.reason === reason).length;
      return reasons.length === 1 ? reason : `${reason} (${segments})`;
    });
    const more = reasons.length > MAX_REASONS ? [`and ${reasons.length - MAX_REASONS} more`] : [];
    const why = named.length === 0 ? "" : `: ${[...named, ...more].join("; ")}`;
    return [
      {
        severity: "error",
        what: `${plural(loader.inQuarantine, "segment")} could not be loaded and ${loader.inQuarantine === 1 ? "lies" : "lie"} in quarantine${why}`,
        evidence: { segments: loader.inQuarantine },
        todo: [
          `read the reasons beside them: cat ${quarantineFolder ?? "data/spool/quarantine"}/*.reason*`,
          "when the cause is gone, move the files back into the folder of their collector: they are loaded once, whatever was loaded before",
          "what is damaged stays damaged: delete it, and the finding is gone at the next start",
        ],
      },
    ];
  },

  spool: ({ spool }) => {
    if (!spool) return [];
    const { failing, usedBytes, limitBytes } = spool;
    if (failing !== undefined)
      return [
        {
          severity: "error",
          what: `the spool cannot be written (${failing})`,
          evidence: { code: failing },
          todo: [
            "free the disk or make the data folder writable: what is received now is kept in memory, and lost beyond spool.maxPendingBytes",
          ],
        },
      ];
    if (usedBytes < limitBytes / 2) return [];
    return [
      {
        severity: usedBytes > limitBytes * 0.9 ? "error" : "warning",
        what: `the spool is ${percent(usedBytes, limitBytes)} full`,
        evidence: { used_bytes: usedBytes, limit_bytes: limitBytes },
        todo: ["see why ClickHouse does not take what waits, or raise spool.maxBytes: beyond it new flows are lost"],
      },
    ];
  },

  "receive-buffer": ({ sockets = [], devices = [], unownedKernelDrops = 0 }) => {
    const smallest = Math.min(...sockets.map(({ receiveBufferBytes: size }) => size));
    const drops = devices.reduce((total, { balance }) => total + balance.kernel_datagrams, unownedKernelDrops);
    if (sockets.length === 0 || (drops === 0 && smallest >= GOOD_BUFFER_BYTES)) return [];
    const wanted = Math.max(GOOD_BUFFER_BYTES, drops > 0 ? 2 * smallest : 0);
    return [
      {
        severity: drops > 0 ? "error" : "notice",
        what:
          drops > 0
            ? `the kernel dropped ${plural(drops, "datagram")} because the receive buffer of ${bytes(smallest)} was full`
            : `the kernel grants a receive buffer of ${bytes(smallest)}: bursts may be lost`,
        evidence: { granted_bytes: smallest, dropped_datagrams: drops },
        todo: [
          `sysctl -w net.core.rmem_max=${wanted}`,
          `echo net.core.rmem_max=${wanted} > /etc/sysctl.d/90-sillage.conf`,
          ...(wanted > GOOD_BUFFER_BYTES ? [`set collector.receiveBuffer: ${wanted / 2 ** 20}MiB in sillage.yaml`] : []),
          "then restart the collector",
        ],
      },
    ];
  },

  refused: ({ refused = [] }) =>
    refused.slice(0, MAX_REFUSED).map(({ source, datagrams, connections, hint }) => ({
      severity: "warning",
      exporter: source,
      what: `it is not on the allow list: ${datagrams > 0 ? plural(datagrams, "datagram") : plural(connections, "connection")} of it ${datagrams + connections === 1 ? "was" : "were"} refused`,
      evidence: { datagrams, connections },
      todo: [hint, "then send SIGHUP to Sillage, or restart it"],
    })),

  restarts: ({ restarts = {} }) =>
    Object.entries(restarts)
      .filter(([, count]) => count > 0)
      .map(([process, count]) => ({
        severity: "warning",
        what: `the process ${process} ended by itself and was started again ${integer(count)} ${count === 1 ? "time" : "times"}`,
        evidence: { process, restarts: count },
        todo: ["its log says why; for the server it is mostly memory (store.limits.maxMemory), or the disk"],
      })),

  "nothing-received": ({ devices, sockets, nowMs }) => {
    if (!devices) return [];
    const last = Math.max(0, ...devices.flatMap(({ sessions }) => sessions.map(({ last_seen: ms }) => ms)));
    if (nowMs - last < RECENT_MS) return [];
    const ports = sockets?.map(({ port }) => port).join(", ");
    return [
      {
        severity: "warning",
        what: last === 0 ? "no exporter has sent anything yet" : `no exporter has sent anything for ${duration(nowMs - last)}`,
        evidence: { last_received_ms: last },
        todo: [
          ports === undefined
            ? "no collector is known: start one (sillage serve, or sillage collect)"
            : `point an exporter at UDP port ${ports} of this host (docs/exporters.md)`,
          "see whether anything arrives: tcpdump -ni any udp port 2055 or udp port 4739 or udp port 6343; and the firewall of this host",
        ],
      },
    ];
  },
};
