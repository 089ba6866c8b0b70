import { RefreshPicker, TimeRangePicker } from "@grafana/ui";
import type { ReactNode } from "react";
import { moved, TIME_ZONE, type ReaderTime } from "../time-range.ts";

/** The line above the content: what filters it on the left, its time on the right. */
export function Toolbar({ time, loading = false, children }: { time: ReaderTime; loading?: boolean; children?: ReactNode }) {
  const move = (how: Parameters<typeof moved>[1]) => () => {
    time.setAbsolute(moved(time.range, how));
  };
  return (
    <div style={{ display: "flex", flexWrap: "wrap", gap: 8, justifyContent: "space-between", alignItems: "center", padding: "8px 0" }}>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8, flex: "1 1 320px" }}>{children}</div>
      <div style={{ display: "flex", gap: 8 }}>
        <TimeRangePicker
          value={time.range}
          timeZone={TIME_ZONE}
          onChange={time.setRange}
          onChangeTimeZone={() => undefined}
          onMoveBackward={move("back")}
          onMoveForward={move("forward")}
          onZoom={move("wider")}
        />
        <RefreshPicker
          value={time.refresh}
          isLoading={loading}
          onRefresh={time.reload}
          onIntervalChanged={time.setRefresh}
          intervals={["10s", "30s", "1m", "5m"]}
        />
      </div>
    </div>
  );
}
