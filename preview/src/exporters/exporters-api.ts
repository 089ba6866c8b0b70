/** What the page reads of `GET /api/v1/exporters` and `GET /api/v1/health`. */
import { fetchJson } from "../api.ts";

/** One exporter session: an address, a protocol and an observation domain. Times are epoch ms, counts are totals. */
export interface ExporterSession {
  collector: string;
  exporter: string;
  exporter_source: string;
  source_port: number;
  protocol: string;
  obs_domain: number;
  last_seen: number;
  datagrams: number;
  flow_rows: number;
  templates: number;
  /** Data sets that wait for their template. */
  waiting_sets: number;
  /** The templates they wait for. */
  waiting: readonly number[];
  lost_units: number;
  dropped: Readonly<Record<string, number>>;
  last_error?: string;
  /** What the operator calls it, where it stands, words to find it by. */
  name?: string;
  site?: string;
  tags?: readonly string[];
}

/** A sender whose address is not on the allow list; without a source: those who are not told apart. */
export interface RefusedSender {
  collector: string;
  source: string | null;
  datagrams: number;
  connections: number;
  /** What to write into the configuration to let it in. */
  hint?: string;
}

/** Something that is wrong, and what to do. */
export interface Finding {
  rule: string;
  severity: "error" | "warning" | "notice";
  exporter?: string;
  name?: string;
  what: string;
  todo: readonly string[];
}

/** An exporter with all its sessions, over the last hour. */
export interface Device {
  exporter: string;
  /** Records. */
  balance: { exported: number; stored: number };
  findings: readonly Finding[];
}

export interface ExportersAnswer {
  exporters: ExporterSession[];
  devices: Device[];
  refused: RefusedSender[];
}

export interface Health {
  status: "up" | "down";
  version?: string;
  store?: { up: boolean; error?: string };
  /** null while no collector runs beside the server. */
  collector?: { listening: readonly { port: number; kernelDrops: number | null }[] } | null;
}

export async function fetchExporters(signal: AbortSignal): Promise<ExportersAnswer> {
  return (await fetchJson("/api/v1/exporters", { signal })) as ExportersAnswer;
}

export async function fetchHealth(signal: AbortSignal): Promise<Health> {
  return (await fetchJson("/api/v1/health", { signal })) as Health;
}

/** UDP ports that the collector listens on; what Sillage listens on by default while it has not told. */
export function listeningPorts(health: Health | undefined): number[] {
  return health?.collector?.listening.map((socket) => socket.port) ?? [2055, 4739, 6343];
}
