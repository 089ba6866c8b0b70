/** The built program as people start it: what it says when it cannot start, what it does when a part of it dies. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseSegmentName } from "./spool/index.ts";

const ROOT = path.resolve(__dirname, "../..");
const BUNDLE = path.join(ROOT, "server/dist/sillage.mjs");

let folder: string;
const children = new Set<ChildProcess>();
beforeAll(() => {
  const built = spawnSync(process.execPath, [path.join(ROOT, "scripts/build.mjs"), "server"], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stderr);
});
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "sillage-serve-"))));
afterEach(async () => {
  await Promise.all([...children].map((child) => endOf(child, "SIGKILL")));
  children.clear();
  // The children of a killed supervisor end by themselves a moment later.
  await until("the folder is free", () => {
    rmSync(folder, { recursive: true, force: true });
    return Promise.resolve(true);
  });
});

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function until<T>(what: string, probe: () => Promise<T | undefined>, timeoutMs = 30_000): Promise<T> {
  for (const end = Date.now() + timeoutMs; Date.now() < end;) {
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch {
      // not yet
    }
    await pause(100);
  }
  throw new Error(`waited in vain: ${what}`);
}

function endOf(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    child.once("exit", (code) => resolve(code));
    if (signal) child.kill(signal);
  });
}

async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

interface Ports {
  readonly udp: number;
  readonly api: number;
  readonly status: number;
}
const freePorts = async (): Promise<Ports> => ({ udp: await freePort(), api: await freePort(), status: await freePort() });

const settings = ({ udp, api, status }: Ports, data: string): string[] =>
  [
    `data=${data}`,
    `collector.listen=[{host: 127.0.0.1, port: ${udp}}]`,
    `collector.status.port=${status}`,
    `api.port=${api}`,
    "api.host=127.0.0.1",
  ].flatMap((each) => ["--set", each]);

function sillage(args: readonly string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [BUNDLE, ...args], {
    cwd: folder,
    env: { ...process.env, SILLAGE_CONFIG: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

interface Health {
  readonly status: string;
  readonly restarts: Record<string, number>;
  readonly collector: { readonly startedMs: number; readonly listening: { readonly datagrams: number }[] } | null;
  readonly loader: { readonly loadedRows: number } | null;
}

async function health({ api }: Ports): Promise<Health> {
  return (await (await fetch(`http://127.0.0.1:${api}/api/v1/health`)).json()) as Health;
}

async function serving(data = path.join(folder, "data")) {
  const ports = await freePorts();
  const program = sillage(["serve", ...settings(ports, data)]);
  await until("it is up", async () => {
    if (program.child.exitCode !== null) throw new Error(program.output());
    const now = await health(ports);
    return now.status === "up" && now.collector !== null ? true : undefined;
  });
  return { ...program, ports, data };
}

/** A NetFlow v5 datagram with one record: 24 bytes of header, 48 of record, of which only the counters matter here. */
function netflow5(): Buffer {
  const datagram = Buffer.alloc(72);
  datagram.writeUInt16BE(5, 0);
  datagram.writeUInt16BE(1, 2);
  datagram.writeUInt32BE(Math.floor(Date.now() / 1000), 8);
  datagram.writeUInt32BE(1, 24 + 16);
  datagram.writeUInt32BE(100, 24 + 20);
  return datagram;
}

