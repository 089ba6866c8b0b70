import { TextBoxVariableBuilder } from "@grafana/grafana-foundation-sdk/dashboard";

/** Name of the filter box that each dashboard has; links between dashboards carry it as `var-filter`. */
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
