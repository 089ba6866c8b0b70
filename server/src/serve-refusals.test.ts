/** What the built program says when it cannot start: one sentence, the way out, exit code 1, no stack trace. */
import { createSocket } from "node:dgram";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { BUNDLE, endOf, freePorts, health, settings, useBuiltProgram, type Ports } from "./testing/built-program.ts";

const program = useBuiltProgram();

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
        writeFileSync(path.join(program.folder(), "broken.yaml"), "spool:\n  maxBytes: lots\n");
        return ["serve", "--config", "broken.yaml"];
      },
      want: /^sillage: \S*broken\.yaml line 2 column 3: spool\.maxBytes: expected a size, at least 16MiB, such as "512MiB"\n/,
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
        mkdirSync(path.join(program.folder(), "photos"));
        writeFileSync(path.join(program.folder(), "photos/cat.jpg"), "");
        return ["serve", ...settings(ports, path.join(program.folder(), "photos"))];
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
    const started = program.run(await args(await freePorts()), env);
    expect(await endOf(started.child)).toBe(1);
    expect(started.output()).toMatch(want);
    expect(started.output()).not.toMatch(/^ +at /m);
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
    const started = program.run(["serve", ...settings(ports, path.join(program.folder(), "data"))]);
    const code = await endOf(started.child);
    socket.close();
    server.close();
    const [what, option] = port[which];
    expect(started.output()).toContain(
      `sillage: ${which === "udp" ? "UDP" : "TCP"} port ${ports[which]} on 127.0.0.1, which the ${what} needs, is in use by another program\n`,
    );
    expect(started.output()).toContain(`with the option ${option}\n`);
    expect(started.output()).not.toMatch(/^ +at /m);
    expect(code).toBe(1);
  });

  it("refuses a second start on the same folder and leaves the first one alone", async () => {
    const first = await program.serve();
    const second = program.run(["serve", ...settings(first.ports, first.data)]);
    expect(await endOf(second.child)).toBe(1);
    expect(second.output()).toMatch(/sillage: the data folder \S+ is in use by process \d+\n {2}stop the other Sillage first/);
    expect((await health(first.ports)).status).toBe("up");
    expect(await endOf(first.child, "SIGTERM")).toBe(0);
  });

  it("answers wrong use with exit code 2", async () => {
    const started = program.run(["serve", "--colour"]);
    expect(await endOf(started.child)).toBe(2);
    expect(started.output()).toContain("unknown option '--colour'");
  });
});
