/** The table of what exporters tell about themselves, which collectors fill from options. */
import type { TableSpec } from "./table-spec.ts";

/** What nobody told for so long is forgotten: exporters repeat what holds, and collectors write it again each day. Unit: days. */
const RETENTION_DAYS = 400;

export const EXPORTER_OPTIONS: TableSpec = {
  name: "exporter_options",
  engine: "ReplacingMergeTree(reported_at)",
  columns: [
    { name: "reported_at", type: "DateTime64(3, 'UTC')", doc: "When the exporter last said so, at the time of writing." },
    { name: "collector", type: "String", doc: "Name of the collector." },
    { name: "exporter", type: "IPv6", doc: "The device, as in `flows`." },
    {
      name: "protocol",
      type: "String",
      doc: "Protocol that told it; empty for what holds whatever protocol and domain the device exports with.",
    },
    { name: "obs_domain", type: "UInt32", doc: "Observation domain or source id; 0 where `protocol` is empty." },
    { name: "kind", type: "String", doc: "sampling, sampler, boot, statistics, interface, application, vrf or other." },
    {
      name: "key",
      type: "String",
      doc: "What it is about: an ifIndex, `engine:selector` of an application, the id of a VRF or sampler, `interface 7` or `template 256` of a sampling rate (empty: everything).",
    },
    { name: "name", type: "String", doc: "Name as the exporter gives it; may be empty." },
    { name: "description", type: "String", doc: "Description as the exporter gives it; may be empty." },
    { name: "value", type: "String", doc: "JSON object: further elements by IANA's names; a rate as `sampling_rate`." },
    { name: "valid_from", type: "DateTime64(3, 'UTC')", doc: "When the exporter first said so; holds until the next row of the same key." },
  ],
  partitionBy: "toYYYYMM(reported_at, 'UTC')",
  orderBy: ["exporter", "kind", "key", "protocol", "obs_domain", "collector", "valid_from"],
  timeColumn: "reported_at",
  retentionDays: RETENTION_DAYS,
  doc: "What exporters told about themselves in options (names of interfaces, applications and VRFs, sampling rates, boot times, totals), with its history (read with FINAL).",
};
