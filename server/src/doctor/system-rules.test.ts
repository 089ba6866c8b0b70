import { examine, SYSTEM_RULES } from "./index.ts";
import type { SystemReport } from "./report.ts";
import { device, NOW, session, system } from "./testing/reports.ts";

interface Case {
  readonly name: string;
  readonly report: SystemReport;
  readonly rule: keyof typeof SYSTEM_RULES;
  readonly severity: "error" | "warning" | "notice";
  readonly what: RegExp;
  readonly todo: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "the database is down",
    report: system({ storeError: "connection refused" }),
    rule: "store",
    severity: "error",
    what: /connection refused/,
    todo: /spool/,
  },
  {
    name: "the database does not tell how it is",
    report: system({ storageError: "the ClickHouse server refuses the user" }),
    rule: "store",
    severity: "warning",
    what: /state of tables and disk is not known: the ClickHouse server refuses the user/,
    todo: /docs\/clickhouse.md/,
  },
  {
    name: "loading is more and more behind",
    report: system({ loader: { backlogSegments: 90, backlogRows: 9e6, backlogGrowth: 1_234.4, oldestAgeMs: 300_000, inQuarantine: 0 } }),
    rule: "loader",
    severity: "warning",
    what: /the oldest for 5 minutes; the backlog grows by 1,234 rows a second/,
    todo: /look at the load of ClickHouse/,
  },
  {
    name: "loading catches up",
    report: system({ loader: { backlogSegments: 90, backlogRows: 9e6, backlogGrowth: -50_000, oldestAgeMs: 300_000, inQuarantine: 0 } }),
    rule: "loader",
    severity: "warning",
    what: /at this pace it is loaded in 3 minutes/,
    todo: /nothing is to be done/,
  },
  {
    name: "segments lie in quarantine, and why",
    report: system({
      loader: { backlogSegments: 0, oldestAgeMs: 0, inQuarantine: 3 },
      quarantined: [{ reason: "checksum" }, { reason: "there is no table x" }, { reason: "checksum" }],
    }),
    rule: "quarantine",
    severity: "error",
    what: /in quarantine: checksum \(2\); there is no table x \(1\)$/,
    todo: /delete it/,
  },
  {
    name: "loading is behind",
    report: system({ loader: { backlogSegments: 90, oldestAgeMs: 300_000, inQuarantine: 0 } }),
    rule: "loader",
    severity: "warning",
    what: /90 segments wait, the oldest for 5 minutes/,
    todo: /nothing is lost/,
  },
  {
    name: "loading fails",
    report: system({ loader: { backlogSegments: 9, oldestAgeMs: 3_000, inQuarantine: 0, failing: "disk full" } }),
    rule: "loader",
    severity: "error",
    what: /disk full/,
    todo: /disk/,
  },
  {
    name: "segments lie in quarantine",
    report: system({ loader: { backlogSegments: 0, oldestAgeMs: 0, inQuarantine: 2 }, quarantineFolder: "/data/spool/quarantine" }),
    rule: "quarantine",
    severity: "error",
    what: /2 segments could not be loaded/,
    todo: /cat \/data\/spool\/quarantine\/\*/,
  },
  {
    name: "the spool cannot be written",
    report: system({ spool: { usedBytes: 0, limitBytes: 1, failing: "ENOSPC" } }),
    rule: "spool",
    severity: "error",
    what: /ENOSPC/,
    todo: /free the disk/,
  },
  {
    name: "the spool fills",
    report: system({ spool: { usedBytes: 600, limitBytes: 1_000 } }),
    rule: "spool",
    severity: "warning",
    what: /60 % full/,
    todo: /spool.maxBytes/,
  },
  {
    name: "the kernel drops, whoever lost it",
    report: system({ unownedKernelDrops: 3, devices: [device({ balance: { kernel_datagrams: 4 } })] }),
    rule: "receive-buffer",
    severity: "error",
    what: /dropped 7 datagrams because the receive buffer of 32 MiB was full/,
    todo: /sysctl -w net.core.rmem_max=67108864\n[^]*collector.receiveBuffer: 64MiB/,
  },
  {
    name: "the kernel grants little",
    report: system({ sockets: [{ port: 2055, receiveBufferBytes: 212_992, kernelDrops: 0 }] }),
    rule: "receive-buffer",
    severity: "notice",
    what: /208 KiB/,
    todo: /^sysctl -w net.core.rmem_max=33554432$/m,
  },
  {
    name: "somebody is turned away",
    report: system({
      refused: [{ source: "203.0.113.9", datagrams: 1, connections: 0, hint: 'to accept it, write "allow: [203.0.113.9]"' }],
    }),
    rule: "refused",
    severity: "warning",
    what: /not on the allow list: 1 datagram of it was refused/,
    todo: /allow: \[203.0.113.9\]/,
  },
  {
    name: "a process ended by itself",
    report: system({ restarts: { server: 2, collector: 0 } }),
    rule: "restarts",
    severity: "warning",
    what: /the process server ended by itself and was started again 2 times/,
    todo: /log/,
  },
  {
    name: "nothing has ever come",
    report: system({ devices: [] }),
    rule: "nothing-received",
    severity: "warning",
    what: /no exporter has sent anything yet/,
    todo: /UDP port 2055/,
  },
  {
    name: "nothing comes any more",
    report: system({ devices: [device({ sessions: [session({ last_seen: NOW - 3_600_000 })] })] }),
    rule: "nothing-received",
    severity: "warning",
    what: /for 60 minutes/,
    todo: /firewall/,
  },
];

describe("the doctor of Sillage itself", () => {
  it("says nothing when all is well, and nothing of what it does not know", () => {
    expect(examine(system())).toEqual([]);
    expect(examine({ nowMs: NOW, devices: [device()] })).toEqual([]);
  });

  it.each(CASES)("says when $name", ({ report, rule, severity, what, todo }) => {
    const finding = examine(report).find((one) => one.rule === rule);
    expect(finding).toMatchObject({ severity, what: expect.stringMatching(what) });
    expect(finding?.todo.join("\n")).toMatch(todo);
  });

  it("has a case for every rule", () => {
    expect([...new Set(CASES.map(({ rule }) => rule))].sort()).toEqual(Object.keys(SYSTEM_RULES).sort());
  });

  it("begins with the worst", () => {
    const report = system({
      devices: [device({ balance: { restarts: 9 } }), device({ exporter: "192.0.2.2", balance: { lost: 9_000 } })],
      restarts: { server: 1 },
    });
    expect(examine(report).map(({ severity, rule }) => [severity, rule])).toEqual([
      ["error", "loss"],
      ["warning", "restarts"],
      ["notice", "restarts-often"],
    ]);
  });
});
