// `build` writes dashboards/ and provisioning/; `check` says how the tree differs from that and which rules are broken.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { readCatalogue } from "./catalogue.js";
import { drift, faultsBetween, faultsOf, faultsOfRules, type CheckedDashboard } from "./check.js";
import { generated, ruleGroups } from "./files.js";

const here = process.cwd();
const prometheus = join(here, "..", "deploy", "prometheus");

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)]).sort();
}
const present = () => new Map(["dashboards", "provisioning"].flatMap((folder) => filesUnder(join(here, folder)))
  .map((path) => [relative(here, path).split(sep).join("/"), readFileSync(path, "utf8")]));

function build(): void {
  const wanted = generated(prometheus);
  const found = present();
  for (const path of found.keys()) if (!wanted.has(path)) rmSync(join(here, path));
  for (const [path, text] of wanted) {
    mkdirSync(dirname(join(here, path)), { recursive: true });
    if (found.get(path) !== text) writeFileSync(join(here, path), text);
    console.log(`${found.get(path) === text ? "unchanged" : "written  "} ${path}`);
  }
}

function check(): void {
  const groups = ruleGroups(prometheus);
  const rules = groups.flatMap((group) => group.rules);
  const known = {
    catalogue: readCatalogue(readFileSync(join(here, "metrics.txt"), "utf8")),
    recorded: new Set(rules.flatMap((rule) => rule.record ?? [])),
  };
  const found = present();
  const dashboards = [...found].filter(([path]) => path.startsWith("dashboards/") && path.endsWith(".json"))
    .map(([, text]) => JSON.parse(text) as CheckedDashboard);
  const faults = [
    ...drift(generated(prometheus), found),
    ...dashboards.flatMap((dashboard) => faultsOf(dashboard, known)),
    ...faultsBetween(dashboards),
    ...faultsOfRules(rules.map((rule) => ({ name: rule.alert ?? rule.record ?? "a rule without a name", expr: String(rule.expr) })), known),
  ];
  for (const fault of faults) console.error(`error: ${fault}`);
  const panels = dashboards.flatMap((dashboard) => dashboard.panels ?? []).filter((panel) => panel.type !== "row");
  console.log(`${dashboards.length} dashboards, ${panels.length} panels, ${panels.flatMap((panel) => panel.targets ?? []).length} queries, `
    + `${rules.filter((rule) => rule.alert !== undefined).length} alert rules: ${faults.length} faults`);
  if (faults.length > 0 || dashboards.length === 0) process.exitCode = 1;
}

if (process.argv[2] === "build") build();
else check();
