// Panels as Heti uses them, and how they are laid out: rows from left to right, 24 columns wide.
import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";

export interface Query {
  expr: string;
  legend: string;
  /** A line to be kept: drawn dashed and red. */
  target?: boolean;
}

export interface PanelText {
  title: string;
  /** For the one who reads the dashboard, who knows no PromQL. */
  description: string;
  unit: string;
  queries: Query[];
  width: number;
  height?: number;
  /** Colours from values upwards. */
  colours?: dashboard.Threshold[];
  decimals?: number;
  /** Shown instead of a value while there is none. */
  noValue?: string;
}

export const source = { type: "prometheus", uid: "${datasource}" };

const plainColours: dashboard.Threshold[] = [{ value: null, color: "blue" }];
export const redFrom = (value: number, amber?: number): dashboard.Threshold[] => [
  { value: null, color: "green" }, ...(amber === undefined ? [] : [{ value: amber, color: "orange" }]), { value, color: "red" },
];
export const redBelow = (value: number, amberBelow?: number): dashboard.Threshold[] => [
  { value: null, color: "red" }, ...(amberBelow === undefined ? [{ value, color: "green" }]
    : [{ value, color: "orange" }, { value: amberBelow, color: "green" }]),
];
export const amberFrom = (value: number): dashboard.Threshold[] => [{ value: null, color: "green" }, { value, color: "orange" }];

interface Placed {
  width: number;
  height: number;
  panel: cog.Builder<dashboard.Panel> & { id(id: number): unknown; gridPos(gridPos: dashboard.GridPos): unknown };
}

function target(query: Query, index: number, instant: boolean): prometheus.DataqueryBuilder {
  const built = new prometheus.DataqueryBuilder().refId(String.fromCharCode(65 + index)).datasource(source)
    .editorMode(prometheus.QueryEditorMode.Code).expr(query.expr).legendFormat(query.legend);
  return instant ? built.instant() : built.range();
}

// What all kinds of panel have in common. The builders share no base class, only these methods.
interface Common {
  title(text: string): this;
  description(text: string): this;
  unit(unit: string): this;
  datasource(ref: common.DataSourceRef): this;
  targets(targets: cog.Builder<cog.Dataquery>[]): this;
  thresholds(thresholds: cog.Builder<dashboard.ThresholdsConfig>): this;
  colorScheme(colour: cog.Builder<dashboard.FieldColor>): this;
  decimals(decimals: number): this;
  noValue(text: string): this;
}

function fill<P extends Common>(panel: P, text: PanelText, instant: boolean): P {
  panel.title(text.title).description(text.description).unit(text.unit).datasource(source)
    .targets(text.queries.map((query, index) => target(query, index, instant)))
    .thresholds(new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(text.colours ?? plainColours));
  if (text.decimals !== undefined) panel.decimals(text.decimals);
  if (text.noValue !== undefined) panel.noValue(text.noValue);
  return panel;
}

const last = () => new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false);
const byThreshold = () => new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds);

export interface NumberText extends PanelText {
  /** Words for values. */
  words?: Record<string, dashboard.ValueMappingResult>;
  /** The series' name is what is worth reading, not its value. */
  named?: boolean;
}

/** Big numbers: what holds now. */
export function number(text: NumberText): Placed {
  const panel = fill(new stat.PanelBuilder(), text, true).colorScheme(byThreshold()).reduceOptions(last())
    .colorMode(text.colours ? common.BigValueColorMode.Background : common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(text.named ? common.BigValueTextMode.Name : common.BigValueTextMode.ValueAndName);
  if (text.words) panel.mappings([{ type: dashboard.MappingType.ValueToText, options: text.words }]);
  return { width: text.width, height: text.height ?? 5, panel };
}

/** Bars beside each other: the same number of several things, now. */
export function bars(text: PanelText): Placed {
  const panel = fill(new bargauge.PanelBuilder(), text, true).colorScheme(byThreshold()).reduceOptions(last()).min(0)
    .orientation(common.VizOrientation.Horizontal).displayMode(common.BarGaugeDisplayMode.Basic);
  return { width: text.width, height: text.height ?? 5, panel };
}

/** Lines over time. Colours above a value are drawn as dashed lines of the whole panel. */
export function lines(text: PanelText & { stacked?: boolean }): Placed {
  const panel = fill(new timeseries.PanelBuilder(), text, false).min(0)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassic))
    .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder()
      .mode(text.colours ? common.GraphThresholdsStyleMode.Dashed : common.GraphThresholdsStyleMode.Off))
    .fillOpacity(text.stacked ? 40 : 0).spanNulls(false)
    .stacking(new common.StackingConfigBuilder().mode(text.stacked ? common.StackingMode.Normal : common.StackingMode.None))
    .legend(new common.VizLegendOptionsBuilder().showLegend(true).displayMode(common.LegendDisplayMode.List)
      .placement(common.LegendPlacement.Bottom).calcs(["lastNotNull"]))
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending));
  text.queries.forEach((query, index) => {
    if (!query.target) return;
    panel.overrideByQuery(String.fromCharCode(65 + index), [
      { id: "color", value: { mode: "fixed", fixedColor: "red" } },
      { id: "custom.lineStyle", value: { fill: "dash", dash: [10, 10] } },
      { id: "custom.fillOpacity", value: 0 },
      { id: "custom.stacking", value: { mode: "none", group: "A" } },
    ]);
  });
  return { width: text.width, height: text.height ?? 8, panel };
}

export interface Row {
  title: string;
  panels: Placed[];
}

/** The dashboard with its rows; panels flow to the next line where 24 columns are full. */
export function layOut(head: dashboard.DashboardBuilder, rows: Row[]): dashboard.Dashboard {
  let id = 1;
  let y = 0;
  for (const row of rows) {
    head.withRow(new dashboard.RowBuilder(row.title).id(id++).gridPos({ x: 0, y, w: 24, h: 1 }));
    y += 1;
    let x = 0;
    let lineHeight = 0;
    for (const { width, height, panel } of row.panels) {
      if (x + width > 24) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      panel.id(id++);
      panel.gridPos({ x, y, w: width, h: height });
      head.withPanel(panel);
      x += width;
      lineHeight = Math.max(lineHeight, height);
    }
    y += lineHeight;
  }
  return head.build();
}

export interface HeadText {
  title: string;
  uid: string;
  description: string;
  refresh: string;
  from: string;
  timezone: string;
}

/** The head that all three have: the data source and the queues are picked at the top, the other two are a click away. */
export function head(text: HeadText): dashboard.DashboardBuilder {
  return new dashboard.DashboardBuilder(text.title).uid(text.uid).description(text.description).tags(["heti"]).readonly()
    .refresh(text.refresh).time({ from: text.from, to: "now" }).timezone(text.timezone).weekStart("monday")
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(new dashboard.DatasourceVariableBuilder("datasource").label("Data source").type("prometheus")
      .current({ text: "Heti's Prometheus", value: "heti-prometheus" }))
    .withVariable(new dashboard.QueryVariableBuilder("queue").label("Queue").datasource(source)
      .query({ query: "label_values(heti_queue_open, queue)", refId: "queue" }).definition("label_values(heti_queue_open, queue)")
      .refresh(dashboard.VariableRefresh.OnDashboardLoad).sort(dashboard.VariableSort.AlphabeticalAsc)
      .multi(true).includeAll(true).allValue(".+").current({ text: "All", value: "$__all" }))
    .link(new dashboard.DashboardLinkBuilder("Heti").type(dashboard.DashboardLinkType.Dashboards).tags(["heti"]).includeVars(true));
}
