/**
 * The plugin's Go backend, started as Grafana starts it (plugin/pkg/hosttest, the official SDK's client side), against a running system
 * that asks for a token: health, series, tables, errors, resources and the shipped alert rule, firing, silent and empty.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describeWith, GO_MODULES, REPOSITORY } from "./support/needs.ts";
import { startSystem, type System } from "./support/system.ts";

const PLUGIN = path.join(REPOSITORY, "plugin");
const TOKEN = "e2e-token-0123456789abcdef";

interface GoTest {
  readonly name: string;
  readonly outcome: string;
}

describeWith(["go", GO_MODULES])("the plugin's backend", () => {
  let system: System;
  let output = "";
  let tests: GoTest[] = [];

  beforeAll(async () => {
    system = await startSystem([], (folder) => {
      const file = path.join(folder, "token");
      writeFileSync(file, TOKEN);
      return ["  tokens:", `    - { name: grafana, token: "file:${file}" }`];
    });
    const go = spawnSync("go", ["test", "-json", "-count=1", "-tags", "hosttest", "./pkg/hosttest"], {
      cwd: PLUGIN,
      encoding: "utf8",
      maxBuffer: 1 << 26,
      env: {
        ...process.env,
        SILLAGE_URL: system.url,
        SILLAGE_UDP: `127.0.0.1:${system.udpPort}`,
        SILLAGE_TOKEN: TOKEN,
        SILLAGE_TEST_ALL: "1",
      },
    });
    const events = go.stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as { Action: string; Test?: string; Output?: string });
    output = events.map((event) => event.Output ?? "").join("") + go.stderr;
    tests = events.flatMap(({ Action, Test }) =>
      Test !== undefined && ["pass", "fail", "skip"].includes(Action) ? [{ name: Test, outcome: Action }] : [],
    );
  }, 300_000);

  afterAll(async () => {
    await system.stop();
  });

  it("passes every test of the host", () => {
    const others = tests.filter(({ outcome }) => outcome !== "pass");
    if (others.length > 0 || tests.length === 0) throw new Error(output);
    expect(tests.map(({ name }) => name)).toEqual(
      expect.arrayContaining(
        ["health", "series_and_tables", "a_wrong_filter", "resources", "server_down", "the_shipped_alert_rule"].map(
          (name) => `TestBackend/${name}`,
        ),
      ),
    );
  });
});
