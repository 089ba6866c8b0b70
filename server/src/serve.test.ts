/** `sillage serve` as people run it: it starts, stores, survives the death of its parts, ends in order. */
import { readdirSync, readFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import path from "node:path";
import { hex, netflow9, set, specs, template } from "./decode/testing/messages.ts";
import { parseSegmentName } from "./spool/index.ts";
import { endOf, health, isAlive, sendFlows, storedFlows, until, useBuiltProgram } from "./testing/built-program.ts";

const program = useBuiltProgram();

/** Process id of a child, from the kernel: the program tells nobody. */
function childPid(parent: number, name: string): number | undefined {
  for (const pid of readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ")) {
    if (readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(name)) return Number(pid);
  }
  return undefined;
}

describe("sillage serve", () => {
  it("prints five lines, stores what arrives, and ends in order with everything loaded", async () => {
    const { child, output, ports, data } = await program.serve();
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
    const again = await program.serve({ data });
    expect(await storedFlows(again.ports)).toBe(50);
    expect(await endOf(again.child, "SIGINT")).toBe(0);
  });

  it.each(["collector", "server"] as const)("starts a %s that was killed again, while the other goes on", async (victim) => {
    const { child, ports } = await program.serve();
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

  it("decodes the first data after a restart of the collector, ended in order or killed", async () => {
    const { child, ports, data } = await program.serve();
    const received = (datagrams: number) =>
      until("it is received", async () => ((await health(ports)).collector?.listening[0]?.datagrams === datagrams ? true : undefined));
    const source = createSocket("udp4"); // its port is part of the session
    const send = (datagram: Uint8Array) => new Promise((resolve) => source.send(datagram, ports.udp, "127.0.0.1", resolve));
    const exportSeconds = Math.floor(Date.now() / 1000);
    const flow = set(256, hex("0a000001 0a000002 00000064"));
    await send(netflow9([set(0, template(256, specs("8:4 12:4 1:4"))), flow], { exportSeconds }));
    await received(1);
    const state = path.join(data, "state/collector-main.state");
    await until("templates are saved", () =>
      Promise.resolve(readFileSync(state, "utf8").includes('"templates":[["data"') ? true : undefined),
    );
    await until("the first flow is stored", async () => ((await storedFlows(ports)) === 1 ? true : undefined));
    const { startedMs } = (await health(ports)).collector!;
    process.kill(childPid(child.pid!, "collector")!, "SIGKILL");
    await until("the collector is back", async () => ((await health(ports)).collector!.startedMs > startedMs ? true : undefined));
    await send(netflow9([flow], { exportSeconds, sequence: 1 }));
    await received(1);
    expect(await endOf(child, "SIGTERM")).toBe(0);
    const again = await program.serve({ data });
    await new Promise((resolve) => source.send(netflow9([flow], { exportSeconds, sequence: 2 }), again.ports.udp, "127.0.0.1", resolve));
    source.close();
    await until("all three flows are stored", async () => ((await storedFlows(again.ports)) === 3 ? true : undefined));
    expect(await endOf(again.child, "SIGTERM")).toBe(0);
  });

  it("saves what was received and ends when the supervisor is killed", async () => {
    const { child, ports, data } = await program.serve();
    const pids = [childPid(child.pid!, "collector")!, childPid(child.pid!, "server")!];
    await sendFlows(ports.udp, 30);
    await endOf(child, "SIGKILL");
    await until("both are gone", () => Promise.resolve(pids.some(isAlive) ? undefined : true));
    const again = await program.serve({ data });
    await until("all rows are there", async () => {
      const answer = await fetch(`http://127.0.0.1:${again.ports.api}/api/v1/exporters`);
      return JSON.stringify(await answer.json()).includes('"datagrams":30') ? true : undefined;
    });
    expect(await endOf(again.child, "SIGTERM")).toBe(0);
  });
});
