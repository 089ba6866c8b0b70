/** What a newcomer reads who mistypes an option of the commands for developers: one sentence and the way on, no stack trace. */
import { spawnSync } from "node:child_process";
import path from "node:path";

const ROOT = path.resolve(__dirname, "..");

function run(file: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NODE_OPTIONS: "" };
  return spawnSync(process.execPath, ["--import", "tsx", path.join(ROOT, file), ...args], { cwd: ROOT, encoding: "utf8", env });
}

it.each([
  { file: "e2e/faults/run.ts", args: ["--rat", "2000"], want: /^Unknown option '--rat'[^]*usage: npm run faults/ },
  { file: "e2e/faults/run.ts", args: ["--rate", "fast"], want: /^--rate fast: expected a number above 0\nusage: npm run faults/ },
  { file: "e2e/faults/run.ts", args: ["--only", "corupt"], want: /^there is no row corupt; rows are .*corrupt/ },
  { file: "bench/run.ts", args: ["ingest", "--foo"], want: /^Unknown option '--foo'[^]*docs\/benchmarks\.md/ },
  { file: "bench/run.ts", args: ["ingst"], want: /^usage: npm run bench -- NAME/ },
])("$file $args", ({ file, args, want }) => {
  const { status, stderr } = run(file, ...args);
  expect(stderr).toMatch(want);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(status).toBe(2);
});

it.each(["e2e/faults/run.ts", "bench/run.ts"])("%s tells where its options are", (file) => {
  const { status, stdout } = file.startsWith("bench") ? run(file, "soak", "--help") : run(file, "--help");
  expect(stdout).toMatch(/docs\/(faults|benchmarks)\.md/);
  expect(status).toBe(0);
});
