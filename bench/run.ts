/**
 * `npm run bench -- NAME [OPTIONS]`: runs bench/NAME.bench.ts, which prints a table for people, and prints its figures as one JSON object on
 * the last line.
 */
import { readdirSync } from "node:fs";
import path from "node:path";

const names = readdirSync(__dirname)
  .map((file) => /^(.+)\.bench\.ts$/.exec(file)?.[1])
  .filter((name) => name !== undefined);

const OPTIONS = "docs/benchmarks.md tells of the options of each bench";

async function main([name, ...args]: string[]): Promise<void> {
  if (name === undefined || !names.includes(name)) {
    console.error(`usage: npm run bench -- NAME [OPTIONS], with NAME one of ${names.join(", ")}`);
    process.exitCode = 2;
    return;
  }
  if (args.includes("--help")) {
    console.log(OPTIONS);
    return;
  }
  const { run } = (await import(path.join(__dirname, `${name}.bench.ts`))) as { run: (args: string[]) => Promise<object> };
  console.log(JSON.stringify(await run(args)));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isWrongUse = String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
  console.error(isWrongUse ? `${(error as Error).message}\n${OPTIONS}` : error);
  process.exitCode = isWrongUse ? 2 : 1;
});
