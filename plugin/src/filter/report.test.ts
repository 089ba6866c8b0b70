import { interpolateFilter } from "../interpolateFilter.ts";
import { reportFilter } from "./report.ts";

const report = (written: string, values: Record<string, string | string[]> = {}) =>
  reportFilter(
    written,
    interpolateFilter(written, (variable) => ({ value: values[variable.slice(1)], formatted: false })),
  );

it("says nothing about an empty filter", () => {
  expect(report("")).toEqual({ notes: [], meaning: undefined });
});

it("underlines a wrong word where it stands", () => {
  const { notes, meaning } = report("any and prot tcp");
  expect(notes[0]).toMatchObject({ severity: "error", from: 8, to: 12 });
  expect(meaning).toBeUndefined();
});

it("underlines the variable whose value is wrong", () => {
  expect(report("port $p and proto tcp", { p: ["80", "70000"] }).notes[0]).toMatchObject({ severity: "error", from: 5, to: 7 });
});

it("names a variable that does not exist", () => {
  expect(report("ip $host").notes).toEqual([expect.objectContaining({ from: 3, to: 8, message: "there is no variable $host here" })]);
});

it.each(["proto tcp and", "(", "port in [", "ip"])("has something to underline where %j ends too early", (written) => {
  const [note] = report(written).notes;
  expect(note?.severity).toBe("error");
  expect(note!.to).toBeGreaterThan(note!.from);
  expect(note!.to).toBeLessThanOrEqual(written.length);
});

it("tells how a filter reads only where that is news", () => {
  expect(report("proto tcp").meaning).toBeUndefined();
  expect(report("HOST 192.0.2.7").meaning).toBe("ip 192.0.2.7");
});
