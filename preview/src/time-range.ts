/** The reader's time range, kept in the page's address as Grafana writes it: `now-1h` or epoch milliseconds. */
import { dateTime, isDateTime, rangeUtil, type RawTimeRange, type TimeRange } from "@grafana/data";
import { useEffect, useMemo, useState } from "react";
import { sharedParams, useLocation, withParams } from "./location.ts";

export const TIME_ZONE = "browser";

function fromAddress(text: string): RawTimeRange["from"] {
  return /^\d+$/.test(text) ? dateTime(Number(text)) : text;
}

function toAddress(value: RawTimeRange["from"]): string {
  return isDateTime(value) ? String(value.valueOf()) : value;
}

export interface ReaderTime {
  range: TimeRange;
  refresh: string;
  setRange: (range: TimeRange) => void;
  setAbsolute: (range: { from: number; to: number }) => void;
  setRefresh: (interval: string) => void;
  /** Ask again with the same range, moved on to now. */
  reload: () => void;
}

/** @param defaults Range and refresh interval where the address says nothing. */
export function useReaderTime(defaults: { from: string; to: string; refresh: string }): ReaderTime {
  const [location, navigate] = useLocation();
  const [asked, setAsked] = useState(0);
  const from = location.params.get("from") ?? defaults.from;
  const to = location.params.get("to") ?? defaults.to;
  const refresh = location.params.get("refresh") ?? defaults.refresh;

  // `asked` is a reason to compute the range anew: "now" has moved on.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const range = useMemo(() => rangeUtil.convertRawToRange({ from: fromAddress(from), to: fromAddress(to) }, TIME_ZONE), [from, to, asked]);

  useEffect(() => {
    if (!rangeUtil.isValidTimeSpan(refresh)) return undefined;
    const timer = setInterval(() => {
      // A hidden page asks nothing: dashboards are left open over night.
      if (document.visibilityState === "visible") setAsked((n) => n + 1);
    }, rangeUtil.intervalToMs(refresh));
    return () => {
      clearInterval(timer);
    };
  }, [refresh]);

  const change = (changes: Record<string, string>) => {
    navigate({ path: location.path, params: withParams(location.params, changes) });
  };
  return {
    range,
    refresh,
    setRange: ({ raw }) => {
      change({ from: toAddress(raw.from), to: toAddress(raw.to) });
      setAsked((n) => n + 1);
    },
    setAbsolute: (absolute) => {
      change({ from: String(Math.round(absolute.from)), to: String(Math.round(absolute.to)) });
    },
    setRefresh: (interval) => {
      change({ refresh: interval });
    },
    reload: () => {
      setAsked((n) => n + 1);
    },
  };
}

/** The same span one half earlier or later, or twice as wide: the arrows and the magnifier of the time picker. */
export function moved(range: TimeRange, how: "back" | "forward" | "wider"): { from: number; to: number } {
  const from = range.from.valueOf();
  const to = range.to.valueOf();
  const half = (to - from) / 2;
  switch (how) {
    case "back":
      return { from: from - half, to: to - half };
    case "forward":
      return { from: from + half, to: to + half };
    case "wider":
      return { from: from - half, to: to + half };
  }
}

/** Parameters for links to other pages: what the address holds now, with the range that is in force. */
export function linkParams(location: URLSearchParams, raw: RawTimeRange): URLSearchParams {
  return withParams(sharedParams(location), { from: toAddress(raw.from), to: toAddress(raw.to) });
}
