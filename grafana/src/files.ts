// Everything that is generated: the path under grafana/ and the text, the same from the same sources.
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { alertProvisioning, prometheusUid, readGroups, unexpanded, type PrometheusGroup } from "./alerts.js";
import { live } from "./live.js";
import { manager } from "./manager.js";
import { ops } from "./ops.js";

const made = "# Made by `npm run build` in grafana/. Do not edit: change the sources.\n";

export const dashboards = (): Dashboard[] => [live(), ops(), manager()];

const dashboardPath = (dashboard: Dashboard) => `dashboards/${dashboard.uid}.json`;

const datasources = {
  apiVersion: 1,
  datasources: [
    {
      name: "Heti's Prometheus", uid: prometheusUid, type: "prometheus", access: "proxy", url: "http://127.0.0.1:9090", isDefault: true,
      // timeInterval, from which Grafana derives $__rate_interval, is put in from prometheus.yml: the scrape interval.
      jsonData: { httpMethod: "POST", prometheusType: "Prometheus" },
    },
    {
      // Silences and inhibitions are kept there; it takes Grafana's own alerts too, if Grafana is told to send them.
      name: "Heti's Alertmanager", uid: "heti-alertmanager", type: "alertmanager", access: "proxy", url: "http://127.0.0.1:9093",
      jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: true },
    },
  ],
};

const providers = {
  apiVersion: 1,
  providers: [
    {
      name: "heti", folder: "Heti", type: "file", disableDeletion: true, allowUiUpdates: false, updateIntervalSeconds: 30,
      options: { path: "/var/lib/grafana/dashboards/heti" },
    },
  ],
};

/** The groups of all rule files, in the order of the files' names. */
export function ruleGroups(prometheus: string): PrometheusGroup[] {
  const folder = join(prometheus, "rules");
  return readdirSync(folder).filter((name) => name.endsWith(".yml")).sort()
    .flatMap((name) => readGroups(readFileSync(join(folder, name), "utf8"), name));
}

/** What all files of grafana/ that are made must hold; `prometheus` is the folder of Prometheus' configuration. */
export function generated(prometheus: string): Map<string, string> {
  const config = parse(readFileSync(join(prometheus, "prometheus.yml"), "utf8")) as {
    global?: { evaluation_interval?: string; scrape_interval?: string };
  };
  const yaml = (what: unknown) => made + stringify(what, { lineWidth: 0, aliasDuplicateObjects: false });
  return new Map([
    ...dashboards().map((dashboard): [string, string] => [dashboardPath(dashboard), `${JSON.stringify(dashboard, null, 2)}\n`]),
    ["provisioning/datasources/heti.yml", yaml({
      ...datasources,
      datasources: datasources.datasources.map((one) => one.uid !== prometheusUid ? one
        : { ...one, jsonData: { ...one.jsonData, timeInterval: config.global?.scrape_interval ?? "1m" } }),
    })],
    ["provisioning/dashboards/heti.yml", yaml(providers)],
    ["provisioning/alerting/heti.yml", yaml(unexpanded(alertProvisioning(ruleGroups(prometheus), config.global?.evaluation_interval ?? "1m")))],
  ]);
}
