/**
 * Secrets never stand in the configuration: a secret option names where its value is, an environment variable or a file. The parsed
 * configuration carries the reference, so printing or logging it shows nothing; who needs the value asks `readSecret` at start.
 */
import { readFileSync } from "node:fs";
import { SillageError } from "@sillage/model";
import { z } from "zod";

const REFERENCE = /^(env|file):(.+)$/s;

/** An option that holds a secret: "env:NAME" or "file:PATH". Parsed: the reference, not the value. */
export function secret() {
  const expected = 'expected "env:NAME" or "file:PATH": secrets do not stand in the configuration itself';
  return z.string({ error: expected }).regex(REFERENCE, { error: expected }).meta({ unitKind: "secret" });
}

/**
 * Value behind a reference made by `secret()`; a file's trailing line break is not part of it.
 * @param option key in the configuration, for the message
 * @throws SillageError CONFIG_SECRET
 */
export function readSecret(reference: string, option: string, env: NodeJS.ProcessEnv = process.env): string {
  const match = REFERENCE.exec(reference);
  if (!match) throw new SillageError("config", "CONFIG_SECRET", `${option} is neither env:NAME nor file:PATH`);
  const [, kind, name] = match as unknown as [string, "env" | "file", string];
  if (kind === "env") {
    const value = env[name];
    if (value !== undefined && value !== "") return value;
    throw new SillageError("config", "CONFIG_SECRET", `${option} names the environment variable ${name}, which is not set`, {
      hint: `set ${name} before the start`,
    });
  }
  let value: string;
  try {
    value = readFileSync(name, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw new SillageError(
      "config",
      "CONFIG_SECRET",
      `${option} names the file ${name}, which cannot be read (${(cause as NodeJS.ErrnoException).code ?? "unknown error"})`,
      {
        hint: "check the path and the permissions; a relative path starts at the working directory",
        cause,
      },
    );
  }
  if (value === "") throw new SillageError("config", "CONFIG_SECRET", `${option} names the file ${name}, which is empty`);
  return value;
}
