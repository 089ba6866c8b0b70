/** SIGHUP to the built program: other options while datagrams arrive, none of which is lost; and the end of a terminal. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  BUNDLE,
  endOf,
  freePorts,
  health,
  isAlive,
  pause,
  sendFlows,
  storedFlows,
  until,
  useBuiltProgram,
  type Ports,
} from "./testing/built-program.ts";

const program = useBuiltProgram();

function write(ports: Ports, more: readonly string[] = [], listen: readonly number[] = [ports.udp]): string {
  const file = path.join(program.folder(), "sillage.yaml");
  const lines = [
    `data: ${path.join(program.folder(), "data")}`,
    `api: { host: 127.0.0.1, port: ${ports.api} }`,
    "collector:",
    `  status: { port: ${ports.status} }`,
    "  listen:",
    ...listen.map((port) => `    - { host: 127.0.0.1, port: ${port} }`),
    ...more,
    "",
  ];
  writeFileSync(file, lines.join("\n"));
  return file;
}

async function serve(ports: Ports, file: string): Promise<ReturnType<typeof program.run>> {
  const running = program.run(["serve", "--config", file]);
  await until("it is up", async () => ((await health(ports)).collector === null ? undefined : true));
  return running;
}

/** Sends until told to end, which resolves with the number of datagrams. */
function sendOn(port: number): { sent: () => number; end: () => Promise<number> } {
  let isOver = false;
  let sent = 0;
  const sending = (async () => {
    for (; !isOver; sent += 5) {
      await sendFlows(port, 5);
      await pause(2);
    }
    return sent;
  })();
  return {
    sent: () => sent,
    end: () => {
      isOver = true;
      return sending;
    },
  };
}

const lineCount = (text: string, words: string): number => text.split(words).length - 1;

describe("sillage serve on SIGHUP", () => {
  it("takes over other options without losing a datagram", async () => {
    const ports = await freePorts();
    const [second, third] = [(await freePorts()).udp, (await freePorts()).udp];
    const { child, output } = await serve(ports, write(ports));
    const { sent, end } = sendOn(ports.udp);
    const variations = [
      { more: ["exporters: [{ match: 127.0.0.0/8, name: here }]"], listen: [ports.udp, second] },
      { more: ["  receiveBuffer: 1MiB"], listen: [second, ports.udp] },
      { more: ["  allow: [127.0.0.1]", "exporters: [{ match: 127.0.0.1, name: there, samplingRate: 100 }]"], listen: [third, ports.udp] },
    ];
    for (const [i, { more, listen }] of variations.entries()) {
      const before = sent();
      await until("datagrams were sent", () => Promise.resolve(sent() > before + 50 ? true : undefined));
      write(ports, more, listen);
      child.kill("SIGHUP");
      await until(`reload ${i + 1}`, () => Promise.resolve(lineCount(output(), '"configuration read again"') === i + 1 ? true : undefined));
    }
    const before = sent();
    await until("datagrams were sent after the last one", () => Promise.resolve(sent() > before + 50 ? true : undefined));
    const all = await end();
    await sendFlows(third, 7);
    await until("all are stored", async () => ((await storedFlows(ports)) === all + 7 ? true : undefined));
    const { exporters } = (await (await fetch(`http://127.0.0.1:${ports.api}/api/v1/exporters`)).json()) as {
      exporters: { name: string }[];
    };
    expect(new Set(exporters.map(({ name }) => name))).toEqual(new Set(["there"]));
    expect((await health(ports)).restarts).toEqual({ collector: 0, server: 0 });
    expect(await endOf(child, "SIGTERM")).toBe(0);
  });

  it("keeps what is in force when the file has a mistake, and says where; names what waits for the next start", async () => {
    const ports = await freePorts();
    const { child, output } = await serve(ports, write(ports));
    const reload = async (want: RegExp): Promise<void> => {
      child.kill("SIGHUP");
      await until(String(want), () => Promise.resolve(want.test(output()) ? true : undefined));
    };
    write(ports, ["  allow: [10.0.0.1/8]"]);
    await reload(
      /sillage\.yaml line 7 column 11: collector\.allow\.0: the address has bits behind its prefix.*the one before stays in force/,
    );
    write(ports, ["  alow: [private]"]);
    await reload(/collector\.alow is not an option; did you mean allow\?/);
    writeFileSync(path.join(program.folder(), "networks.yaml"), "networks: [{ prefix: 10.0.0.0/33 }]\n");
    write(ports);
    await reload(/networks\.yaml line 1 column 14: networks\.0\.prefix/);
    writeFileSync(path.join(program.folder(), "networks.yaml"), "networks: [{ prefix: 10.0.0.0/8, zone: guest }]\n");
    writeFileSync(path.join(program.folder(), "elements.yaml"), "elements: [{ enterprise: nine }]\n");
    await reload(/elements\.yaml line 1 column \d+: elements\.0/);
    writeFileSync(path.join(program.folder(), "elements.yaml"), "elements: []\n");
    write(ports, ["spool: { closeAfter: 2s }"]);
    await reload(/"options":\["spool\.closeAfter"\].*changed options that wait for the next start/);
    expect(output()).toMatch(/"changed":\["networks","elements"\]/);
    await sendFlows(ports.udp, 20);
    await until("they are stored", async () => ((await storedFlows(ports)) === 20 ? true : undefined));
    expect(await endOf(child, "SIGTERM")).toBe(0);
  });
});

