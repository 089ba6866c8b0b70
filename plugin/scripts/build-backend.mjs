#!/usr/bin/env node
/**
 * Builds the plugin's Go backend into dist/, where Grafana looks for `gpx_sillage_flows_<os>_<arch>`:
 *
 *   node scripts/build-backend.mjs                          for linux/amd64
 *   node scripts/build-backend.mjs darwin/arm64 linux/arm64 for these
 *   node scripts/build-backend.mjs --all                    for every platform of a release
 *
 * Without Go, or without the modules (no network), it says what is missing and ends well: only Grafana needs the backend.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const plugin = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const { executable } = JSON.parse(readFileSync(path.join(plugin, "src/plugin.json"), "utf8"));

export const RELEASE_TARGETS = ["linux/amd64", "linux/arm64", "darwin/arm64", "windows/amd64"];

/** File name that Grafana starts on a platform. Source: Grafana, pkg/plugins, ExecutablePath. */
export function backendName(target) {
  const [os, arch] = target.split("/");
  return `${executable}_${os}_${arch}${os === "windows" ? ".exe" : ""}`;
}

/** Why nothing can be built here; undefined when it can. */
export function missingForBackend() {
  if (spawnSync("go", ["version"]).status !== 0) return "go was not found (https://go.dev/dl, or your distribution's package golang)";
  const list = spawnSync("go", ["list", "-deps", "./pkg"], { cwd: plugin, encoding: "utf8" });
  return list.status === 0 ? undefined : `go cannot get the modules: ${list.stderr.trim().split("\n").at(-1)}`;
}

/**
 * Builds for each target, static and without debug tables. Throws when the compiler refuses.
 * A release also hides the paths of the machine that built it; otherwise the build shares Go's cache with its tests, which saves minutes.
 */
export function buildBackend(targets, { release = false } = {}) {
  mkdirSync(path.join(plugin, "dist"), { recursive: true });
  for (const target of targets) {
    const [GOOS, GOARCH] = target.split("/");
    const output = path.join("dist", backendName(target));
    console.log(`building ${output} ...`);
    const { status } = spawnSync("go", ["build", ...(release ? ["-trimpath"] : []), "-ldflags=-s -w", "-o", output, "./pkg"], {
      cwd: plugin,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, CGO_ENABLED: "0", GOOS, GOARCH },
    });
    if (status !== 0) throw new Error(`go build for ${target} failed`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const missing = missingForBackend();
  if (missing !== undefined) {
    console.log(`skipped: the plugin's backend was not built, ${missing}. Everything but Grafana works without it.`);
  } else {
    const targets = process.argv.slice(2);
    try {
      buildBackend(targets.includes("--all") ? RELEASE_TARGETS : targets.length > 0 ? targets : ["linux/amd64"]);
    } catch (error) {
      console.error(error.message);
      process.exit(1);
    }
  }
}
