/** Errors of ClickHouse and of the way to it, as errors of ours. Numbers: ClickHouse, src/Common/ErrorCodes.cpp. */
import { SillageError } from "@sillage/model";

/** Time ran out: TIMEOUT_EXCEEDED, TOO_SLOW. */
const TIMEOUT = new Set([159, 160]);
/** A bound was hit: TOO_MANY_ROWS, SET_SIZE_LIMIT_EXCEEDED, MEMORY_LIMIT_EXCEEDED, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES. */
const TOO_BIG = new Set([158, 191, 241, 307, 396]);
/** QUERY_WAS_CANCELLED, QUERY_WAS_CANCELLED_BY_CLIENT. */
const CANCELLED = new Set([394, 735]);
/** UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, ACCESS_DENIED, AUTHENTICATION_FAILED. */
const DENIED = new Set([192, 193, 194, 497, 516]);
/**
 * Passes by itself or when the operator acts: SOCKET_TIMEOUT, NETWORK_ERROR, TOO_MANY_SIMULTANEOUS_QUERIES, ABORTED, TABLE_IS_READ_ONLY,
 * NOT_ENOUGH_SPACE, TOO_MANY_PARTS, ALL_CONNECTION_TRIES_FAILED, CANNOT_SCHEDULE_TASK, KEEPER_EXCEPTION.
 */
const UNAVAILABLE = new Set([202, 209, 210, 236, 242, 243, 252, 279, 439, 999]);

/** System errors of a socket; the client also throws texts without a code. */
const SOCKET_ERRORS = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "HPE_INVALID_CONSTANT",
]);
const SOCKET_TEXT = /socket hang up|timeout error|aborted|closed before|self[- ]signed|certificate/i;

/** ClickHouse's number of an error from either back end; undefined when the engine did not answer. */
export function clickhouseCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { clickhouseCode: own, code, message } = error as { clickhouseCode?: unknown; code?: unknown; message?: unknown };
  if (typeof own === "number") return own;
  if (typeof code === "string" && /^\d+$/.test(code)) return Number(code);
  const inText = /\bCode: (\d+)\. DB::/.exec(typeof message === "string" ? message : "");
  return inText ? Number(inText[1]) : undefined;
}

/** First sentence of the engine's message, without its version and its own prefix. */
function engineText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^.*?DB::Exception: /s, "")
    .replace(/\s*\([A-Z_]{4,}\)\s*(\(version .*)?$/s, "")
    .slice(0, 400)
    .trim();
}

/** What went wrong, in the terms of `FlowStore`. */
export function storeError(error: unknown): SillageError {
  if (error instanceof SillageError) return error;
  const code = clickhouseCode(error);
  const details = { cause: error };
  if (code === undefined) {
    const system = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
    const text = engineText(error);
    if (SOCKET_ERRORS.has(system) || SOCKET_TEXT.test(text))
      return unavailable(`the database does not answer (${system === "" ? text : system})`, error);
    return new SillageError("store", "STORE_QUERY", text, details);
  }
  if (TIMEOUT.has(code)) return queryTimeout(error);
  if (TOO_BIG.has(code)) {
    return new SillageError("too-large", "QUERY_TOO_BIG", `the query needs more than it may take: ${engineText(error)}`, {
      ...details,
      hint: "ask for a shorter time range, fewer dimensions or a narrower filter, or raise store.limits",
    });
  }
  if (CANCELLED.has(code)) return queryCancelled(error);
  if (DENIED.has(code)) {
    return new SillageError("config", "STORE_DENIED", `the ClickHouse server refuses the user: ${engineText(error)}`, {
      ...details,
      hint: "check store.user and store.password and the rights that docs/clickhouse.md lists",
    });
  }
  if (UNAVAILABLE.has(code)) return unavailable(`the database cannot do it now: ${engineText(error)}`, error);
  return new SillageError(
    "store",
    "STORE_QUERY",
    `the database refused the statement: ${engineText(error)} (ClickHouse code ${code})`,
    details,
  );
}

export function queryTimeout(cause?: unknown): SillageError {
  return new SillageError("timeout", "QUERY_TIMEOUT", "the query took longer than it may", {
    hint: "ask for a shorter time range or a narrower filter, or raise store.limits.maxTime",
    cause,
  });
}

export function queryCancelled(cause?: unknown): SillageError {
  return new SillageError("cancelled", "QUERY_CANCELLED", "the query was cancelled", { cause });
}

export function unavailable(message: string, cause?: unknown): SillageError {
  return new SillageError("unavailable", "STORE_UNAVAILABLE", message, {
    hint: "`sillage doctor` and the log of ClickHouse tell more; what is received meanwhile waits in the spool",
    cause,
  });
}
