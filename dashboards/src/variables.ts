/** Template variables that each dashboard has. */
import { AdHocVariableBuilder, TextBoxVariableBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { DATA_SOURCE } from "./data-source.ts";

/** Name of the filter box; links between dashboards carry it as `var-filter`. */
export const FILTER_VARIABLE = "filter";

/** A text box whose text is the filter of every panel; empty means everything. */
export function filterVariable(): TextBoxVariableBuilder {
  return new TextBoxVariableBuilder(FILTER_VARIABLE)
    .label("Filter")
    .description("nfdump-like filter for every panel, for instance: src net 192.0.2.0/24 and dst port 443. Empty: all flows.")
    .defaultValue("")
    .current({ selected: true, text: "", value: "" })
    .options([]);
}

/** Field-by-field filters on top of the box: exporter, interface, AS ... with values to choose from, and the + and - buttons of table cells. */
export function adHocVariable(): AdHocVariableBuilder {
  return new AdHocVariableBuilder("fields").label("Fields").datasource(DATA_SOURCE);
}
