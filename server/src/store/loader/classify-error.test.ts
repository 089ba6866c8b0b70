import { RowCountError } from "../engine.ts";
import { classifyInsertError } from "./classify-error.ts";

const clickhouse = (code: number): Error => new Error(`Code: ${code}. DB::Exception: text. (NAME)`);

describe("a failed insert", () => {
  it.each([
    { name: "a full disk", error: clickhouse(243), want: "passing" },
    { name: "a disk that refuses to be written", error: clickhouse(75), want: "passing" },
    { name: "too little memory", error: clickhouse(241), want: "passing" },
    { name: "a server that does not answer", error: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), want: "passing" },
    { name: "an answer of a proxy", error: new Error("<html>502</html>"), want: "passing" },
    { name: "columns that the table does not have", error: clickhouse(16), want: "data" },
    { name: "other rows than were sent", error: new RowCountError("1 row instead of 2"), want: "data" },
    { name: "an error that nobody knows", error: clickhouse(49), want: "unknown" },
  ])("for $name is $want", ({ error, want }) => {
    expect(classifyInsertError(error)).toBe(want);
  });
});
