import { EventBusSrv, FieldType, type DataFrame, type FieldConfigSource, type TimeRange } from "@grafana/data";
import { Alert, ErrorBoundaryAlert, PanelContextProvider, SeriesVisibilityChangeMode, Text, type PanelContext } from "@grafana/ui";
import { useMemo, useState } from "react";
import type { Variables } from "../grafana/replace-variables.ts";
import { usePanelFields } from "./use-panel-fields.ts";
import { VISUALIZATIONS } from "./visualizations.tsx";

export interface VisualizationFrame {
  type: string;
  frames: DataFrame[];
  fieldConfig: FieldConfigSource;
  options: Record<string, unknown>;
  range: TimeRange;
  variables: Variables;
  width: number;
  height: number;
  onZoom: (range: { from: number; to: number }) => void;
}

/** Draws frames as one panel type; a click in the legend shows that series alone, with Ctrl it hides it. */
export function Visualization({ type, frames, fieldConfig, options, range, variables, width, height, onZoom }: VisualizationFrame) {
  const [shown, setShown] = useState<readonly string[]>();
  const bus = useMemo(() => new EventBusSrv(), []);
  const context = useMemo<PanelContext>(
    () => ({
      eventsScope: "panel",
      eventBus: bus,
      onToggleSeriesVisibility: (label, mode) => {
        if (typeof label !== "string") return;
        setShown((old) => toggled(old, label, mode, namesOf(frames)));
      },
    }),
    [bus, frames],
  );
  const withVisibility = useMemo(() => hideOthers(fieldConfig, shown), [fieldConfig, shown]);
  const prepared = usePanelFields(frames, withVisibility, variables);

  const Panel = VISUALIZATIONS[type];
  if (!Panel) return <Alert severity="info" title={`This page draws no panel of type ${type}; Grafana does.`} />;
  if (frames.every((frame) => frame.length === 0)) {
    return (
      <div style={{ width, height, display: "grid", placeItems: "center" }} data-testid="no-data">
        <Text color="secondary">No data</Text>
      </div>
    );
  }
  return (
    <PanelContextProvider value={context}>
      <ErrorBoundaryAlert>
        <Panel
          frames={prepared}
          fieldConfig={withVisibility}
          options={options}
          range={range}
          width={width}
          height={height}
          onZoom={onZoom}
        />
      </ErrorBoundaryAlert>
    </PanelContextProvider>
  );
}

function namesOf(frames: DataFrame[]): string[] {
  return frames.flatMap((frame) =>
    frame.fields.filter((field) => field.type === FieldType.number).map((field) => field.config.displayNameFromDS ?? field.name),
  );
}

/** Which series stay visible after a click on `label`; undefined means all. */
function toggled(
  shown: readonly string[] | undefined,
  label: string,
  mode: SeriesVisibilityChangeMode,
  all: readonly string[],
): readonly string[] | undefined {
  if (mode === SeriesVisibilityChangeMode.ToggleSelection) return shown?.length === 1 && shown[0] === label ? undefined : [label];
  const visible = shown ?? all;
  return visible.includes(label) ? visible.filter((name) => name !== label) : [...visible, label];
}

function hideOthers(fieldConfig: FieldConfigSource, shown: readonly string[] | undefined): FieldConfigSource {
  if (!shown) return fieldConfig;
  const hidden = {
    matcher: { id: "byNames", options: { mode: "exclude", names: shown, readOnly: true } },
    properties: [{ id: "custom.hideFrom", value: { viz: true, legend: false, tooltip: true } }],
  };
  return { ...fieldConfig, overrides: [...fieldConfig.overrides, hidden] };
}
