/** Which fields a query groups by, and for addresses by which networks. */
import { InlineField, MultiCombobox, type ComboboxOption } from "@grafana/ui";
import { DIMENSIONS, findField, type Dimension } from "@sillage/model";
import { QUERY_LABELS as LABELS } from "../labels.ts";
import { SELECTORS } from "../selectors.ts";
import { NumberField } from "./NumberField.tsx";

interface Props {
  dimensions: readonly Dimension[];
  /** The fields are columns of a list of records, which groups nothing. */
  columns: boolean;
  onChange: (dimensions: Dimension[]) => void;
}

const OPTIONS: ComboboxOption[] = DIMENSIONS.map(({ name, label, doc, group }) => ({ value: name, label, description: doc, group }));

export function DimensionsEditor({ dimensions, columns, onChange }: Props) {
  const { label, tooltip } = columns ? LABELS.columns : LABELS.dimensions;
  const choose = (chosen: ComboboxOption[]): void =>
    onChange(chosen.map(({ value }) => dimensions.find(({ field }) => field === value) ?? { field: value }));
  const change = (index: number, changed: Dimension): void =>
    onChange(dimensions.map((dimension, i) => (i === index ? changed : dimension)));

  return (
    <>
      <InlineField label={label} tooltip={tooltip} htmlFor={SELECTORS.query.dimensions}>
        <MultiCombobox
          id={SELECTORS.query.dimensions}
          data-testid={SELECTORS.query.dimensions}
          width="auto"
          minWidth={20}
          maxWidth={60}
          options={OPTIONS}
          value={dimensions.map(({ field }) => field)}
          onChange={choose}
        />
      </InlineField>
      {!columns &&
        dimensions.map((dimension, index) =>
          findField(dimension.field)?.kind === "ip" ? (
            <PrefixFields key={dimension.field} dimension={dimension} onChange={(changed) => change(index, changed)} />
          ) : null,
        )}
    </>
  );
}

function PrefixFields({ dimension, onChange }: { dimension: Dimension; onChange: (dimension: Dimension) => void }) {
  const name = findField(dimension.field)?.label ?? dimension.field;
  return (
    <>
      {PREFIXES.map(({ key, max }) => (
        <NumberField
          key={key}
          id={`${SELECTORS.query[key]}-${dimension.field}`}
          label={`${name} ${LABELS[key].label}`}
          tooltip={LABELS[key].tooltip}
          value={dimension[key]}
          min={0}
          max={max}
          optional
          // Stored as JSON, which leaves an undefined prefix out.
          onCommit={(prefix) => onChange({ ...dimension, [key]: prefix })}
        />
      ))}
    </>
  );
}

const PREFIXES = [
  { key: "prefix4", max: 32 },
  { key: "prefix6", max: 128 },
] as const;
