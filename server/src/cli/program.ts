/**
 * The command line: one program, one file a command. What a command throws becomes one sentence and an exit code here: 0 fine, 1 failed,
 * 2 wrong use.
 */
import { SillageError } from "@sillage/model";
import { Command, CommanderError } from "commander";
import { VERSION } from "../version.ts";
import { registerCollect } from "./collect.ts";
import { registerDecode } from "./decode.ts";
import { registerDoctor } from "./doctor.ts";
import { registerFilter } from "./filter.ts";
import { registerLoad } from "./load.ts";
import { registerQuery } from "./query.ts";
import { registerRetention } from "./retention.ts";
import { registerSend } from "./send.ts";
import { registerServe } from "./serve.ts";

/** All commands. `entry` is the program's file: children are forked from it. */
function createProgram(entry: string): Command {
  const program = new Command("sillage")
    .description("NetFlow, IPFIX and sFlow into ClickHouse, filtered in the language of nfdump.")
    .version(VERSION)
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for help)")
    .exitOverride()
    .addHelpText(
      "after",
      `
Examples:
  sillage serve                                  collect, store and show; everything in ./data
  sillage serve --demo                           the same with demo traffic
  sillage serve --set collector.listen='[{port: 9995}]'
  sillage decode capture.pcap                    what Sillage reads in a capture
  sillage query 'proto tcp and port 443' --view top --by src_addr --from -1h
  sillage filter 'src net 10.0.0.0/8' --sql      what a filter becomes
  sillage doctor                                 what is wrong, and what to configure
  sillage retention                              what is stored, what goes by when

Exit codes: 0 fine, 1 failed, 2 wrong use. Errors name what is wrong and what to do.`,
    );
  registerServe(program, entry);
  registerCollect(program);
  registerLoad(program);
  registerDecode(program);
  registerFilter(program);
  registerQuery(program);
  registerDoctor(program);
  registerRetention(program);
  registerSend(program);
  return program;
}

/** Runs one command line; resolves with the exit code. */
export async function runProgram(argv: readonly string[], entry: string): Promise<number> {
  // `sillage decode FILE | head` closes the pipe: that is the end of the work, not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    await createProgram(entry).parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return exitCodeOf(error);
  }
}

/** Prints what went wrong, unless commander did; returns the exit code. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof SillageError) {
    process.stderr.write(`sillage: ${error.message}\n${error.hint === undefined ? "" : `  ${error.hint}\n`}`);
    return error.kind === "input" ? 2 : 1;
  }
  process.stderr.write(`sillage: a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
