#!/usr/bin/env node
/**
 * Runs fprobe live, one process a NetFlow version, on one end of a veth pair while tcpreplay plays a capture into the other end, and
 * prints what they export: a line of JSON a datagram, {"version": 5, "datagram": base64}. It must be started in a network namespace of
 * its own (`unshare --net`), which ends with it and takes the interfaces along.
 *
 *   fprobe-in-namespace.mjs PCAP VERSION...
 */
import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const DEADLINE_MS = 20_000;
const [pcap, ...versions] = process.argv.slice(2);

function run(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status ?? error?.message}: ${stdout}${stderr}`);
}

async function until(what, isDone) {
  const deadline = Date.now() + DEADLINE_MS;
  while (!isDone()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(50);
  }
}

/** Packet sockets in this namespace; the first line is a heading. */
const packetSockets = () => readFileSync("/proc/net/packet", "utf8").trim().split("\n").length - 1;

/** Collects for one fprobe. `-q`: a queue of 100 packets (the default) overflows in a burst, without a word. */
async function startProbe(version) {
  const socket = createSocket("udp4");
  const probe = { socket, datagrams: 0, child: undefined };
  socket.on("message", (datagram) => {
    probe.datagrams += 1;
    process.stdout.write(`${JSON.stringify({ version: Number(version), datagram: datagram.toString("base64") })}\n`);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const timers = ["-s", "1", "-d", "1", "-e", "2"];
  const to = `127.0.0.1:${socket.address().port}`;
  probe.child = spawn("fprobe", ["-i", "sil1", "-n", version, ...timers, "-q", "10000", "-l", "2", to], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return probe;
}

run("ip", "link", "set", "lo", "up");
run("ip", "link", "add", "sil0", "type", "veth", "peer", "name", "sil1");
for (const end of ["sil0", "sil1"]) run("ip", "link", "set", end, "up");
const probes = await Promise.all(versions.map(startProbe));
await until("every fprobe captures", () => packetSockets() === versions.length);
run("tcpreplay", "--quiet", "--intf1", "sil0", "--pps", "2000", pcap);
await until("every fprobe has exported", () => probes.every(({ datagrams }) => datagrams > 0));
for (const { child } of probes) child.kill("SIGTERM"); // sends what is left
await Promise.all(probes.map(({ child }) => once(child, "exit")));
await delay(200); // what they sent last is still in the sockets
for (const { socket } of probes) socket.close();
