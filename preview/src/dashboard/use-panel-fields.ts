/** Frames with the panel's units, names, colours and links applied, as Grafana's panels get them. */
import { applyFieldOverrides, cacheFieldDisplayNames, type DataFrame, type FieldConfigSource } from "@grafana/data";
import { useTheme2 } from "@grafana/ui";
import { useMemo } from "react";
import { optionsOf } from "../grafana/registries.ts";
import { cellVariable } from "../grafana/cell-variable.ts";
import { replaceVariables, type Variables } from "../grafana/replace-variables.ts";
import { TIME_ZONE } from "../time-range.ts";

/** @param variables For texts of the panel: template variables and `__url_time_range`. */
export function usePanelFields(frames: DataFrame[], fieldConfig: FieldConfigSource, variables: Variables): DataFrame[] {
  const theme = useTheme2();
  return useMemo(() => {
    const prepared = applyFieldOverrides({
      data: frames,
      fieldConfig,
      theme,
      timeZone: TIME_ZONE,
      fieldConfigRegistry: optionsOf(fieldConfig),
      replaceVariables: (text, scopedVars, format) => {
        const encode = format === "uriencode" ? encodeURIComponent : undefined;
        return replaceVariables(text, (name) => cellVariable(name, scopedVars) ?? variables[name], encode);
      },
    });
    cacheFieldDisplayNames(prepared); // table headers read the cached name
    return prepared;
  }, [frames, fieldConfig, theme, variables]);
}
