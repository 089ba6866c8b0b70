/** What a changed configuration can change at once, and what waits for the next start. */
import type { SillageConfig } from "./sillage-config.ts";

/** Options and sections that running processes take over. */
const RELOADABLE = [
  ...["networks", "elements", "exporters", "log.level"],
  ...["collector.allow", "collector.listen", "collector.tcp", "collector.receive", "collector.receiveBuffer"],
] as const;

export interface ReloadPlan {
  /** What is in force then: the old configuration with what can change replaced. */
  readonly config: SillageConfig;
  /** Options that change, by name. */
  readonly changed: readonly string[];
  /** Options that differ and stay as they were until the next start. */
  readonly needRestart: readonly string[];
}

type Section = Readonly<Record<string, unknown>>;

export function planReload(inForce: SillageConfig, wanted: SillageConfig): ReloadPlan {
  const differing = differences("", inForce, wanted);
  const changed = differing.filter(isReloadable);
  const config = RELOADABLE.reduce<Section>((before, name) => withOption(before, wanted, name.split(".")), inForce) as SillageConfig;
  return { config, changed, needRestart: differing.filter((name) => !isReloadable(name)) };
}

const isReloadable = (name: string): boolean => RELOADABLE.some((one) => name === one || name.startsWith(`${one}.`));

/** Names of the options that differ; a list is one option. */
function differences(name: string, before: unknown, after: unknown): string[] {
  if (!isSection(before) || !isSection(after)) return JSON.stringify(before) === JSON.stringify(after) ? [] : [name];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(name === "" ? key : `${name}.${key}`, before[key], after[key]));
}

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A section with one option of another. */
function withOption(section: Section, other: Section, [key = "", ...rest]: readonly string[]): Section {
  const value = rest.length === 0 ? other[key] : withOption(section[key] as Section, other[key] as Section, rest);
  return { ...section, [key]: value };
}
