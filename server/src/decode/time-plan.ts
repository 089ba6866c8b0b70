/** Which time elements of a template are used, in which order: worked out once a template. */
import type { FindField, PlacedField } from "./layout.ts";

const MILLISECONDS = [152, 153, 323];
export const SECONDS = [150, 151, 322];
/** 64-bit NTP timestamps; the wire is the same for microseconds and nanoseconds. RFC 7011 sections 6.1.9 and 6.1.10. */
export const NTP = [154, 155, 156, 157, 324, 325];
export const BEFORE_EXPORT_US = [158, 159];
export const UPTIME = [21, 22];
const BOOT_MS = 160;
export const DURATIONS: Readonly<Record<number, number>> = { 161: 1, 162: 0.001 };

export const TIME_ELEMENTS: readonly number[] = [...MILLISECONDS, ...SECONDS, ...NTP, ...BEFORE_EXPORT_US, ...UPTIME, BOOT_MS, 161, 162];

/** Numbers of TIME_SOURCES. */
export const TIME_FROM = { absolute: 1, uptime: 2, observation: 3, export: 4, received: 5 } as const;

export interface TimeField {
  readonly place: PlacedField;
  readonly source: number;
}

/** A template whose start and end are one 32-bit uptime each, or one 64-bit number of milliseconds each: what nearly all exporters send. */
export interface UsualTimes {
  readonly kind: "uptime" | "milliseconds";
  readonly start: PlacedField;
  readonly end: PlacedField;
}

export interface TimePlan {
  readonly usual: UsualTimes | undefined;
  /** In order of preference. */
  readonly start: readonly TimeField[];
  readonly end: readonly TimeField[];
  readonly boot: PlacedField | undefined;
  readonly duration: PlacedField | undefined;
  readonly observation: PlacedField | undefined;
  /** The answer of a biflow: milliseconds from the first packet to the first of the answer. */
  readonly startDelay: PlacedField | undefined;
}

export function compileTimes(find: FindField, startDelay?: PlacedField): TimePlan {
  const chain = (elements: readonly number[]): TimeField[] =>
    elements.flatMap((element) => {
      const place = find(element);
      return place && place.length <= 8 ? [{ place, source: UPTIME.includes(element) ? TIME_FROM.uptime : TIME_FROM.absolute }] : [];
    });
  const start = chain([152, 154, 156, 150, 158, 22]);
  const end = chain([153, 155, 157, 151, 159, 21]);
  const boot = find(BOOT_MS);
  return {
    usual: boot || startDelay ? undefined : usualTimes(start, end),
    start,
    end,
    boot,
    duration: find(161) ?? find(162),
    observation: find(323) ?? find(324) ?? find(325) ?? find(322),
    startDelay,
  };
}

function usualTimes(starts: readonly TimeField[], ends: readonly TimeField[]): UsualTimes | undefined {
  const [start, end] = [starts[0]?.place, ends[0]?.place];
  if (!start || !end || starts.length > 1 || ends.length > 1) return undefined;
  if (start.id === 22 && end.id === 21 && start.length === 4 && end.length === 4) return { kind: "uptime", start, end };
  if (start.id === 152 && end.id === 153 && start.length === 8 && end.length === 8) return { kind: "milliseconds", start, end };
  return undefined;
}
