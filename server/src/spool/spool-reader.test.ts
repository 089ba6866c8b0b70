import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { encodeNative } from "../flow/index.ts";
import { nodeDisk } from "./disk.ts";
import { ManifestFolder } from "./manifest.ts";
import { columnSetOf } from "./native-block.ts";
import { countQuarantined, quarantineSegment } from "./quarantine.ts";
import { parseSegmentName } from "./segment.ts";
import { SegmentFile } from "./segment-file.ts";
import { checkSegment, SpoolReader } from "./spool-reader.ts";

const COLUMNS = [{ name: "a", type: "UInt32" }];

describe("the storing side of the spool", () => {
  let root: string;
  let spool: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), "sillage-reader-"));
    spool = path.join(root, "spool");
    await mkdir(path.join(spool, "quarantine"), { recursive: true });
    await mkdir(path.join(root, "manifests"));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function write(collector: string, boot: number, sequence: number, writtenMs?: number): Promise<string> {
    const folder = path.join(spool, collector);
    await mkdir(folder, { recursive: true });
    const name = {
      table: "flows",
      columnSet: columnSetOf(COLUMNS),
      collector,
      boot: boot.toString(16).padStart(12, "0"),
      sequence,
      rows: 2,
    };
    const segment = new SegmentFile(name, Buffer.concat(encodeNative(COLUMNS, [[1], [2]]).body), { columns: COLUMNS });
    await segment.write(nodeDisk, folder);
    await segment.rename(nodeDisk, folder);
    const file = path.join(folder, segment.fileName);
    if (writtenMs !== undefined) await utimes(file, writtenMs / 1000, writtenMs / 1000);
    return file;
  }
  const check = (file: string) => checkSegment({ file, name: parseSegmentName(path.basename(file))! });

  it("lists the oldest first: a collector's own order within, the time of writing between", async () => {
    const files = [
      await write("alpha", 1, 0, 1_000),
      await write("beta", 9, 0, 2_000),
      await write("alpha", 1, 1, 3_000),
      await write("alpha", 2, 0, 500), // the clock was set back
      await write("beta", 9, 1, 4_000),
    ];
    expect((await new SpoolReader(spool).list()).map(({ file }) => file)).toEqual(files);
  });

  it("passes over what is not a finished segment", async () => {
    const file = await write("alpha", 1, 0);
    for (const name of ["x.native.tmp", "notes", "flows-zz-alpha-1-2-3.native", "a.native.json"])
      await writeFile(path.join(spool, "alpha", name), "");
    await writeFile(path.join(spool, "stray"), "");
    await rename(await write("alpha", 1, 1), path.join(spool, "quarantine", path.basename(file)));
    const reader = new SpoolReader(spool);
    expect((await reader.list()).map((segment) => segment.file)).toEqual([file]);
    await rm(file);
    expect(await reader.list()).toEqual([]);
  });

  it("takes a whole segment and knows when one is gone", async () => {
    const file = await write("alpha", 1, 0);
    expect(await check(file)).toEqual({ kind: "good", columns: COLUMNS });
    await rm(file);
    expect(await check(file)).toEqual({ kind: "gone" });
  });

  it("does not wait for a body that will never be readable", async () => {
    const file = await write("alpha", 1, 0);
    await rm(file);
    await mkdir(file);
    expect(await check(file)).toEqual({ kind: "bad", reason: "it cannot be read (EISDIR)" });
  });

  it("refuses columns that are not those of the name", async () => {
    const file = await write("alpha", 1, 0);
    const text = await readFile(`${file}.json`, "utf8");
    await writeFile(`${file}.json`, text.replace('"name":"a"', '"name":"b"'));
    expect(await check(file)).toEqual({ kind: "bad", reason: "its name and its sidecar tell different columns" });
  });

  it("moves a segment aside with its reason", async () => {
    const file = await write("alpha", 1, 0);
    const folder = path.join(spool, "quarantine");
    await quarantineSegment(file, folder, { reason: "no good", atMs: 5 });
    const base = path.basename(file);
    expect((await readdir(folder)).sort()).toEqual([base, `${base}.json`, `${base}.reason.json`]);
    expect(JSON.parse(await readFile(path.join(folder, `${base}.reason.json`), "utf8"))).toEqual({
      file: base,
      collector: "alpha",
      reason: "no good",
      atMs: 5,
    });
    expect(await readdir(path.join(spool, "alpha"))).toEqual([]);
    expect(await countQuarantined(folder)).toBe(1);
    await quarantineSegment(file, folder, { reason: "gone already", atMs: 6 });
  });

  describe("manifests", () => {
    const folder = (): ManifestFolder => new ManifestFolder(path.join(root, "manifests"), spool);

    it("come back as they were written, and the same files have the same token", async () => {
      const files = [await write("alpha", 1, 0), await write("beta", 1, 0)];
      const batch = { table: "flows", columns: COLUMNS, rows: 4, files, createdMs: 7 };
      const manifest = await folder().write(batch);
      expect((await folder().list()).manifests).toEqual([{ ...batch, token: manifest.token, done: false, version: 1 }]);
      expect((await folder().write({ ...batch, createdMs: 8 })).token).toBe(manifest.token);
      expect((await folder().write({ ...batch, files: files.toReversed() })).token).not.toBe(manifest.token);
    });

    it("delete their files only after they are marked as done", async () => {
      const file = await write("alpha", 1, 0);
      const manifest = await folder().write({ table: "flows", columns: COLUMNS, rows: 2, files: [file], createdMs: 7 });
      await rename(path.join(root, "manifests", `${manifest.token}.json`), path.join(root, "manifests", `${manifest.token}.done`));
      const [found] = (await folder().list()).manifests;
      expect(found).toMatchObject({ done: true });
      expect(await readdir(path.dirname(file))).toHaveLength(2);
      await folder().finish(found!);
      expect(await readdir(path.dirname(file))).toEqual([]);
      expect(await folder().list()).toEqual({ manifests: [], unreadable: [] });
    });

    it.each([
      "",
      "{",
      '{"version":1}',
      '{"version":1,"table":"flows","columns":[{"name":"a","type":"UInt32"}],"rows":1,"files":["../passwd.native"],"createdMs":1}',
    ])("that hold %j lead to nothing", async (text) => {
      const file = path.join(root, "manifests", `${"a".repeat(32)}.json`);
      await writeFile(file, text);
      expect(await folder().list()).toEqual({ manifests: [], unreadable: [file] });
    });
  });
});
