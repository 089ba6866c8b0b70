#!/usr/bin/env node
/**
 * `npm run build`: server bundle, dashboards, plugin and page. A part whose sources have not changed since its last build is left alone, so a
 * second start takes no time. `node scripts/build.mjs server plugin` builds only these; `--force` builds whatever changed or not.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** What each part is made of and where it goes. `stamp` holds the hash of the sources of the last build. */
const PARTS = {
  server: {
    sources: ["server/src", "server/package.json", "model/src", "scripts/build.mjs"],
    out: "server/dist/sillage.mjs",
    stamp: "server/dist/.build-stamp",
    build: buildServer,
  },
  dashboards: {
    sources: ["dashboards/src", "dashboards/package.json", "model/src"],
    out: "dashboards/index.json",
    stamp: "dashboards/.build-stamp",
    build: () => buildWorkspace("dashboards"),
  },
  plugin: {
    sources: ["plugin/src", "plugin/.config", "plugin/package.json", "model/src"],
    out: "plugin/dist/module.js",
    stamp: "plugin/dist/.build-stamp",
    build: () => buildWorkspace("plugin"),
  },
  preview: {
    sources: ["preview/src", "preview/public", "preview/index.html", "preview/vite.config.mjs", "preview/package.json", "model/src"],
    out: "preview/dist/index.html",
    stamp: "preview/dist/.build-stamp",
    build: () => buildWorkspace("preview"),
  },
};

/** Hash of names and contents; tests are no part of a build. */
function hashSources(sources) {
  const hash = createHash("sha256");
  const add = (file) => {
    const absolute = path.join(root, file);
    if (!existsSync(absolute)) return;
    if (statSync(absolute).isDirectory()) {
      for (const name of readdirSync(absolute).sort()) add(path.join(file, name));
    } else if (!/\.test\.tsx?$/.test(file)) hash.update(file).update("\0").update(readFileSync(absolute)).update("\0");
  };
  for (const source of ["package-lock.json", ...sources]) add(source);
  return hash.digest("hex");
}

/**
 * One entry and a chunk for each part that is loaded on demand, so that the collector and the short commands never load ClickHouse or
 * express. Packages stay outside: npm has installed them, and chDB is native code.
 */
async function buildServer() {
  const outdir = path.join(root, "server/dist");
  const { metafile } = await esbuild.build({
    entryPoints: { sillage: path.join(root, "server/src/cli.ts") },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    alias: { "@sillage/model": path.join(root, "model/src/index.ts") },
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: "warning",
  });
  // Chunks are named after their content. What this build did not make goes only now: a build that fails leaves the program whole.
  const made = new Set(Object.keys(metafile.outputs).map((file) => path.basename(file)));
  for (const file of readdirSync(outdir)) if (!made.has(file)) rmSync(path.join(outdir, file));
}

/** The workspace's own build; its output is shown only when it fails. */
function buildWorkspace(name) {
  const result = spawnSync("npm", ["run", "build", "--silent", "-w", name], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (result.status !== 0) throw new Error(`building ${name} failed:\n${result.stdout}${result.stderr}`);
}

/** Builds what has changed. Throws when a part cannot be built. */
export async function build({ parts = Object.keys(PARTS), force = false, print = console.error } = {}) {
  for (const name of parts) {
    const part = PARTS[name];
    if (!part) throw new Error(`there is no part ${name}; parts are ${Object.keys(PARTS).join(", ")}`);
    const stamp = path.join(root, part.stamp);
    const hash = hashSources(part.sources);
    const built = existsSync(path.join(root, part.out)) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
    if (built && !force) continue;
    print(`building ${name} ...`);
    await part.build();
    writeFileSync(stamp, hash);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const parts = args.filter((arg) => !arg.startsWith("-"));
  try {
    await build({ ...(parts.length > 0 && { parts }), force: args.includes("--force") });
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
