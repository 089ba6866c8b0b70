/**
 * Chooses the tables that answer a query: the coarsest rollup that answers it exactly, else raw rows.
 *
 * A rollup answers exactly when its key holds every field that the query filters and groups by, it has every total that is asked, and the
 * step of a time series is a multiple of its time slot. The range need not be: the whole slots inside it are read from the rollup, the
 * rest at its two edges from raw rows, so that the answer is that of raw rows for the whole range. (Distinct counts are the exception:
 * with a rollup they are sketches, and the answer says so.)
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
import { dimensionName } from "./dimension.ts";
import { isDistinct, totalOf, type Total } from "./measure.ts";
import type { Range } from "./step.ts";

/** One table and the part of the range that is read from it; `rollup` is left out for raw rows. */
export interface Part extends Range {
  readonly rollup?: Rollup;
}

export interface Plan {
  /** Table that answers the bulk, for people. */
  readonly table: string;
  readonly parts: readonly Part[];
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
  /** Tables to choose from; tests compare the answers of different tables. */
  readonly rollups?: readonly Rollup[];
}

/** Coarsest first; among equals the one with fewer keys, so fewer rows. */
const byCoarseness = (a: Rollup, b: Rollup): number => b.resolutionSeconds - a.resolutionSeconds || a.keys.length - b.keys.length;

export function planQuery(input: PlanInput): Plan {
  const totals = [...new Set(input.measures.map(totalOf))];
  for (const rollup of [...(input.rollups ?? ROLLUPS)].sort(byCoarseness)) {
    if (!canAnswer(rollup, input)) continue;
    const parts = splitRange(input.range, rollup);
    if (parts.length > 0) return { table: rollup.table, parts, totals, approximate: input.measures.some(isDistinct) };
  }
  return { table: RAW_TABLE, parts: [input.range], totals, approximate: false };
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

/** Whole slots from the rollup, edges from raw rows; empty when the range holds no whole slot. */
function splitRange({ fromMs, toMs }: Range, rollup: Rollup): Part[] {
  const slotMs = rollup.resolutionSeconds * 1000;
  const first = Math.ceil(fromMs / slotMs) * slotMs;
  const last = Math.floor(toMs / slotMs) * slotMs;
  if (first >= last) return [];
  const parts: Part[] = [{ rollup, fromMs: first, toMs: last }];
  if (fromMs < first) parts.unshift({ fromMs, toMs: first });
  if (last < toMs) parts.push({ fromMs: last, toMs });
  return parts;
}
