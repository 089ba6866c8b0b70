/** What the doctor says: one thing that is wrong, how it shows, what to do about it. */

/**
 * error: flows are lost or wrong now · warning: something should be configured otherwise · notice: worth knowing, nothing is lost.
 * Worst first.
 */
export const SEVERITIES = ["error", "warning", "notice"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Finding {
  /** Stable name of the rule. */
  readonly rule: string;
  readonly severity: Severity;
  /** Address of the exporter; left out when it is about Sillage itself. */
  readonly exporter?: string;
  /** What the operator calls it. */
  readonly name?: string;
  /** One sentence. */
  readonly what: string;
  /** The numbers behind it. */
  readonly evidence: Readonly<Record<string, number | string>>;
  /** What to do, a line each; lines of a device's or a shell's own language are ready to be copied. */
  readonly todo: readonly string[];
}

/** The worst first; findings of one exporter stay together within a severity. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding): number => SEVERITIES.indexOf(severity);
  return [...findings].sort((a, b) => rank(a) - rank(b) || (a.exporter ?? "").localeCompare(b.exporter ?? ""));
}

/** Notices are no trouble. */
export function isTrouble({ severity }: Finding): boolean {
  return severity !== "notice";
}
