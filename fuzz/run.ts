/**
 * `npm run fuzz -- [--minutes N] [--seed S] [--corpus FOLDER] [--round N] [--replay FILE]`: feeds damaged datagrams to the decoders until
 * something breaks or the time is over. What broke is made small, printed, and kept in fuzz/found, where `npm test` plays it again.
 *
 * The same seed and corpus give the same datagrams; --round plays one round of them alone, --replay a kept file.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import cliProgress from "cli-progress";
import { DROP_CAUSES, SKIP_KINDS } from "../server/src/decode/index.ts";
import { emptyTotals, minimise, playRound, type Campaign, type Totals } from "./campaign.ts";
import { loadCaptureFiles } from "./capture-files.ts";
import { CAPTURES, loadCorpus } from "./corpus.ts";
import { formatConversation, parseConversation, type Conversation } from "./input.ts";
import { play, type Finding } from "./play.ts";
import { startWatchdog } from "./watchdog.ts";

const FOUND = path.join(__dirname, "found");

function main(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
      corpus: { type: "string", default: CAPTURES },
      round: { type: "string" },
      replay: { type: "string" },
    },
  });
  if (values.replay !== undefined) {
    const conversation = parseConversation(readFileSync(values.replay, "utf8"));
    report(conversation, play(conversation, { checksHeap: true }).finding, values.replay);
    return;
  }
  const campaign: Campaign = {
    seed: wholeNumber("seed", values.seed),
    corpus: loadCorpus(values.corpus),
    files: loadCaptureFiles(values.corpus),
  };
  if (values.round !== undefined) {
    const round = wholeNumber("round", values.round);
    const { conversation, finding } = playRound(campaign, round, emptyTotals());
    report(conversation, finding, `seed ${campaign.seed}, round ${round}`);
    return;
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new RangeError(`--minutes wants a positive number, not ${values.minutes}`);
  fuzz(campaign, minutes);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name} wants a whole number, not ${text}`);
  return value;
}

function fuzz(campaign: Campaign, minutes: number): void {
  const { seed, corpus } = campaign;
  const sum = corpus.reduce((total, { datagrams }) => total + datagrams.length, 0);
  console.log(`fuzz: seed ${seed}, ${corpus.length} conversations with ${sum} datagrams to begin with, ${minutes} minutes`);
  if (!globalThis.gc) console.log("fuzz: without --expose-gc the heap is not looked at");
  startWatchdog(`npm run fuzz -- --seed ${seed}`);
  const totals = emptyTotals();
  const started = performance.now();
  const seconds = minutes * 60;
  const bar = process.stderr.isTTY
    ? new cliProgress.SingleBar({ format: "{bar} {value}/{total} s, {datagrams} datagrams", stream: process.stderr })
    : undefined;
  bar?.start(seconds, 0, { datagrams: 0 });
  for (let round = 0; performance.now() - started < seconds * 1000; round++) {
    const { finding, conversation } = playRound(campaign, round, totals);
    bar?.update(Math.round((performance.now() - started) / 1000), { datagrams: totals.datagrams });
    if (!finding) continue;
    bar?.stop();
    report(conversation, finding, `seed ${seed}, round ${round}`);
    break;
  }
  bar?.stop();
  describe(totals, (performance.now() - started) / 1000);
}

/** Prints what was found, small and with all its bytes, and keeps it. */
function report(conversation: Conversation, finding: Finding | undefined, origin: string): void {
  if (!finding) {
    console.log(`fuzz: nothing wrong with ${origin}`);
    return;
  }
  process.exitCode = 1;
  console.log(`fuzz: FOUND in ${origin}, datagram ${finding.at + 1}: ${finding.property}: ${finding.detail}`);
  if (finding.property === "capture") return; // the round makes the file again
  const small = minimise(conversation, finding);
  const text = formatConversation(small, `${finding.property}: ${finding.detail.split("\n")[0]} (${origin})`);
  mkdirSync(FOUND, { recursive: true });
  const file = path.join(FOUND, `${finding.property}-${origin.replaceAll(/[^a-z0-9]+/gi, "-")}.txt`);
  writeFileSync(file, text);
  const bytes = small.inputs.reduce((sum, input) => sum + input.bytes.length, 0);
  console.log(`fuzz: ${small.inputs.length} datagrams of ${bytes} bytes show it; kept in ${path.relative(process.cwd(), file)}`);
  console.log(text.length > 4_000 ? `${text.slice(0, 4_000)} …` : text);
}

function describe({ rounds, datagrams, bytes, rows, slowest, causes }: Totals, seconds: number): void {
  const n = (value: number): string => Math.round(value).toLocaleString("en");
  console.log(`fuzz: ${n(rounds)} rounds, ${n(datagrams)} datagrams, ${n(bytes / 2 ** 20)} MiB, ${n(rows)} rows in ${n(seconds)} s`);
  const { input } = slowest;
  if (input) {
    const head = Buffer.from(input.bytes.subarray(0, 40)).toString("hex");
    console.log(`fuzz: slowest datagram ${slowest.ms.toFixed(1)} ms for ${n(input.bytes.length)} bytes: ${head}…`);
  }
  const unseen = [...Object.keys(DROP_CAUSES), ...Object.keys(SKIP_KINDS)].filter(
    (cause) => !causes.has(cause) && cause !== "internal_error",
  );
  if (unseen.length > 0) console.log(`fuzz: never met: ${unseen.join(", ")}`);
}

main(process.argv.slice(2));
