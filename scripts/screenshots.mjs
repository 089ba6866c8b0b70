#!/usr/bin/env node
/**
 * Takes the pictures of README and docs (docs/images/*.png) from the running page: `node scripts/screenshots.mjs`.
 *
 * Without an argument it starts the built system with the demo exporter in a temporary folder on free ports and lets it run for a while, so
 * that graphs have something to show. With an address (`node scripts/screenshots.mjs http://localhost:8055`) it uses the system there.
 * MINUTES=20 sets how long the demo runs and how much of it is shown. Needs Chromium (SILLAGE_CHROMIUM, else /usr/bin/chromium).
 */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chromium } from "playwright-core";

const root = path.resolve(import.meta.dirname, "..");
const images = path.join(root, "docs/images");
const minutes = Number(process.env.MINUTES ?? 20);
const range = `from=now-${minutes}m&to=now&refresh=`;

const exploreQuery = {
  refId: "A",
  version: 1,
  view: "timeseries",
  filter: "proto tcp and port in [22 443 993]",
  dimensions: [{ field: "svc_port" }],
  measures: ["bps"],
  limit: 10,
};

/** Name of the picture, page, and what has to be on it before it is taken. */
const PICTURES = [
  ["traffic-overview", `#/d/sillage-overview?${range}`, '[data-testid="panel-2"] canvas'],
  ["top-talkers", `#/d/sillage-talkers?${range}`, '[data-testid="panel-1"] canvas'],
  ["most-scanned-ports", `#/d/sillage-ports?${range}`, '[data-testid="panel-2"] [role="gridcell"]'],
  ["explore", `#/explore?${range}&query=${encodeURIComponent(JSON.stringify(exploreQuery))}`, '[data-testid="explore-result"] canvas'],
  ["exporters", "#/exporters", "table tbody tr"],
];

function freePort(listen) {
  return new Promise((resolve, reject) => {
    const { socket, close } = listen(() => {
      const { port } = socket.address();
      close(() => resolve(port));
    });
    socket.on("error", reject);
  });
}

const freeTcpPort = () =>
  freePort((listening) => {
    const socket = createServer().listen(0, "127.0.0.1", listening);
    return { socket, close: (done) => socket.close(done) };
  });
const freeUdpPort = () =>
  freePort((listening) => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1", listening);
    return { socket, close: (done) => socket.close(done) };
  });

async function startDemo() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sillage-screenshots-"));
  const [api, status, udp] = [await freeTcpPort(), await freeTcpPort(), await freeUdpPort()];
  const config = {
    data: path.join(folder, "data"),
    collector: { listen: [{ host: "127.0.0.1", port: udp }], status: { port: status } },
    api: { port: api },
  };
  const configFile = path.join(folder, "sillage.yaml");
  writeFileSync(configFile, JSON.stringify(config)); // JSON is YAML
  const arguments_ = [path.join(root, "server/dist/sillage.mjs"), "serve", "--demo", "--config", configFile];
  const child = spawn(process.execPath, arguments_, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    console.log(`The demo runs for ${minutes} minutes ...`);
    await Promise.race([
      delay(minutes * 60_000),
      ended.then((code) => {
        throw new Error(`sillage ended with ${code}`);
      }),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${api}`, stop };
}

async function takePictures(url) {
  mkdirSync(images, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.SILLAGE_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    for (const [name, hash, ready] of PICTURES) {
      const page = await browser.newPage({ viewport: { width: 1360, height: 900 }, colorScheme: "dark" });
      await page.goto(`${url}/${hash}`);
      await page.waitForSelector(ready, { timeout: 30_000 });
      // As tall as its content, so that panels below the fold are drawn too.
      const { y, height } = await page.locator("main").boundingBox();
      await page.setViewportSize({ width: 1360, height: Math.min(2000, Math.ceil(y + height) + 16) });
      await page.waitForLoadState("networkidle");
      await delay(2000); // charts follow the new size
      const file = path.join(images, `${name}.png`);
      await page.screenshot({ path: file });
      console.log(path.relative(root, file));
      await page.close();
    }
  } finally {
    await browser.close();
  }
}

const [given] = process.argv.slice(2);
const system = given ? { url: given.replace(/\/$/, ""), stop: async () => {} } : await startDemo();
try {
  await takePictures(system.url);
} finally {
  await system.stop();
}
