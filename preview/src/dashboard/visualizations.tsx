/** The panel types that the page draws, each with the component that Grafana's own panel uses. */
import {
  dateTimeFormat,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  VizOrientation,
  type DataFrame,
  type DisplayValueAlignmentFactors,
  type FieldConfigSource,
  type FieldDisplay,
  type TimeRange,
} from "@grafana/data";
import {
  BarGaugeDisplayMode,
  SortOrder,
  TableCellHeight,
  TooltipDisplayMode,
  type BarGaugeNamePlacement,
  type BarGaugeValueMode,
  type VizLegendOptions,
  type VizTooltipOptions,
} from "@grafana/schema";
import {
  BarGauge,
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  getFieldDisplayItems,
  TimeSeries,
  TooltipPlugin2,
  useTheme2,
  VizRepeater,
  VizTooltipContent,
  VizTooltipHeader,
  VizTooltipWrapper,
} from "@grafana/ui";
import { TableNG } from "@grafana/ui/unstable";
import type { ComponentType } from "react";
import { TIME_ZONE } from "../time-range.ts";

export interface VisualizationProps {
  /** With field options applied. */
  frames: DataFrame[];
  fieldConfig: FieldConfigSource;
  options: Record<string, unknown>;
  range: TimeRange;
  width: number;
  height: number;
  onZoom: (range: { from: number; to: number }) => void;
}

/** TooltipHoverMode.xAll: the enum is declared const and so is missing from the package's scripts. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- see above
const HOVER_ALL_SERIES = 1 as Parameters<typeof TooltipPlugin2>[0]["hoverMode"];

function TimeSeriesPanel({ frames, options, range, width, height, onZoom }: VisualizationProps) {
  const legend = (options["legend"] ?? { showLegend: false }) as VizLegendOptions;
  const tooltip = options["tooltip"] as VizTooltipOptions | undefined;
  return (
    // Grafana's own panel has moved on and left this component behind in the package; @grafana/ui is pinned, so it stays (13.2.2).
    <TimeSeries frames={frames} width={width} height={height} timeRange={range} timeZone={TIME_ZONE} options={options} legend={legend}>
      {(config, aligned) => (
        <TooltipPlugin2
          config={config}
          hoverMode={HOVER_ALL_SERIES}
          queryZoom={onZoom}
          maxWidth={400}
          render={(_plot, indices, seriesIndex, isPinned) => {
            const time = aligned.fields[0];
            const index = indices.find((candidate) => candidate !== null);
            if (!time || index == null) return null;
            const items = getFieldDisplayItems(
              aligned.fields,
              time,
              indices,
              seriesIndex,
              tooltip?.mode ?? TooltipDisplayMode.Multi,
              tooltip?.sort ?? SortOrder.None,
            );
            return (
              <VizTooltipWrapper>
                <VizTooltipHeader item={{ label: "", value: dateTimeFormat(time.values[index] as number) }} isPinned={isPinned} />
                <VizTooltipContent items={items} isPinned={isPinned} scrollable={false} />
              </VizTooltipWrapper>
            );
          }}
        />
      )}
    </TimeSeries>
  );
}

function TablePanel({ frames, fieldConfig, range, width, height }: VisualizationProps) {
  const [data] = frames;
  if (!data) return null;
  return (
    <TableNG
      data={data}
      fieldConfig={fieldConfig}
      timeRange={range}
      width={width}
      height={height}
      cellHeight={TableCellHeight.Sm}
      enableVirtualization
    />
  );
}

interface ReduceOptions {
  values?: boolean;
  calcs?: string[];
  limit?: number;
}

/** The values of a stat or bar gauge: one a field (reduced), or one a row. */
function useDisplayValues({ frames, fieldConfig, options }: VisualizationProps): () => FieldDisplay[] {
  const theme = useTheme2();
  const reduce = (options["reduceOptions"] ?? {}) as ReduceOptions;
  return () =>
    getFieldDisplayValues({
      data: frames,
      fieldConfig,
      theme,
      timeZone: TIME_ZONE,
      replaceVariables: (text) => text,
      reduceOptions: { ...reduce, calcs: reduce.values === true ? [] : (reduce.calcs ?? ["lastNotNull"]) },
    });
}

function StatPanel(props: VisualizationProps) {
  const theme = useTheme2();
  const getValues = useDisplayValues(props);
  const { frames, options, width, height } = props;
  return (
    <VizRepeater<FieldDisplay>
      source={frames}
      getValues={getValues}
      renderCounter={0}
      width={width}
      height={height}
      orientation={VizOrientation.Auto}
      autoGrid
      renderValue={(cell) => (
        <BigValue
          theme={theme}
          value={cell.value.display}
          width={cell.width}
          height={cell.height}
          count={cell.count}
          colorMode={(options["colorMode"] as BigValueColorMode | undefined) ?? BigValueColorMode.Value}
          graphMode={BigValueGraphMode.None}
          disableWideLayout={options["wideLayout"] === false}
          textMode={(options["textMode"] as BigValueTextMode | undefined) ?? BigValueTextMode.Auto}
        />
      )}
    />
  );
}

function BarGaugePanel(props: VisualizationProps) {
  const theme = useTheme2();
  const getValues = useDisplayValues(props);
  const { frames, options, width, height } = props;
  const orientation = (options["orientation"] as VizOrientation | undefined) ?? VizOrientation.Horizontal;
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      source={frames}
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderCounter={0}
      width={width}
      height={height}
      orientation={orientation}
      itemSpacing={8}
      maxVizHeight={300}
      minVizHeight={16}
      renderValue={(cell) => (
        <BarGauge
          theme={theme}
          value={cell.value.display}
          field={cell.value.field}
          width={cell.width}
          height={cell.height}
          orientation={orientation}
          itemSpacing={8}
          alignmentFactors={cell.alignmentFactors}
          displayMode={(options["displayMode"] as BarGaugeDisplayMode | undefined) ?? BarGaugeDisplayMode.Basic}
          valueDisplayMode={options["valueMode"] as BarGaugeValueMode | undefined}
          namePlacement={options["namePlacement"] as BarGaugeNamePlacement | undefined}
          showUnfilled={options["showUnfilled"] !== false}
        />
      )}
    />
  );
}

export const VISUALIZATIONS: Readonly<Record<string, ComponentType<VisualizationProps>>> = {
  timeseries: TimeSeriesPanel,
  table: TablePanel,
  stat: StatPanel,
  bargauge: BarGaugePanel,
};
