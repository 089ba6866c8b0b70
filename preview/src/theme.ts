import { createTheme, type GrafanaTheme2 } from "@grafana/data";
import { useMemo, useState } from "react";

type Mode = "dark" | "light";

/** Where boot.js looks for the reader's choice before anything is drawn. */
const STORAGE_KEY = "sillage.theme";

/** Grafana's dark or light theme; the choice is remembered, the first one follows the system. */
export function useReaderTheme(): [GrafanaTheme2, () => void] {
  const [mode, setMode] = useState<Mode>(() => (document.documentElement.classList.contains("theme-light") ? "light" : "dark"));
  const theme = useMemo(() => createTheme({ colors: { mode } }), [mode]);
  const toggle = () => {
    const next: Mode = mode === "dark" ? "light" : "dark";
    window.localStorage.setItem(STORAGE_KEY, next);
    document.documentElement.className = `theme-${next}`;
    setMode(next);
  };
  return [theme, toggle];
}
