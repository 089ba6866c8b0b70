/**
 * Metrics of the collector process, filled from its status at the moment somebody asks: one place counts, and what is shown cannot
 * disagree with it. Labels are bounded: exporters beyond MAX_EXPORTERS share the label "other".
 */
import { LOSS_PARTS } from "@sillage/model";
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { CollectorStatus, ExporterStatus } from "./status.ts";
import { CLOSE_CAUSES } from "./tcp-connections.ts";

/** Exporters with labels of their own. */
const MAX_EXPORTERS = 500;

const causes = Object.entries(CLOSE_CAUSES)
  .map(([cause, meaning]) => `\`${cause}\` (${meaning})`)
  .join(", ");

export interface CollectorMetrics {
  /** Names, help and labels, for the reference. */
  readonly registry: Registry;
  /** The page a Prometheus server reads, with numbers of this moment. */
  scrape(): Promise<string>;
}

/** All metrics of the collector; `status` is asked at each scrape. */
export function createCollectorMetrics(status: () => CollectorStatus): CollectorMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name: `sillage_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name: `sillage_${name}`, help, labelNames, registers });

  const socket = {
    datagrams: counter("collector_received_datagrams_total", "Datagrams received by UDP port.", ["port"]),
    bytes: counter("collector_received_bytes_total", "Bytes of UDP payload received by UDP port.", ["port"]),
    drops: counter(
      "collector_kernel_dropped_datagrams_total",
      "Datagrams the kernel threw away because the socket's buffer was full. Absent where the system does not tell.",
      ["port"],
    ),
    buffer: gauge("collector_receive_buffer_bytes", "Receive buffer the kernel granted by UDP port.", ["port"]),
    batches: gauge(
      "collector_receives_in_batches",
      "1 where datagrams are taken from the kernel many at a time, 0 where one at a time (`collector.receive`), by UDP port.",
      ["port"],
    ),
  };
  const tcp = {
    messages: counter("collector_tcp_received_messages_total", "IPFIX messages received over TCP by port.", ["port"]),
    bytes: counter("collector_tcp_received_bytes_total", "Bytes received over TCP by port.", ["port"]),
    open: gauge("collector_tcp_connections", "TCP connections of exporters that are open."),
    opened: counter("collector_tcp_opened_connections_total", "TCP connections of exporters that were taken."),
    closed: counter("collector_tcp_closed_connections_total", `TCP connections that ended by cause: ${causes}.`, ["cause"]),
    held: gauge("collector_tcp_held_back", "1 while nothing is read from TCP connections because the spool is nearly full."),
  };
  const host = {
    buffer: counter(
      "collector_host_udp_receive_buffer_errors_total",
      "UDP datagrams of the whole machine that found no room in their receive buffer, since the collector started (Linux).",
    ),
    errors: counter(
      "collector_host_udp_in_errors_total",
      "UDP datagrams of the whole machine that could not be delivered (no room, bad checksum), since the collector started (Linux).",
    ),
    fragments: counter(
      "collector_host_ip_reassembly_failures_total",
      "Datagrams of the whole machine whose IP fragments did not all come, since the collector started (Linux): exports larger than the MTU are lost so.",
    ),
  };
  const refused = {
    datagrams: counter("collector_refused_datagrams_total", "Datagrams of senders that are not in `collector.allow`; not decoded.", [
      "source",
    ]),
    bytes: counter("collector_refused_bytes_total", "Bytes of senders that are not in `collector.allow`.", ["source"]),
    connections: counter("collector_refused_connections_total", "TCP connections of senders that are not in `collector.allow`.", [
      "source",
    ]),
  };
  const exporter = {
    datagrams: counter("collector_exporter_datagrams_total", "Datagrams by exporter and protocol.", ["exporter", "protocol"]),
    bytes: counter("collector_exporter_bytes_total", "Bytes of UDP payload by exporter and protocol.", ["exporter", "protocol"]),
    records: counter("collector_exporter_records_total", "Data records (sFlow: flow samples) decoded by exporter and protocol.", [
      "exporter",
      "protocol",
    ]),
    rows: counter("collector_exporter_rows_total", "Flow rows made by exporter and protocol.", ["exporter", "protocol"]),
    lost: counter(
      "collector_exporter_lost_units_total",
      "Units missing in sequence numbers (v5: flows, v9 and sFlow: datagrams, IPFIX: data records) by exporter and protocol.",
      ["exporter", "protocol"],
    ),
    dropped: counter(
      "collector_dropped_total",
      "What was received and became no row, by exporter, protocol and cause; each cause has its own unit.",
      ["exporter", "protocol", "cause"],
    ),
    layouts: counter(
      "collector_exporter_layout_changes_total",
      "Templates announced with another layout under the same id, by exporter and protocol.",
      ["exporter", "protocol"],
    ),
    parts: gauge(
      "collector_exporter_balance_records",
      "Where the records of each exporter went since its sessions were first seen: parts add up to what it exported; corrections go down.",
      ["exporter", "protocol", "part"],
    ),
    reordered: gauge("collector_exporter_reordered_datagrams", "Datagrams that came after a later one by exporter and protocol.", [
      "exporter",
      "protocol",
    ]),
    duplicates: gauge("collector_exporter_duplicate_datagrams", "Datagrams that came again by exporter and protocol.", [
      "exporter",
      "protocol",
    ]),
    restarts: gauge("collector_exporter_restarts", "How often exporters began their sequence numbers anew.", ["exporter", "protocol"]),
    clock: gauge(
      "collector_exporter_clock_offset_seconds",
      "Exporter's clock minus the collector's; absent where no header tells a time.",
      ["exporter", "protocol"],
    ),
    agentDrops: gauge("collector_exporter_agent_dropped_samples", "Samples that sFlow agents gave up for lack of resources.", [
      "exporter",
      "protocol",
    ]),
    waiting: gauge("collector_waiting_sets", "Data sets that wait for their template by exporter and protocol.", ["exporter", "protocol"]),
    info: gauge("collector_exporter_info", "1 for each exporter that the configuration names: join it to show names.", [
      "exporter",
      "name",
      "site",
    ]),
    givenUp: counter(
      "collector_given_up_total",
      "What was forgotten or not counted apart because a limit was reached: sessions, templates, facts, connections of firewalls, ignored elements.",
      ["kind"],
    ),
    sessions: gauge("collector_exporter_sessions", "Exporter sessions (source address and port, protocol, observation domain) known now."),
  };
  const spool = {
    used: gauge("spool_used_bytes", "Bytes of segments on disk that wait for the store."),
    limit: gauge("spool_limit_bytes", "Most bytes the spool may take now: `spool.maxBytes` or its share of the disk."),
    pending: gauge("spool_pending_bytes", "Bytes of segments in memory that wait for the disk."),
    segments: counter("spool_written_segments_total", "Segments made durable."),
    rows: counter("spool_written_rows_total", "Rows in segments made durable."),
    bytes: counter("spool_written_bytes_total", "Bytes of segments made durable."),
    refused: counter(
      "spool_refused_rows_total",
      "Rows dropped because the spool was full (spool_limit) or the disk did not keep up (pending_limit).",
      ["reason"],
    ),
    errors: counter("spool_disk_errors_total", "Failed disk operations by system error code; each is tried again.", ["code"]),
  };

  const shown = [
    ...Object.values(socket),
    ...Object.values(tcp),
    ...Object.values(host),
    ...Object.values(refused),
    ...Object.values(exporter),
    ...Object.values(spool),
  ];
  const refresh = (): void => {
    for (const metric of shown) metric.reset();
    const now = status();
    for (const { port, datagrams, bytes, kernelDrops, receiveBufferBytes, receives } of now.listening) {
      const labels = { port: String(port) };
      socket.datagrams.inc(labels, datagrams);
      socket.bytes.inc(labels, bytes);
      if (kernelDrops !== null) socket.drops.inc(labels, kernelDrops);
      socket.buffer.set(labels, receiveBufferBytes);
      socket.batches.set(labels, receives === "batches" ? 1 : 0);
    }
    if (now.host !== null) {
      host.buffer.inc(now.host.udpReceiveBufferErrors);
      host.errors.inc(now.host.udpInErrors);
      host.fragments.inc(now.host.ipReassemblyFailures);
    }
    for (const { port, messages, bytes } of now.tcp.listening) {
      tcp.messages.inc({ port: String(port) }, messages);
      tcp.bytes.inc({ port: String(port) }, bytes);
    }
    tcp.open.set(now.tcp.open);
    tcp.opened.inc(now.tcp.opened);
    tcp.held.set(now.tcp.isPaused ? 1 : 0);
    for (const [cause, count] of Object.entries(now.tcp.closed)) tcp.closed.inc({ cause }, count);
    for (const { source, ...counts } of [...now.refused.sources, { source: "other", ...now.refused.rest }]) {
      refused.datagrams.inc({ source }, counts.datagrams);
      refused.bytes.inc({ source }, counts.bytes);
      refused.connections.inc({ source }, counts.connections);
    }
    exporter.sessions.set(now.exporterCount);
    for (const [kind, count] of Object.entries(now.givenUp)) exporter.givenUp.inc({ kind }, count);
    for (const [labels, session] of labelled(now.exporters)) {
      const { name = "", site = "" } = session;
      if (name + site !== "") exporter.info.set({ exporter: labels.exporter, name, site }, 1);
      exporter.datagrams.inc(labels, session.datagrams);
      exporter.bytes.inc(labels, session.bytes);
      exporter.records.inc(labels, session.dataRecords);
      exporter.rows.inc(labels, session.rows);
      exporter.lost.inc(labels, session.sequence.lost);
      for (const [cause, count] of Object.entries(session.dropped)) exporter.dropped.inc({ ...labels, cause }, count);
      exporter.layouts.inc(labels, session.layoutChanges);
      exporter.waiting.inc(labels, session.waitingSets);
      for (const { name } of LOSS_PARTS) exporter.parts.inc({ ...labels, part: name }, session.balance[name]);
      exporter.reordered.inc(labels, session.sequence.reordered);
      exporter.duplicates.inc(labels, session.sequence.duplicates);
      exporter.restarts.inc(labels, session.sequence.restarts);
      if (session.clockOffsetMs !== null) exporter.clock.set(labels, session.clockOffsetMs / 1000);
      if (session.samples) exporter.agentDrops.inc(labels, session.samples.agentDrops);
    }
    spool.used.set(now.spool.usedBytes);
    spool.limit.set(now.spool.limitBytes);
    spool.pending.set(now.spool.pendingBytes);
    spool.segments.inc(now.spool.durableSegments);
    spool.rows.inc(now.spool.durableRows);
    spool.bytes.inc(now.spool.durableBytes);
    for (const [reason, rows] of Object.entries(now.spool.refusedRows)) spool.refused.inc({ reason }, rows);
    for (const [code, count] of Object.entries(now.spool.diskErrors)) spool.errors.inc({ code }, count);
  };
  return {
    registry,
    scrape() {
      refresh();
      return registry.metrics();
    },
  };
}

/** Sessions with their labels; ports and domains of one exporter are added up by the caller's `inc`. */
function labelled(sessions: readonly ExporterStatus[]): [{ exporter: string; protocol: string }, ExporterStatus][] {
  const known = new Set<string>();
  return sessions.map((session) => {
    if (known.size < MAX_EXPORTERS) known.add(session.exporter);
    return [{ exporter: known.has(session.exporter) ? session.exporter : "other", protocol: session.protocol }, session];
  });
}
