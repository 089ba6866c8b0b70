import fc from "fast-check";
import { formatDuration, formatSize, nearestName, parseDurationMs, parseSizeBytes } from "./index.ts";

describe("durations and sizes", () => {
  it.each([
    ["250ms", 250],
    ["5s", 5000],
    ["1.5m", 90_000],
    ["36h", 129_600_000],
    ["30d", 2_592_000_000],
  ])("reads %s", (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  it.each(["", "5", "s", "-1s", "5 s", "1e3s", "5S", "5 seconds"])("refuses the duration %j", (text) =>
    expect(parseDurationMs(text)).toBeUndefined(),
  );
  it.each(["", "5", "10GB", "1kb", "-1MiB"])("refuses the size %j", (text) => expect(parseSizeBytes(text)).toBeUndefined());

  it("prints what it reads", () => {
    expect([formatDuration(1500), formatDuration(60_000), formatDuration(0), formatSize(10 * 2 ** 30), formatSize(1000)]).toEqual([
      "1500ms",
      "1m",
      "0s",
      "10GiB",
      "1000B",
    ]);
    fc.assert(fc.property(fc.nat(), (n) => parseDurationMs(formatDuration(n)) === n && parseSizeBytes(formatSize(n)) === n));
  });
});

describe("nearestName", () => {
  it.each([
    ["prots", "ports"],
    ["maxbytes", "maxBytes"],
    ["zzz", undefined],
  ])("of %s is %s", (name, want) => expect(nearestName(name, ["ports", "maxBytes", "address"])).toBe(want));
});
