#!/usr/bin/env node
/**
 * `npm test`: builds what the tests run, then jest (units, plugin, end to end) and the Go tests of the plugin backend, and closes with one
 * line of totals. A missing tool is a printed skip; with SILLAGE_TEST_ALL=1 it is a failure.
 * Arguments are passed to jest: `npm test -- --selectProjects unit -t "svc_port"` (and then the Go tests are left out).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { missingForBackend } from "../plugin/scripts/build-backend.mjs";

const root = path.resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const jestArguments = process.argv.slice(2);
const strict = process.env.SILLAGE_TEST_ALL === "1";
const totals = { passed: 0, failed: 0, skipped: 0 };

/** Runs a command with its output on the terminal; true when it ended well. */
function run(command, args, cwd = root) {
  return spawnSync(command, args, { cwd, stdio: "inherit" }).status === 0;
}

function runJest() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-jest-"));
  const report = path.join(folder, "report.json");
  const fine = run(process.execPath, [
    path.join(root, "node_modules/jest/bin/jest.js"),
    "--json",
    "--outputFile",
    report,
    ...jestArguments,
  ]);
  try {
    const result = JSON.parse(readFileSync(report, "utf8"));
    totals.passed += result.numPassedTests;
    totals.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    totals.skipped += result.numPendingTests;
    // Jest may also end badly without a failed test (an unhandled rejection, a leak): that is a failure too.
    if (!fine && result.success) totals.failed += 1;
  } catch (error) {
    console.error(`jest left no report: ${error.message}`);
    totals.failed += 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runGo() {
  const missing = missingForBackend();
  if (missing !== undefined) {
    console.log(`skipped: the plugin backend's own tests, ${missing}`);
    if (strict) totals.failed += 1;
    else totals.skipped += 1;
    return;
  }
  const result = spawnSync("go", ["test", "-json", "./pkg/..."], { cwd: path.join(root, "plugin"), encoding: "utf8", maxBuffer: 1 << 28 });
  let tests = 0;
  for (const line of result.stdout.split("\n")) {
    if (!line.startsWith("{")) continue;
    const event = JSON.parse(line);
    if (event.Action === "output") process.stdout.write(event.Output);
    if (!event.Test) continue;
    if (event.Action === "pass") totals.passed += 1;
    if (event.Action === "fail") totals.failed += 1;
    if (event.Action === "skip") totals.skipped += 1;
    tests += 1;
  }
  if (result.status !== 0 && (totals.failed === 0 || tests === 0)) {
    process.stderr.write(result.stderr);
    totals.failed += 1;
  }
}

if (!run(process.execPath, [path.join(root, "scripts/build.mjs")])) {
  console.error("the build failed, so no test ran");
  console.log("0 passed, 1 failed");
  process.exit(1);
}
runJest();
if (jestArguments.length === 0) runGo();
console.log(`${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}`);
process.exit(totals.failed === 0 ? 0 : 1);
