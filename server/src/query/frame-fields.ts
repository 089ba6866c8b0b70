/** Columns of frames, each with what Grafana needs to show it: name, unit, labels. */
import { field, MEASURES, type Dimension, type FieldSchema, type MeasureName } from "@sillage/model";
import { dimensionName, groupText, type GroupValue } from "./dimension.ts";

/** Series or row that stands for everything beyond the limit. */
export const OTHER = "other";

export function timeField(stepMs: number): FieldSchema {
  // Grafana breaks a line where two points lie further apart than `interval`.
  return { name: "time", type: "time", typeInfo: { frame: "time.Time" }, config: { interval: stepMs } };
}

/** String column of a dimension: never null, an alert makes it a label. */
export function dimensionField(dimension: Dimension): FieldSchema {
  const { label } = field(dimensionName(dimension));
  return { name: dimension.field, type: "string", typeInfo: { frame: "string" }, config: { displayNameFromDS: label, filterable: true } };
}

export function measureField(measure: MeasureName, labels?: Readonly<Record<string, string>>, displayName?: string): FieldSchema {
  const { label, unit } = MEASURES[measure];
  return {
    name: measure,
    type: "number",
    typeInfo: { frame: "float64", nullable: true },
    ...(labels === undefined ? {} : { labels }),
    config: { displayNameFromDS: displayName ?? label, unit },
  };
}

/** Labels of a group; with several measures also the measure's name, because an alert tells series apart by their labels alone. */
export function groupLabels(
  dimensions: readonly Dimension[],
  group: readonly GroupValue[] | undefined,
  measure: MeasureName,
  measures: readonly MeasureName[],
): Record<string, string> {
  const labels = Object.fromEntries(
    dimensions.map((dimension, i) => [dimension.field, group === undefined ? OTHER : groupText(dimension, group[i]!)]),
  );
  return measures.length > 1 ? { ...labels, measure } : labels;
}

/** Name of a series in a legend: the group, and the measure where that is needed to tell series apart. */
export function seriesName(
  dimensions: readonly Dimension[],
  group: readonly GroupValue[] | undefined,
  measure: MeasureName,
  measures: readonly MeasureName[],
): string {
  const { label } = MEASURES[measure];
  if (dimensions.length === 0) return label;
  const name = group === undefined ? OTHER : dimensions.map((dimension, i) => groupText(dimension, group[i]!)).join(", ");
  return measures.length > 1 ? `${name} ${label}` : name;
}
