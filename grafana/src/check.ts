// What must hold of a dashboard before anybody reads numbers off it. Each rule answers with sentences; none is all well.
import { namesOf, unknownName, type Catalogue } from "./catalogue.js";

/** As much of a dashboard's JSON as the rules read. */
export interface CheckedPanel {
  id?: number;
  type?: string;
  title?: string;
  description?: string;
  gridPos?: { x: number; y: number; w: number; h: number };
  datasource?: { uid?: string };
  targets?: { refId?: string; expr?: string }[];
  fieldConfig?: { defaults?: { unit?: string; thresholds?: { steps?: { value: number | null; color: string }[] } } };
}
export interface CheckedDashboard {
  uid?: string;
  title?: string;
  refresh?: string;
  timezone?: string;
  time?: { from?: string; to?: string };
  templating?: { list?: { name?: string }[] };
  panels?: CheckedPanel[];
}
export interface Known {
  catalogue: Catalogue;
  recorded: ReadonlySet<string>;
}

const columns = 24;

// A promise is read against its target, never as a bare number. A quantile of answer times and a service level are read
// against theirs as well; the expression or a line beside it must bring it.
const needsTarget: { shown: RegExp; target: RegExp; colour: boolean }[] = [
  { shown: /\bheti_queue_oldest_unanswered_seconds\b/, target: /\bheti_slo_threshold_seconds\b/, colour: true },
  { shown: /\bheti_(first_response|reply)_seconds_bucket\b/, target: /\bheti_slo_threshold_seconds\b/, colour: false },
  { shown: /\bqueue:heti_sla_good_per_judged:/, target: /\bheti_slo_target_ratio\b/, colour: true },
  { shown: /\bheti_sla_verdicts_total\b/, target: /\bheti_slo_(target_ratio|budget_contacts)\b/, colour: false },
];

function layout(panels: CheckedPanel[], say: (text: string) => void): void {
  const taken: { name: string; x: number; y: number; w: number; h: number }[] = [];
  for (const panel of panels) {
    const name = `"${panel.title ?? panel.id}"`;
    const at = panel.gridPos;
    if (!at || at.w <= 0 || at.h <= 0) {
      say(`${name} has no place on the grid`);
      continue;
    }
    if (at.x < 0 || at.y < 0 || at.x + at.w > columns) say(`${name} reaches over the edge of the grid, which has ${columns} columns`);
    for (const other of taken) {
      if (at.x < other.x + other.w && other.x < at.x + at.w && at.y < other.y + other.h && other.y < at.y + at.h) {
        say(`${name} overlaps ${other.name}`);
      }
    }
    taken.push({ name, ...at });
  }
}

function contents(panel: CheckedPanel, known: Known, say: (text: string) => void): void {
  const name = `"${panel.title ?? panel.id}"`;
  if (!panel.title) say(`panel ${panel.id} has no title`);
  if (!panel.fieldConfig?.defaults?.unit) say(`${name} has no unit; a bare number has the unit "none"`);
  if ((panel.description ?? "").length < 20) say(`${name} has no description that tells its reader what is shown`);
  if (panel.datasource?.uid !== "${datasource}") say(`${name} does not take its data source from the variable`);
  const targets = panel.targets ?? [];
  if (targets.length === 0) say(`${name} has no query`);
  const letters = new Set<string>();
  for (const { refId = "", expr = "" } of targets) {
    if (refId === "" || letters.has(refId)) say(`${name} has two queries called "${refId}"`);
    letters.add(refId);
    const names = namesOf(expr);
    if (names === null) {
      say(`${name}, query ${refId}, is not PromQL: ${expr}`);
      continue;
    }
    if (names.length === 0) say(`${name}, query ${refId}, names no metric`);
    for (const one of names) {
      const why = unknownName(one, known.catalogue, known.recorded);
      if (why !== null) say(`${name}, query ${refId}: ${why}`);
    }
  }
  const all = targets.map((target) => target.expr ?? "").join("\n");
  for (const { shown, target } of needsTarget) {
    if (shown.test(all) && !target.test(all)) say(`${name} shows ${shown.source.replace(/\\b/g, "")} without its target`);
  }
}

// The line of a target is drawn; a number measured against its target has to turn red, so one panel of the dashboard must.
function redAtTarget(panels: CheckedPanel[], say: (text: string) => void): void {
  for (const { shown, target, colour } of needsTarget) {
    if (!colour) continue;
    const about = panels.filter((panel) => (panel.targets ?? []).some(({ expr = "" }) => shown.test(expr)));
    const red = about.some((panel) => (panel.targets ?? []).some(({ expr = "" }) => shown.test(expr) && target.test(expr))
      && panel.fieldConfig?.defaults?.thresholds?.steps?.some((step) => step.color === "red"));
    if (about.length > 0 && !red) say(`no panel turns red where ${shown.source.replace(/\\b/g, "")} reaches its target`);
  }
}

/** What is wrong with a dashboard, a sentence each. */
export function faultsOf(dashboard: CheckedDashboard, known: Known): string[] {
  const faults: string[] = [];
  const say = (text: string) => faults.push(`${dashboard.uid ?? "a dashboard without uid"}: ${text}`);
  if (!dashboard.uid) say("it has no uid, so a link to it breaks with the next import");
  if (!dashboard.title) say("it has no title");
  if (!dashboard.timezone) say("it names no time zone");
  for (const name of ["datasource", "queue"]) {
    if (!dashboard.templating?.list?.some((variable) => variable.name === name)) say(`it has no variable "${name}"`);
  }
  const panels = dashboard.panels ?? [];
  const read = panels.filter((panel) => panel.type !== "row");
  if (read.length === 0) say("it has no panel");
  const ids = new Set<number>();
  for (const panel of panels) {
    if (panel.id === undefined || ids.has(panel.id)) say(`two panels have the id ${panel.id}`);
    ids.add(panel.id ?? 0);
  }
  layout(panels, say);
  for (const panel of read) contents(panel, known, say);
  redAtTarget(read, say);
  return faults;
}

/** Faults between dashboards: each has a uid of its own. */
export function faultsBetween(all: CheckedDashboard[]): string[] {
  const uids = all.map((dashboard) => dashboard.uid);
  return uids.filter((uid, index) => uids.indexOf(uid) !== index).map((uid) => `two dashboards have the uid ${uid}`);
}

/** Series that alert rules name and nobody exports or records. */
export function faultsOfRules(rules: { name: string; expr: string }[], known: Known): string[] {
  return rules.flatMap(({ name, expr }) => {
    const names = namesOf(expr);
    if (names === null) return [`${name} is not PromQL`];
    return names.map((one) => unknownName(one, known.catalogue, known.recorded)).filter((why) => why !== null).map((why) => `${name}: ${why}`);
  });
}

/** How the tree differs from what the sources give. `found` holds the files that are there. */
export function drift(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  const again = "run `npm run build` in grafana/";
  return [
    ...[...wanted].filter(([path]) => !found.has(path)).map(([path]) => `${path} is missing: ${again}`),
    ...[...wanted].filter(([path, text]) => found.has(path) && found.get(path) !== text).map(([path]) => `${path} is stale: ${again}`),
    ...[...found.keys()].filter((path) => !wanted.has(path)).map((path) => `${path} is made by nothing: delete it, or ${again}`),
  ];
}
