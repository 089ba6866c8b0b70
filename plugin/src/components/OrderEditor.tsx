/** What ranks groups: the largest (or smallest) by one measure come first and are kept within the limit. */
import { Combobox, InlineField, InlineSwitch, type ComboboxOption } from "@grafana/ui";
import { MEASURE_NAMES, MEASURES, type FlowQueryInput, type MeasureName } from "@sillage/model";
import { QUERY_LABELS as LABELS } from "../labels.ts";
import { SELECTORS } from "../selectors.ts";

type Order = FlowQueryInput["order"];

interface Props {
  order: Order;
  /** Undefined: the first measure, largest first. */
  onChange: (order: Order) => void;
}

const OPTIONS: ComboboxOption<MeasureName>[] = MEASURE_NAMES.map((name) => ({ value: name, label: MEASURES[name].label }));

export function OrderEditor({ order, onChange }: Props) {
  return (
    <>
      <InlineField {...LABELS.order} htmlFor={SELECTORS.query.order}>
        <Combobox<MeasureName>
          id={SELECTORS.query.order}
          data-testid={SELECTORS.query.order}
          width={24}
          isClearable
          placeholder={LABELS.orderDefault}
          options={OPTIONS}
          value={order?.measure ?? null}
          onChange={(chosen) => onChange(chosen === null ? undefined : { ...order, measure: chosen.value })}
        />
      </InlineField>
      {order !== undefined && (
        <InlineField {...LABELS.ascending} htmlFor={SELECTORS.query.ascending}>
          <InlineSwitch
            id={SELECTORS.query.ascending}
            data-testid={SELECTORS.query.ascending}
            value={order.desc === false}
            onChange={(event) => onChange({ ...order, desc: !event.currentTarget.checked })}
          />
        </InlineField>
      )}
    </>
  );
}
