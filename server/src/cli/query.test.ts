import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Frame } from "@sillage/model";
import { Command, InvalidArgumentError } from "commander";
import { formatFrames, formatNumber } from "./query-output.ts";
import { describeFailure, parseGroupings, parseTime, registerQuery } from "./query.ts";

const top: Frame = {
  schema: {
    meta: { type: "numeric-long", notices: [{ severity: "info", text: "an estimate" }] },
    fields: [
      { name: "src_addr", type: "string", typeInfo: { frame: "string" } },
      { name: "bps", type: "number", typeInfo: { frame: "float64" }, config: { unit: "bps" } },
      { name: "flows", type: "number", typeInfo: { frame: "float64" }, config: { unit: "short" } },
    ],
  },
  data: {
    values: [
      ["10.0.0.1", 'odd "name", quoted'],
      [1_500_000, null],
      [12_345, 1],
    ],
  },
};

const series = (measure: string, proto: string, values: number[]): Frame => ({
  schema: {
    meta: { type: "timeseries-multi" },
    fields: [
      { name: "time", type: "time", typeInfo: { frame: "time.Time" } },
      { name: measure, type: "number", typeInfo: { frame: "float64" }, labels: { proto, measure } },
    ],
  },
  data: { values: [[0, 60_000], values] },
});

describe("output", () => {
  it("aligns numbers right, with units", () => {
    expect(formatFrames([top], "table")).toBe(
      [
        "src_addr                  bps   flows",
        "------------------  ---------  ------",
        "10.0.0.1            1.50 Mb/s  12,345",
        'odd "name", quoted          -       1',
        "",
      ].join("\n"),
    );
    expect(formatFrames([{ ...top, data: { values: [[], [], []] } }], "table")).toBe("no rows\n");
  });

  it("quotes CSV as RFC 4180 says", () => {
    expect(formatFrames([top], "csv")).toBe('src_addr,bps,flows\r\n10.0.0.1,1500000,12345\r\n"odd ""name"", quoted",,1\r\n');
  });

  it("joins series by time and labels", () => {
    const frames = [series("bps", "tcp", [1, 2]), series("pps", "tcp", [3, 4]), series("bps", "udp", [5, 6])];
    expect(JSON.parse(formatFrames(frames, "json"))).toEqual([
      { time: "1970-01-01T00:00:00.000Z", proto: "tcp", bps: 1, pps: 3 },
      { time: "1970-01-01T00:01:00.000Z", proto: "tcp", bps: 2, pps: 4 },
      { time: "1970-01-01T00:00:00.000Z", proto: "udp", bps: 5, pps: null },
      { time: "1970-01-01T00:01:00.000Z", proto: "udp", bps: 6, pps: null },
    ]);
  });

  it.each([
    [0, "decbytes", "0 B"],
    [999, "decbytes", "999 B"],
    [1_234_567, "decbytes", "1.23 MB"],
    [0.5, "pps", "0.50 p/s"],
    [1500, "ms", "1.500 s"],
    [1_000_000, "short", "1,000,000"],
  ])("writes %d %s as %s", (value, unit, text) => {
    expect(formatNumber(value, unit)).toBe(text);
  });
});

describe("options", () => {
  it("reads groupings with prefix lengths", () => {
    expect(parseGroupings("src_addr/24/48, proto")).toEqual([{ field: "src_addr", prefix4: 24, prefix6: 48 }, { field: "proto" }]);
    for (const wrong of ["proto/8", "source", "src_addr/33", "src_addr/24/48/1", ""])
      expect(() => parseGroupings(wrong)).toThrow(InvalidArgumentError);
  });

  it("reads times", () => {
    expect(parseTime("2026-01-01")).toBe(1_767_225_600_000);
    expect(parseTime("2026-01-01T01:00:00+01:00")).toBe(1_767_225_600_000);
    expect(parseTime("1767225600000")).toBe(1_767_225_600_000);
    expect(Math.abs(parseTime("-1h") - parseTime("now-60m"))).toBeLessThan(1000);
    for (const wrong of ["yesterday", "", "1h", "-1y", "2026-01-01T00:00"]) expect(() => parseTime(wrong)).toThrow(InvalidArgumentError);
  });
});

