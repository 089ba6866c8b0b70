/**
 * The trial itself, in namespaces of its own (try.mjs): two hosts on a bridge, Open vSwitch and `sillage serve` on the loopback.
 *
 *   host h1 (10.98.0.1) -- p1 | bridge br0 | p2 -- host h2 (10.98.0.2)
 *
 * IPv6 is off and the hosts know each other's MAC address, so that the interfaces carry nothing but the IPv4 packets that are sent.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Session } from "chdb";

const folder = process.argv[2];
const BUNDLE = path.join(import.meta.dirname, "../../server/dist/sillage.mjs");
const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
const DB = `unix:${folder}/db.sock`;
const API = "http://127.0.0.1:8055";
const ETHERNET_HEADER_BYTES = 14;
const SFLOW_SAMPLING = 10;
const OVS_ENVIRONMENT = { ...process.env, OVS_RUNDIR: folder, OVS_LOGDIR: folder, OVS_DBDIR: folder };

function run(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", env: OVS_ENVIRONMENT });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status ?? error?.message}\n${stdout}${stderr}`);
  return stdout;
}

/** Runs on; its output goes to a file in the folder. The process namespace ends it. */
function start(name, command, ...args) {
  const child = spawn("sh", ["-c", 'exec "$@" > "$0" 2>&1', path.join(folder, `${name}.out`), command, ...args], {
    stdio: "ignore",
    env: OVS_ENVIRONMENT,
  });
  child.on("exit", (code) => code !== null && code !== 0 && console.error(`${name} ended with ${code}`));
  return child;
}

async function until(what, probe, timeoutMs = 30_000) {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    try {
      const found = await probe();
      if (found) return found;
    } catch {
      // not yet
    }
    await delay(250);
  }
  throw new Error(`waited ${timeoutMs / 1000} s in vain until ${what}`);
}

const vsctl = (...args) => run("ovs-vsctl", "--timeout=10", `--db=${DB}`, ...args);
const inHost = (host, ...args) => run("ip", "netns", "exec", host, ...args);
const mac = (n) => `02:00:00:00:98:0${n}`;

function makeHosts() {
  run("mount", "-t", "tmpfs", "tmpfs", "/run"); // `ip netns` keeps its names there, ours in a mount namespace of our own
  run("ip", "link", "set", "lo", "up");
  for (const [n, other] of [
    [1, 2],
    [2, 1],
  ]) {
    const host = `h${n}`;
    run("ip", "netns", "add", host);
    run("ip", "link", "add", `p${n}`, "type", "veth", "peer", "name", "e0", "address", mac(n), "netns", host);
    // Without hardware to put off to, a checksum or a segment that is left to it never comes right, and sizes would not be those of packets.
    for (const [where, device] of [
      [[], `p${n}`],
      [["ip", "netns", "exec", host], "e0"],
    ]) {
      const [command, ...rest] = [...where, "ethtool", "-K", device, "tx", "off", "tso", "off", "gso", "off", "gro", "off"];
      run(command, ...rest);
    }
    inHost(host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
    run("ip", "-n", host, "link", "set", "lo", "up");
    run("ip", "-n", host, "address", "add", `10.98.0.${n}/24`, "dev", "e0");
    run("ip", "-n", host, "link", "set", "e0", "up");
    run("ip", "-n", host, "neighbour", "add", `10.98.0.${other}`, "lladdr", mac(other), "dev", "e0", "nud", "permanent");
    run("sysctl", "-qw", `net.ipv6.conf.p${n}.disable_ipv6=1`);
    run("ip", "link", "set", `p${n}`, "up");
  }
}

async function startSwitch() {
  run("ovsdb-tool", "create", `${folder}/conf.db`, SCHEMA);
  start("ovsdb-server", "ovsdb-server", `${folder}/conf.db`, `--remote=p${DB}`, "--no-chdir");
  await until("ovsdb-server answers", () => vsctl("--no-wait", "init") === "");
  start("ovs-vswitchd", "ovs-vswitchd", DB, "--no-chdir");
  vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
  for (const port of ["p1", "p2"]) vsctl("add-port", "br0", port);
  const target = (port) => `targets="127.0.0.1:${port}"`;
  vsctl("--", "--id=@n", "create", "NetFlow", target(2055), "active-timeout=2", "--", "set", "bridge", "br0", "netflow=@n");
  // Without cache_max_flows it exports a record for each packet.
  const cache = ["obs_domain_id=123", "obs_point_id=456", "cache_active_timeout=2", "cache_max_flows=1000", "sampling=1"];
  vsctl("--", "--id=@i", "create", "IPFIX", target(4739), ...cache, "--", "set", "bridge", "br0", "ipfix=@i");
  const samples = ["agent=lo", "header=128", `sampling=${SFLOW_SAMPLING}`, "polling=2"];
  vsctl("--", "--id=@s", "create", "sFlow", target(6343), ...samples, "--", "set", "bridge", "br0", "sflow=@s");
}

async function startSillage() {
  const config = path.join(folder, "sillage.yaml");
  writeFileSync(config, `data: ${folder}/data\n`);
  const sillage = start("sillage", process.execPath, BUNDLE, "serve", "--config", config);
  await until("sillage is up", async () => (await (await fetch(`${API}/api/v1/health`)).json()).status === "up");
  return sillage;
}

async function sendTraffic() {
  const host = path.join(import.meta.dirname, "host.mjs");
  const listener = spawn("ip", ["netns", "exec", "h2", process.execPath, host, "listen"], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => listener.stdout.once("data", resolve));
  inHost("h1", process.execPath, host, "talk", "10.98.0.2");
  listener.kill();
}

/** What the host's interface has sent. */
function sentBy(n) {
  const [{ stats64 }] = JSON.parse(run("ip", "-n", `h${n}`, "-s", "-j", "link", "show", "e0"));
  return { packets: stats64.tx.packets, frameBytes: stats64.tx.bytes };
}

/** What the switch received from host n. */
function countedBySwitch(n) {
  const ports = run("ovs-ofctl", "dump-ports", `unix:${folder}/br0.mgmt`, `p${n}`);
  const [, packets, frameBytes] = /rx pkts=(\d+), bytes=(\d+)/.exec(ports);
  return { packets: Number(packets), frameBytes: Number(frameBytes) };
}

/** What Sillage has of the packets that host n sent: by flow type, for IPFIX with the direction in which the switch saw them. */
async function storedOf(n) {
  const now = Date.now();
  const query = {
    refId: "A",
    view: "top",
    filter: `src ip 10.98.0.${n}`,
    dimensions: [{ field: "flow_type" }, { field: "flow_direction" }],
    measures: ["packets", "bytes", "flows"],
    intervalMs: 1000,
    maxDataPoints: 100,
  };
  const response = await fetch(`${API}/api/v1/query`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ from: now - 600_000, to: now + 60_000, queries: [query] }),
  });
  const answer = (await response.json()).results.A;
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  const [types, directions, packets, bytes, rows] = answer.frames[0].data.values;
  const stored = {};
  for (const [i, type] of types.entries())
    stored[type === "ipfix" ? `ipfix${directions[i]}` : type] = { packets: packets[i], bytes: bytes[i], rows: rows[i] };
  return stored;
}

