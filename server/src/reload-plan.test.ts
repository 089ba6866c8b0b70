import { planReload } from "./reload-plan.ts";
import { sillageConfigSchema } from "./sillage-config.ts";

const config = (options: object) => sillageConfigSchema.parse(options);
const before = { collector: { allow: ["private"], listen: [{ port: 2055 }] }, networks: "a.yaml", api: { port: 8055 } };

describe("planReload", () => {
  it("finds nothing to do when nothing differs", () => {
    expect(planReload(config(before), config(before))).toEqual({ config: config(before), changed: [], needRestart: [] });
  });

  it("takes over what can change, and names what waits for the next start", () => {
    const after = config({
      collector: { allow: ["private", "192.0.2.1"], listen: [{ port: 2055 }, { port: 9995 }], tcp: { idleTimeout: "1m" }, name: "other" },
      exporters: [{ match: "192.0.2.1", name: "core" }],
      log: { level: "debug" },
      api: { port: 9000 },
      store: { retention: { flows: 3 } },
    });
    const { config: inForce, changed, needRestart } = planReload(config(before), after);
    expect([...changed].sort()).toEqual([
      ...["collector.allow", "collector.listen", "collector.tcp.idleTimeout"],
      ...["exporters", "log.level", "networks"],
    ]);
    expect([...needRestart].sort()).toEqual(["api.port", "collector.name", "store.retention.flows"]);
    expect(inForce).toEqual({
      ...after,
      ...{ api: config(before).api, store: config(before).store },
      collector: { ...after.collector, name: "main" },
    });
    expect(inForce.networks).toBeUndefined();
  });
});
