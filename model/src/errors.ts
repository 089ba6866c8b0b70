/** The one error class of the project. Codes are never reused; docs/reference/errors.md lists them and a test compares the two. */

/** Place in a filter text, for underlining: `offset` is 0-based in UTF-16 units, `line` and `column` are 1-based. */
export interface Position {
  readonly offset: number;
  readonly length: number;
  readonly line: number;
  readonly column: number;
}

/** Who acts on an error: decides the HTTP status and Grafana's error source. */
export type ErrorKind =
  "input" | "config" | "store" | "timeout" | "cancelled" | "unavailable" | "too-large" | "unauthorized" | "not-found" | "internal";

export interface ErrorDetails {
  /** What to do about it, naming the option or the screen. */
  readonly hint?: string | undefined;
  readonly position?: Position | undefined;
  readonly cause?: unknown;
}

export class SillageError extends Error {
  override readonly name = "SillageError";
  readonly kind: ErrorKind;
  /** UPPER_SNAKE_CASE, stable. */
  readonly code: string;
  readonly hint: string | undefined;
  readonly position: Position | undefined;

  constructor(kind: ErrorKind, code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.code = code;
    this.hint = details.hint;
    this.position = details.position;
  }
}

/** HTTP status for each kind of error; total, so the compiler finds a missing one. */
export const HTTP_STATUS: Readonly<Record<ErrorKind, number>> = {
  input: 400,
  config: 500,
  store: 500,
  timeout: 504,
  // Not of RFC 9110: nginx has it for a client that went away, and Prometheus and Grafana took it over.
  cancelled: 499,
  unavailable: 503,
  "too-large": 413,
  unauthorized: 401,
  "not-found": 404,
  internal: 500,
};

/** JSON form of an error in every HTTP answer. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly position?: Position;
}

/** Turns anything thrown into the JSON form; unknown errors become INTERNAL without their text, which may hold secrets. */
export function errorBody(error: unknown): ErrorBody {
  if (!(error instanceof SillageError)) return { code: "INTERNAL", message: "internal error", hint: "the server's log has the details" };
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.position === undefined ? {} : { position: error.position }),
  };
}
