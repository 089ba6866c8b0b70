/** Text of a failed resource call, for the places of Grafana that show one line. */
import type { ErrorBody } from "@sillage/model";

/** Our API's message with its hint, as far as the answer has them; else the transport's own words. */
export function messageOf(error: unknown): string {
  const { error: body } = (dataOf(error) ?? {}) as { error?: ErrorBody };
  if (body !== undefined && typeof body === "object") return body.hint === undefined ? body.message : `${body.message}: ${body.hint}`;
  return error instanceof Error ? error.message : "the Sillage server did not answer";
}

function dataOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "data" in error && typeof error.data === "object" ? error.data : undefined;
}
