/** Exporters that other people wrote, run on a capture file and pointed at a running collector. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { OWN_NETWORK, REPOSITORY } from "./needs.ts";

/** Runs a command to its end; rejects with its output when it fails or takes longer than `timeoutMs`. */
export function run(command: string, args: readonly string[], timeoutMs = 30_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(" ")} ended with ${String(code ?? signal)}: ${output}`));
    });
  });
}

/**
 * softflowd reads the capture, exports every flow and ends. `-p none -c none`: without them it hangs on its control files.
 * @param more further arguments: `-s 10` samples, `-b` makes biflows, `-P tcp` uses a connection; a BPF expression comes last
 */
export async function softflowd(
  pcap: string,
  port: number,
  version: "1" | "5" | "9" | "10" | "psamp",
  more: readonly string[] = [],
): Promise<void> {
  const to = `127.0.0.1:${port}`;
  await run("softflowd", ["-d", "-r", pcap, "-p", "none", "-c", "none", "-n", to, "-v", version, "-6", ...more]);
}

/**
 * pmacctd's sFlow probe reads the capture, exports one sample a packet and ends with the file. Its exit code says nothing (1.7.7: 0 or 1,
 * whichever of its two processes ends first), so what arrives is the test.
 */
export async function pmacctdSflow(pcap: string, port: number): Promise<void> {
  await pmacctd(pcap, ["plugins: sfprobe[s]", ...sfprobeOptions("s", { port, agent: "127.0.0.9" })]);
}

/** One pmacctd that exports the capture in four protocols at once: NetFlow v5, v9, IPFIX and, of `agent`, sFlow. */
export async function pmacctdEverything(
  pcap: string,
  { v5, v9, ipfix, sflow, agent }: { v5: number; v9: number; ipfix: number; sflow: number; agent: string },
): Promise<void> {
  const fiveTuple = "src_host, dst_host, src_port, dst_port, proto, tos";
  const link = "vlan, src_mac, dst_mac";
  await pmacctd(pcap, [
    "plugins: nfprobe[v5], nfprobe[v9], nfprobe[ipfix], sfprobe[s]",
    ...nfprobeOptions("v5", { port: v5, version: 5, aggregate: fiveTuple }),
    ...nfprobeOptions("v9", { port: v9, version: 9, aggregate: `${fiveTuple}, ${link}` }),
    ...nfprobeOptions("ipfix", { port: ipfix, version: 10, aggregate: `${fiveTuple}, ${link}` }),
    ...sfprobeOptions("s", { port: sflow, agent }),
  ]);
}

function nfprobeOptions(name: string, { port, version, aggregate }: { port: number; version: number; aggregate: string }): string[] {
  return [
    `aggregate[${name}]: ${aggregate}`,
    `nfprobe_receiver[${name}]: 127.0.0.1:${port}`,
    `nfprobe_version[${name}]: ${version}`,
    `nfprobe_timeouts[${name}]: tcp=3:tcp.rst=1:tcp.fin=1:udp=1:icmp=1:general=1:maxlife=5:expint=1`,
  ];
}

function sfprobeOptions(name: string, { port, agent }: { port: number; agent: string }): string[] {
  return [`sfprobe_receiver[${name}]: 127.0.0.1:${port}`, `sfprobe_agentip[${name}]: ${agent}`];
}

async function pmacctd(pcap: string, options: readonly string[]): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-pmacctd-"));
  const config = path.join(folder, "pmacctd.conf");
  writeFileSync(
    config,
    [
      "daemonize: false",
      `pcap_savefile: ${pcap}`,
      ...options,
      "sampling_rate: 1",
      // Without large buffers the reader overruns the plugins when it reads a file at full speed.
      "plugin_buffer_size: 10240",
      "plugin_pipe_size: 10485760",
      "",
    ].join("\n"),
  );
  await run("pmacctd", ["-f", config]).catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
}

/**
 * fprobe, live in a network namespace of its own while the capture is replayed there; what it exports in each version is handed on.
 * It reads IPv4 only, and its times are those of the replay.
 */
export async function fprobe(pcap: string, exports: ReadonlyMap<number, (datagram: Buffer) => void>): Promise<void> {
  const script = path.join(REPOSITORY, "e2e/support/fprobe-in-namespace.mjs");
  const output = await run("unshare", [...OWN_NETWORK, process.execPath, script, pcap, ...Array.from(exports.keys(), String)], 60_000);
  for (const line of output.split("\n").filter((text) => text.startsWith('{"version"'))) {
    const { version, datagram } = JSON.parse(line) as { version: number; datagram: string };
    exports.get(version)?.(Buffer.from(datagram, "base64"));
  }
}
