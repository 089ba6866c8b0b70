import { DEVICE_RULES, examineDevice } from "./index.ts";
import type { DeviceReport } from "./report.ts";
import { device, NOW, session, traffic, volume } from "./testing/reports.ts";

interface Case {
  readonly name: string;
  readonly report: DeviceReport;
  readonly rule: keyof typeof DEVICE_RULES;
  readonly severity: "error" | "warning" | "notice";
  readonly what: RegExp;
  readonly todo: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "data has waited for its templates for minutes",
    report: device({ sessions: [session({ waiting_sets: 3, waiting: [260, 256], waiting_since: NOW - 240_000 })] }),
    rule: "template-missing",
    severity: "warning",
    what: /^3 data sets wait for templates 256, 260, the oldest for 4 minutes$/,
    todo: /template data timeout 60/,
  },
  {
    name: "data waits longer than any exporter's template refresh",
    report: device({ sessions: [session({ waiting_sets: 1, waiting: [256], waiting_since: NOW - 1_200_000 })], enterprises: [2636] }),
    rule: "template-missing",
    severity: "error",
    what: /^1 data set waits for template 256, the oldest for 20 minutes$/,
    todo: /it looks like Juniper:\n {2}set services flow-monitoring .*template-refresh-rate seconds 60/,
  },
  {
    name: "data was given up for want of its template",
    report: device({ balance: { expired: 12 }, sessions: [session({ sequence_unit: "flows" })] }),
    rule: "template-never-came",
    severity: "error",
    what: /12 records were given up/,
    todo: /softflowd/,
  },
  {
    name: "templates come and flows do not",
    report: device({ sessions: [session({ flow_rows: 0, data_records: 0 })] }),
    rule: "no-flows-yet",
    severity: "warning",
    what: /no flow has come in 60 minutes/,
    todo: /active timeout/,
  },
  {
    name: "it fell silent",
    report: device({ sessions: [session({ last_seen: NOW - 7_200_000 })] }),
    rule: "silent",
    severity: "warning",
    what: /nothing has come from it for 2 hours/,
    todo: /tcpdump/,
  },
  {
    name: "the kernel dropped some of it",
    report: device({ balance: { kernel: 200, kernel_datagrams: 10 } }),
    rule: "kernel-drops",
    severity: "error",
    what: /10 datagrams/,
    todo: /receive buffer/,
  },
  {
    name: "a little of it is lost on the way",
    report: device({ balance: { lost: 60, lost_units: 3 }, sessions: [session({ lost_units: 3 })] }),
    rule: "loss",
    severity: "warning",
    what: /^0\.3 % of its records never arrived, by its sequence numbers; the kernel here dropped none of it$/,
    todo: /fragments/,
  },
  {
    name: "much of it is lost on the way, and the kernel drops as well",
    report: device({ balance: { lost: 5_000, kernel: 300, kernel_datagrams: 15 } }),
    rule: "loss",
    severity: "error",
    what: /20 % of its records .* dropped 300 more/,
    todo: /export queue/,
  },
  {
    name: "some of it cannot be read",
    report: device({
      balance: { malformed: 400 },
      sessions: [session({ dropped: { bad_record: 3 }, last_error: "a field leaves the set" })],
    }),
    rule: "unreadable",
    severity: "warning",
    what: /400 records of it \(2 %\) could not be read/,
    todo: /a field leaves the set/,
  },
  {
    name: "it sends something else",
    report: device({
      balance: { stored: 0, malformed: 7 },
      sessions: [session({ protocol: "unknown", flow_rows: 0, templates: 0 })],
      traffic: [],
    }),
    rule: "unreadable",
    severity: "warning",
    what: /7 datagrams from it are no flow export that is read/,
    todo: /find out what sends there/,
  },
  {
    name: "the spool had no room for its flows",
    report: device({ balance: { spool_full: 5 } }),
    rule: "spool-full",
    severity: "error",
    what: /5 records/,
    todo: /spool.maxBytes/,
  },
  {
    name: "it names samplers and does not tell their rates",
    report: device({ traffic: [traffic({ sampler_unrated: 900 })] }),
    rule: "sampling-rate-unknown",
    severity: "warning",
    what: /900 flows name a sampler/,
    todo: /option sampler-table timeout 60[^]*match: "192.0.2.1", samplingRate: 1000/,
  },
  {
    name: "its clock is wrong by minutes",
    report: device({ sessions: [session({ clock_offset_ms: -400_000 })] }),
    rule: "clock",
    severity: "warning",
    what: /its clock is 7 minutes behind this host's/,
    todo: /NTP/,
  },
  {
    name: "its clock is wrong by so much that times are replaced",
    report: device({ sessions: [session({ clock_offset_ms: 40 * 86_400_000 })] }),
    rule: "clock",
    severity: "error",
    what: /its clock is 40 days ahead of/,
    todo: /NTP/,
  },
  {
    name: "its flow times cannot be true",
    report: device({ balance: { clamped_times: 5_000 } }),
    rule: "times-replaced",
    severity: "warning",
    what: /the times of 25 % of its flows cannot be true/,
    todo: /uptime/,
  },
  {
    name: "its flows carry no times",
    report: device({ traffic: [traffic({ without_times: 1_000 })] }),
    rule: "times-missing",
    severity: "notice",
    what: /100 % of its flows carry no time/,
    todo: /152/,
  },
  {
    name: "it has interfaces that v5 cannot number",
    report: device({ traffic: [traffic({ protocol: "netflow5" }), traffic({ protocol: "sflow5", largest_if: 70_001 })] }),
    rule: "interface-numbers-cut",
    severity: "warning",
    what: /above 65,535/,
    todo: /v9 or IPFIX/,
  },
  {
    name: "it leaves TCP flags out",
    report: device({ traffic: [traffic({ tcp_without_flags: 700 })] }),
    rule: "no-tcp-flags",
    severity: "notice",
    what: /no flags/,
    todo: /collect transport tcp flags/,
  },
  {
    name: "it leaves bytes out",
    report: device({ traffic: [traffic({ zero_bytes: 800, events: 100 })] }),
    rule: "zero-bytes",
    severity: "error",
    what: /89 % of its flows carry no bytes/,
    todo: /octetDeltaCount/,
  },
  {
    name: "it counts what passes through it twice",
    report: device({ traffic: [traffic({ ingress: 600, egress: 400 })] }),
    rule: "both-directions",
    severity: "warning",
    what: /counted twice/,
    todo: /flowdir ingress/,
  },
  {
    name: "it reports flows late",
    report: device({ traffic: [traffic({ long: 50, longest: 1_800_000 })], enterprises: [14_988] }),
    rule: "long-flows",
    severity: "notice",
    what: /5 % of its flows are longer than 5 minutes \(the longest 30 minutes\)/,
    todo: /active-flow-timeout=1m/,
  },
  {
    name: "its agent gives samples up",
    report: device({ sessions: [session({ protocol: "sflow5", agent_drops: 5_000 })] }),
    rule: "agent-drops",
    severity: "warning",
    what: /gave up 5,000 samples \(20 %\)/,
    todo: /sampling rate/,
  },
  {
    name: "it samples at another rate than it says",
    report: device({ sessions: [session({ rate_differences: [{ type: 0, index: 3, rate: 1_000, effective: 2_000 }] })] }),
    rule: "rate-differs",
    severity: "warning",
    what: /interface 3 says 1 in 1,000, and its pool grows by 2,000/,
    todo: /samplingRate/,
  },
  {
    name: "its samples tell half of what its interfaces counted",
    report: device({ volumes: [volume(), volume({ if_index: 9, in_estimate: 5e8 })] }),
    rule: "volume-differs",
    severity: "warning",
    what: /interface 9 received 50 % of its bytes by samples/,
    todo: /half/,
  },
  {
    name: "its datagrams come twice",
    report: device({ balance: { duplicates: 500, duplicate_records: 10_000 } }),
    rule: "duplicates",
    severity: "error",
    what: /50 % of its datagrams come twice/,
    todo: /two ways/,
  },
  {
    name: "it restarts again and again",
    report: device({ balance: { restarts: 9 } }),
    rule: "restarts-often",
    severity: "notice",
    what: /9 times/,
    todo: /restarts/,
  },
  {
    name: "its numbers mean nothing",
    report: device({ sessions: [session({ sequence_unit: "none" })] }),
    rule: "no-numbers",
    severity: "notice",
    what: /cannot be told/,
    todo: /address and domain/,
  },
];

