// Grafana-managed alert rules from Prometheus' own rule files, so that both alert on the same things in the same words.
// Recorded series stay with Prometheus: the rules here read them.
import { parse } from "yaml";

export interface PrometheusRule {
  alert?: string;
  record?: string;
  expr: string | number;
  for?: string;
  keep_firing_for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
export interface PrometheusGroup {
  name: string;
  interval?: string;
  rules: PrometheusRule[];
}

export const prometheusUid = "heti-prometheus";
export const alertFolder = "Heti";

/** The groups of a rule file; `file` names it in errors. */
export function readGroups(text: string, file: string): PrometheusGroup[] {
  const read = parse(text) as { groups?: PrometheusGroup[] } | null;
  if (!read || !Array.isArray(read.groups)) throw new Error(`${file} has no "groups": it is not a rule file of Prometheus`);
  return read.groups;
}

const unitSeconds: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 };

/** Seconds of a duration as Prometheus writes it: 90s, 1h30m, 3d. */
export function seconds(duration: string): number {
  const parts = [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== duration) {
    throw new Error(`"${duration}" is not a duration of Prometheus; write it like 30s, 5m or 1h30m`);
  }
  return parts.reduce((sum, part) => sum + Number(part[1]) * (unitSeconds[part[2] ?? ""] ?? Number.NaN), 0);
}

// Grafana's scheduler ticks each 10 seconds and takes whole multiples only; a shorter interval alerts no later.
export function grafanaInterval(duration: string): string {
  return `${Math.max(10, Math.floor(seconds(duration) / 10) * 10)}s`;
}

// `$value` is a number to Prometheus and a sentence about all queries to Grafana, which has the number in $values.
export function grafanaTemplate(text: string): string {
  return text.replace(/\{\{(.*?)\}\}/gs, (whole) => whole.replace(/\$value\b/g, "$$values.A.Value"));
}

// Grafana puts environment variables into each text of a provisioning file, `$name` or `${name}`, and reads `$$` as `$`.
export function unexpanded<T>(what: T): T {
  if (typeof what === "string") return what.replaceAll("$", "$$$$") as T;
  if (Array.isArray(what)) return what.map(unexpanded) as T;
  if (typeof what !== "object" || what === null) return what;
  return Object.fromEntries(Object.entries(what).map(([key, value]) => [key, unexpanded(value)])) as T;
}

export function ruleUid(alert: string): string {
  return `heti-${alert.replace(/([a-z0-9])([A-Z])/g, "$1-$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2").toLowerCase()}`.slice(0, 40);
}

function mapValues(from: Record<string, string> | undefined, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(from ?? {}).map(([key, text]) => [key, change(String(text))]));
}

function grafanaRule(rule: PrometheusRule & { alert: string }) {
  return {
    uid: ruleUid(rule.alert),
    title: rule.alert,
    condition: "B",
    data: [
      {
        refId: "A",
        // An instant query looks back as far as its own expression says; the range is only how far Grafana may ask.
        relativeTimeRange: { from: 600, to: 0 },
        datasourceUid: prometheusUid,
        model: { refId: "A", expr: String(rule.expr).trim(), instant: true, range: false, editorMode: "code" },
      },
      {
        refId: "B",
        relativeTimeRange: { from: 600, to: 0 },
        datasourceUid: "__expr__",
        // Prometheus fires for each series that an expression returns, and `up == 0` returns 0. Grafana fires for what is
        // not 0, so the condition asks whether there is a value at all.
        model: { refId: "B", type: "math", expression: "is_number($A) || is_inf($A) || is_nan($A)" },
      },
    ],
    // No series is no alert. A query that fails is told: a dead monitor must not look like a calm day.
    noDataState: "OK",
    execErrState: "Error",
    for: rule.for ?? "0s",
    ...(rule.keep_firing_for === undefined ? {} : { keepFiringFor: rule.keep_firing_for }),
    // Prometheus ends an alert at the first evaluation without its series; Grafana waits for two unless it is told.
    missing_series_evals_to_resolve: 1,
    labels: mapValues(rule.labels, grafanaTemplate),
    annotations: mapValues(rule.annotations, grafanaTemplate),
    isPaused: false,
  };
}

/** Grafana's provisioning file for all alerts of the groups; `everyday` is the interval of groups that name none. */
export function alertProvisioning(groups: PrometheusGroup[], everyday: string) {
  const seen = new Set<string>();
  const made = [];
  for (const group of groups) {
    const rules = [];
    for (const rule of group.rules) {
      if (rule.alert === undefined) continue;
      const uid = ruleUid(rule.alert);
      if (seen.has(uid)) {
        throw new Error(`two alert rules are called ${rule.alert} (as ${uid}): Grafana names an alert by its rule, so make it one `
          + "rule whose series differ by label");
      }
      seen.add(uid);
      rules.push(grafanaRule({ ...rule, alert: rule.alert }));
    }
    if (rules.length === 0) continue;
    made.push({ orgId: 1, name: group.name, folder: alertFolder, interval: grafanaInterval(group.interval ?? everyday), rules });
  }
  return { apiVersion: 1, groups: made };
}
