import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Command } from "commander";
import { NO_LOSS } from "../doctor/testing/reports.ts";
import { formatSegmentName } from "../spool/index.ts";
import { describeDiagnosis, registerDoctor, type Diagnosis } from "./doctor.ts";

const SICK: Diagnosis = {
  status: "trouble",
  exporters: 2,
  balance: { ...NO_LOSS, stored: 980, lost: 20 },
  findings: [
    {
      rule: "loss",
      severity: "error",
      exporter: "192.0.2.1",
      name: "core-1",
      what: "2 % of its records never arrived",
      evidence: { lost: 20, exported: 1_000 },
      todo: ["look for drops on the way"],
    },
    { rule: "restarts", severity: "warning", what: "the process server ended by itself", evidence: {}, todo: [] },
  ],
};

describe("what the doctor prints", () => {
  it("is the worst first, with numbers and what to do, then the balance and the sum", () => {
    expect(describeDiagnosis(SICK)).toBe(
      [
        "ERROR  192.0.2.1 (core-1): 2 % of its records never arrived",
        "    (lost 20, exported 1000)",
        "    look for drops on the way",
        "",
        "WARNING  the process server ended by itself",
        "",
        "2 exporters exported 1,000 records: stored 98 %, lost before Sillage 2 %.",
        "1 error, 1 warning.",
        "",
      ].join("\n"),
    );
  });

  it("is short when all is well", () => {
    expect(describeDiagnosis({ status: "ok", exporters: 1, balance: { ...NO_LOSS, stored: 5 }, findings: [] })).toBe(
      "1 exporter exported 5 records: stored 100 %.\nNothing is wrong.\n",
    );
  });
});

describe("sillage doctor", () => {
  let folder: string;
  let servers: Server[];
  let printed: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sillage-doctor-"));
    servers = [];
    printed = "";
    jest.spyOn(process.stdout, "write").mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    process.exitCode = 0;
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  /** A server that answers everything alike; its port. */
  async function answering(status: number, body: object): Promise<number> {
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(JSON.stringify(body));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }
  const asked: string[] = [];

  async function run(...argv: string[]): Promise<number> {
    const program = new Command().exitOverride();
    registerDoctor(program);
    await program.parseAsync(["node", "sillage", "doctor", "--set", `data=${folder}/data`, ...argv]);
    return Number(process.exitCode ?? 0);
  }

  it("asks the running server and fails when something is wrong", async () => {
    const port = await answering(200, SICK);
    expect(await run("--set", `api.port=${port}`, "--from", "1760000000000", "--format", "json")).toBe(1);
    expect(asked.at(-1)).toBe("/api/v1/doctor?from=1760000000000");
    expect(JSON.parse(printed)).toEqual(SICK);
  });

  it("is content when there are notices only", async () => {
    const notice = { ...SICK.findings[1]!, severity: "notice" } as const;
    expect(await run("--url", `http://127.0.0.1:${await answering(200, { ...SICK, status: "ok", findings: [notice] })}`)).toBe(0);
  });

  it("says what the server says", async () => {
    const port = await answering(401, { error: { code: "UNAUTHORIZED", message: "a token is needed" } });
    await expect(run("--url", `http://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      hint: expect.stringContaining("SILLAGE_TOKEN"),
    });
  });

  it("looks at the collector and into the data folder when no server answers", async () => {
    const spool = path.join(folder, "data/spool/main");
    const quarantine = path.join(folder, "data/spool/quarantine");
    for (const each of [spool, quarantine]) mkdirSync(each, { recursive: true });
    const name = { table: "flows", columnSet: "0123abcd", collector: "main", boot: "0123456789ab", rows: 5 };
    for (const sequence of [1, 2, 3]) writeFileSync(path.join(spool, formatSegmentName({ ...name, sequence })), "x");
    writeFileSync(path.join(quarantine, "a.native.reason.json"), JSON.stringify({ reason: "no such column", atMs: 1 }));
    const collector = await answering(200, { status: "up" });
    expect(await run("--set", "api.port=1", "--set", `collector.status.port=${collector}`, "--format", "json")).toBe(1);
    const { findings } = JSON.parse(printed) as Diagnosis;
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([
      ["server", "error"],
      ["quarantine", "error"],
    ]);
    expect(findings[0]).toMatchObject({ evidence: { waiting_segments: 3 } });
    expect(findings[1]?.what).toContain("no such column");
  });

  it("says when the collector is down too", async () => {
    expect(await run("--set", "api.port=1", "--set", "collector.status.port=1")).toBe(1);
    expect(printed).toContain("ERROR  no server answers at http://127.0.0.1:1");
    expect(printed).toContain("ERROR  no collector answers at http://127.0.0.1:1/health: nothing is received");
  });

  it("does not look here for a server that was said to be elsewhere", async () => {
    await expect(run("--url", "http://127.0.0.1:1")).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  });
});
