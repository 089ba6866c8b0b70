/** One sentence for a port that cannot be opened: which, why, and the option that changes it. */
import { SillageError } from "@sillage/model";

/** What was asked of the system. */
export interface ListenAttempt {
  readonly protocol: "UDP" | "TCP";
  readonly host: string;
  readonly port: number;
  /** Who wants it, for people: "the collector". */
  readonly what: string;
  /** Option that names the port. */
  readonly option: string;
}

/** Turns the error of `listen` or `bind` into a start-up error (codes PORT_IN_USE, PORT_FORBIDDEN, ADDRESS_UNKNOWN, LISTEN_FAILED). */
export function listenError(attempt: ListenAttempt, cause: unknown): SillageError {
  const { protocol, host, port, what, option } = attempt;
  const place = `${protocol} port ${port} on ${host}`;
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case "EADDRINUSE":
      return new SillageError("config", "PORT_IN_USE", `${place}, which ${what} needs, is in use by another program`, {
        hint: `end that program, or choose another port with the option ${option}`,
        cause,
      });
    case "EACCES":
      return new SillageError("config", "PORT_FORBIDDEN", `${place} is not open to this user`, {
        hint: `choose a port above 1023 with the option ${option}`,
        cause,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new SillageError("config", "ADDRESS_UNKNOWN", `${host} is no address of this machine`, {
        hint: `correct the option ${option}`,
        cause,
      });
    default:
      return new SillageError(
        "config",
        "LISTEN_FAILED",
        `${place} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
        { hint: `see the option ${option}`, cause },
      );
  }
}
