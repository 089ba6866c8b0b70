/** The part of Grafana's classic dashboard JSON that the page draws. */
import type { FieldConfigSource } from "@grafana/data";

export interface PanelModel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  /** Smallest step, e.g. `1m`. */
  interval?: string;
  targets: readonly object[];
  fieldConfig: FieldConfigSource;
  options: Record<string, unknown>;
}

export interface VariableModel {
  type: string;
  name: string;
  label?: string;
  description?: string;
  /** Default of a text box. */
  query?: unknown;
}

export interface DashboardModel {
  uid: string;
  title: string;
  description?: string;
  time: { from: string; to: string };
  refresh: string;
  templating: { list: readonly VariableModel[] };
  panels: readonly PanelModel[];
}

/** An entry of the list of dashboards (dashboards/index.json). */
export interface DashboardEntry {
  uid: string;
  title: string;
  description: string;
}