describe("sillage collect on SIGHUP", () => {
  it("opens the ports that came to the file, and ends in order on SIGTERM", async () => {
    const ports = await freePorts();
    const second = (await freePorts()).udp;
    const file = write(ports);
    const { child, output } = program.run(["collect", "--config", file]);
    await until("it is up", () => Promise.resolve(output().includes("Sillage collects") ? true : undefined));
    write(ports, [], [ports.udp, second]);
    child.kill("SIGHUP");
    await until("it has read again", () => Promise.resolve(output().includes('"changed":["collector.listen"]') ? true : undefined));
    await sendFlows(second, 9);
    const metrics = async (): Promise<string> => await (await fetch(`http://127.0.0.1:${ports.status}/metrics`)).text();
    await until("they are received", async () =>
      (await metrics()).includes(`sillage_collector_received_datagrams_total{port="${second}"} 9`) ? true : undefined,
    );
    expect(await endOf(child, "SIGTERM")).toBe(0);
  });
});

/** `script` gives the program a terminal of its own, which is gone when `script` is. */
const hasScript = existsSync("/usr/bin/script");
if (!hasScript) console.log("skipped: the end of a terminal (/usr/bin/script is not here)");
(hasScript ? describe : describe.skip)("the end of the terminal", () => {
  it("ends sillage in order: what was received is stored", async () => {
    const ports = await freePorts();
    const file = write(ports);
    const pidFile = path.join(program.folder(), "pid");
    const command = `echo $$ > ${pidFile}; exec ${process.execPath} ${BUNDLE} serve --config ${file}`;
    const terminal = spawn("/usr/bin/script", ["-qfc", command, "/dev/null"], { stdio: ["ignore", "ignore", "ignore"], detached: true });
    try {
      await until("it is up", async () => ((await health(ports)).collector === null ? undefined : true));
      const pid = Number(readFileSync(pidFile, "utf8"));
      await sendFlows(ports.udp, 30);
      terminal.kill("SIGKILL");
      await until("it is gone", () => Promise.resolve(isAlive(pid) ? undefined : true));
    } finally {
      terminal.kill("SIGKILL");
    }
    const again = await serve(ports, file);
    expect(await storedFlows(ports)).toBe(30);
    expect(await endOf(again.child, "SIGTERM")).toBe(0);
  });
});
