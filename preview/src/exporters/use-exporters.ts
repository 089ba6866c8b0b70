import { useEffect, useState } from "react";
import { useAnswer, type Answer } from "../use-answer.ts";
import { fetchExporters, fetchHealth, type ExportersAnswer, type Health } from "./exporters-api.ts";

/** How often the page looks whether something has arrived. Unit: ms. */
const POLL_MS = 2000;

/** Exporters and health, asked again and again while `active`. */
export function useExporters(active: boolean): { exporters: Answer<ExportersAnswer>; health: Answer<Health> } {
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => setRound((n) => n + 1), POLL_MS);
    return () => {
      clearInterval(timer);
    };
  }, [active]);
  return { exporters: useAnswer(`exporters ${round}`, fetchExporters), health: useAnswer(`health ${round}`, fetchHealth) };
}
