import { Alert, LoadingPlaceholder, useStyles2 } from "@grafana/ui";
import { css } from "@emotion/css";
import { useMemo } from "react";
import { fetchJson } from "../api.ts";
import type { Variables } from "../grafana/replace-variables.ts";
import { linkParams, useReaderTime } from "../time-range.ts";
import { useLocation, withParams } from "../location.ts";
import { useAnswer } from "../use-answer.ts";
import type { DashboardModel } from "./model.ts";
import { Panel } from "./Panel.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { VariableBox } from "./VariableBox.tsx";

/** Loads dashboards/<uid>.json, the very file that Grafana is provisioned with. */
export function DashboardPage({ uid }: { uid: string }) {
  const { data, error } = useAnswer(uid, async (signal) => {
    const text = JSON.stringify(await fetchJson(`/dashboards/${uid}.json`, { signal }));
    // Links between dashboards are paths in Grafana and stand behind the hash here.
    return JSON.parse(text.replaceAll('"url":"/d/', '"url":"#/d/')) as DashboardModel;
  });
  if (error)
    return (
      <Alert severity="error" title={`The dashboard ${uid} cannot be loaded: ${error.message}`}>
        {error.hint}
      </Alert>
    );
  if (!data) return <LoadingPlaceholder text="Loading the dashboard" />;
  return <Dashboard key={uid} dashboard={data} />;
}

function Dashboard({ dashboard }: { dashboard: DashboardModel }) {
  const styles = useStyles2(getStyles);
  const [location, navigate] = useLocation();
  const time = useReaderTime({ ...dashboard.time, refresh: dashboard.refresh });
  const boxes = dashboard.templating.list.filter((variable) => variable.type === "textbox");

  const address = location.params.toString();
  const variables = useMemo<Variables>(() => {
    const params = new URLSearchParams(address);
    const values = boxes.map(({ name, query }) => [name, params.get(`var-${name}`) ?? (typeof query === "string" ? query : "")]);
    const range = linkParams(new URLSearchParams(), time.range.raw).toString();
    return { ...(Object.fromEntries(values) as Variables), __url_time_range: range };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- boxes come from the dashboard
  }, [address, dashboard, time.range]);

  return (
    <>
      <Toolbar time={time}>
        {boxes.map((variable) => (
          <VariableBox
            key={variable.name}
            variable={variable}
            value={variables[variable.name] ?? ""}
            onChange={(value) => {
              navigate({ path: location.path, params: withParams(location.params, { [`var-${variable.name}`]: value || undefined }) });
            }}
          />
        ))}
      </Toolbar>
      <div className={styles.grid}>
        {dashboard.panels.map((panel) => {
          const { x, y, w, h } = panel.gridPos;
          return (
            <div key={panel.id} style={{ gridColumn: `${x + 1} / span ${w}`, gridRow: `${y + 1} / span ${h}` }} className={styles.cell}>
              <Panel panel={panel} range={time.range} variables={variables} onZoom={time.setAbsolute} />
            </div>
          );
        })}
      </div>
    </>
  );
}

/** Grafana's grid: 24 columns, rows of 30 px, gaps of 8 px; on a narrow screen one panel below the other. */
const getStyles = () => ({
  grid: css({
    display: "grid",
    gridTemplateColumns: "repeat(24, minmax(0, 1fr))",
    gridAutoRows: 30,
    gap: 8,
    "@media (max-width: 768px)": { display: "flex", flexDirection: "column" },
  }),
  cell: css({
    minWidth: 0,
    "@media (max-width: 768px)": { height: 340 },
  }),
});
