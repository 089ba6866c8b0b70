/**
 * Processes that run what users run: one file made by esbuild with the options of scripts/build.mjs. Under tsx, calls between modules go
 * through getters, which doubles the time of small functions.
 */
import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";
import esbuild from "esbuild";

const ROOT = path.resolve(__dirname, "..");

/** Bundles bench/NAME.ts and runs it. */
export function forkBundled(name: string, args: readonly string[] = []): ChildProcess {
  const outfile = path.join(ROOT, "node_modules/.cache/sillage-bench", `${name}.mjs`);
  esbuild.buildSync({
    entryPoints: [path.join(__dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    define: { __dirname: JSON.stringify(__dirname) }, // an ES module has none
    alias: { "@sillage/model": path.join(ROOT, "model/src/index.ts") },
    packages: "external",
    logLevel: "error",
  });
  return fork(outfile, args, { execArgv: ["--enable-source-maps"] });
}

/** The next message of a child; an error when it ends instead. */
export function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`${child.spawnfile} ended with ${String(code)}`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message as T);
    });
  });
}
