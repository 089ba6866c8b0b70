#!/usr/bin/env node
/**
 * `npm run try:openvswitch`: Open vSwitch (userspace datapath) exports NetFlow v5, IPFIX and sFlow of the same traffic to Sillage, and what
 * Sillage stored is printed beside what was sent and what the switch counted. Needs Debian's openvswitch-switch, iproute2, ethtool.
 *
 * Everything runs in network, mount and process namespaces of its own, which end with it: no interface, process or file is left, and root
 * is not needed where users may make namespaces. Takes about 40 s, at most three minutes.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { build } from "../build.mjs";

const TOOLS = ["ovs-vsctl", "ovs-ofctl", "ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ip", "ethtool", "unshare"];
const OWN_NAMESPACES = ["--net", "--mount", "--user", "--map-root-user", "--fork", "--pid", "--mount-proc", "--kill-child"];
const TIMEOUT_MS = 180_000;

const missing = TOOLS.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
if (missing.length > 0) fail(`not found: ${missing.join(", ")} (Debian: apt install openvswitch-switch iproute2 ethtool)`);
if (spawnSync("unshare", [...OWN_NAMESPACES, "true"]).status !== 0)
  fail("this machine does not let a process make namespaces: try as root");

await build({ parts: ["server"] });
const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-openvswitch-"));
const inside = path.join(import.meta.dirname, "inside.mjs");
const { status, signal } = spawnSync("unshare", [...OWN_NAMESPACES, process.execPath, inside, folder], {
  stdio: "inherit",
  timeout: TIMEOUT_MS,
});
rmSync(folder, { recursive: true, force: true });
if (status !== 0) fail(signal === null ? "it did not work" : `given up after ${TIMEOUT_MS / 1000} s`);

function fail(reason) {
  console.error(reason);
  process.exit(1);
}
