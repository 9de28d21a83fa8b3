// Which series a query may name: what Heti exports, what Prometheus makes by itself, and what the rules record.
import { parser } from "@prometheus-io/lezer-promql";

export type MetricType = "counter" | "gauge" | "histogram";
export type Catalogue = Map<string, MetricType>;

const prometheusOwn = new Set(["up", "ALERTS"]);

/** metrics.txt: a name and a type each line. */
export function readCatalogue(text: string): Catalogue {
  const catalogue: Catalogue = new Map();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [name, type, ...rest] = line.split(" ");
    if (!name || rest.length > 0 || (type !== "counter" && type !== "gauge" && type !== "histogram")) {
      throw new Error(`metrics.txt: "${line}" is not a name and one of counter, gauge, histogram`);
    }
    if (catalogue.has(name)) throw new Error(`metrics.txt names ${name} twice`);
    catalogue.set(name, type);
  }
  return catalogue;
}

/** Grafana's variables by something that PromQL can read. */
export function withoutVariables(expr: string): string {
  return expr.replace(/\$__rate_interval|\$__interval|\$__range/g, "5m").replace(/\$\{?\w+\}?/g, "any");
}

/** The series that an expression names; null if it is not PromQL. */
export function namesOf(expr: string): string[] | null {
  const text = withoutVariables(expr);
  const names = new Set<string>();
  let broken = text.trim() === "";
  parser.parse(text).iterate({
    enter: (node) => {
      if (node.type.isError) broken = true;
      if (node.name === "VectorSelector") {
        const name = node.node.getChild("Identifier");
        if (name) names.add(text.slice(name.from, name.to));
      }
    },
  });
  return broken ? null : [...names];
}

/** Why a name may not be asked for; null if it may. */
export function unknownName(name: string, catalogue: Catalogue, recorded: ReadonlySet<string>): string | null {
  if (prometheusOwn.has(name)) return null;
  if (name.includes(":")) return recorded.has(name) ? null : `no rule in deploy/prometheus/rules records ${name}`;
  const type = catalogue.get(name);
  if (type === "histogram") return `${name} is a histogram: ask for its _bucket, _sum or _count`;
  if (type !== undefined) return null;
  const part = /^(.*)_(bucket|sum|count)$/.exec(name);
  if (part?.[1] && catalogue.get(part[1]) === "histogram") return null;
  return `the metric catalogue has no ${name}`;
}
