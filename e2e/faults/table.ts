/** The fault matrix as a table in Markdown. */
import { CAUSES } from "./account.ts";
import type { FaultRow, RowResult } from "./row.ts";

export type RowOutcome = { readonly row: FaultRow; readonly seconds: number } & (
  | { readonly kind: "ran"; readonly result: RowResult }
  | { readonly kind: "broke"; readonly error: unknown }
  | { readonly kind: "skipped"; readonly reason: string }
);

const number = (value: number): string => value.toLocaleString("en-US");

export function isGood(outcome: RowOutcome): boolean {
  return outcome.kind === "skipped" || (outcome.kind === "ran" && outcome.result.wrong.length === 0);
}

export function formatTable(outcomes: readonly RowOutcome[]): string {
  const header = ["row", "fault", "moment", "expectation", "sent", "stored", "lost", "twice", "result"];
  const rows = outcomes.map((outcome) => {
    const { name, fault, moment, expectation } = outcome.row;
    return [name, fault, moment, expectation, ...resultCells(outcome)];
  });
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function resultCells(outcome: RowOutcome): string[] {
  if (outcome.kind === "skipped") return ["", "", "", "", `skipped: ${outcome.reason}`];
  if (outcome.kind === "broke") return ["", "", "", "", `FAILED: ${firstLine(outcome.error)}`];
  const { sent, stored, lost, duplicated, wrong, note } = outcome.result;
  const causes = CAUSES.flatMap((cause) => (lost[cause] === undefined ? [] : [`${number(lost[cause])} ${cause}`]));
  const verdict = wrong.length === 0 ? "as expected" : `FAILED: ${wrong.join("; ")}`;
  return [
    number(sent),
    number(stored),
    causes.join(", ") || "0",
    number(duplicated),
    note === undefined ? verdict : `${verdict} (${note})`,
  ];
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;
}
