import { LoadingState, rangeUtil, type DataFrame, type TimeRange } from "@grafana/data";
import { Alert, PanelChrome } from "@grafana/ui";
import { useMemo } from "react";
import { queryFlows, type QueryFailure } from "../api.ts";
import { replaceInside, type Variables } from "../grafana/replace-variables.ts";
import { useAnswer } from "../use-answer.ts";
import { useSize } from "../use-size.ts";
import type { PanelModel } from "./model.ts";
import { Visualization } from "./Visualization.tsx";

export interface PanelProps {
  panel: PanelModel;
  range: TimeRange;
  /** Values of the dashboard's template variables. */
  variables: Variables;
  /** Changes when the reader asks for fresh data. */
  onZoom: (range: { from: number; to: number }) => void;
}

const NO_FRAMES: DataFrame[] = [];

/** One panel of a dashboard: asks its queries, draws the answer, says what failed. */
export function Panel({ panel, range, variables, onZoom }: PanelProps) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const maxDataPoints = Math.max(100, width);
  const request = useMemo(() => {
    const queries = replaceInside(panel.targets, (name) => variables[name]);
    const { intervalMs } = rangeUtil.calculateInterval(range, maxDataPoints, panel.interval);
    return { queries, range, intervalMs, maxDataPoints };
  }, [panel, range, variables, maxDataPoints]);
  const key = width === 0 ? undefined : JSON.stringify({ ...request, from: range.from.valueOf(), to: range.to.valueOf() });
  const { data, error, loading } = useAnswer(key, (signal) => queryFlows(request, signal));

  const failures: QueryFailure[] = error
    ? [{ refId: undefined, status: error.status, message: [error.message, error.hint].filter(Boolean).join(" – ") }]
    : (data?.failures ?? []);
  const frames = data?.frames ?? NO_FRAMES;
  return (
    <section ref={ref} data-testid={`panel-${panel.id}`} aria-label={panel.title} style={{ height: "100%", minWidth: 0 }}>
      {width > 0 && (
        <PanelChrome
          title={panel.title}
          description={panel.description}
          width={width}
          height={height}
          padding={panel.type === "table" && failures.length === 0 ? "none" : "md"}
          loadingState={loading ? LoadingState.Loading : LoadingState.Done}
          statusItems={statusItems(frames)}
        >
          {(innerWidth, innerHeight) =>
            failures.length > 0 ? (
              <Failures failures={failures} />
            ) : data ? (
              <Visualization
                type={panel.type}
                frames={frames}
                fieldConfig={panel.fieldConfig}
                options={panel.options}
                range={range}
                variables={variables}
                width={innerWidth}
                height={innerHeight}
                onZoom={onZoom}
              />
            ) : null
          }
        </PanelChrome>
      )}
    </section>
  );
}

/** What an answer says about itself, behind the sign in a panel's head. */
export function statusItems(frames: readonly DataFrame[]) {
  return frames.flatMap((frame) => frame.meta?.notices ?? []).map(({ severity, text }) => ({ severity, text }));
}

export function Failures({ failures }: { failures: readonly QueryFailure[] }) {
  return (
    <div role="alert" data-testid="query-error" style={{ overflow: "auto", height: "100%" }}>
      {failures.map(({ refId, message }, index) => (
        <Alert key={index} severity="error" title={refId === undefined ? "The query failed" : `Query ${refId} failed`}>
          {message}
        </Alert>
      ))}
    </div>
  );
}