async function sendFlows(port: number, count: number): Promise<void> {
  const socket = createSocket("udp4");
  for (let i = 0; i < count; i++) await new Promise((resolve) => socket.send(netflow5(), port, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

/** Process id of a child, from the kernel: the program tells nobody. */
function childPid(parent: number, name: string): number | undefined {
  for (const pid of readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ")) {
    if (readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(name)) return Number(pid);
  }
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("sillage that cannot start", () => {
  const refusals: { name: string; args: (ports: Ports) => string[] | Promise<string[]>; want: RegExp; env?: NodeJS.ProcessEnv }[] = [
    {
      name: "an unknown option",
      args: () => ["serve", "--set", "api.prot=1"],
      want: /^sillage: --set: api\.prot is not an option; did you mean port\?\n {2}docs\/reference\/config\.md lists all options\n$/,
    },
    {
      name: "a broken configuration file",
      args: () => {
        writeFileSync(path.join(folder, "broken.yaml"), "spool:\n  maxBytes: lots\n");
        return ["serve", "--config", "broken.yaml"];
      },
      want: /^sillage: \S*broken\.yaml line 2: spool\.maxBytes: expected a size, at least 16MiB, such as "512MiB"\n/,
    },
    {
      name: "a configuration file that is not there",
      args: () => ["serve"],
      env: { SILLAGE_CONFIG: "none.yaml" },
      want: /^sillage: the configuration file none\.yaml named by \$SILLAGE_CONFIG does not exist\n/,
    },
    {
      name: "a public address without a token",
      args: () => ["serve", "--set", "api.host=0.0.0.0"],
      want: /^sillage: the API would answer everybody who reaches 0\.0\.0\.0, because api\.tokens is empty\n {2}set api\.tokens/,
    },
    {
      name: "a token that is not set",
      args: () => ["serve", "--set", "api.tokens=[{name: ops, token: 'env:NO_SUCH'}]"],
      want: /^sillage: api\.tokens\.0\.token names the environment variable NO_SUCH, which is not set\n/,
    },
    {
      name: "a folder that belongs to something else",
      args: (ports) => {
        mkdirSync(path.join(folder, "photos"));
        writeFileSync(path.join(folder, "photos/cat.jpg"), "");
        return ["serve", ...settings(ports, path.join(folder, "photos"))];
      },
      want: /^sillage: the data folder \S*photos does not belong to Sillage: it is not empty \(cat\.jpg\) and has no VERSION file\n {2}choose an empty or new folder/,
    },
    {
      name: "a folder that cannot be written",
      args: (ports) => ["serve", ...settings(ports, path.join(BUNDLE, "data"))],
      want: /^sillage: the data folder \S+ cannot be written \(\w+\)\n {2}make it writable/,
    },
    {
      name: "loading without a ClickHouse server",
      args: () => ["load"],
      want: /^sillage: sillage load needs a ClickHouse server, but store\.kind is embedded\n/,
    },
  ];
  it.each(refusals)("says in one sentence: $name", async ({ args, want, env }) => {
    const program = sillage(await args(await freePorts()), env);
    expect(await endOf(program.child)).toBe(1);
    expect(program.output()).toMatch(want);
    expect(program.output()).not.toMatch(/^ +at /m);
  });

  const port = {
    udp: ["collector", "collector.listen"],
    status: ["collector's own page", "collector.status.port"],
    api: ["API", "api.port"],
  } as const;
  it.each(["udp", "status", "api"] as const)("names the %s port that is in use and the option that changes it", async (which) => {
    const ports = await freePorts();
    const [socket, server] = [createSocket("udp4"), createServer()];
    if (which === "udp") await new Promise<void>((resolve) => socket.bind(ports.udp, "127.0.0.1", resolve));
    else await new Promise<void>((resolve) => server.listen(ports[which], "127.0.0.1", resolve));
    const program = sillage(["serve", ...settings(ports, path.join(folder, "data"))]);
    const code = await endOf(program.child);
    socket.close();
    server.close();
    const [what, option] = port[which];
    expect(program.output()).toContain(
      `sillage: ${which === "udp" ? "UDP" : "TCP"} port ${ports[which]} on 127.0.0.1, which the ${what} needs, is in use by another program\n`,
    );
    expect(program.output()).toContain(`with the option ${option}\n`);
    expect(program.output()).not.toMatch(/^ +at /m);
    expect(code).toBe(1);
  });

  it("refuses a second start on the same folder and leaves the first one alone", async () => {
    const first = await serving();
    const second = sillage(["serve", ...settings(first.ports, first.data)]);
    expect(await endOf(second.child)).toBe(1);
    expect(second.output()).toMatch(/sillage: the data folder \S+ is in use by process \d+\n {2}stop the other Sillage first/);
    expect((await health(first.ports)).status).toBe("up");
    expect(await endOf(first.child, "SIGTERM")).toBe(0);
  });

  it("answers wrong use with exit code 2", async () => {
    const program = sillage(["serve", "--colour"]);
    expect(await endOf(program.child)).toBe(2);
    expect(program.output()).toContain("unknown option '--colour'");
  });
});

describe("sillage serve", () => {
  it("prints five lines, stores what arrives, and ends in order with everything loaded", async () => {
    const { child, output, ports, data } = await serving();
    await until("five lines", async () =>
      Promise.resolve(
        output()
          .trim()
          .split("\n")
          .filter((line) => !line.startsWith("{")).length >= 5
          ? true
          : undefined,
      ),
    );
    const lines = output()
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("{"));
    expect(lines).toHaveLength(5);
    expect(lines.join("\n")).toMatch(
      new RegExp(`UDP ${ports.udp} on 127\\.0\\.0\\.1[^]*127\\.0\\.0\\.1 port ${ports.udp}[^]*http://localhost:${ports.api}`),
    );
    await sendFlows(ports.udp, 50);
    expect(await endOf(child, "SIGTERM")).toBe(0);
    const waiting = readdirSync(path.join(data, "spool/main")).filter((file) => parseSegmentName(file));
    expect(waiting).toEqual([]);
    const again = await serving(data);
    const answer = await fetch(`http://127.0.0.1:${again.ports.api}/api/v1/query`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        from: Date.now() - 600_000,
        to: Date.now() + 60_000,
        queries: [{ refId: "A", view: "stat", measures: ["flows"], intervalMs: 60_000, maxDataPoints: 100 }],
      }),
    });
    expect(JSON.stringify(await answer.json())).toMatch(/"values":\[\[50\]\]/);
    expect(await endOf(again.child, "SIGINT")).toBe(0);
  });

  it.each(["collector", "server"] as const)("starts a %s that was killed again, while the other goes on", async (victim) => {
    const { child, ports } = await serving();
    const before = await health(ports);
    process.kill(childPid(child.pid!, victim)!, "SIGKILL");
    if (victim === "server") await sendFlows(ports.udp, 20);
    const after = await until("the killed one is back", async () => {
      const now = await health(ports);
      return now.restarts[victim] === 1 && now.collector !== null ? now : undefined;
    });
    if (victim === "server") {
      expect(after.collector?.startedMs).toBe(before.collector?.startedMs);
      await until("what came meanwhile is loaded", async () => ((await health(ports)).loader!.loadedRows >= 20 ? true : undefined));
    } else {
      expect(after.restarts["server"]).toBe(0);
      const back = await until("the collector tells again", async () => {
        const { collector } = await health(ports);
        return collector!.startedMs > before.collector!.startedMs ? collector! : undefined;
      });
      await sendFlows(ports.udp, 20);
      expect(back.listening).toHaveLength(1);
      await until("it receives", async () => ((await health(ports)).collector!.listening[0]!.datagrams === 20 ? true : undefined));
    }
    expect(await endOf(child, "SIGTERM")).toBe(0);
  });

  it("saves what was received and ends when the supervisor is killed", async () => {
    const { child, ports, data } = await serving();
    const pids = [childPid(child.pid!, "collector")!, childPid(child.pid!, "server")!];
    await sendFlows(ports.udp, 30);
    await endOf(child, "SIGKILL");
    await until("both are gone", () => Promise.resolve(pids.some(isAlive) ? undefined : true));
    const again = await serving(data);
    await until("all rows are there", async () => {
      const answer = await fetch(`http://127.0.0.1:${again.ports.api}/api/v1/exporters`);
      return JSON.stringify(await answer.json()).includes('"datagrams":30') ? true : undefined;
    });
    expect(await endOf(again.child, "SIGTERM")).toBe(0);
  });
});
