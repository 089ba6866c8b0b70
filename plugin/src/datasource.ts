/** The data source as Grafana's frontend sees it. Queries run in the plugin's backend; here variables and filters are put into them. */
import {
  getDefaultTimeRange,
  type AdHocVariableFilter,
  type CoreApp,
  type DataSourceGetTagValuesOptions,
  type DataSourceInstanceSettings,
  type GetTagResponse,
  type ScopedVars,
} from "@grafana/data";
import { DataSourceWithBackend, getTemplateSrv } from "@grafana/runtime";
import { toQueryFilters } from "./adHocFilters.ts";
import { defaultQuery } from "./defaultQuery.ts";
import { displayText } from "./displayText.ts";
import { interpolateFilter, type InterpolatedFilter, type LookUpVariable } from "./interpolateFilter.ts";
import { migrate } from "./migrate.ts";
import { messageOf } from "./resourceError.ts";
import type { FlowDataQuery } from "./types.ts";

/** Values that one ad hoc filter box offers; more are found by typing. */
const TAG_VALUES = 200;

/** Answer of the resource `fields`. */
interface FieldsAnswer {
  readonly fields: readonly { readonly name: string; readonly label: string; readonly group: string; readonly dimension?: boolean }[];
}

/** Answer of the resource `values`: those that carried the most bytes first. */
interface ValuesAnswer {
  readonly values: readonly { readonly value: string }[];
}

export class FlowDataSource extends DataSourceWithBackend<FlowDataQuery> {
  constructor(settings: DataSourceInstanceSettings) {
    super(settings);
    // The standard annotation editor is the query editor; any view with a time column will do.
    this.annotations = {};
  }

  override getDefaultQuery(app: CoreApp): Partial<FlowDataQuery> {
    return defaultQuery(app);
  }

  override filterQuery(query: FlowDataQuery): boolean {
    return query.hide !== true;
  }

  override getQueryDisplayText(query: FlowDataQuery): string {
    return displayText(migrate(query));
  }

  override applyTemplateVariables(stored: FlowDataQuery, scopedVars: ScopedVars, adHoc: AdHocVariableFilter[] = []): FlowDataQuery {
    const query = migrate(stored);
    const filter = this.interpolateFilter(query.filter ?? "", scopedVars).text;
    const filters = [...(query.filters ?? []), ...toQueryFilters(adHoc)];
    return { ...query, filter, ...(filters.length > 0 ? { filters } : {}) };
  }

  /** The filter with the values of variables in it, and where they stand, so that errors can be shown in the text as written. */
  interpolateFilter(filter: string, scopedVars: ScopedVars = {}): InterpolatedFilter {
    const templates = getTemplateSrv();
    const lookUp: LookUpVariable = (written) => {
      let raw: unknown;
      const text = templates.replace(written, scopedVars, (value: unknown) => {
        raw = value;
        return "";
      });
      if (raw !== undefined)
        return { value: Array.isArray(raw) ? raw.map(String) : `${raw as string | number | boolean}`, formatted: false };
      // Untouched: there is no such variable. Touched, but not by our format: the variable has one of its own.
      return text === written ? { value: undefined, formatted: false } : { value: text, formatted: text !== "" };
    };
    return interpolateFilter(filter, lookUp);
  }

  /** Fields that an ad hoc filter can test. */
  override async getTagKeys(): Promise<GetTagResponse> {
    try {
      const { fields } = await this.getResource<FieldsAnswer>("fields");
      return {
        data: fields.filter(({ dimension }) => dimension === true).map(({ name, label, group }) => ({ value: name, text: label, group })),
      };
    } catch (error) {
      return { data: [], error: { message: messageOf(error) } };
    }
  }

  /** Values of one field in the dashboard's time range, those with the most bytes first. */
  override async getTagValues({ key, timeRange }: DataSourceGetTagValuesOptions<FlowDataQuery>): Promise<GetTagResponse> {
    const { from, to } = timeRange ?? getDefaultTimeRange();
    try {
      const body = { field: key, from: from.valueOf(), to: to.valueOf(), limit: TAG_VALUES };
      const { values } = await this.postResource<ValuesAnswer>("values", body);
      return { data: values.map(({ value }) => ({ text: value })) };
    } catch (error) {
      return { data: [], error: { message: messageOf(error) } };
    }
  }
}
