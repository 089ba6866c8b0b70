/** Where the Sillage server is and the token it asks for. "Save & test" below it is Grafana's own and runs the backend's health check. */
import type { DataSourcePluginOptionsEditorProps } from "@grafana/data";
import { Field, Input, SecretInput, Text } from "@grafana/ui";
import { CONFIG_LABELS as LABELS } from "../labels.ts";
import { SELECTORS } from "../selectors.ts";
import type { FlowOptions, FlowSecrets } from "../types.ts";

/** Width of the fields. Unit: Grafana's grid of 8 pixels. */
const WIDTH = 60;

export function ConfigEditor({ options, onOptionsChange }: DataSourcePluginOptionsEditorProps<FlowOptions, FlowSecrets>) {
  const setToken = (token: string, configured: boolean): void =>
    onOptionsChange({
      ...options,
      secureJsonData: { ...options.secureJsonData, token },
      secureJsonFields: { ...options.secureJsonFields, token: configured },
    });

  return (
    <>
      <Field label={LABELS.url.label} description={LABELS.url.tooltip} required>
        <Input
          id={SELECTORS.config.url}
          data-testid={SELECTORS.config.url}
          type="url"
          width={WIDTH}
          value={options.url}
          placeholder={LABELS.url.placeholder}
          readOnly={options.readOnly}
          onChange={(event) => onOptionsChange({ ...options, url: event.currentTarget.value.trim() })}
        />
      </Field>
      <Field label={LABELS.token.label} description={LABELS.token.tooltip}>
        <SecretInput
          id={SELECTORS.config.token}
          data-testid={SELECTORS.config.token}
          width={WIDTH}
          autoComplete="new-password"
          isConfigured={options.secureJsonFields.token === true}
          value={options.secureJsonData?.token ?? ""}
          placeholder={LABELS.token.placeholder}
          onReset={() => setToken("", false)}
          onChange={(event) => setToken(event.currentTarget.value, false)}
        />
      </Field>
      <Text color="secondary">{LABELS.help}</Text>
    </>
  );
}
