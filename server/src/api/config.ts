/** Options of the HTTP API. */
import { isIP } from "node:net";
import { SillageError } from "@sillage/model";
import { z } from "zod";
import { duration, port, secret, size } from "../config/index.ts";

const host = z.string().min(1, "expected an address or a host name");

export const apiConfigSchema = z.strictObject({
  host: z
    .union([host.transform((one) => [one]), z.array(host).min(1, "expected at least one address")])
    .prefault(["127.0.0.1", "::1"])
    .describe("Addresses to listen on. Anything but loopback needs a token."),
  port: port().default(8055).describe("TCP port of the API and the page."),
  tokens: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z0-9_.-]{1,64}$/, "expected 1 to 64 letters, digits, _ . -")
          .describe("Who holds the token; shown in logs."),
        token: secret().describe("The token itself."),
      }),
    )
    .default([])
    .describe("Who may ask. Without tokens everybody who reaches the port may."),
  maxBody: size({ min: "1KiB", max: "64MiB" }).prefault("1MiB").describe("Largest request body."),
  maxConcurrentQueries: z
    .int("expected a number of queries")
    .min(1)
    .max(64)
    .default(4)
    .describe("Queries that run at once, over all who ask."),
  maxWaitingQueries: z
    .int("expected a number of queries")
    .min(0)
    .max(10_000)
    .default(500)
    .describe("Queries that wait for their turn; more are refused."),
  maxWait: duration({ min: "100ms", max: "10m" }).prefault("30s").describe("Longest a query waits for its turn."),
});

/** Parsed options. */
export type ApiConfig = z.output<typeof apiConfigSchema>;

/** Is the host this machine alone? */
export function isLoopback(name: string): boolean {
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

/**
 * Refuses to show traffic to a network without a token; the composition root calls it before it listens.
 * @throws SillageError API_NEEDS_TOKEN
 */
export function checkExposure({ host: hosts, tokens }: ApiConfig): void {
  const open = hosts.find((name) => !isLoopback(name));
  if (open === undefined || tokens.length > 0) return;
  throw new SillageError("config", "API_NEEDS_TOKEN", `the API would answer everybody who reaches ${open}, because api.tokens is empty`, {
    hint: "set api.tokens (a name, and a token as env:NAME or file:PATH), or listen on 127.0.0.1 only",
  });
}
