// Each rule of the check, seen on a dashboard that breaks it and on one that does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { namesOf, readCatalogue, unknownName } from "../src/catalogue.js";
import { drift, faultsBetween, faultsOf, faultsOfRules, type CheckedDashboard, type CheckedPanel, type Known } from "../src/check.js";

const known: Known = {
  catalogue: readCatalogue("heti_queue_waiting gauge\nheti_queue_oldest_unanswered_seconds gauge\nheti_slo_threshold_seconds gauge\n"
    + "heti_sla_verdicts_total counter\nheti_wait_seconds histogram\nheti_first_response_seconds histogram\n"),
  recorded: new Set(["queue:heti_queue_open:max", "queue:heti_sla_good_per_judged:ratio_increase1d"]),
};
const measured = "heti_queue_oldest_unanswered_seconds / on (queue, sla) heti_slo_threshold_seconds";

function panel(change: Partial<CheckedPanel> = {}, expr = 'sum by (queue) (heti_queue_waiting{queue=~"$queue"})'): CheckedPanel {
  return {
    id: 2, type: "stat", title: "Waiting", description: "Visitors whom no agent has taken yet.", gridPos: { x: 0, y: 1, w: 12, h: 5 },
    datasource: { uid: "${datasource}" }, targets: [{ refId: "A", expr }],
    fieldConfig: { defaults: { unit: "none", thresholds: { steps: [{ value: null, color: "green" }, { value: 1, color: "red" }] } } }, ...change,
  };
}
function dashboard(panels: CheckedPanel[], change: Partial<CheckedDashboard> = {}): CheckedDashboard {
  return {
    uid: "d", title: "D", timezone: "utc", templating: { list: [{ name: "datasource" }, { name: "queue" }] },
    panels: [{ id: 1, type: "row", title: "Now", gridPos: { x: 0, y: 0, w: 24, h: 1 } }, ...panels], ...change,
  };
}
function broken(what: CheckedDashboard, sentence: RegExp): void {
  const faults = faultsOf(what, known);
  assert.equal(faults.length, 1, faults.join("\n"));
  assert.match(faults[0] ?? "", sentence);
}

test("a sound dashboard has no fault", () => {
  assert.deepEqual(faultsOf(dashboard([panel(), panel({ id: 3, gridPos: { x: 12, y: 1, w: 12, h: 5 } }, measured)]), known), []);
});

const onePanel: [string, Partial<CheckedPanel>, RegExp][] = [
  ["without a unit", { fieldConfig: { defaults: {} } }, /has no unit/],
  ["without a description", { description: "" }, /no description/],
  ["without a query", { targets: [] }, /has no query/],
  ["without a title", { title: "" }, /has no title/],
  ["without a place", { gridPos: undefined as never }, /no place on the grid/],
  ["over the edge", { gridPos: { x: 13, y: 1, w: 12, h: 5 } }, /over the edge/],
  ["over its row", { gridPos: { x: 0, y: 0, w: 12, h: 5 } }, /overlaps "Now"/],
  ["tied to one data source", { datasource: { uid: "abc" } }, /data source from the variable/],
  ["with an id that is taken", { id: 1 }, /two panels have the id 1/],
  ["with two queries of one letter", { targets: [{ refId: "A", expr: "heti_queue_waiting" }, { refId: "A", expr: "heti_queue_waiting" }] },
    /two queries called "A"/],
];
for (const [what, change, sentence] of onePanel) test(`a panel ${what} is told`, () => broken(dashboard([panel(change)]), sentence));

test("two panels that overlap are told, two that touch are not", () => {
  const beside = (x: number, y: number) => dashboard([panel(), panel({ id: 3, title: "Other", gridPos: { x, y, w: 12, h: 5 } })]);
  broken(beside(11, 1), /"Other" overlaps "Waiting"/);
  broken(beside(0, 5), /"Other" overlaps "Waiting"/);
  assert.deepEqual(faultsOf(beside(12, 1), known), []);
  assert.deepEqual(faultsOf(beside(0, 6), known), []);
});