it("underlines the place of an error", () => {
  const error = { code: "FILTER_UNKNOWN_WORD", message: "prot is no word", position: { offset: 8, length: 4, line: 1, column: 9 } };
  expect(describeFailure("any and prot tcp", error)).toBe(
    "error at line 1, column 9: prot is no word (FILTER_UNKNOWN_WORD)\n  any and prot tcp\n          ^^^^\n",
  );
});

describe("sillage query", () => {
  let server: Server;
  let url: string;
  const asked: { body: Record<string, unknown>; authorization: string | undefined }[] = [];
  let answer: object = {};
  const written = { out: "", err: "" };
  const spies: jest.SpyInstance[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        asked.push({ body: JSON.parse(text), authorization: request.headers.authorization });
        response.end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  beforeEach(() => {
    Object.assign(written, { out: "", err: "" });
    spies.push(
      jest.spyOn(process.stdout, "write").mockImplementation((text) => ((written.out += String(text)), true)),
      jest.spyOn(process.stderr, "write").mockImplementation((text) => ((written.err += String(text)), true)),
    );
  });
  afterEach(() => {
    for (const spy of spies.splice(0)) spy.mockRestore();
    process.exitCode = 0;
  });

  const run = async (...args: string[]): Promise<void> => {
    const program = new Command("sillage").exitOverride();
    registerQuery(program);
    await program.parseAsync(["node", "sillage", "query", ...args, "--url", url]);
  };

  it("asks the server and prints rows, notices apart", async () => {
    answer = { results: { A: { status: 200, frames: [top] } } };
    process.env["SILLAGE_TOKEN"] = "t0ken";
    await run("proto tcp", "--by", "src_addr", "--measure", "bps,flows", "--from", "-2h", "--other", "--format", "csv");
    delete process.env["SILLAGE_TOKEN"];
    expect(written.out).toContain("10.0.0.1,1500000,12345");
    expect(written.err).toBe("info: an estimate\n");
    const { body, authorization } = asked.at(-1)!;
    expect(authorization).toBe("Bearer t0ken");
    expect(Number(body["to"]) - Number(body["from"])).toBeCloseTo(7_200_000, -4);
    expect(body["queries"]).toEqual([
      expect.objectContaining({
        view: "top",
        filter: "proto tcp",
        dimensions: [{ field: "src_addr" }],
        measures: ["bps", "flows"],
        other: true,
        scaled: true,
      }),
    ]);
  });

  it("lists records when nothing says otherwise", async () => {
    answer = { results: { A: { status: 200, frames: [top] } } };
    await run();
    expect(asked.at(-1)!.body["queries"]).toEqual([expect.objectContaining({ view: "records", filter: "" })]);
  });

  it("asks for what was active, whole or spread, when told to", async () => {
    answer = { results: { A: { status: 200, frames: [top] } } };
    await run();
    expect(asked.at(-1)!.body["queries"]).toEqual([expect.objectContaining({ time: "received", spread: false })]);
    await run("--view", "timeseries", "--spread");
    expect(asked.at(-1)!.body["queries"]).toEqual([expect.objectContaining({ view: "timeseries", spread: true })]);
    await run("--time", "active");
    expect(asked.at(-1)!.body["queries"]).toEqual([expect.objectContaining({ view: "records", time: "active" })]);
  });

  it("ends with 1 for a wrong filter", async () => {
    answer = {
      results: {
        A: {
          status: 400,
          frames: [],
          error: { code: "FILTER_UNKNOWN_WORD", message: "prot is no word", position: { offset: 0, length: 4, line: 1, column: 1 } },
        },
      },
    };
    await run("prot tcp");
    expect(written.err).toContain("\n  ^^^^\n");
    expect(process.exitCode).toBe(1);
  });

  it("says which server does not answer, and which is none", async () => {
    answer = {};
    await expect(run()).rejects.toMatchObject({ code: "SERVER_ANSWER" });
    answer = { error: { code: "UNAUTHORIZED", message: "a token is needed" } };
    await expect(run()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    const program = new Command("sillage").exitOverride();
    registerQuery(program);
    await expect(program.parseAsync(["node", "sillage", "query", "--url", "http://127.0.0.1:1"])).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
  });
});
