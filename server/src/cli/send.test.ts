import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { registerSend } from "./send.ts";

/** Runs `sillage send` and gives what it printed. */
async function send(...args: string[]): Promise<string> {
  let printed = "";
  const write = jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    const program = new Command("sillage").exitOverride();
    registerSend(program);
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
    await program.parseAsync(["send", ...args], { from: "user" });
  } finally {
    write.mockRestore();
  }
  return printed;
}

describe("sillage send", () => {
  it("sends exactly the flows it was asked for and writes them into the ledger", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sillage-send-"));
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    try {
      const path = join(folder, "sent.ndjson");
      const printed = await send(
        "--to",
        `127.0.0.1:${socket.address().port}`,
        "--count",
        "250",
        "--rate",
        "5000",
        "--seed",
        "3",
        "--ledger",
        path,
        "--ledger-flows",
      );
      const lines = readFileSync(path, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { kind: string; flows: number; bytes: number });
      const total = lines.at(-1)!;
      expect(total).toMatchObject({ kind: "total", flows: 250 });
      expect(lines.filter(({ kind }) => kind === "flow")).toHaveLength(250);
      const sums = lines.filter(({ kind }) => kind === "sum");
      expect(sums.reduce((sum, { flows }) => sum + flows, 0)).toBe(250);
      expect(sums.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(total.bytes);
      expect(printed).toContain(`sent 250 flows`);
    } finally {
      socket.close();
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ["--to", "nowhere"],
    ["--to", "host:99999"],
    ["--rate", "0"],
    ["--count", "1.5"],
    ["--protocol", "v7"],
  ])("refuses %s %s", async (option, value) => {
    await expect(send(option, value)).rejects.toMatchObject({ code: "commander.invalidArgument" });
  });

  it("finds out first that the ledger cannot be written", async () => {
    await expect(send("--ledger", join(tmpdir(), "no-such-folder", "x.ndjson"), "--count", "1")).rejects.toMatchObject({
      code: "LEDGER_FILE",
    });
  });
});
