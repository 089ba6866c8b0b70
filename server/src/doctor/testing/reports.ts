/** Reports in which all is well; tests change what they are about. */
import { LOSS_NAMES, type LossTotals } from "@sillage/model";
import type { ExporterRow, InterfaceVolume, TrafficProfile } from "../../query/index.ts";
import type { DeviceReport, StorageReport, SystemReport } from "../report.ts";

export const NOW = Date.UTC(2026, 4, 1, 10);

const GB = 1e9;

export const NO_LOSS = Object.fromEntries(LOSS_NAMES.map((name) => [name, 0])) as LossTotals;

export function session(overrides: Partial<ExporterRow> = {}): ExporterRow {
  return {
    ...{ collector: "main", exporter: "192.0.2.1", exporter_source: "192.0.2.1", source_port: 5000, protocol: "netflow9", obs_domain: 0 },
    ...{ first_seen: NOW - 3_600_000, last_seen: NOW - 1_000, datagrams: 1_000, bytes: 1_000_000, data_records: 20_000 },
    ...{ options_records: 5, flow_rows: 20_000, templates: 3, waiting_sets: 0, waiting_bytes: 0, waiting_since: 0, waiting: [] },
    ...{ sequence_unit: "datagrams", expected_units: 1_000, lost_units: 0, reordered: 0, duplicates: 0, restarts: 0 },
    ...{ clamped_times: 0, clock_offset_ms: -120, sample_sources: 0, agent_drops: 0, rate_differences: [], dropped: {}, skipped: {} },
    ...overrides,
  };
}

export function traffic(overrides: Partial<TrafficProfile> = {}): TrafficProfile {
  return {
    ...{ exporter: "192.0.2.1", protocol: "netflow9", rows: 1_000, zero_bytes: 0, tcp: 700, tcp_without_flags: 0, events: 0 },
    ...{ sampler_unrated: 0, unrated: 1_000, ingress: 1_000, egress: 0, long: 0, longest: 60_000, without_times: 0, largest_if: 12 },
    ...overrides,
  };
}

export function volume(overrides: Partial<InterfaceVolume> = {}): InterfaceVolume {
  return {
    ...{ if_index: 3, speed: 1e9, from: NOW - 3_600_000, to: NOW, in_octets: 1e9, out_octets: 1e9 },
    ...{ in_estimate: 1.02e9, out_estimate: 0, in_samples: 5_000, out_samples: 0 },
    ...overrides,
  };
}

export function device(overrides: Partial<Omit<DeviceReport, "balance">> & { readonly balance?: Partial<LossTotals> } = {}): DeviceReport {
  const { balance, ...rest } = overrides;
  return {
    exporter: "192.0.2.1",
    sessions: [session()],
    traffic: [traffic()],
    volumes: [],
    enterprises: [],
    ...rest,
    balance: { ...NO_LOSS, stored: 20_000, flow_rows: 20_000, datagrams: 1_000, ...balance },
  };
}

export function storage(overrides: Partial<Omit<StorageReport, "retention">> & Partial<StorageReport["retention"]> = {}): StorageReport {
  const { mostParts, delayParts = 1_000, refuseParts = 3_000, detached = [], failingMutations = [], merges, ...retention } = overrides;
  return {
    mostParts: mostParts ?? { table: "flows", partition: "20260501", parts: 12 },
    merges: merges ?? { running: 1, longestMs: 20_000 },
    ...{ delayParts, refuseParts, detached, failingMutations },
    retention: {
      ...{ at: NOW, used_bytes: 10 * GB, max_bytes: 30 * GB, low_water_bytes: 28.5 * GB, expired: [], no_room: [] },
      ...{ disk: { total_bytes: 100 * GB, free_bytes: 60 * GB }, by_age_bytes: 60 * GB, raw_days: 12.5 },
      tables: [
        {
          ...{ table: "flows", rows: 5e8, bytes: 9 * GB, partitions: 9, parts: 40, oldest: NOW - 8e8, newest: NOW, retention_days: 30 },
          ...{ bytes_per_row: 18, bytes_per_day: GB, bytes_per_flow: 18, next: null },
        },
      ],
      ...retention,
    },
  };
}

export function system(overrides: Partial<SystemReport> = {}): SystemReport {
  return {
    nowMs: NOW,
    sockets: [{ port: 2055, receiveBufferBytes: 32 * 2 ** 20, kernelDrops: 0 }],
    spool: { usedBytes: 1_000, limitBytes: 1_000_000 },
    loader: { backlogSegments: 1, oldestAgeMs: 800, inQuarantine: 0 },
    refused: [],
    restarts: { server: 0 },
    storage: storage(),
    devices: [device()],
    ...overrides,
  };
}
