/** Times in requests: epoch milliseconds as a number or its digits, or relative to now as Grafana writes them (`now-6h`). */
import { SillageError } from "@sillage/model";
import { z } from "zod";

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const RELATIVE = /^now(?:-(\d{1,9})([smhdw]))?$/;
/** 2106-02-07, where ClickHouse's DateTime ends. */
const LATEST_MS = 4_294_967_295_000;

export const timeSchema = z.union([z.number(), z.string().max(32)]).describe('Epoch milliseconds, or "now", "now-6h" (units s m h d w).');

/**
 * @param what name of the parameter, for the message
 * @throws SillageError TIME_INVALID
 */
export function parseTime(time: number | string, what: string, nowMs: number): number {
  const relative = typeof time === "string" ? RELATIVE.exec(time) : null;
  const ms =
    relative === null ? Number(time === "" ? Number.NaN : time) : nowMs - Number(relative[1] ?? 0) * (UNITS[relative[2] ?? "s"] ?? 0);
  if (!Number.isFinite(ms) || ms < 0 || ms > LATEST_MS) {
    throw new SillageError("input", "TIME_INVALID", `${what}: ${JSON.stringify(time)} is not a time`, {
      hint: 'expected epoch milliseconds, "now" or "now-6h"',
    });
  }
  return Math.floor(ms);
}
