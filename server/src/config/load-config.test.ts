import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SillageError } from "@sillage/model";
import { z } from "zod";
import { duration, loadConfig, port, readSecret, secret, size } from "./index.ts";

const schema = z.strictObject({
  data: z.string().default("./data"),
  collect: z
    .strictObject({ ports: z.array(port()).min(1).default([2055]), closeAfter: duration({ min: "100ms", max: "1m" }).prefault("1s") })
    .prefault({}),
  spool: z.strictObject({ maxBytes: size({ min: "1MiB" }).prefault("10GiB") }).prefault({}),
  api: z.strictObject({ token: secret().optional() }).prefault({}),
});

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sillage-config-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function load(yaml: string | undefined, overrides: string[] = []) {
  if (yaml !== undefined) writeFileSync(join(folder, "sillage.yaml"), yaml);
  return loadConfig(schema, { cwd: folder, env: {}, overrides });
}

function errorOf(run: () => unknown): SillageError {
  try {
    run();
  } catch (error) {
    if (error instanceof SillageError) return error;
    throw error;
  }
  throw new Error("no error was thrown");
}

describe("loadConfig", () => {
  it("takes every default without a file", () => {
    const { config, file } = load(undefined);
    expect(file).toBeUndefined();
    expect(config).toEqual({ data: "./data", collect: { ports: [2055], closeAfter: 1000 }, spool: { maxBytes: 10 * 2 ** 30 }, api: {} });
  });

  it("reads ./sillage.yaml, and an empty file is no mistake", () => {
    expect(load("spool:\n  maxBytes: 512MiB\n").config.spool.maxBytes).toBe(512 * 2 ** 20);
    expect(load("# nothing yet\n").config.data).toBe("./data");
  });

  it("prefers --config, then $SILLAGE_CONFIG, then ./sillage.yaml", () => {
    for (const name of ["a", "b", "sillage"]) writeFileSync(join(folder, `${name}.yaml`), `data: ${name}\n`);
    const env = { SILLAGE_CONFIG: "b.yaml" };
    expect(loadConfig(schema, { cwd: folder, env, path: "a.yaml" }).config.data).toBe("a");
    expect(loadConfig(schema, { cwd: folder, env }).config.data).toBe("b");
    expect(loadConfig(schema, { cwd: folder, env: {} }).config.data).toBe("sillage");
  });

  it("lets --set win over the file", () => {
    expect(load("collect:\n  ports: [1]\n  closeAfter: 5s\n", ["collect.ports=[2, 3]"]).config.collect).toEqual({
      ports: [2, 3],
      closeAfter: 5000,
    });
  });

  it.each([
    {
      name: "an unknown key with a near one",
      yaml: "collect:\n  port: [1]\n",
      want: /sillage\.yaml line 2 column 3: collect\.port is not an option; did you mean ports\?/,
    },
    {
      name: "an unknown key without a near one",
      yaml: "\n\nfrobnicate: 1\n",
      want: /line 3 column 1: frobnicate is not an option; known here: data, collect, spool, api/,
    },
    {
      name: "a wrong duration",
      yaml: "collect:\n  closeAfter: 5\n",
      want: /line 2 column 3: collect\.closeAfter: expected a duration from 100ms to 1m, such as "5s"/,
    },
    { name: "a duration out of bounds", yaml: "collect:\n  closeAfter: 2h\n", want: /expected a duration from 100ms to 1m/ },
    {
      name: "a wrong size",
      yaml: "spool:\n  maxBytes: 10GB\n",
      want: /line 2 column 3: spool\.maxBytes: expected a size, at least 1MiB, such as "512MiB"/,
    },
    {
      name: "a wrong port in a list",
      yaml: "collect:\n  ports:\n    - 2055\n    - 99999\n",
      want: /line 4 column 7: collect\.ports\.1: expected a port from 0 to 65535/,
    },
    { name: "a wrong type", yaml: "data: [1]\n", want: /line 1 column 1: data: expected string, received array/ },
    { name: "a section that is not one", yaml: "data: x\nspool: 5\n", want: /line 2 column 1: spool: expected object, received number/ },
    {
      name: "a secret in plain text",
      yaml: "api:\n  token: hunter2\n",
      want: /line 2 column 3: api\.token: expected "env:NAME" or "file:PATH"/,
    },
    { name: "broken YAML", yaml: "data: x\n  y: [1\n", want: /sillage\.yaml line 1 column 7 is not YAML: Nested mappings/ },
    { name: "the same key twice", yaml: "data: x\ndata: y\n", want: /line 2 column 1 is not YAML: Map keys must be unique/ },
    { name: "a list at the top", yaml: "- 1\n", want: /must hold keys and values/ },
  ])("tells file, line, column, key and expectation: $name", ({ yaml, want }) => {
    const error = errorOf(() => load(yaml));
    expect(error.kind).toBe("config");
    expect(error.message).toMatch(want);
    expect(error.message).not.toMatch(/hunter2/);
  });

  it("blames the command line for what stands there", () => {
    expect(errorOf(() => load("data: x\n", ["spool.maxBytes=ten"])).message).toMatch(/^--set: spool\.maxBytes: expected a size/);
    expect(errorOf(() => load("data: x\n", ["spool.maxBytes"])).message).toMatch(/is not KEY=VALUE/);
  });

  it("names who named a missing file", () => {
    expect(errorOf(() => loadConfig(schema, { cwd: folder, env: {}, path: "no.yaml" })).message).toMatch(
      /no\.yaml named by --config does not exist/,
    );
    expect(errorOf(() => loadConfig(schema, { cwd: folder, env: { SILLAGE_CONFIG: "no.yaml" } })).message).toMatch(
      /named by \$SILLAGE_CONFIG/,
    );
    expect(errorOf(() => loadConfig(schema, { cwd: folder, env: {}, path: "." })).code).toBe("CONFIG_UNREADABLE");
  });
});

describe("readSecret", () => {
  it("reads an environment variable and a file without its last line break", () => {
    writeFileSync(join(folder, "token"), "s3cret\n");
    expect(readSecret("env:TOKEN", "api.token", { TOKEN: "abc" })).toBe("abc");
    expect(readSecret(`file:${join(folder, "token")}`, "api.token")).toBe("s3cret");
  });

  it("says which option asks for what is missing", () => {
    expect(errorOf(() => readSecret("env:NOPE", "api.token", {})).message).toBe(
      "api.token names the environment variable NOPE, which is not set",
    );
    expect(errorOf(() => readSecret("file:/no/such/file", "api.token")).message).toMatch(
      /api\.token names the file \/no\/such\/file, which cannot be read \(ENOENT\)/,
    );
  });
});
