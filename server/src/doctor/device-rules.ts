/**
 * What can be wrong with one exporter, as a table of small functions over its report. Each says nothing when all is well, and needs enough
 * records to say anything: a share of a few flows means nothing. Thresholds say why they are what they are.
 */
import { exportedRecords } from "@sillage/model";
import type { ExporterRow } from "../query/index.ts";
import { adviceFor } from "./device-advice.ts";
import type { Finding } from "./finding.ts";
import type { DeviceReport } from "./report.ts";
import { duration, integer, percent, plural } from "./words.ts";

type DeviceFinding = Omit<Finding, "rule" | "exporter" | "name">;
export type DeviceRule = (device: DeviceReport, nowMs: number) => DeviceFinding | undefined;

/** Records below which a share means nothing. */
const ENOUGH = 100;
/** A data set may wait while an exporter starts; most send templates within a minute. Unit: ms. */
const PATIENT_MS = 60_000;
/** Templates are repeated every 10 minutes at least (RFC 7011 section 8.4, the default of most exporters): then something is wrong. */
const TEMPLATE_OVERDUE_MS = 600_000;
/** Exporters report a flow when it ends or at the active timeout, by default 30 minutes on Cisco: silence of this length is told. */
const SILENT_MS = 900_000;
/** An exporter that was switched off weeks ago is no news. */
const FORGOTTEN_MS = 86_400_000;
/** One datagram in a thousand is lost on busy networks; one in a hundred shows in graphs. */
const LOSS_NOTED = 0.001;
const LOSS_BAD = 0.01;
/** v9 and IPFIX tell whole seconds. */
const CLOCK_NOTED_MS = 5_000;
/** Beyond it times are replaced by those of receipt. */
const CLOCK_BAD_MS = 3_600_000;
/** Share of flows that shows a template, and not an exception. */
const MOST = 0.9;
/** Samples at which an estimate is within about a tenth (2 / sqrt(n)). */
const ENOUGH_SAMPLES = 400;
const VOLUME_TOLERANCE = 0.25;
const LARGEST_16_BIT = 0xffff;

const sum = (sessions: readonly ExporterRow[], value: (session: ExporterRow) => number): number =>
  sessions.reduce((total, session) => total + value(session), 0);

const flowSessions = ({ sessions }: DeviceReport): readonly ExporterRow[] => sessions.filter(({ protocol }) => protocol !== "unknown");

