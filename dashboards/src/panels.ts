/** The four kinds of panels that the dashboards are made of, with the looks they share. */
import { PanelBuilder as BarGaugePanelBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableCellDisplayMode,
  TableCellHeight,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { FieldColorBuilder, FieldColorModeId } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as StatPanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TablePanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeSeriesPanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { findField, MEASURES, type MeasureName } from "@sillage/model";
import { DASHBOARD_UIDS } from "./dashboard.ts";
import { DATA_SOURCE } from "./data-source.ts";
import { FILTER_VARIABLE } from "./variables.ts";
import type { FlowsTarget } from "./flows-query-builder.ts";

/** What every panel says of itself. */
export interface PanelFrame {
  /** Unique in its dashboard and never reused: alert rules and links name it. */
  id: number;
  title: string;
  /** Shown behind the (i) of the panel: what it counts and how to read it. */
  description: string;
  /** Width in columns of 24. */
  width: number;
  /** Height in grid rows (30 px each in Grafana). */
  height: number;
  targets: Builder<FlowsTarget>[];
}

type AnyPanelBuilder = StatPanelBuilder | TimeSeriesPanelBuilder | TablePanelBuilder | BarGaugePanelBuilder;

function framed<T extends AnyPanelBuilder>(panel: T, frame: PanelFrame): T {
  panel.id(frame.id).title(frame.title).description(frame.description).span(frame.width).height(frame.height);
  return panel.datasource(DATA_SOURCE).targets(frame.targets) as T;
}

/** Series by name have the same colour in every picture, so that the eye can compare them. */
const SERIES_COLOURS: readonly (readonly [pattern: string, colour: string])[] = [
  ["/^tcp$/i", "blue"],
  ["/^udp$/i", "orange"],
  ["/^icmp$/i", "green"],
  ["/^icmp6$/i", "super-light-green"],
  ["/^gre$/i", "purple"],
  ["/^esp$/i", "yellow"],
  ["/^other$/i", "#8e8e8e"],
];

/** A rate or count over time, one colour a series, stacked: the height is the sum. */
export function stackedOverTime(frame: PanelFrame & { measure: MeasureName; step: string; bars?: boolean }): TimeSeriesPanelBuilder {
  const panel = framed(new TimeSeriesPanelBuilder(), frame)
    .unit(MEASURES[frame.measure].unit)
    .interval(frame.step)
    .min(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .drawStyle(frame.bars ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .lineInterpolation(LineInterpolation.Linear)
    .lineWidth(1)
    .fillOpacity(frame.bars ? 80 : 40)
    // Auto also draws the lone first minute of a new system, if a step is twice as wide as a point.
    .showPoints(VisibilityMode.Auto)
    .pointSize(4)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        // Beside a wide picture every name has room; below a narrow one the first four do.
        .placement(frame.width > 12 ? LegendPlacement.Right : LegendPlacement.Bottom)
        .calcs(["lastNotNull", "mean", "max"]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  for (const [pattern, fixedColor] of SERIES_COLOURS)
    panel.overrideByRegexp(pattern, [{ id: "color", value: { mode: "fixed", fixedColor } }]);
  return panel;
}

/** A few big numbers for the whole range, one for each measure of the queries; units come with the data. */
export function numbers(frame: PanelFrame): StatPanelBuilder {
  return framed(new StatPanelBuilder(), frame)
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.None)
    .textMode(BigValueTextMode.ValueAndName)
    .wideLayout(false)
    .orientation(VizOrientation.Auto)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor("text"))
    .reduceOptions(new ReduceDataOptionsBuilder().values(false).calcs(["lastNotNull"]).fields(""));
}

/** A column of a ranking that leads to the traffic overview of what the cell names. */
export interface LinkColumn {
  /** Field of the query. */
  field: string;
  /** Filter text for the cell's row; `${__value.raw}` is the cell, `${__data.fields.x}` another cell of the row. */
  filter: string;
}

/** Least widths of columns, px. Together with the numbers they must fit into half of a small screen, or the last column is cut off. */
const MIN_WIDTH = { address: 190, other: 80, bar: 120 };

function minWidth(field: string): number {
  return findField(field)?.kind === "ip" ? MIN_WIDTH.address : MIN_WIDTH.other;
}

/** Width of a column that holds a number, px: its title decides, the number is shorter. */
function numberWidth(measure: MeasureName): number {
  return 34 + 7 * MEASURES[measure].label.length;
}

/** Ranked rows as a table; bars show the measure that ranks. */
export function ranking(frame: PanelFrame & { barMeasure: MeasureName; links?: LinkColumn[] }): TablePanelBuilder {
  const panel = framed(new TablePanelBuilder(), frame).cellHeight(TableCellHeight.Sm).showHeader(true);
  for (const { field, filter } of frame.links ?? []) {
    const url = `/d/${DASHBOARD_UIDS.overview}?\${__url_time_range}&var-${FILTER_VARIABLE}=${filter.replaceAll(" ", "%20")}`;
    panel.overrideByName(field, [{ id: "links", value: [{ title: "Traffic overview of this row", url }] }]);
  }
  const queries = frame.targets.map((target) => target.build());
  for (const { field } of queries.flatMap((query) => query.dimensions ?? [])) {
    panel.overrideByName(field, [{ id: "custom.minWidth", value: minWidth(field) }]);
  }
  for (const measure of queries.flatMap((query) => query.measures ?? [])) {
    if (measure !== frame.barMeasure) panel.overrideByName(measure, [{ id: "custom.width", value: numberWidth(measure) }]);
  }
  return panel.overrideByName(frame.barMeasure, [
    {
      id: "custom.cellOptions",
      value: { type: TableCellDisplayMode.Gauge, mode: BarGaugeDisplayMode.Basic, valueDisplayMode: BarGaugeValueMode.Text },
    },
    { id: "color", value: { mode: "fixed", fixedColor: "blue" } },
    { id: "custom.minWidth", value: MIN_WIDTH.bar },
    { id: "min", value: 0 },
  ]);
}

/** Ranked rows as horizontal bars, for a single measure with short names. */
export function bars(frame: PanelFrame): BarGaugePanelBuilder {
  return framed(new BarGaugePanelBuilder(), frame)
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Text)
    .namePlacement(BarGaugeNamePlacement.Top)
    .showUnfilled(true)
    .min(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor("blue"))
    .reduceOptions(new ReduceDataOptionsBuilder().values(true).limit(25).calcs([]).fields(""));
}
