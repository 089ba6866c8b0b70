#!/usr/bin/env node
/** `npm start`: builds what has changed, then `sillage serve` in this very process. Arguments go to serve: `npm start -- --demo`. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";

const bundle = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../server/dist/sillage.mjs");
try {
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
process.argv = [process.argv[0], bundle, "serve", ...process.argv.slice(2)];
await import(bundle);
