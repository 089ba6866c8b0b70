import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openDataFolder, prepareDataFolder } from "./data-folder.ts";

describe("data folder", () => {
  let root: string;
  beforeEach(async () => {
    root = path.join(await mkdtemp(path.join(os.tmpdir(), "sillage-data-")), "data");
  });
  afterEach(() => rm(path.dirname(root), { recursive: true, force: true }));

  it("is made with a VERSION and its parts, and accepted again", async () => {
    const paths = await prepareDataFolder(root);
    expect((await readdir(root)).sort()).toEqual(["VERSION", "spool", "state", "store"]);
    expect(JSON.parse(await readFile(path.join(root, "VERSION"), "utf8"))).toEqual({ product: "sillage", layout: 1, schema: 0 });
    expect(await prepareDataFolder(root)).toEqual(paths);
    expect(await readdir(paths.state)).toEqual(["manifests"]);
  });

  it("may be made by several processes at once", async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => prepareDataFolder(root)));
    expect(new Set(all.map((paths) => paths.spool)).size).toBe(1);
  });

  it("is refused when it holds something else", async () => {
    await mkdir(root);
    await writeFile(path.join(root, "thesis.doc"), "chapter 1");
    await expect(prepareDataFolder(root)).rejects.toMatchObject({
      kind: "config",
      code: "DATA_FOREIGN",
      message: expect.stringContaining("thesis.doc") as string,
    });
    expect(await readdir(root)).toEqual(["thesis.doc"]);
  });

  it.each(["1.2.3\n", '{"product":"other","layout":1,"schema":0}', ""])("is refused when its VERSION is %j", async (text) => {
    await mkdir(root);
    await writeFile(path.join(root, "VERSION"), text);
    await expect(prepareDataFolder(root)).rejects.toMatchObject({ code: "DATA_FOREIGN" });
    expect(await readdir(root)).toEqual(["VERSION"]);
  });

  it.each([
    { what: "layout", version: { product: "sillage", layout: 2, schema: 0 } },
    { what: "schema", version: { product: "sillage", layout: 1, schema: 999 } },
  ])("of a newer $what is refused untouched", async ({ version }) => {
    await mkdir(root);
    await writeFile(path.join(root, "VERSION"), JSON.stringify(version));
    await expect(openDataFolder(root)).rejects.toMatchObject({
      kind: "config",
      code: "DATA_NEWER",
      hint: expect.stringContaining("update it") as string,
    });
    expect(await readdir(root)).toEqual(["VERSION"]);
  });

  it("is refused when it cannot be written", async () => {
    const file = path.join(path.dirname(root), "file");
    await writeFile(file, "");
    await expect(prepareDataFolder(path.join(file, "data"))).rejects.toMatchObject({ kind: "config", code: "DATA_UNWRITABLE" });
    if (process.getuid?.() === 0) return; // root may write everywhere
    await mkdir(root);
    await chmod(root, 0o555);
    await expect(prepareDataFolder(root)).rejects.toMatchObject({ code: "DATA_UNWRITABLE" });
  });

  it("belongs to one process at a time", async () => {
    const folder = await openDataFolder(root);
    await expect(openDataFolder(root)).rejects.toMatchObject({
      kind: "config",
      code: "DATA_IN_USE",
      message: expect.stringContaining(String(process.pid)) as string,
    });
    await folder.release();
    const again = await openDataFolder(root);
    await again.release();
    expect((await readdir(root)).sort()).toEqual(["VERSION", "spool", "state", "store"]);
  });

  it("writes down the schema it has", async () => {
    const folder = await openDataFolder(root);
    await folder.recordSchema(1);
    expect(JSON.parse(await readFile(path.join(root, "VERSION"), "utf8"))).toMatchObject({ schema: 1 });
    await folder.release();
  });

  /** Start time of a process as Linux tells it; empty elsewhere. */
  async function lockOf(pid: number, started: string): Promise<void> {
    await prepareDataFolder(root);
    await writeFile(path.join(root, "LOCK"), JSON.stringify({ pid, started, token: "t" }));
  }

  it("is taken over from a process that is dead", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => child.once("exit", resolve));
    await lockOf(child.pid!, "some boot 1");
    const folder = await openDataFolder(root);
    await folder.release();
  });

  it("is taken over when the owner's number belongs to another process now", async () => {
    await lockOf(process.pid, "an earlier boot 12345");
    const folder = await openDataFolder(root);
    await folder.release();
  });

  it("is taken over when the lock is garbage, and by one of many", async () => {
    await prepareDataFolder(root);
    await writeFile(path.join(root, "LOCK"), "");
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => openDataFolder(root)));
    const winners = results.filter((result) => result.status === "fulfilled");
    expect(winners).toHaveLength(1);
    await winners[0]!.value.release();
  });

  it("is waited for while its owner, a child of a dead supervisor, comes to its end", async () => {
    await prepareDataFolder(root);
    const dead = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => dead.once("exit", resolve));
    const owner = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
    const lock = { pid: owner.pid, started: "", supervisor: { pid: dead.pid, started: "some boot 1" }, token: "t" };
    await writeFile(path.join(root, "LOCK"), JSON.stringify(lock));
    const opening = openDataFolder(root);
    expect(await Promise.race([opening, sleep(200, "waits")])).toBe("waits");
    owner.kill("SIGKILL");
    await (await opening).release();
  });

  it("is refused at once while the supervisor of its owner lives", async () => {
    const folder = await openDataFolder(root, process.pid);
    await expect(openDataFolder(root)).rejects.toMatchObject({ code: "DATA_IN_USE" });
    await folder.release();
  });

  it("is not taken over from a live process of another start time format", async () => {
    await lockOf(process.pid, "");
    await expect(openDataFolder(root)).rejects.toMatchObject({ code: "DATA_IN_USE" });
  });
});