/** What the switch's counter samples say of its port to host n at last. Needs the data folder for itself. */
async function countersOf(n, session) {
  const [{ ifindex }] = JSON.parse(run("ip", "-j", "link", "show", `p${n}`));
  const totals = "max(in_unicast_packets), max(in_octets), count()";
  const answer = await session.queryAsync(`SELECT ${totals} FROM sillage.if_counters WHERE if_index = ${ifindex}`, { format: "TSV" });
  const [packets, frameBytes, rows] = answer.text().trim().split("\t");
  return { packets, frameBytes, rows };
}

makeHosts();
await startSwitch();
const sillage = await startSillage();
await sendTraffic();
const sent = [sentBy(1), sentBy(2)];
// The switch exports the last of a flow when it forgets it: 10 s after its last packet.
const isComplete = await until("the switch has exported every packet", async () => {
  const stored = [await storedOf(1), await storedOf(2)];
  return stored.every((types, i) => ["netflow5", "ipfix0"].every((type) => types[type]?.packets >= sent[i].packets));
}).catch((error) => console.error(error.message));

await delay(3_000); // counters are polled every two seconds
const stored = [await storedOf(1), await storedOf(2)];
const { exporters } = await (await fetch(`${API}/api/v1/exporters`)).json();
sillage.kill("SIGTERM");
await once(sillage, "exit");
const session = new Session(`${folder}/data/store`);

const lines = [];
const line = (...cells) => lines.push(cells.map((cell, i) => (i === 0 ? String(cell).padEnd(40) : String(cell).padStart(13))).join(""));
let isExact = isComplete === true;
for (const [i, { packets, frameBytes }] of sent.entries()) {
  const n = i + 1;
  const ipBytes = frameBytes - ETHERNET_HEADER_BYTES * packets;
  const counted = countedBySwitch(n);
  const counters = await countersOf(n, session);
  const { netflow5, ipfix0: ingress, ipfix1: egress, sflow5 } = stored[i];
  line(`from 10.98.0.${n}`, "packets", "IP bytes", "frame bytes", "rows");
  line("sent by the host's interface", packets, ipBytes, frameBytes, "");
  line(`counted by the switch on port p${n}`, counted.packets, "", counted.frameBytes, "");
  line("Sillage: NetFlow v5 (bytes are of frames)", netflow5?.packets, "", netflow5?.bytes, netflow5?.rows);
  line("Sillage: IPFIX, flow_direction 0", ingress?.packets, ingress?.bytes, "", ingress?.rows);
  line("Sillage: IPFIX, flow_direction 1", egress?.packets, egress?.bytes, "", egress?.rows);
  // 95 % of estimates from n samples lie within 1.96 / sqrt(n).
  const margin = sflow5 ? `+-${Math.round(196 / Math.sqrt(sflow5.rows))} %` : "";
  line(`Sillage: sFlow, 1 in ${SFLOW_SAMPLING}, ${margin}`, sflow5?.packets, sflow5?.bytes, "", sflow5?.rows);
  line(`Sillage: sFlow counters of port p${n}`, counters.packets, "", counters.frameBytes, counters.rows);
  lines.push("");
  isExact &&= netflow5.packets === packets && netflow5.bytes === frameBytes;
  isExact &&= ingress.packets === packets && ingress.bytes === ipBytes;
  isExact &&= Number(counters.packets) === packets && Number(counters.frameBytes) === frameBytes;
}
console.log(lines.join("\n"));
for (const one of exporters) {
  const { protocol, obs_domain: domain, datagrams, flow_rows: rows, templates, lost_units: lost, dropped } = one;
  console.log(
    `${protocol} ${domain}: ${datagrams} datagrams, ${rows} rows, ${templates} templates, lost ${lost}, dropped ${JSON.stringify(dropped)}`,
  );
}
console.log(`\nNetFlow v5, IPFIX and the counters ${isExact ? "are exactly" : "differ from"} what was sent.`);
process.exit(isExact ? 0 : 1);
