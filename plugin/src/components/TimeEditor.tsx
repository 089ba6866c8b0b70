/** Which flows belong to the range, and how: the query's keys `time` and `spread` as one choice, because not every pair of them is one. */
import { InlineField, RadioButtonGroup } from "@grafana/ui";
import type { FlowQueryInput, View } from "@sillage/model";
import { QUERY_LABELS as LABELS, TIME_LABELS } from "../labels.ts";
import { SELECTORS } from "../selectors.ts";

export type TimeChoice = "received" | "active" | "spread";
type TimeKeys = Pick<FlowQueryInput, "time" | "spread">;

/** What a view can answer. Source: model/src/query.ts. */
const CHOICES: Readonly<Record<View, readonly TimeChoice[]>> = {
  timeseries: ["received", "spread"],
  top: ["received", "active", "spread"],
  stat: ["received", "active", "spread"],
  records: ["received", "active"],
};

function choiceOf({ time = "received", spread = false }: TimeKeys): TimeChoice {
  return spread ? "spread" : time;
}

/** Nothing is written down for the default. */
function keysOf(choice: TimeChoice): TimeKeys {
  return { time: choice === "active" ? "active" : undefined, spread: choice === "spread" ? true : undefined };
}

/** The keys when somebody turns to another view: the same choice if it has it, else the nearest. */
export function timeInView(query: TimeKeys, view: View): TimeKeys {
  const choice = choiceOf(query);
  if (CHOICES[view].includes(choice)) return {};
  return keysOf(view === "records" ? "active" : "received");
}

interface Props {
  query: TimeKeys;
  view: View;
  onChange: (keys: TimeKeys) => void;
}

export function TimeEditor({ query, view, onChange }: Props) {
  return (
    <InlineField {...LABELS.time}>
      <div data-testid={SELECTORS.query.time}>
        <RadioButtonGroup<TimeChoice>
          aria-label={LABELS.time.label}
          value={choiceOf(query)}
          options={CHOICES[view].map((value) => ({ value, ...TIME_LABELS[value] }))}
          onChange={(choice) => onChange(keysOf(choice))}
        />
      </div>
    </InlineField>
  );
}
