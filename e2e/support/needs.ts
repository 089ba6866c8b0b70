/**
 * Tests that need a program or a folder that a machine may lack: they say "skipped: ..." there, and fail instead when SILLAGE_TEST_ALL=1
 * (as CI sets), so that a skip cannot hide for long.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

export const REPOSITORY = path.resolve(__dirname, "../..");
/** Other people's captures and labelled traffic, beside the repository and never in it. */
export const SHARED = path.resolve(REPOSITORY, "../shared");
export const CHROMIUM = process.env.SILLAGE_CHROMIUM ?? "/usr/bin/chromium";

const hasCommand = (name: string): boolean => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;

/** Options of `unshare` for a command with a network of its own that ends when the command does; root is not needed where users may make one. */
export const OWN_NETWORK = ["--net", "--user", "--map-root-user", "--fork", "--pid", "--kill-child"];
/** Not every machine lets a process make a network namespace, and containers seldom do. */
export const NETWORK_NAMESPACES = "network namespaces";

/** Go's modules come from the network once; without them the plugin's backend cannot be built. */
export const GO_MODULES = "go modules of the plugin";

function missing(need: string): boolean {
  if (need === GO_MODULES) return spawnSync("go", ["list", "-deps", "./pkg"], { cwd: path.join(REPOSITORY, "plugin") }).status !== 0;
  if (need === NETWORK_NAMESPACES) return spawnSync("unshare", [...OWN_NETWORK, "true"]).status !== 0;
  return need.includes("/") ? !existsSync(need) : !hasCommand(need);
}

/** `describe` when every need (a command name, an absolute path, GO_MODULES or NETWORK_NAMESPACES) is there, else a skip that says why. */
export function describeWith(needs: readonly string[]): jest.Describe {
  const lacking = needs.filter(missing);
  if (lacking.length === 0) return describe;
  const reason = `${lacking.map((need) => path.basename(need)).join(", ")} not found`;
  if (process.env.SILLAGE_TEST_ALL === "1") throw new Error(`${reason}, and SILLAGE_TEST_ALL=1 forbids skipping`);
  console.log(`skipped: ${reason}`);
  return describe.skip;
}
