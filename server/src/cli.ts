/** The program: `sillage COMMAND`, and the processes that `sillage serve` forks from it (`child NAME`). */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "./child-process.ts";
import { runProgram } from "./cli/program.ts";

const entry = fileURLToPath(import.meta.url);
/** server/dist/sillage.mjs lies two folders below the root of the program. */
const root = path.resolve(path.dirname(entry), "../..");

const [command, child] = process.argv.slice(2);
if (command === "child" && process.send !== undefined) {
  // Each child loads only its own part: the collector neither express nor ClickHouse's client.
  if (child === "collector") runChild("collector", async (context) => (await import("./collector-process.ts")).runCollector(context));
  else if (child === "server") runChild("server", async (context) => (await import("./server-process.ts")).runServer(context, root));
  else if (child === "demo") runChild("demo", async (context) => (await import("./demo-process.ts")).runDemo(context));
} else {
  process.exitCode = await runProgram(process.argv, entry);
}
