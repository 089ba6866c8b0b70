/** What a query adds up. */
import { InlineField, MultiCombobox, type ComboboxOption } from "@grafana/ui";
import { MEASURE_NAMES, MEASURES, type MeasureName } from "@sillage/model";
import { QUERY_LABELS as LABELS } from "../labels.ts";
import { SELECTORS } from "../selectors.ts";

interface Props {
  measures: readonly MeasureName[];
  onChange: (measures: MeasureName[]) => void;
}

const OPTIONS: ComboboxOption<MeasureName>[] = MEASURE_NAMES.map((name) => ({
  value: name,
  label: MEASURES[name].label,
  description: MEASURES[name].doc,
}));

export function MeasuresEditor({ measures, onChange }: Props) {
  return (
    <InlineField {...LABELS.measures} htmlFor={SELECTORS.query.measures}>
      <MultiCombobox<MeasureName>
        id={SELECTORS.query.measures}
        data-testid={SELECTORS.query.measures}
        width="auto"
        minWidth={16}
        maxWidth={50}
        options={OPTIONS}
        value={[...measures]}
        // A query without a measure asks nothing: the last one stays until another is chosen.
        onChange={(chosen) => {
          if (chosen.length > 0) onChange(chosen.map(({ value }) => value));
        }}
      />
    </InlineField>
  );
}
