/** `sillage send`: the demo exporter by hand. */
import { closeSync, openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SillageError } from "@sillage/model";
import cliProgress from "cli-progress";
import { InvalidArgumentError, Option, type Command } from "commander";
import { DEMO_PROTOCOLS, DemoExporter, Ledger, type DemoProtocol } from "../demo/index.ts";

interface Target {
  readonly host: string;
  readonly port: number;
}

interface SendOptions {
  readonly to: Target;
  readonly protocol: DemoProtocol | "all";
  readonly rate: number;
  readonly seconds?: number;
  readonly count?: number;
  readonly seed: number;
  readonly ledger?: string;
  readonly ledgerFlows?: true;
}

/** Most flows that are made at a time: an interrupt is heard between two of them. */
const STEP_FLOWS = 5_000;
const STEP_MS = 50;

export function registerSend(program: Command): void {
  program
    .command("send")
    .description("send demo traffic over UDP, as four exporters would")
    .addOption(
      new Option("--to <host:port>", "where to").argParser(parseTarget).default({ host: "127.0.0.1", port: 2055 }, "127.0.0.1:2055"),
    )
    .addOption(new Option("--protocol <name>", "what to speak").choices([...DEMO_PROTOCOLS, "all"]).default("all"))
    .addOption(new Option("--rate <flows/s>", "flows a second").argParser(positive).default(300))
    .option("--seconds <n>", "end after so long; without it and without --count, go on until interrupted", positive)
    .option("--count <flows>", "end after so many flows", wholePositive)
    .addOption(new Option("--seed <n>", "the same seed sends the same flows in the same order").argParser(whole).default(1))
    .option("--ledger <file>", "write what was sent: one JSON object for each minute, exporter, protocol and service port, the total last")
    .option("--ledger-flows", "the ledger begins with one object for each flow")
    .addHelpText(
      "after",
      `
Addresses are of private and documentation ranges. To a collector on this machine each protocol comes from an address of its own
(127.0.1.1 v5, .2 v9, .3 IPFIX, .4 sFlow). sFlow sends one sampled packet for a flow, at 1 in 64.

Examples:
  sillage send                                         300 flows/s to a collector on this machine
  sillage send --to 192.0.2.10:9995 --protocol v9 --rate 1000 --seconds 60
  sillage send --count 10000 --rate 5000 --seed 7 --ledger sent.ndjson`,
    )
    .action(async (options: SendOptions) => {
      await send(options);
    });
}

async function send(options: SendOptions): Promise<void> {
  const { to, protocol, rate, seconds, count, seed } = options;
  const file = options.ledger === undefined ? undefined : openLedger(options.ledger);
  const ledger = new Ledger({ keepFlows: options.ledgerFlows === true && file !== undefined });
  const errors = new Map<string, number>();
  const exporter = new DemoExporter({
    host: to.host,
    ports: { v5: to.port, v9: to.port, ipfix: to.port, sflow: to.port },
    protocols: protocol === "all" ? DEMO_PROTOCOLS : [protocol],
    seed,
    ledger,
    onError: (error) => errors.set(error.message, (errors.get(error.message) ?? 0) + 1),
  });
  const total = Math.min(count ?? Number.POSITIVE_INFINITY, seconds === undefined ? Number.POSITIVE_INFINITY : Math.ceil(rate * seconds));
  try {
    await pace(exporter, { rate, total });
  } finally {
    await exporter.stop();
  }
  if (file !== undefined) writeLedger(file, ledger);
  const sent = ledger.total();
  process.stdout.write(`sent ${sent.flows} flows, ${sent.packets} packets, ${sent.bytes} bytes to ${to.host}:${to.port}\n`);
  for (const [message, times] of errors) process.stderr.write(`sillage: ${times} datagrams were not sent: ${message}\n`);
  if (sent.flows === 0) process.exitCode = 1;
}

/** Sends at the rate until the total is reached or somebody interrupts. */
async function pace(exporter: DemoExporter, { rate, total }: { readonly rate: number; readonly total: number }): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    interrupt.abort();
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const bar =
    Number.isFinite(total) && process.stderr.isTTY
      ? new cliProgress.SingleBar({ format: "{bar} {value}/{total} flows, {eta_formatted} left", stream: process.stderr })
      : undefined;
  bar?.start(total, 0);
  const startMs = performance.now();
  while (exporter.count < total && !interrupt.signal.aborted) {
    const due = Math.min(Math.floor(((performance.now() - startMs) / 1000) * rate) + 1, total) - exporter.count;
    if (due > 0) await exporter.send(Math.min(due, STEP_FLOWS));
    else await sleep(STEP_MS);
    bar?.update(exporter.count);
  }
  bar?.stop();
  process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
}

/** Opened before anything is sent: a ledger that cannot be written is found out first. */
function openLedger(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SillageError("config", "LEDGER_FILE", `cannot write the ledger ${path}: ${reason}`, {
      hint: "name a file in a folder that exists and may be written to",
      cause: error,
    });
  }
}

function writeLedger(file: number, ledger: Ledger): void {
  const line = (kind: string, content: object): void => {
    writeSync(file, `${JSON.stringify({ kind, ...content })}\n`);
  };
  for (const flow of ledger.flows()) line("flow", flow);
  for (const entry of ledger.list()) line("sum", entry);
  line("total", ledger.total());
  closeSync(file);
}

function parseTarget(text: string): Target {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) throw new InvalidArgumentError("give host:port, as 127.0.0.1:2055 or [::1]:2055");
  return { host, port };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("a positive number is wanted");
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("a whole number from 0 is wanted");
  return value;
}

function wholePositive(text: string): number {
  const value = whole(text);
  if (value === 0) throw new InvalidArgumentError("a whole number from 1 is wanted");
  return value;
}
