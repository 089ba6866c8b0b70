/** `sillage retention`: what people read, and what the server is asked. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Command } from "commander";
import { retentionReport } from "../store/index.ts";
import { describeRetention, registerRetention } from "./retention.ts";

const NOW = Date.parse("2026-05-10T12:00:00Z");
const partition = (id: string, bytes: number) => {
  const oldestMs = Date.parse(`${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6)}T00:00:00Z`);
  const parts = [{ name: `${id}_1_9_2`, rows: 2e6, bytes, oldestMs, newestMs: oldestMs + 43_200_000 }];
  return { table: "flows", id, rows: 2e6, bytes, parts };
};
const partitions = [partition("20260401", 3e7), partition("20260509", 3e7), partition("20260510", 3e7)];
const size = { partitions, usedBytes: 9e7, diskBytes: 50e9, freeBytes: 20e9 };

it("shows tables, what goes, and what comes", () => {
  const text = describeRetention(retentionReport(size, { retention: {} }, NOW, { maxBytes: 50e6 }));
  expect(text).toMatch(
    /^table +rows +size +a flow +a day +oldest +days +next to go +when\nflows +6,000,000 +85\.8 MiB +15 B .* 2026-04-01 00:00 +30 +20260509 +in 29 days\n/,
  );
  expect(text).toContain("All tables take 85.8 MiB of at most 47.7 MiB; 18.6 GiB of the disk's 46.6 GiB are free.");
  expect(text).toContain(
    "Older than its days, gone within hours (28.6 MiB, as of 2026-05-10 12:00):\n  flows 20260401: 2,000,000 rows, 28.6 MiB",
  );
  expect(text).toContain("No room, gone within a minute (28.6 MiB, as of 2026-05-10 12:00):\n  flows 20260509: 2,000,000 rows");
  expect(text).toMatch(/raw flows reach back about 20 days, not 30 days/);
});

it("says so when nothing goes", () => {
  expect(describeRetention(retentionReport({ ...size, partitions: partitions.slice(1) }, { retention: {} }, NOW))).toContain(
    "Nothing goes now.",
  );
});

describe("asks the server", () => {
  let server: Server;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(retentionReport(size, { retention: {} }, NOW)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => void server.close());

  const run = async (...argv: string[]): Promise<void> => {
    const program = new Command().exitOverride();
    registerRetention(program);
    await program.parseAsync([
      "node",
      "sillage",
      "retention",
      "--url",
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ...argv,
    ]);
  };

  it("for what is, and for what would be", async () => {
    const write = jest.spyOn(process.stdout, "write").mockReturnValue(true);
    await run("--max-bytes", "20GiB", "--days", "flows=14", "--days", "pairs_1h=30", "--format", "json");
    expect(asked).toEqual(["/api/v1/store?max_bytes=20GiB&days=flows%3D14%2Cpairs_1h%3D30"]);
    expect(JSON.parse(String(write.mock.calls[0]![0]))).toMatchObject({ used_bytes: 9e7 });
    write.mockRestore();
  });

  it("but not with a size that is none", async () => {
    await expect(run("--max-bytes", "20")).rejects.toMatchObject({ code: "RETENTION_INVALID", kind: "input" });
  });
});
