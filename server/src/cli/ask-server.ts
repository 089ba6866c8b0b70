/** Asks the running server over its HTTP API, with the token from the environment. */
import { SillageError, type ErrorBody } from "@sillage/model";

export interface ServerAnswer {
  readonly status: number;
  /** undefined when it was no JSON. */
  readonly body: unknown;
}

/**
 * @param body POSTed as JSON; without one the path is GET
 * @throws SillageError SERVER_UNREACHABLE
 */
export async function askServer(path: string, url: string, body?: object): Promise<ServerAnswer> {
  const token = process.env["SILLAGE_TOKEN"];
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    });
  } catch (cause) {
    throw new SillageError("unavailable", "SERVER_UNREACHABLE", `no server answers at ${url}`, {
      hint: "start it with `sillage serve`, or name another with --url",
      cause,
    });
  }
  return { status: response.status, body: await response.json().catch(() => undefined) };
}

/** What went wrong as a whole: what the server says, or that it is none. @throws SillageError SERVER_ANSWER, and the server's own codes */
export function throwAnswer({ status, body }: ServerAnswer, url: string): never {
  const error = (body as { error?: ErrorBody } | undefined)?.error;
  if (error === undefined)
    throw new SillageError("unavailable", "SERVER_ANSWER", `${url} answered ${status}, but not as Sillage does`, {
      hint: "is it the right --url?",
    });
  const hint = status === 401 ? "set SILLAGE_TOKEN to one of the server's api.tokens" : error.hint;
  throw new SillageError("unavailable", error.code, error.message, { hint });
}
