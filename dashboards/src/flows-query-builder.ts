/**
 * Builds the target of a panel: a FlowQuery with the keys that Grafana wants beside it. The Foundation SDK takes any object with a
 * `build()` as a target, so dashboards of your own can use this class in the same way as ours do.
 */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { QUERY_VERSION, type FlowQueryInput, type MeasureName, type View } from "@sillage/model";
import { DATA_SOURCE } from "./data-source.ts";
import { FILTER_VARIABLE } from "./variables.ts";

type DimensionInput = NonNullable<FlowQueryInput["dimensions"]>[number];
type AdHocFilter = NonNullable<FlowQueryInput["filters"]>[number];

/** A panel's target as it stands in dashboard JSON. */
export interface FlowsTarget extends FlowQueryInput, Dataquery {
  refId: string;
  datasource: typeof DATA_SOURCE;
}

export class FlowsQueryBuilder implements Builder<FlowsTarget> {
  private readonly query: FlowQueryInput & { refId: string };

  /** @param refId Letter of the query in its panel. */
  constructor(view: View, refId = "A") {
    // Every panel follows the dashboard's filter box, so that is the default here and not in each panel.
    this.query = { refId, version: QUERY_VERSION, view, filter: `$${FILTER_VARIABLE}` };
  }

  /** What is added up; the first one ranks rows and chooses series unless `orderBy` says otherwise. */
  measures(...measures: MeasureName[]): this {
    this.query.measures = measures;
    return this;
  }

  /** Group by these fields, in this order. */
  by(...fields: string[]): this {
    this.query.dimensions = fields.map((field): DimensionInput => ({ field }));
    return this;
  }

  orderBy(measure: MeasureName): this {
    this.query.order = { measure, desc: true };
    return this;
  }

  limit(limit: number): this {
    this.query.limit = limit;
    return this;
  }

  /** Adds the sum of what `limit` cut off. */
  withOther(): this {
    this.query.other = true;
    return this;
  }

  /** Narrows this panel only, on top of the dashboard's filter box: filter text cannot be glued to a variable that may be empty. */
  where(field: string, op: AdHocFilter["op"], ...values: string[]): this {
    this.query.filters = [...(this.query.filters ?? []), { field, op, values }];
    return this;
  }

  build(): FlowsTarget {
    // The SDK marks queries by this method; JSON leaves methods out.
    return { ...this.query, datasource: DATA_SOURCE, _implementsDataqueryVariant: () => undefined };
  }
}
