/**
 * Puts together what the tables and the running collector say about each exporter. While the database does not answer, the running collector
 * still tells its part: its counts since it started stand in for the balance of the range.
 */
import { SillageError, type LossTotals } from "@sillage/model";
import type { DeviceReport, SystemReport } from "../doctor/index.ts";
import {
  addTotals,
  exporterRows,
  ignoredElements,
  interfaceVolumes,
  lossBalance,
  trafficProfiles,
  type ExporterBalance,
  type IgnoredElementRow,
  type InterfaceVolume,
  type QueryContext,
  type Range,
  type TrafficProfile,
} from "../query/index.ts";
import type { ApiContext } from "./context.ts";
import { mergeSessions, wordsOf, type OperatorWords, type SessionAnswer } from "./exporter-sessions.ts";

/** Stands in the balance for drops and refusals that belong to no exporter known. */
const NOBODY = "::";
/** Flows of the last minutes tell what kinds of records an exporter sends. Unit: ms. */
const TRAFFIC_MS = 600_000;
/** Exporters whose interface counters are compared when all are looked at: one query each. */
const MAX_COMPARED = 20;

export interface DeviceAnswer extends DeviceReport, Omit<OperatorWords, "name"> {
  readonly sessions: readonly SessionAnswer[];
  readonly balances: readonly ExporterBalance[];
}

export interface DeviceReports {
  readonly devices: readonly DeviceAnswer[];
  /** What the balance has of nobody known. */
  readonly nobody: LossTotals;
  /** Why the database said nothing. */
  readonly storeError?: string;
}

export interface ReportRequest {
  readonly range: Range;
  /** Look at flows, ignored elements and interface counters too: slower. */
  readonly thorough: boolean;
  /** Only this one. */
  readonly exporter?: string;
}

/** Every exporter, the most recently seen first. */
export async function deviceReports(api: ApiContext, context: QueryContext, request: ReportRequest): Promise<DeviceReports> {
  const { range, thorough, exporter } = request;
  const store = new Asking();
  const recent = { fromMs: Math.max(range.fromMs, range.toMs - TRAFFIC_MS), toMs: range.toMs };
  const stored = await store.ask(() => exporterRows(context, exporter), []);
  const balances = await store.ask(() => lossBalance(context, range, exporter), liveBalances(api));
  const traffic = thorough ? await store.ask(() => trafficProfiles(context, recent, exporter), []) : [];
  const ignored = thorough ? await store.ask(() => ignoredElements(context, exporter), []) : [];
  const sessions = groupBy(
    mergeSessions(api, stored).filter((session) => exporter === undefined || session.exporter === exporter),
    (session) => session.exporter,
  );
  const volumes = thorough ? await volumesOf(store, context, { range, sessions }) : new Map<string, readonly InterfaceVolume[]>();
  const devices = [...sessions].map(([address, list]) => deviceOf(api, { address, list, balances, traffic, ignored, volumes }));
  return {
    devices,
    nobody: addTotals(balances.filter((line) => line.exporter === NOBODY).map(({ totals }) => totals)),
    ...(store.error !== undefined && { storeError: store.error }),
  };
}

/** The whole for the doctor, with Sillage itself. */
export async function systemReport(api: ApiContext, { devices, nobody, storeError }: DeviceReports): Promise<SystemReport> {
  const { collector, loader, restarts } = api.status();
  const inspection = await api.inspect();
  return {
    nowMs: api.now(),
    devices,
    unownedKernelDrops: nobody.kernel_datagrams,
    ...inspection,
    ...(storeError !== undefined && { storeError }),
    ...(collector && { sockets: collector.listening, spool: collector.spool, refused: collector.refused.sources }),
    ...(loader && { loader }),
    ...(restarts && { restarts }),
  };
}

interface DeviceParts {
  readonly address: string;
  readonly list: readonly SessionAnswer[];
  readonly balances: readonly ExporterBalance[];
  readonly traffic: readonly TrafficProfile[];
  readonly ignored: readonly IgnoredElementRow[];
  readonly volumes: ReadonlyMap<string, readonly InterfaceVolume[]>;
}

function deviceOf(api: ApiContext, { address, list, balances, traffic, ignored, volumes }: DeviceParts): DeviceAnswer {
  const own = balances.filter((line) => line.exporter === address);
  const { name, site, tags, interfaces } = wordsOf(api, address);
  return {
    exporter: address,
    ...(name !== undefined && { name }),
    ...(site !== undefined && { site }),
    ...(tags !== undefined && { tags }),
    ...(interfaces !== undefined && { interfaces }),
    sessions: list,
    balance: addTotals(own.map(({ totals }) => totals)),
    balances: own,
    traffic: traffic.filter((profile) => profile.exporter === address),
    volumes: volumes.get(address) ?? [],
    enterprises: [
      ...new Set(ignored.filter((one) => one.exporter === address && one.kind === "element").map(({ enterprise }) => enterprise)),
    ],
  };
}

async function volumesOf(
  store: Asking,
  context: QueryContext,
  { range, sessions }: { readonly range: Range; readonly sessions: ReadonlyMap<string, readonly SessionAnswer[]> },
): Promise<Map<string, readonly InterfaceVolume[]>> {
  const agents = [...sessions].filter(([, list]) =>
    list.some(({ protocol, last_seen: seen }) => protocol === "sflow5" && seen >= range.fromMs),
  );
  const volumes = new Map<string, readonly InterfaceVolume[]>();
  for (const [address] of agents.slice(0, MAX_COMPARED))
    volumes.set(address, await store.ask(() => interfaceVolumes(context, range, address), []));
  return volumes;
}

function liveBalances(api: ApiContext): ExporterBalance[] {
  return (api.status().collector?.exporters ?? []).map(({ exporter, protocol, balance }) => ({ exporter, protocol, totals: balance }));
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** Asks the database until it does not answer; then says what is known without it. Other errors are the caller's. */
class Asking {
  error: string | undefined;

  async ask<T>(question: () => Promise<T>, otherwise: T): Promise<T> {
    if (this.error !== undefined) return otherwise;
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof SillageError) || error.kind !== "unavailable") throw error;
      this.error = error.message;
      return otherwise;
    }
  }
}
