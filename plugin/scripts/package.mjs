#!/usr/bin/env node
/**
 * Makes sillage-flows-datasource-<version>.zip: what a Grafana administrator unpacks into the plugin folder. One root folder named after the
 * plugin, the built frontend, the backend for every platform of a release, README, CHANGELOG and LICENSE.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { backendName, buildBackend, missingForBackend, RELEASE_TARGETS } from "./build-backend.mjs";

const plugin = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const dist = path.join(plugin, "dist");
/** What Grafana and its catalog's validator expect beside the executables. */
const REQUIRED = ["plugin.json", "module.js", "README.md", "CHANGELOG.md", "LICENSE"];

/** Zip's external attributes: the Unix mode of a regular file in the upper 16 bits. */
const attributes = (mode) => (0o100000 | mode) << 16;
/** The earliest time that zip knows, so that the same content gives the same file. */
const MTIME = new Date(1980, 0, 1);

function fail(message) {
  console.error(message);
  process.exit(1);
}

const missing = missingForBackend();
if (missing !== undefined) fail(`a package needs the backend, but ${missing}`);
rmSync(dist, { recursive: true, force: true });
if (spawnSync("npm", ["run", "build", "--silent"], { cwd: plugin, stdio: "inherit", shell: process.platform === "win32" }).status !== 0) {
  fail("building the frontend failed");
}
try {
  buildBackend(RELEASE_TARGETS, { release: true });
} catch (error) {
  fail(error.message);
}

const executables = RELEASE_TARGETS.map(backendName);
for (const file of [...REQUIRED, ...executables]) if (!existsSync(path.join(dist, file))) fail(`dist/${file} is missing`);
const { id, info } = JSON.parse(readFileSync(path.join(dist, "plugin.json"), "utf8"));

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
  .map((entry) => path.relative(dist, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
  .sort();
const entries = Object.fromEntries(
  files.map((file) => {
    const mode = executables.includes(file) ? 0o755 : 0o644;
    return [`${id}/${file}`, [readFileSync(path.join(dist, file)), { os: 3, attrs: attributes(mode), mtime: MTIME }]];
  }),
);
const zip = zipSync(entries, { level: 9 });
const output = path.join(plugin, `${id}-${info.version}.zip`);
writeFileSync(output, zip);
console.log(`${path.relative(process.cwd(), output)}: ${files.length} files, ${(zip.length / 1e6).toFixed(1)} MB`);
