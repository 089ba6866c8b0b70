/**
 * `npm run faults`: does each row of the fault matrix to the built system and prints the table of docs/faults.md.
 *
 *   --seed N        decides every moment and every victim; printed, so that a run can be repeated
 *   --kills N       SIGKILLs of the row sigkill
 *   --rate N        flows a second
 *   --only ROW,...  only these rows
 *   --keep          keep the folders of rows that fail
 */
import os from "node:os";
import { parseArgs } from "node:util";
import { Random } from "../../server/src/demo/index.ts";
import { runWithOwnMounts } from "./mounts.ts";
import type { FaultRow, RunOptions } from "./row.ts";
import { FAULT_ROWS } from "./rows/index.ts";
import { formatTable, isGood, type RowOutcome } from "./table.ts";

async function runRow(row: FaultRow, options: RunOptions): Promise<RowOutcome> {
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1_000);
  const reason = row.skip?.();
  if (reason !== undefined) return { row, kind: "skipped", reason, seconds: 0 };
  try {
    return { row, kind: "ran", result: await row.run(options), seconds: seconds() };
  } catch (error) {
    return { row, kind: "broke", error, seconds: seconds() };
  }
}

const USAGE =
  "usage: npm run faults -- [--only ROW,...] [--rate FLOWS_PER_SECOND] [--kills N] [--backlog-minutes N] [--seed N] [--keep]; docs/faults.md tells of the rows";

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      kills: { type: "string", default: "100" },
      rate: { type: "string", default: "20000" },
      "backlog-minutes": { type: "string", default: "10" },
      only: { type: "string" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  for (const name of ["seed", "kills", "rate", "backlog-minutes"] as const) {
    if (Number(values[name]) > 0 || (name === "seed" && values[name] === "0")) continue;
    console.error(`--${name} ${values[name]}: expected a number above 0\n${USAGE}`);
    return 2;
  }
  const seed = Number(values.seed);
  const only = values.only?.split(",");
  const unknown = only?.filter((name) => !FAULT_ROWS.some((row) => row.name === name)) ?? [];
  if (unknown.length > 0) {
    console.error(`there is no row ${unknown.join(", ")}; rows are ${FAULT_ROWS.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  const codeInside = runWithOwnMounts();
  if (codeInside !== undefined) return codeInside;
  console.log(`seed ${seed}; ${os.cpus().length} x ${os.cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}`);
  const outcomes: RowOutcome[] = [];
  for (const row of FAULT_ROWS.filter(({ name }) => only?.includes(name) ?? true)) {
    console.log(`== ${row.name}: ${row.fault}, ${row.moment}`);
    const outcome = await runRow(row, {
      // Each row its own, so that a row alone strikes at the same moments as among all.
      random: new Random(seed),
      kills: Number(values.kills),
      rate: Number(values.rate),
      backlogMinutes: Number(values["backlog-minutes"]),
      keep: values.keep,
      say: (line) => console.log(`   ${line}`),
    });
    outcomes.push(outcome);
    if (outcome.kind === "broke") console.error(outcome.error);
    if (outcome.kind === "ran") {
      const { wrong, balance } = outcome.result;
      for (const line of wrong) console.log(`   WRONG: ${line}`);
      console.log(`   loss balance: ${JSON.stringify(balance)}`);
    }
    console.log(`   ${isGood(outcome) ? "as expected" : "FAILED"} after ${outcome.seconds} s`);
  }
  console.log(`\n${formatTable(outcomes)}`);
  return outcomes.every(isGood) ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const isWrongUse = String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
    console.error(isWrongUse ? `${(error as Error).message}\n${USAGE}` : error);
    process.exitCode = isWrongUse ? 2 : 1;
  },
);
