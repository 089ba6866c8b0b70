import { Writable } from "node:stream";
import { SillageError } from "@sillage/model";
import pino from "pino";
import { limitLog } from "./limited-log.ts";
import { createLogger, type Logger } from "./log.ts";

/** Lines that a logger of this format writes. */
function linesOf(format: "json" | "text"): string[] {
  let text = "";
  const target = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const log = createLogger("collector", { level: "info", format }, false, target);
  log.info({ port: 2055, token: "hunter2", api: { password: "hunter2" } }, "listens");
  log.warn({ err: new SillageError("unavailable", "STORE_UNAVAILABLE", "nobody answers") }, "loading failed");
  log.error({ err: new TypeError("a defect") }, "did not end in order");
  log.debug("never seen");
  return text.trim().split("\n");
}

describe("logs", () => {
  it("are one JSON object a line, without secrets, with a stack for defects only", () => {
    const lines = linesOf("json").map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ process: name, msg }) => [name, msg])).toEqual([
      ["collector", "listens"],
      ["collector", "loading failed"],
      ["collector", "did not end in order"],
    ]);
    expect(lines[0]).toMatchObject({ port: 2055, token: "[Redacted]", api: { password: "[Redacted]" } });
    expect(lines[1]!["err"]).toBe("STORE_UNAVAILABLE: nobody answers");
    expect(lines[2]!["err"]).toMatchObject({ message: "a defect", stack: expect.stringContaining("TypeError") });
  });

  it("are short lines for people on a terminal", () => {
    const lines = linesOf("text");
    expect(lines[0]).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: collector: listens \{"port":2055,/);
    expect(lines.slice(1, 3).join("\n")).toMatch(/WARN: collector: loading failed *\n +err: "STORE_UNAVAILABLE: nobody answers"/);
  });
});

describe("limitLog", () => {
  it("writes the same line once in five minutes and counts the others", () => {
    const lines: object[] = [];
    const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(JSON.parse(line) as object) }) as Logger;
    let now = 0;
    const limited = limitLog(log, () => now);
    const down = new SillageError("unavailable", "STORE_UNAVAILABLE", "nobody answers");
    for (now = 0; now < 300_000; now += 10_000) limited.warn({ err: down }, "loading failed");
    limited.warn({}, "something else");
    now = 300_000;
    limited.warn({ err: down }, "loading failed");
    expect(lines.map((line) => ({ ...line, err: undefined }))).toEqual([
      { level: 40, msg: "loading failed" },
      { level: 40, msg: "something else" },
      { level: 40, msg: "loading failed", count: 30 },
    ]);
  });
});
