import { Writable } from "node:stream";
import { SillageError } from "@sillage/model";
import { ConfigReloader, type ConfigReloaderDeps } from "./config-reloader.ts";
import { createLogger } from "./log.ts";
import { sillageConfigSchema, type SillageConfig } from "./sillage-config.ts";

const config = (options: object): SillageConfig => sillageConfigSchema.parse(options);

function reloader(deps: Omit<ConfigReloaderDeps, "log">): { one: ConfigReloader; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const target = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const log = createLogger("supervisor", { level: "info", format: "json" }, false, target);
  return { one: new ConfigReloader(config({}), { ...deps, log }), lines };
}

describe("ConfigReloader", () => {
  it("puts in force what can change and names what cannot", async () => {
    const applied: SillageConfig[] = [];
    const wanted = config({ exporters: [{ match: "10.0.0.1", name: "a" }], api: { port: 1 } });
    const { one, lines } = reloader({ reread: () => wanted, apply: (next) => Promise.resolve(void applied.push(next)) });
    await one.reload();
    expect(applied).toEqual([config({ exporters: [{ match: "10.0.0.1", name: "a" }] })]);
    expect(one.config).toEqual(applied[0]);
    expect(lines).toMatchObject([
      { level: 30, changed: ["exporters"], msg: "configuration read again" },
      { level: 40, options: ["api.port"] },
    ]);
  });

  const mistake = new SillageError("config", "CONFIG_INVALID", "sillage.yaml line 3 column 5: data: expected a folder", {
    hint: "see the list",
  });
  it.each([
    {
      what: "the files have a mistake",
      reread: () => {
        throw mistake;
      },
      apply: () => Promise.resolve(),
    },
    { what: "it cannot be put in force", reread: () => config({ log: { level: "debug" } }), apply: () => Promise.reject(mistake) },
  ])("changes nothing and tells why when $what", async ({ reread, apply }) => {
    const { one, lines } = reloader({ reread, apply });
    await one.reload();
    expect(one.config).toEqual(config({}));
    expect(lines).toMatchObject([{ level: 50, code: "CONFIG_INVALID", reason: mistake.message, hint: "see the list" }]);
  });

  it("gives the new options to whoever starts while they are being put in force", async () => {
    const wanted = config({ exporters: [{ match: "10.0.0.1", name: "a" }] });
    const seen: SillageConfig[] = [];
    const { one } = reloader({ reread: () => wanted, apply: () => Promise.resolve(void seen.push(one.config)) });
    await one.reload();
    expect(seen).toEqual([wanted]);
  });

  it("lets a second request wait for the first", async () => {
    const order: string[] = [];
    const { one } = reloader({
      reread: () => config({}),
      apply: async () => {
        order.push("begin");
        await new Promise((resolve) => setImmediate(resolve));
        order.push("end");
      },
    });
    await Promise.all([one.reload(), one.reload()]);
    expect(order).toEqual(["begin", "end", "begin", "end"]);
  });
});
