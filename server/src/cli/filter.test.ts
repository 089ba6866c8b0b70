import { Command } from "commander";
import { describeFilter, registerFilter } from "./filter.ts";

test("prints the filter in one spelling", () => {
  expect(describeFilter("HOST 10.0.0.1 && port=http", {})).toEqual({ output: "ip 10.0.0.1 and port 80\n", messages: "", ok: true });
  expect(describeFilter("  # nothing", {})).toEqual({ output: "any\n", messages: "", ok: true });
});

test("prints the condition for ClickHouse", () => {
  expect(describeFilter("src port 443 and proto tcp", { sql: true }).output).toBe("src_port = 443 AND proto = 6\n");
});

test("prints the syntax tree, large counters as strings", () => {
  const { output } = describeFilter("bytes > 18446744073709551615", { ast: true });
  expect(JSON.parse(output)).toEqual({
    kind: "filter",
    expression: {
      kind: "number",
      from: 0,
      to: 28,
      word: "bytes",
      sides: "either",
      op: ">",
      ranges: [{ first: "18446744073709551615", last: "18446744073709551615" }],
    },
  });
});

test("shows where a filter is wrong", () => {
  expect(describeFilter("proto tcp\n\tand bytes > 1.5M", {})).toEqual({
    output: "",
    messages: [
      "error at line 2, column 14: 1.5M is not a number of bytes (FILTER_VALUE)",
      "  \tand bytes > 1.5M",
      "  \t            ^^^^",
      "  numbers have no fractions: write 1500k",
      "",
    ].join("\n"),
    ok: false,
  });
});

test("shows a window of a long line", () => {
  const { messages } = describeFilter(`${"port 80 or ".repeat(100)}prot tcp`, {});
  const [, line = "", carets = ""] = messages.split("\n");
  expect(line.length).toBeLessThan(110);
  expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("prot");
});

test("warnings leave the answer and the exit code alone", () => {
  const { output, messages, ok } = describeFilter("net 10.0.0.5/24", {});
  expect({ output, ok }).toEqual({ output: "net 10.0.0.0/24\n", ok: true });
  expect(messages).toMatch(/^warning at line 1, column 5: read as 10\.0\.0\.0\/24/);
});

describe("the command", () => {
  async function run(...argv: string[]): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: unknown }> {
    const written = { stdout: "", stderr: "" };
    const stdout = jest.spyOn(process.stdout, "write").mockImplementation((text) => ((written.stdout += String(text)), true));
    const stderr = jest.spyOn(process.stderr, "write").mockImplementation((text) => ((written.stderr += String(text)), true));
    const before = process.exitCode;
    const program = new Command("sillage").exitOverride();
    registerFilter(program);
    for (const command of program.commands) command.exitOverride();
    try {
      await program.parseAsync(["node", "sillage", "filter", ...argv]);
      return { ...written, exitCode: process.exitCode ?? 0 };
    } catch (error) {
      return { ...written, exitCode: (error as { code: string }).code };
    } finally {
      process.exitCode = before;
      stdout.mockRestore();
      stderr.mockRestore();
    }
  }

  test("ends with 0 for a filter, 1 for a wrong one", async () => {
    expect(await run("proto 6")).toEqual({ stdout: "proto tcp\n", stderr: "", exitCode: 0 });
    expect(await run("prot 6")).toMatchObject({ stdout: "", stderr: expect.stringContaining("did you mean proto?"), exitCode: 1 });
  });

  test("refuses wrong use", async () => {
    expect((await run()).exitCode).toBe("commander.missingArgument");
    expect((await run("any", "--sql", "--ast")).exitCode).toBe("commander.conflictingOption");
    expect((await run("proto", "tcp")).exitCode).toBe("commander.excessArguments");
  });
});
