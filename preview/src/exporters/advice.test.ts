import { adviceFor } from "./advice.ts";
import type { ExporterSession } from "./exporters-api.ts";

const well: ExporterSession = {
  collector: "main",
  exporter: "192.0.2.1",
  exporter_source: "192.0.2.1",
  source_port: 50000,
  protocol: "netflow9",
  obs_domain: 0,
  last_seen: 0,
  datagrams: 10,
  flow_rows: 200,
  templates: 2,
  waiting_sets: 0,
  waiting: [],
  lost_units: 0,
  dropped: { unknown_version: 0 },
  last_error: "long ago",
};

it.each<[string, Partial<ExporterSession>, RegExp[]]>([
  ["says nothing of a session that is well", {}, []],
  [
    "names the templates that are waited for",
    { waiting_sets: 3, waiting: [256, 260] },
    [/^3 data sets wait for template 256, 260\./, /long ago/],
  ],
  ["explains templates without flows", { flow_rows: 0 }, [/no flow has come yet/, /long ago/]],
  ["tells what was lost on the way", { lost_units: 17 }, [/^17 were sent but never arrived/, /long ago/]],
  [
    "names the causes of drops, without those that are 0",
    { dropped: { truncated_header: 2, empty_datagram: 0 } },
    [/^Dropped: truncated_header 2\.$/, /long ago/],
  ],
])("%s", (_name, change, wanted) => {
  const advice = adviceFor({ ...well, ...change });
  expect(advice).toEqual(wanted.map((pattern) => expect.stringMatching(pattern)));
});
