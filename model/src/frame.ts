/**
 * Data frames in Grafana's JSON form, as the SDK's `data.Frame` reads and writes them: `schema` first, then columns.
 * Source: grafana-plugin-sdk-go `data/frame_json.go`; dataplane contract for `meta.type`.
 */

export type FrameType = "timeseries-multi" | "timeseries-wide" | "numeric-long" | "numeric-wide" | "table";

export interface FrameNotice {
  readonly severity: "info" | "warning" | "error";
  readonly text: string;
}

export interface FrameMeta {
  /** Left out for plain tables, which alerts refuse. */
  readonly type?: FrameType;
  readonly typeVersion?: readonly [number, number];
  readonly executedQueryString?: string;
  readonly notices?: readonly FrameNotice[];
  readonly preferredVisualisationType?: "graph" | "table";
  /** Ours: which table answered, rows read, the normalised filter. */
  readonly custom?: Readonly<Record<string, unknown>>;
}

/** Go type of a frame's column; the SDK's decoder insists on it. Times are epoch milliseconds. */
export type FrameValueType = "time.Time" | "float64" | "int64" | "string";

export interface FieldSchema {
  readonly name: string;
  readonly type: "time" | "number" | "string";
  readonly typeInfo: { readonly frame: FrameValueType; readonly nullable?: boolean };
  readonly labels?: Readonly<Record<string, string>>;
  /** Grafana's FieldConfig: displayNameFromDS, unit, interval (ms), decimals, noValue ... */
  readonly config?: Readonly<Record<string, unknown>>;
}

export type FrameValue = number | string | null;

export interface Frame {
  readonly schema: {
    readonly name?: string;
    readonly refId?: string;
    readonly meta?: FrameMeta;
    readonly fields: readonly FieldSchema[];
  };
  readonly data: { readonly values: readonly (readonly FrameValue[])[] };
}
