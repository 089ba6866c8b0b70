/** The program beside a ClickHouse server: collecting and loading apart, and a server that is not there yet. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { parseSegmentName } from "./spool/index.ts";
import { startHttpHelper, type HttpHelper } from "./store/testing/http-helper.ts";
import { endOf, freePorts, health, sendFlows, settings, storedFlows, until, useBuiltProgram } from "./testing/built-program.ts";

const program = useBuiltProgram();
let helper: HttpHelper | undefined;
afterEach(async () => {
  await helper?.stop();
  helper = undefined;
});

describe("collect and load", () => {
  it("share the work: one keeps flows in the spool, the other loads them", async () => {
    helper = await startHttpHelper();
    const [ports, data] = [await freePorts(), path.join(program.folder(), "data")];
    const collector = program.run(["collect", ...settings(ports, data)]);
    await until("it listens", () => Promise.resolve(collector.output().includes(`UDP ${ports.udp}`) ? true : undefined));
    await sendFlows(ports.udp, 40);
    expect(await endOf(collector.child, "SIGTERM")).toBe(0);
    const segments = () => readdirSync(path.join(data, "spool/main")).flatMap((file) => parseSegmentName(file) ?? []);
    const rows = segments().reduce((sum, segment) => sum + segment.rows, 0);
    expect(
      segments()
        .filter(({ table }) => table === "flows")
        .reduce((sum, segment) => sum + segment.rows, 0),
    ).toBe(40);

    const http = ["--set", "store.kind=http", "--set", `store.url=${helper.url}`];
    const loader = program.run(["load", "--once", ...settings(ports, data), ...http]);
    expect(await endOf(loader.child)).toBe(0);
    expect(loader.output()).toContain(`${rows} rows loaded\n`);
    expect(segments()).toEqual([]);
  });
});

describe("serve with a ClickHouse server", () => {
  it("receives and answers 503 while the server is away, and loads what waited when it comes", async () => {
    const { api: clickhousePort } = await freePorts();
    const { child, ports } = await program.serve({
      set: ["store.kind=http", `store.url=http://127.0.0.1:${clickhousePort}`],
      wantStatus: "down",
    });
    expect((await fetch(`http://127.0.0.1:${ports.api}/api/v1/health`)).status).toBe(503);
    await sendFlows(ports.udp, 25);
    await until("they wait", async () => ((await health(ports)).loader!.backlogRows >= 25 ? true : undefined));
    helper = await startHttpHelper({ port: clickhousePort });
    await until("it is up", async () => ((await health(ports)).status === "up" ? true : undefined));
    await until("they are stored", async () => ((await storedFlows(ports)) === 25 ? true : undefined));
    expect(await endOf(child, "SIGTERM")).toBe(0);
  });
});
