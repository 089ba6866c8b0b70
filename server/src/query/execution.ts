/** Runs the statements of one query, one after the other, and keeps what people want to know about them for `meta`. */
import { RAW_TABLE, type FlowQuery, type FrameMeta, type FrameNotice, type FrameType, type Rollup } from "@sillage/model";
import type { FlowStore, QueryLimits } from "../store/index.ts";
import { HEARD_WITHIN_MS } from "./activity.ts";
import { loadedSql } from "./aggregate-sql.ts";
import type { Part } from "./plan.ts";
import { printSelect, renderForReading } from "./print-sql.ts";
import type { Scaling } from "./scaling.ts";
import type { Select } from "./sql-tree.ts";
import type { Range } from "./step.ts";

/** Where and under which bounds a query runs. */
export interface QueryContext {
  readonly store: FlowStore;
  readonly limits: QueryLimits;
  /** The caller's clock, epoch ms. */
  readonly nowMs: number;
  /** The store knows rates of rows that were stored without one (dictionary `late_rates`). */
  readonly hasLateRates?: boolean;
  /** Flows that were received and wait to be loaded, when there is more than the usual second's worth. */
  readonly backlog?: Backlog | undefined;
  readonly signal?: AbortSignal;
  /** Who asks (dashboard, panel, rule), for ClickHouse's query log. */
  readonly comment?: string;
}

export interface Backlog {
  /** When the oldest of them was received, epoch ms. */
  readonly sinceMs: number;
  readonly rows: number;
}

/** Oldest and newest row that is loaded, epoch ms; undefined while a table is empty. */
export interface Loaded {
  readonly oldestMs: number;
  readonly newestMs: number;
}

/** What a statement gets when those before it have used up the query's time: enough for the engine to say so. */
const LEAST_SECONDS = 0.1;

/** A row of an answer, in the order of the select's columns. */
export type Row = readonly unknown[];

export class Execution {
  readonly context: QueryContext;
  private readonly statements: string[] = [];
  private readonly notices: FrameNotice[] = [];
  private rowsRead = 0;
  private elapsedMs = 0;

  constructor(context: QueryContext) {
    this.context = context;
  }

  /** Runs a statement of the answer: its text is shown to people, a bound that it hit is a notice. */
  async run(select: Select): Promise<readonly Row[]> {
    const statement = printSelect(select);
    this.statements.push(renderForReading(statement));
    const answer = await this.ask(statement);
    this.rowsRead += answer.rowsRead;
    if (answer.truncated)
      this.notice(
        "warning",
        `The answer was cut off at ${this.context.limits.maxResultRows} rows: narrow the range, the filter or the number of dimensions.`,
      );
    return answer.rows;
  }

  /** What is loaded, from the newest raw row and the oldest row of the table that answers. */
  async loaded(rollup: Rollup | undefined): Promise<Loaded | undefined> {
    const raw = bounds(await this.ask(printSelect(loadedSql(undefined))));
    if (rollup === undefined || raw === undefined) return raw;
    const slots = bounds(await this.ask(printSelect(loadedSql(rollup))));
    return { oldestMs: Math.min(raw.oldestMs, slots?.oldestMs ?? raw.oldestMs), newestMs: raw.newestMs };
  }

  /**
   * Does each table begin before it is read? Tables are kept for different times, so plans of the same range can only be compared where
   * none lacks its beginning.
   */
  async reachesBack(parts: readonly Part[]): Promise<boolean> {
    for (const rollup of new Set(parts.map((part) => part.rollup))) {
      const table = bounds(await this.ask(printSelect(loadedSql(rollup))));
      if (parts.some((part) => part.rollup === rollup && !(table !== undefined && table.oldestMs <= part.fromMs))) return false;
    }
    return true;
  }

  /** What bytes and packets of a query are multiplied by. */
  scaling({ scaled }: Pick<FlowQuery, "scaled">): Scaling {
    if (!scaled) return "none";
    return this.context.hasLateRates === true ? "late" : "stored";
  }

  /** The newest of a backlog is loaded first, so its gap lies inside the range and looks like less traffic. */
  noticeBacklog({ toMs }: Range): void {
    const { backlog } = this.context;
    if (backlog === undefined || backlog.sinceMs >= toMs) return;
    const since = new Date(backlog.sinceMs).toISOString();
    this.notice("warning", `${backlog.rows} flows received since ${since} are still to be loaded: sums of that time are too small.`);
  }

  /** What is active now is told of later, so an answer up to now is not whole for a while. */
  noticeUnheard({ toMs }: Range): void {
    const heardMs = this.context.nowMs - HEARD_WITHIN_MS;
    if (toMs <= heardMs) return;
    const since = new Date(heardMs).toISOString();
    this.notice("info", `Not all that was active after ${since} is known yet: exporters tell of a long flow up to 30 minutes late.`);
  }

  notice(severity: FrameNotice["severity"], text: string): void {
    if (!this.notices.some((known) => known.text === text)) this.notices.push({ severity, text });
  }

  /** Meta of the first frame of an answer; the others carry only the type. */
  meta(type: FrameType | undefined, custom: Readonly<Record<string, unknown>>): FrameMeta {
    return {
      ...frameType(type),
      executedQueryString: this.statements.join(";\n\n"),
      ...(this.notices.length === 0 ? {} : { notices: this.notices }),
      custom: { table: RAW_TABLE, ...custom, rowsRead: this.rowsRead },
    };
  }

  /** An answer may take several statements; the bounds of time and rows are those of all of them. */
  private async ask(statement: ReturnType<typeof printSelect>): ReturnType<FlowStore["query"]> {
    const { store, limits, signal, comment } = this.context;
    const maxSeconds = Math.max(limits.maxSeconds - this.elapsedMs / 1_000, LEAST_SECONDS);
    const maxRowsToRead = Math.max(limits.maxRowsToRead - this.rowsRead, 1);
    const answer = await store.query({
      ...statement,
      limits: { ...limits, maxSeconds, maxRowsToRead },
      ...(signal === undefined ? {} : { signal }),
      ...(comment === undefined ? {} : { comment }),
    });
    this.elapsedMs += answer.elapsedMs;
    return answer;
  }
}

/** Dataplane contract version 0.1 for every typed frame; a plain table has no type. */
export function frameType(type: FrameType | undefined): Pick<FrameMeta, "type" | "typeVersion"> {
  return type === undefined ? {} : { type, typeVersion: [0, 1] };
}

function bounds({ rows }: { readonly rows: readonly Row[] }): Loaded | undefined {
  const [oldestMs, newestMs] = (rows[0] ?? []).map(Number);
  return oldestMs === undefined || newestMs === undefined || newestMs <= 0 ? undefined : { oldestMs, newestMs };
}
