/** Editor of a FlowQuery, in dashboards, Explore and alert rules alike. It writes down what was chosen and nothing else. */
import { CoreApp, type QueryEditorProps } from "@grafana/data";
import { Alert, InlineField, InlineSwitch, RadioButtonGroup, Stack } from "@grafana/ui";
import type { View } from "@sillage/model";
import type { FlowDataSource } from "../datasource.ts";
import { QUERY_LABELS as LABELS, VIEW_LABELS } from "../labels.ts";
import { editable } from "../migrate.ts";
import { SELECTORS } from "../selectors.ts";
import type { FlowDataQuery } from "../types.ts";
import { DimensionsEditor } from "./DimensionsEditor.tsx";
import { FilterEditor } from "./FilterEditor.tsx";
import { MeasuresEditor } from "./MeasuresEditor.tsx";
import { NumberField } from "./NumberField.tsx";
import { OrderEditor } from "./OrderEditor.tsx";
import { TimeEditor, timeInView } from "./TimeEditor.tsx";

/** Limits of the query model: model/src/query.ts. */
const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 10_000;

type Props = QueryEditorProps<FlowDataSource, FlowDataQuery>;

export function QueryEditor({ datasource, query: stored, onChange, onRunQuery, app = CoreApp.Unknown }: Props) {
  const query = editable(stored, app);
  const { view = "timeseries", filter = "", dimensions = [], measures = ["bps"], limit = DEFAULT_LIMIT } = query;
  const alerting = app === CoreApp.UnifiedAlerting || app === CoreApp.CloudAlerting;
  const records = view === "records";

  const change = (changed: Partial<FlowDataQuery>): void => onChange({ ...query, ...changed });
  const changeAndRun = (changed: Partial<FlowDataQuery>): void => {
    change(changed);
    onRunQuery();
  };

  return (
    <div data-testid={SELECTORS.query.editor}>
      <InlineField label={LABELS.filter.label} tooltip={LABELS.filter.tooltip} grow>
        <FilterEditor
          value={filter}
          interpolate={(text) => datasource.interpolateFilter(text)}
          onChange={(text) => change({ filter: text })}
          onRun={onRunQuery}
        />
      </InlineField>
      <Stack direction="row" wrap="wrap" gap={0.5} rowGap={0}>
        <InlineField label={LABELS.view.label} tooltip={LABELS.view.tooltip}>
          <div data-testid={SELECTORS.query.view}>
            <RadioButtonGroup<View>
              aria-label={LABELS.view.label}
              value={view}
              options={viewOptions(VIEW_LABELS)}
              disabledOptions={alerting && !records ? ["records"] : []}
              // Of records the same key chooses columns, and none means the usual ones.
              onChange={(chosen) =>
                changeAndRun({ view: chosen, ...(chosen === "records" ? { dimensions: [] } : {}), ...timeInView(query, chosen) })
              }
            />
          </div>
        </InlineField>
        {!records && <MeasuresEditor measures={measures} onChange={(chosen) => changeAndRun({ measures: chosen })} />}
        <DimensionsEditor dimensions={dimensions} columns={records} onChange={(chosen) => changeAndRun({ dimensions: chosen })} />
      </Stack>
      <Stack direction="row" wrap="wrap" gap={0.5} rowGap={0}>
        {!records && <OrderEditor order={query.order} onChange={(order) => changeAndRun({ order })} />}
        <NumberField
          id={SELECTORS.query.limit}
          {...LABELS.limit}
          value={limit}
          min={1}
          max={MAX_LIMIT}
          onCommit={(value) => changeAndRun({ limit: value })}
        />
        {(view === "timeseries" || view === "top") && (
          <Toggle id={SELECTORS.query.other} {...LABELS.other} value={query.other ?? false} onChange={(other) => changeAndRun({ other })} />
        )}
        <Toggle
          id={SELECTORS.query.scaled}
          {...LABELS.scaled}
          value={query.scaled ?? true}
          onChange={(scaled) => changeAndRun({ scaled })}
        />
        <TimeEditor query={query} view={view} onChange={changeAndRun} />
      </Stack>
      {alerting && records && (
        <Alert severity="warning" title={LABELS.recordsInAlert.title}>
          {LABELS.recordsInAlert.text}
        </Alert>
      )}
    </div>
  );
}

function viewOptions(labels: typeof VIEW_LABELS): { value: View; label: string; description: string }[] {
  return (Object.keys(labels) as View[]).map((value) => ({ value, ...labels[value] }));
}

interface ToggleProps {
  id: string;
  label: string;
  tooltip: string;
  value: boolean;
  onChange: (value: boolean) => void;
}

function Toggle({ id, label, tooltip, value, onChange }: ToggleProps) {
  return (
    <InlineField label={label} tooltip={tooltip} htmlFor={id}>
      <InlineSwitch id={id} data-testid={id} value={value} onChange={(event) => onChange(event.currentTarget.checked)} />
    </InlineField>
  );
}