const queries: [string, string, RegExp][] = [
  ["that is not PromQL", "sum(heti_queue_waiting", /is not PromQL/],
  ["that is empty", "", /is not PromQL/],
  ["without a metric", "time()", /names no metric/],
  ["of a metric that is not in the catalogue", "heti_queue_wating", /the metric catalogue has no heti_queue_wating/],
  ["of an unknown metric deep inside", "max by (queue) (heti_queue_waiting) > on (queue) 3 * rate(heti_nothing[5m])", /has no heti_nothing/],
  ["of a histogram as such", "rate(heti_wait_seconds[5m])", /is a histogram/],
  ["of buckets that a gauge has not", "heti_queue_waiting_bucket", /has no heti_queue_waiting_bucket/],
  ["of a series that no rule records", "queue:heti_queue_open:sum", /no rule in deploy\/prometheus\/rules records/],
  ["of a wait without its target", "heti_queue_oldest_unanswered_seconds", /without its target/],
  ["of answer times without their target", "histogram_quantile(0.9, rate(heti_first_response_seconds_bucket[1h]))", /without its target/],
  ["of verdicts without their goal", "sum(increase(heti_sla_verdicts_total[28d]))", /without its target/],
];
for (const [what, expr, sentence] of queries) {
  test(`a query ${what} is told`, () => {
    assert.match(faultsOf(dashboard([panel({}, expr)]), known).join("\n"), sentence);
  });
}

test("a wait that is measured against its target has to turn red", () => {
  const green = { defaults: { unit: "percentunit", thresholds: { steps: [{ value: null, color: "green" }] } } };
  broken(dashboard([panel({ fieldConfig: green }, measured)]), /no panel turns red/);
  assert.deepEqual(faultsOf(dashboard([panel({}, measured)]), known), []);
});

const heads: [string, Partial<CheckedDashboard>, RegExp][] = [
  ["without a uid", { uid: "" }, /no uid/],
  ["without a title", { title: "" }, /no title/],
  ["without a time zone", { timezone: "" }, /no time zone/],
  ["without the variable queue", { templating: { list: [{ name: "datasource" }] } }, /no variable "queue"/],
  ["without the variable datasource", { templating: { list: [{ name: "queue" }] } }, /no variable "datasource"/],
];
for (const [what, change, sentence] of heads) test(`a dashboard ${what} is told`, () => broken(dashboard([panel()], change), sentence));

test("a dashboard without panels is told", () => broken(dashboard([]), /no panel/));

test("two dashboards of one uid are told", () => {
  assert.deepEqual(faultsBetween([{ uid: "a" }, { uid: "b" }]), []);
  assert.deepEqual(faultsBetween([{ uid: "a" }, { uid: "b" }, { uid: "a" }]), ["two dashboards have the uid a"]);
});

test("drift: what is missing, stale or made by nothing is told", () => {
  const wanted = new Map([["dashboards/a.json", "1"], ["dashboards/b.json", "2"]]);
  assert.deepEqual(drift(wanted, new Map(wanted)), []);
  assert.match(drift(wanted, new Map([["dashboards/a.json", "1"]])).join(), /^dashboards\/b\.json is missing/);
  assert.match(drift(wanted, new Map([...wanted, ["dashboards/a.json", "0"]])).join(), /^dashboards\/a\.json is stale/);
  assert.match(drift(wanted, new Map([...wanted, ["dashboards/c.json", "3"]])).join(), /^dashboards\/c\.json is made by nothing/);
});

test("alert rules are held to the same names", () => {
  assert.deepEqual(faultsOfRules([{ name: "A", expr: 'up{job="heti"} == 0 or heti_queue_waiting > 0' }], known), []);
  assert.match(faultsOfRules([{ name: "A", expr: "heti_gone == 0" }], known).join(), /^A: the metric catalogue has no heti_gone/);
  assert.match(faultsOfRules([{ name: "A", expr: "up ==" }], known).join(), /^A is not PromQL/);
});

test("names are found wherever a query asks for a series, and nowhere else", () => {
  assert.deepEqual(namesOf('sum by (queue) (rate(a_total{b="c"}[$__rate_interval])) / on (d) group_left e:f:g'), ["a_total", "e:f:g"]);
  assert.deepEqual(namesOf("histogram_quantile(0.9, sum by (le) (increase(h_bucket[28d])))"), ["h_bucket"]);
  assert.equal(namesOf("a{b=}"), null);
  for (const part of ["bucket", "sum", "count"]) assert.equal(unknownName(`heti_wait_seconds_${part}`, known.catalogue, known.recorded), null);
});

test("the list of metrics refuses a line that is none, and a name twice", () => {
  assert.throws(() => readCatalogue("heti_a gage\n"), /"heti_a gage" is not a name/);
  assert.throws(() => readCatalogue("heti_a gauge\nheti_a gauge\n"), /twice/);
});
