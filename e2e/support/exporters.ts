/** Exporters that other people wrote, run on a capture file and pointed at a running collector. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

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

/** softflowd reads the capture, exports every flow and ends. `-p none -c none`: without them it hangs on its control files. */
export async function softflowd(pcap: string, port: number, version: "1" | "5" | "9" | "10"): Promise<void> {
  await run("softflowd", ["-d", "-r", pcap, "-p", "none", "-c", "none", "-n", `127.0.0.1:${port}`, "-v", version, "-6"]);
}

/**
 * pmacctd's sFlow probe reads the capture, exports one sample a packet and ends with the file. Its exit code says nothing (1.7.7: 0 or 1,
 * whichever of its two processes ends first), so what arrives is the test.
 */
export async function pmacctdSflow(pcap: string, port: number): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-pmacctd-"));
  const config = path.join(folder, "pmacctd.conf");
  writeFileSync(
    config,
    [
      "daemonize: false",
      `pcap_savefile: ${pcap}`,
      "plugins: sfprobe[s]",
      `sfprobe_receiver[s]: 127.0.0.1:${port}`,
      "sfprobe_agentip[s]: 127.0.0.9",
      "sampling_rate: 1",
      // Without a large buffer the reader overruns the plugin when it reads a file at full speed.
      "plugin_buffer_size[s]: 10240",
      "plugin_pipe_size[s]: 10485760",
      "",
    ].join("\n"),
  );
  await run("pmacctd", ["-f", config]).catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
}
