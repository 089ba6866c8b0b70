import {
  CoreApp,
  LoadingState,
  rangeUtil,
  type DataFrame,
  type FieldConfigSource,
  type PanelData,
  type QueryEditorProps,
} from "@grafana/data";
import type { DataQuery } from "@grafana/schema";
import { Alert, Button, Collapse, LoadingPlaceholder, PanelChrome, useTheme2 } from "@grafana/ui";
import { Suspense, useMemo, useRef, useState, type ComponentType } from "react";
import { isObservable, lastValueFrom } from "rxjs";
import type { QueryFailure } from "../api.ts";
import { Failures, statusItems } from "../dashboard/Panel.tsx";
import { Toolbar } from "../dashboard/Toolbar.tsx";
import { Visualization } from "../dashboard/Visualization.tsx";
import { loadPlugin, type LoadedPlugin } from "../grafana/load-plugin.ts";
import { parseHash, useLocation, withParams } from "../location.ts";
import { TIME_ZONE, useReaderTime } from "../time-range.ts";
import { useAnswer } from "../use-answer.ts";
import { useSize } from "../use-size.ts";

/** One query of the reader's own, written in the plugin's editor and sent by the plugin's data source. */
export function ExplorePage() {
  const { data, error } = useAnswer("plugin", loadPlugin);
  if (error)
    return (
      <Alert severity="error" title={`Explore needs the built plugin: ${error.message}`}>
        {error.hint}
      </Alert>
    );
  if (!data) return <LoadingPlaceholder text="Loading the query editor" />;
  return <Explore loaded={data} />;
}

const FIELD_CONFIG: FieldConfigSource = {
  defaults: { color: { mode: "palette-classic" }, custom: { drawStyle: "line", lineWidth: 1, fillOpacity: 10, showPoints: "auto" } },
  overrides: [],
};
const GRAPH_OPTIONS = {
  legend: { showLegend: true, displayMode: "table", placement: "bottom", calcs: ["lastNotNull", "mean", "max"] },
  tooltip: { mode: "multi", sort: "desc" },
};
const NO_VARIABLES = {};
const HEIGHT = 440;
/** Space for each point of a graph, px: closer ones are a comb in which nothing can be seen. */
const POINT_WIDTH = 4;

function Explore({ loaded: { plugin, dataSource } }: { loaded: LoadedPlugin }) {
  const [location, navigate] = useLocation();
  const time = useReaderTime({ from: "now-1h", to: "now", refresh: "" });
  const [ref, { width }] = useSize<HTMLDivElement>();

  const asked = location.params.get("query");
  const stored = useMemo(() => storedQuery(asked) ?? { refId: "A", ...dataSource.getDefaultQuery?.(CoreApp.Explore) }, [asked, dataSource]);
  const [draft, setDraft] = useState({ of: stored, query: stored });
  const query = draft.of === stored ? draft.query : stored;
  // The editor changes the query and runs it in one breath, before this is drawn again.
  const newest = useRef(draft);

  const maxDataPoints = Math.max(100, Math.round(width / POINT_WIDTH));
  const key = width === 0 ? undefined : JSON.stringify([stored, time.range.from.valueOf(), time.range.to.valueOf(), maxDataPoints]);
  const { data, error, loading } = useAnswer(key, async () => {
    const { interval, intervalMs } = rangeUtil.calculateInterval(time.range, maxDataPoints);
    const request = {
      requestId: "explore",
      app: CoreApp.Explore,
      timezone: TIME_ZONE,
      range: time.range,
      interval,
      intervalMs,
      maxDataPoints,
      scopedVars: {},
      targets: [stored],
      startTime: Date.now(),
    };
    const answer = dataSource.query(request);
    return isObservable(answer) ? lastValueFrom(answer) : answer;
  });

  const frames = (data?.data ?? []) as DataFrame[];
  const failures: QueryFailure[] = error
    ? [{ refId: undefined, status: error.status, message: error.message }]
    : (data?.errors ?? []).map(({ refId, status, message }) => ({ refId, status, message: message ?? "failed" }));
  const panelData: PanelData = {
    state: loading ? LoadingState.Loading : failures.length > 0 ? LoadingState.Error : LoadingState.Done,
    series: frames,
    timeRange: time.range,
    errors: data?.errors,
  };
  const run = () => {
    // The editor also runs what was typed when it loses the focus; that may be because the reader has gone to another page.
    if (parseHash(window.location.hash).path !== location.path) return;
    const { of, query: written } = newest.current;
    navigate({ path: location.path, params: withParams(location.params, { query: JSON.stringify(of === stored ? written : stored) }) });
    time.reload();
  };
  const Editor = plugin.components.QueryEditor as ComponentType<QueryEditorProps<typeof dataSource>> | undefined;
  return (
    <>
      <Toolbar time={time} loading={loading}>
        <Button icon="sync" onClick={run} tooltip="Shift+Enter in the filter">
          Run query
        </Button>
      </Toolbar>
      <div data-testid="query-editor" style={{ paddingBottom: 8 }}>
        <Suspense fallback={<LoadingPlaceholder text="Loading the query editor" />}>
          {Editor && (
            <Editor
              datasource={dataSource}
              query={query}
              queries={[query]}
              data={panelData}
              range={time.range}
              app={CoreApp.Explore}
              onRunQuery={run}
              onChange={(next) => {
                newest.current = { of: stored, query: next };
                setDraft(newest.current);
              }}
            />
          )}
        </Suspense>
      </div>
      <div ref={ref} data-testid="explore-result" style={{ marginBottom: 8 }}>
        {width > 0 && (
          <PanelChrome
            title="Answer"
            width={width}
            height={HEIGHT}
            padding={isGraph(frames) || failures.length > 0 ? "md" : "none"}
            loadingState={panelData.state}
            statusItems={statusItems(frames)}
          >
            {(innerWidth, innerHeight) =>
              failures.length > 0 ? (
                <Failures failures={failures} />
              ) : (
                <Visualization
                  type={isGraph(frames) ? "timeseries" : "table"}
                  frames={frames}
                  fieldConfig={FIELD_CONFIG}
                  options={GRAPH_OPTIONS}
                  range={time.range}
                  variables={NO_VARIABLES}
                  width={innerWidth}
                  height={innerHeight}
                  onZoom={time.setAbsolute}
                />
              )
            }
          </PanelChrome>
        )}
      </div>
      <Inspector frames={frames} />
    </>
  );
}

function storedQuery(text: string | null): DataQuery | undefined {
  if (text === null) return undefined;
  try {
    return { ...(JSON.parse(text) as DataQuery), refId: "A" };
  } catch {
    return undefined; // a shortened link: start from the default query
  }
}

function isGraph(frames: readonly DataFrame[]): boolean {
  return frames.some((frame) => frame.meta?.type?.startsWith("timeseries"));
}

/** What was sent to ClickHouse, and what it cost. */
function Inspector({ frames }: { frames: readonly DataFrame[] }) {
  const theme = useTheme2();
  const [open, setOpen] = useState(false);
  const meta = frames[0]?.meta;
  if (!meta?.executedQueryString) return null;
  return (
    <Collapse label="What was asked" isOpen={open} onToggle={setOpen}>
      <pre style={{ margin: 0, whiteSpace: "pre-wrap", fontFamily: theme.typography.fontFamilyMonospace }}>{meta.executedQueryString}</pre>
      {meta.custom && <pre style={{ margin: "8px 0 0" }}>{JSON.stringify(meta.custom, null, 2)}</pre>}
    </Collapse>
  );
}