describe("the doctor of an exporter", () => {
  it("says nothing of one that is well", () => {
    expect(examineDevice(device({ volumes: [volume()] }), NOW)).toEqual([]);
  });

  it.each(CASES)("says when $name", ({ report, rule, severity, what, todo }) => {
    const finding = examineDevice({ ...report, name: "core" }, NOW).find((one) => one.rule === rule);
    expect(finding).toMatchObject({
      severity,
      exporter: "192.0.2.1",
      name: "core",
      what: expect.stringMatching(what),
    });
    expect(finding?.todo.join("\n")).toMatch(todo);
    for (const value of Object.values(finding!.evidence)) expect(value).not.toBeNaN();
  });

  it("has a case for every rule", () => {
    expect([...new Set(CASES.map(({ rule }) => rule))].sort()).toEqual(Object.keys(DEVICE_RULES).sort());
  });

  it.each<{ name: string; report: DeviceReport }>([
    {
      name: "a set that has waited for seconds",
      report: device({ sessions: [session({ waiting_sets: 1, waiting: [256], waiting_since: NOW - 20_000 })] }),
    },
    { name: "one lost datagram of a thousand thousands", report: device({ balance: { stored: 1e6, lost: 20 } }) },
    { name: "losses among a handful of records", report: device({ balance: { stored: 20, lost: 5 } }) },
    { name: "an exporter that was switched off long ago", report: device({ sessions: [session({ last_seen: NOW - 9 * 86_400_000 })] }) },
    { name: "a second that v9 cannot tell", report: device({ sessions: [session({ clock_offset_ms: -999 })] }) },
    { name: "an sFlow agent, which tells no times", report: device({ traffic: [traffic({ protocol: "sflow5", without_times: 1_000 })] }) },
    { name: "a few samples that differ from the counters", report: device({ volumes: [volume({ in_samples: 50, in_estimate: 3e8 })] }) },
    { name: "NetFlow v1, which has no numbers", report: device({ sessions: [session({ protocol: "netflow1", sequence_unit: "none" })] }) },
    { name: "firewall events, which have no bytes", report: device({ traffic: [traffic({ rows: 900, events: 900, tcp: 0 })] }) },
  ])("does not mind $name", ({ report }) => {
    expect(examineDevice(report, NOW)).toEqual([]);
  });
});