export const DEVICE_RULES: Readonly<Record<string, DeviceRule>> = {
  "template-missing": (device, nowMs) => {
    const waiting = device.sessions.filter(({ waiting_sets: sets }) => sets > 0);
    const since = Math.min(...waiting.map(({ waiting_since: ms }) => ms));
    const waitedMs = nowMs - since;
    if (waiting.length === 0 || waitedMs < PATIENT_MS) return undefined;
    const templates = [...new Set(waiting.flatMap(({ waiting: ids }) => ids))].sort((a, b) => a - b);
    const sets = sum(waiting, (session) => session.waiting_sets);
    return {
      severity: waitedMs > TEMPLATE_OVERDUE_MS ? "error" : "warning",
      what: `${plural(sets, "data set")} ${sets === 1 ? "waits" : "wait"} for ${idList(templates)}, the oldest for ${duration(waitedMs)}`,
      evidence: {
        sets,
        waited_ms: waitedMs,
        templates: templates.join(" "),
        templates_known: sum(waiting, (session) => session.templates),
      },
      todo: adviceFor(device, "templateRefresh"),
    };
  },

  "template-never-came": (device) => {
    const { expired } = device.balance;
    if (expired === 0) return undefined;
    return {
      severity: "error",
      what: `about ${plural(expired, "record")} were given up because their template did not come in time`,
      evidence: { records: expired },
      todo: adviceFor(device, "templateRefresh"),
    };
  },

  "no-flows-yet": (device, nowMs) => {
    const sessions = flowSessions(device);
    const first = Math.min(...sessions.map(({ first_seen: ms }) => ms));
    const hasTemplates = sessions.some(({ templates, waiting_sets: waits }) => templates > 0 && waits === 0);
    if (!hasTemplates || sessions.some(({ flow_rows: rows }) => rows > 0) || nowMs - first < 2 * PATIENT_MS) return undefined;
    return {
      severity: "warning",
      what: `its templates are known, but no flow has come in ${duration(nowMs - first)}`,
      evidence: { templates: sum(sessions, (session) => session.templates), datagrams: sum(sessions, (session) => session.datagrams) },
      todo: [...adviceFor(device, "activeTimeout"), "check that the flow monitor is applied to an interface with traffic"],
    };
  },

  silent: (device, nowMs) => {
    const last = Math.max(...device.sessions.map(({ last_seen: ms }) => ms));
    const silentMs = nowMs - last;
    if (silentMs < SILENT_MS || silentMs > FORGOTTEN_MS || flowSessions(device).length === 0) return undefined;
    return {
      severity: "warning",
      what: `nothing has come from it for ${duration(silentMs)}`,
      evidence: { silent_ms: silentMs, last_seen_ms: last },
      todo: ["check that it runs, that its export is switched on, and the path from it to this host (tcpdump -ni any udp port 2055)"],
    };
  },

  "kernel-drops": ({ balance }) => {
    if (balance.kernel_datagrams === 0) return undefined;
    return {
      severity: "error",
      what: `the kernel dropped about ${plural(balance.kernel_datagrams, "datagram")} of it because the receive buffer was full`,
      evidence: { datagrams: balance.kernel_datagrams, records: balance.kernel, lost_before_us: balance.lost },
      todo: ["raise the receive buffer: see the finding receive-buffer, or give the collector more processor time"],
    };
  },

  loss: ({ balance, sessions }) => {
    const exported = exportedRecords(balance);
    const { lost, kernel } = balance;
    if (exported < ENOUGH || lost < exported * LOSS_NOTED) return undefined;
    const unit = sessions.find(({ lost_units: units }) => units > 0)?.sequence_unit ?? "records";
    const dropped = kernel === 0 ? "the kernel here dropped none of it" : `the kernel here dropped ${integer(kernel)} more`;
    return {
      severity: lost >= exported * LOSS_BAD ? "error" : "warning",
      what: `${percent(lost, exported)} of its records never arrived, by its sequence numbers; ${dropped}`,
      evidence: { lost, exported, lost_units: balance.lost_units, unit, kernel, estimated: balance.lost_estimated },
      todo: [
        "look for drops on the way: the exporter's own counters (show flow exporter statistics), its export queue, firewalls, and",
        "fragments: datagrams larger than the path's MTU are lost with any of their parts; keep them below 1,400 bytes",
      ],
    };
  },

  unreadable: ({ balance, sessions }) => {
    const exported = exportedRecords(balance);
    if (balance.malformed === 0 || balance.malformed < exported * LOSS_NOTED) return undefined;
    const causes = new Map<string, number>();
    for (const { dropped } of sessions)
      for (const [cause, count] of Object.entries(dropped)) causes.set(cause, (causes.get(cause) ?? 0) + count);
    const lastError = sessions.find(({ last_error: error }) => error !== undefined)?.last_error;
    const isNoise = exported === balance.malformed;
    return {
      severity: "warning",
      what: isNoise
        ? `${plural(balance.malformed, "datagram")} from it are no flow export that is read`
        : `about ${plural(balance.malformed, "record")} of it (${percent(balance.malformed, exported)}) could not be read`,
      evidence: { records: balance.malformed, causes: [...causes].map(([cause, count]) => `${cause} ${count}`).join(", ") },
      todo: [
        ...(lastError === undefined ? [] : [`the last error was: ${lastError}`]),
        isNoise
          ? "find out what sends there; Sillage reads NetFlow v1, v5 to v9, IPFIX and sFlow v5"
          : "if the device is right, capture a few datagrams (tcpdump -w) and run: sillage decode FILE --format summary",
      ],
    };
  },

  "spool-full": ({ balance }) =>
    balance.spool_full === 0
      ? undefined
      : {
          severity: "error",
          what: `${plural(balance.spool_full, "record")} of it found no room in the spool`,
          evidence: { records: balance.spool_full },
          todo: ["see why ClickHouse does not take what waits (findings loader and spool), or raise spool.maxBytes"],
        },

  "sampling-rate-unknown": (device) => {
    const unrated = device.traffic.reduce((total, { sampler_unrated: count }) => total + count, 0);
    if (unrated === 0) return undefined;
    return {
      severity: "warning",
      what: `${plural(unrated, "flow")} name a sampler whose rate the exporter has not told, so volumes are too small`,
      evidence: { flows: unrated, of: device.traffic.reduce((total, { rows }) => total + rows, 0) },
      todo: [
        ...adviceFor(device, "samplerTable"),
        "or tell the rate in sillage.yaml:",
        "  exporters:",
        `    - { match: ${JSON.stringify(device.exporter)}, samplingRate: 1000 }`,
      ],
    };
  },

  clock: ({ sessions }) => {
    const offsets = sessions.flatMap(({ clock_offset_ms: ms }) => (ms === null ? [] : [ms]));
    const worst = offsets.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    if (Math.abs(worst) < CLOCK_NOTED_MS) return undefined;
    return {
      severity: worst > CLOCK_BAD_MS || worst < -7 * FORGOTTEN_MS ? "error" : "warning",
      what: `its clock is ${duration(worst)} ${worst > 0 ? "ahead of" : "behind"} this host's`,
      evidence: { offset_ms: worst },
      todo: [
        "set the time of the exporter by NTP (and that of this host: timedatectl)",
        "on Cisco IOS, IOS XE for example:",
        "  ntp server ADDRESS",
      ],
    };
  },

  "times-replaced": ({ sessions, balance }) => {
    const { clamped_times: clamped, flow_rows: rows } = balance;
    if (rows < ENOUGH || clamped < rows * LOSS_BAD) return undefined;
    return {
      severity: "warning",
      what: `the times of ${percent(clamped, rows)} of its flows cannot be true and were replaced by the time of receipt`,
      evidence: { flows: clamped, of: rows, protocols: [...new Set(sessions.map(({ protocol }) => protocol))].join(" ") },
      todo: [
        "set its clock by NTP; if it is right, the uptime in its headers is wrong: update the device, or export IPFIX with absolute times",
        "queries on the time of receipt are not touched by it",
      ],
    };
  },

  "times-missing": ({ traffic }) => {
    const [missing, rows] = [traffic.reduce((n, one) => n + one.without_times, 0), traffic.reduce((n, one) => n + one.rows, 0)];
    const isSflow = traffic.every(({ protocol }) => protocol === "sflow5");
    if (isSflow || rows < ENOUGH || missing < rows * LOSS_BAD * 10) return undefined;
    return {
      severity: "notice",
      what: `${percent(missing, rows)} of its flows carry no time that is understood; they get the time of export or receipt`,
      evidence: { flows: missing, of: rows },
      todo: [
        "add the elements flowStartMilliseconds and flowEndMilliseconds (152, 153) to its record, or first and last switched (22, 21)",
      ],
    };
  },

  "interface-numbers-cut": (device) => {
    const old = device.traffic.filter(({ protocol }) => /^netflow[15678]$/.test(protocol));
    const largest = Math.max(0, ...device.traffic.map((one) => one.largest_if), ...device.volumes.map(({ if_index: index }) => index));
    if (old.length === 0 || largest <= LARGEST_16_BIT) return undefined;
    return {
      severity: "warning",
      what: `it has interfaces above 65,535, and NetFlow v5 carries 16 bits of their numbers: flows are booked to wrong interfaces`,
      evidence: { largest_ifindex: largest, protocol: old[0]!.protocol },
      todo: ["export NetFlow v9 or IPFIX instead"],
    };
  },

  "no-tcp-flags": ({ traffic }) => {
    const [without, tcp] = [traffic.reduce((n, one) => n + one.tcp_without_flags, 0), traffic.reduce((n, one) => n + one.tcp, 0)];
    if (tcp < ENOUGH || without < tcp * MOST) return undefined;
    return {
      severity: "notice",
      what: "its TCP flows carry no flags: filters on flags, and everything that tells clients from servers by them, see nothing",
      evidence: { flows: without, of: tcp },
      todo: [
        "add tcpControlBits (6) to its record",
        "on Cisco IOS, IOS XE for example:",
        "  flow record NAME",
        "   collect transport tcp flags",
      ],
    };
  },

  "zero-bytes": ({ traffic }) => {
    const [zero, rows] = [traffic.reduce((n, one) => n + one.zero_bytes, 0), traffic.reduce((n, one) => n + one.rows - one.events, 0)];
    if (rows < ENOUGH || zero < rows / 2) return undefined;
    return {
      severity: "error",
      what: `${percent(zero, rows)} of its flows carry no bytes`,
      evidence: { flows: zero, of: rows },
      todo: [
        "add octetDeltaCount (1) or octetTotalCount (85) to its record",
        "if it sends them under another element, see ignored elements of the exporter, and tell the element in elements.yaml",
      ],
    };
  },

  "both-directions": ({ traffic }) => {
    const [ingress, egress] = [traffic.reduce((n, one) => n + one.ingress, 0), traffic.reduce((n, one) => n + one.egress, 0)];
    const both = ingress + egress;
    if (both < ENOUGH || Math.min(ingress, egress) < both / 20) return undefined;
    return {
      severity: "warning",
      what: `it reports flows where they come in and where they go out: what passes through it is counted twice`,
      evidence: { ingress, egress },
      todo: ["export ingress only, on every interface; or ask with the filter: flowdir ingress"],
    };
  },

  "long-flows": (device) => {
    const [long, rows] = [device.traffic.reduce((n, one) => n + one.long, 0), device.traffic.reduce((n, one) => n + one.rows, 0)];
    if (rows < ENOUGH || long < rows * LOSS_BAD) return undefined;
    const longest = Math.max(...device.traffic.map((one) => one.longest));
    return {
      severity: "notice",
      what: `${percent(long, rows)} of its flows are longer than 5 minutes (the longest ${duration(longest)}): their bytes come late and in one lump`,
      evidence: { flows: long, of: rows, longest_ms: longest },
      todo: [...adviceFor(device, "activeTimeout"), "or ask for graphs with spread, which draws bytes where they flowed"],
    };
  },

  "agent-drops": ({ sessions }) => {
    const drops = sum(sessions, (session) => session.agent_drops);
    const samples = sum(sessions, (session) => (session.protocol === "sflow5" ? session.data_records : 0));
    if (drops < ENOUGH || drops < samples * LOSS_BAD) return undefined;
    return {
      severity: "warning",
      what: `the sFlow agent itself gave up ${plural(drops, "sample")} (${percent(drops, drops + samples)}) for lack of resources`,
      evidence: { drops, samples },
      todo: ["sample less: raise the sampling rate N of its busiest interfaces, for example from 1 in 1,000 to 1 in 4,000"],
    };
  },

  "rate-differs": ({ sessions }) => {
    const different = sessions.flatMap(({ rate_differences: list }) => list);
    const [first] = different;
    if (!first) return undefined;
    return {
      severity: "warning",
      what: `${plural(different.length, "sFlow source")} ${different.length === 1 ? "samples" : "sample"} at another rate than told: interface ${first.index} says 1 in ${integer(first.rate)}, and its pool grows by ${integer(first.effective)} a sample`,
      evidence: { sources: different.length, index: first.index, rate: first.rate, effective: first.effective },
      todo: ["update the agent, or tell the true rate in sillage.yaml (exporters, samplingRate by exporter or interface)"],
    };
  },

  "volume-differs": ({ volumes }) => {
    const judged = volumes.filter(({ in_samples: samples, in_octets: octets }) => samples >= ENOUGH_SAMPLES && octets > 0);
    const off = judged.filter(({ in_estimate: estimate, in_octets: octets }) => Math.abs(estimate / octets - 1) > VOLUME_TOLERANCE);
    const [first] = off;
    if (!first) return undefined;
    return {
      severity: "warning",
      what: `samples tell another volume than the counters of ${plural(off.length, "interface")}: interface ${first.if_index} received ${percent(first.in_estimate, first.in_octets)} of its bytes by samples`,
      evidence: {
        interfaces: off.length,
        of: judged.length,
        if_index: first.if_index,
        counted: first.in_octets,
        estimated: first.in_estimate,
      },
      todo: ["about half: samples are lost or the rate is told wrong; about double: sampled where packets come in and where they go out"],
    };
  },

  duplicates: ({ balance }) => {
    const { duplicates, datagrams, duplicate_records: records } = balance;
    if (datagrams < ENOUGH || duplicates < datagrams * LOSS_BAD) return undefined;
    return {
      severity: "error",
      what: `${percent(duplicates, datagrams)} of its datagrams come twice, and their flows are stored twice`,
      evidence: { datagrams: duplicates, of: datagrams, records },
      todo: ["it exports to this host by two ways, or a relay or mirror port repeats its datagrams: keep one"],
    };
  },

  "restarts-often": ({ balance, sessions }) => {
    if (balance.restarts < 3) return undefined;
    return {
      severity: "notice",
      what: `it began its numbers anew ${integer(balance.restarts)} times`,
      evidence: { restarts: balance.restarts, sessions: sessions.length },
      todo: ["see whether the device or its export process restarts; loss cannot be told over a restart"],
    };
  },

  "no-numbers": (device) => {
    const without = flowSessions(device).filter(
      ({ protocol, sequence_unit: unit, datagrams }) => protocol !== "netflow1" && unit === "none" && datagrams >= ENOUGH,
    );
    if (without.length === 0) return undefined;
    return {
      severity: "notice",
      what: "its sequence numbers fit no rule, so what is lost on the way cannot be told",
      evidence: { sessions: without.length, protocol: without[0]!.protocol },
      todo: ["nothing, if the device is known for it; else several exporters may share this address and domain: give each its own"],
    };
  },
};

function idList(templates: readonly number[]): string {
  const [shown, rest] = [templates.slice(0, 5).join(", "), templates.length - 5];
  return `${templates.length === 1 ? "template" : "templates"} ${shown}${rest > 0 ? ` and ${rest} more` : ""}`;
}
