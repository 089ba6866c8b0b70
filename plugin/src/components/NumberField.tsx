/** A whole number between two bounds. What is typed counts when the field is left or Enter is pressed; nonsense is undone then. */
import { InlineField, Input } from "@grafana/ui";
import { useState } from "react";

interface Props {
  id: string;
  label: string;
  tooltip: string;
  value: number | undefined;
  min: number;
  max: number;
  /** Undefined for an emptied field; only with `optional`. */
  onCommit: (value: number | undefined) => void;
  optional?: boolean;
}

export function NumberField({ id, label, tooltip, value, min, max, onCommit, optional = false }: Props) {
  // Only while somebody types: the query has the value.
  const [typed, setTyped] = useState<string>();

  const commit = (): void => {
    setTyped(undefined);
    if (typed === undefined) return;
    const next = typed.trim() === "" ? undefined : Number(typed);
    const valid = next === undefined ? optional : Number.isInteger(next) && next >= min && next <= max;
    if (valid && next !== value) onCommit(next);
  };

  return (
    <InlineField label={label} tooltip={tooltip} htmlFor={id}>
      <Input
        id={id}
        data-testid={id}
        type="number"
        width={10}
        min={min}
        max={max}
        value={typed ?? value ?? ""}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === "Enter") commit();
        }}
      />
    </InlineField>
  );
}
