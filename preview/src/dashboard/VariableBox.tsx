import { Icon, InlineField, Input } from "@grafana/ui";
import { useState } from "react";
import type { VariableModel } from "./model.ts";

export interface VariableBoxProps {
  variable: VariableModel;
  value: string;
  onChange: (value: string) => void;
}

/** A text box variable: Enter or leaving the box applies it. */
export function VariableBox({ variable, value, onChange }: VariableBoxProps) {
  const [draft, setDraft] = useState({ of: value, text: value });
  // The value may change from outside: a link, the back button.
  const text = draft.of === value ? draft.text : value;
  const apply = () => {
    if (text !== value) onChange(text.trim());
  };
  return (
    <InlineField label={variable.label ?? variable.name} tooltip={variable.description} grow style={{ margin: 0, maxWidth: 720 }}>
      <Input
        id={`var-${variable.name}`}
        value={text}
        placeholder="any"
        spellCheck={false}
        prefix={<Icon name="filter" />}
        onChange={(event) => {
          setDraft({ of: value, text: event.currentTarget.value });
        }}
        onBlur={apply}
        onKeyDown={(event) => {
          if (event.key === "Enter") apply();
        }}
      />
    </InlineField>
  );
}
