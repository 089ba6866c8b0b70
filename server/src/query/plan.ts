/**
 * Chooses the tables that answer a query: the coarsest rollup that answers it exactly, else raw rows.
 *
 * A rollup answers exactly when its key holds every field that the query filters and groups by, it has every total that is asked, and the
 * step of a time series is a multiple of its time slot. The range need not be: the whole slots inside it are read from the rollup, the
 * rest at its two edges from finer rollups and at last from raw rows, so that the answer is that of raw rows for the whole range. (Distinct counts are the exception:
 * with a rollup they are sketches, and the answer says so.) When a flow was active only raw rows know.
 */
import {
  predicateFields,
  RAW_TABLE,
  ROLLUPS,
  type Dimension,
  type FieldName,
  type MeasureName,
  type Predicate,
  type Rollup,
} from "@sillage/model";
import type { Basis } from "./activity.ts";
import { dimensionName } from "./dimension.ts";
import { isDistinct, totalOf, type Total } from "./measure.ts";
import { splitEnds } from "./split-ends.ts";
import type { Range } from "./step.ts";

/** One table and the part of the range that is read from it; `rollup` is left out for raw rows. */
export interface Part extends Range {
  readonly rollup?: Rollup;
  /** How flows belong to the range; left out: by the time of receipt. */
  readonly basis?: Basis;
  /** The flows of it that are read; left out: all that pass the query's filter. */
  readonly predicate?: Predicate;
}

export interface Plan {
  /** Table that answers the bulk, for people. */
  readonly table: string;
  readonly parts: readonly Part[];
  /** Coarsest rollup among the parts; undefined when only raw rows are read. */
  readonly bulk: Rollup | undefined;
  /** Distinct counts come from sketches. */
  readonly approximate: boolean;
  /** Totals to add up, each once. */
  readonly totals: readonly Total[];
}

export interface PlanInput {
  readonly range: Range;
  readonly predicate: Predicate;
  readonly dimensions: readonly Dimension[];
  readonly measures: readonly MeasureName[];
  /** Bucket width of a time series. */
  readonly stepMs?: number;
  /** How flows belong to the range; left out: by the time of receipt. */
  readonly basis?: Basis;
  /** Tables to choose from; tests compare the answers of different tables. */
  readonly rollups?: readonly Rollup[];
}

/** Coarsest first; among equals the one with fewer keys, so fewer rows. */
const byCoarseness = (a: Rollup, b: Rollup): number => b.resolutionSeconds - a.resolutionSeconds || a.keys.length - b.keys.length;

export function planQuery(input: PlanInput): Plan {
  const totals = [...new Set(input.measures.map(totalOf))];
  const { basis = "received" } = input;
  if (basis !== "received") return { table: RAW_TABLE, parts: [{ ...input.range, basis }], bulk: undefined, totals, approximate: false };
  const rollups = [...(input.rollups ?? ROLLUPS)].sort(byCoarseness).filter((rollup) => canAnswer(rollup, input));
  const parts = splitRange(input.range, rollups).flatMap((part) => partsByEnd(part, input));
  const bulk = parts
    .map(({ rollup }) => rollup)
    .filter((rollup) => rollup !== undefined)
    .sort(byCoarseness)[0];
  return { table: bulk?.table ?? RAW_TABLE, parts, bulk, totals, approximate: bulk !== undefined && input.measures.some(isDistinct) };
}

function canAnswer(rollup: Rollup, { predicate, dimensions, measures, stepMs }: PlanInput): boolean {
  const keys: ReadonlySet<FieldName> = new Set(rollup.keys);
  return (
    measures.every((measure) => rollup.measures.includes(measure)) &&
    dimensions.every((dimension) => keys.has(dimensionName(dimension))) &&
    [...predicateFields(predicate)].every((name) => keys.has(name)) &&
    (stepMs === undefined || stepMs % (rollup.resolutionSeconds * 1000) === 0)
  );
}

/** Raw rows to and from a network are read apart (split-ends.ts), unless something is counted that does not add up. */
function partsByEnd(part: Part, { predicate, measures }: PlanInput): readonly Part[] {
  if (part.rollup !== undefined || measures.some(isDistinct)) return [part];
  const conditions = splitEnds(predicate);
  return conditions.length === 1 ? [part] : conditions.map((condition): Part => ({ ...part, predicate: condition }));
}

/** Whole slots from the first rollup that has any in the range, the edges likewise from the ones after it, in the end from raw rows. */
function splitRange({ fromMs, toMs }: Range, [rollup, ...finer]: readonly Rollup[]): Part[] {
  if (fromMs >= toMs) return [];
  if (rollup === undefined) return [{ fromMs, toMs }];
  const slotMs = rollup.resolutionSeconds * 1000;
  const first = Math.ceil(fromMs / slotMs) * slotMs;
  const last = Math.floor(toMs / slotMs) * slotMs;
  if (first >= last) return splitRange({ fromMs, toMs }, finer);
  return [
    ...splitRange({ fromMs, toMs: first }, finer),
    { rollup, fromMs: first, toMs: last },
    ...splitRange({ fromMs: last, toMs }, finer),
  ];
}
