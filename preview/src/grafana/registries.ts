/**
 * Field options and transformations that Grafana's application registers at start. Without them overrides, units and names of a
 * dashboard would be ignored.
 */
import {
  booleanOverrideProcessor,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  FieldConfigOptionsRegistry,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardFieldConfigEditorRegistry,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
} from "@grafana/data";

type Processor = FieldConfigPropertyItem["process"];

const STANDARD_OPTIONS: Record<string, unknown> = {
  unit: unitOverrideProcessor,
  min: numberOverrideProcessor,
  max: numberOverrideProcessor,
  decimals: numberOverrideProcessor,
  displayName: displayNameOverrideProcessor,
  color: identityOverrideProcessor,
  noValue: stringOverrideProcessor,
  links: dataLinksOverrideProcessor,
  mappings: valueMappingsOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
  filterable: booleanOverrideProcessor,
  fieldMinMax: booleanOverrideProcessor,
};

const noEditor = () => null;

function option(id: string, path: string, process: unknown): FieldConfigPropertyItem {
  return {
    id,
    path,
    name: path,
    editor: noEditor,
    override: noEditor,
    process: process as Processor,
    shouldApply: () => true,
    settings: id === "displayName" ? { expandTemplateVars: true } : {},
  };
}

export function registerFieldOptions(): void {
  standardFieldConfigEditorRegistry.setInit(() => Object.entries(STANDARD_OPTIONS).map(([name, process]) => option(name, name, process)));
}

/** The standard options and the `custom.*` ones that this panel sets: panel plugins would register theirs. */
export function optionsOf(fieldConfig: FieldConfigSource): FieldConfigOptionsRegistry {
  const registry = new FieldConfigOptionsRegistry();
  for (const item of standardFieldConfigEditorRegistry.list()) registry.register(item);
  const custom = new Set(Object.keys((fieldConfig.defaults.custom ?? {}) as object));
  for (const { id } of fieldConfig.overrides.flatMap((rule) => rule.properties)) {
    if (id.startsWith("custom.")) custom.add(id.slice("custom.".length));
  }
  for (const path of custom) registry.register({ ...option(`custom.${path}`, path, identityOverrideProcessor), isCustom: true });
  return registry;
}
