/** A row of the fault matrix: a fault, when it strikes, what is expected, and the run that shows it. */
import type { Account } from "./account.ts";
import type { Random } from "../../server/src/demo/index.ts";

export interface RunOptions {
  /** Decides every moment and every victim. */
  readonly random: Random;
  readonly kills: number;
  /** Flows a second. */
  readonly rate: number;
  /** Minutes of traffic that wait when the database comes back. */
  readonly backlogMinutes: number;
  /** Keep the folders of rows that fail. */
  readonly keep: boolean;
  readonly say: (line: string) => void;
}

export interface FaultRow {
  readonly name: string;
  readonly fault: string;
  readonly moment: string;
  readonly expectation: string;
  /** Why it cannot run here. */
  readonly skip?: () => string | undefined;
  /** @throws Error when the system does what it must not */
  readonly run: (options: RunOptions) => Promise<RowResult>;
}

export interface RowResult extends Account {
  /** What is worth telling beside the numbers. */
  readonly note?: string;
}
