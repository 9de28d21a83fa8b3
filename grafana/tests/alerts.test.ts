// Grafana's rules say what Prometheus' rules say.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { alertProvisioning, grafanaInterval, grafanaTemplate, readGroups, ruleUid, seconds, unexpanded } from "../src/alerts.js";
import { dashboards, generated, ruleGroups } from "../src/files.js";

const prometheus = "../deploy/prometheus";
const rule = { alert: "HetiDown", expr: "up == 0", for: "2m", keep_firing_for: "1m", labels: { severity: "page" },
  annotations: { summary: "down for {{ $value | humanizeDuration }}" } };

test("a rule keeps its expression, times and labels; its words are put in Grafana's terms", () => {
  const made = alertProvisioning([{ name: "g", rules: [{ record: "a:b:c", expr: "up" }, rule] }], "15s");
  assert.equal(made.groups.length, 1);
  assert.equal(made.groups[0]?.interval, "10s");
  const [one, ...more] = made.groups[0]?.rules ?? [];
  assert.equal(more.length, 0);
  assert.equal(one?.title, "HetiDown");
  assert.equal(one?.data[0]?.model.expr, "up == 0");
  assert.equal(one?.for, "2m");
  assert.equal(one?.keepFiringFor, "1m");
  assert.deepEqual(one?.labels, { severity: "page" });
  assert.deepEqual(one?.annotations, { summary: "down for {{ $values.A.Value | humanizeDuration }}" });
});

test("a series of value 0 fires, as it does in Prometheus", () => {
  const condition = alertProvisioning([{ name: "g", rules: [rule] }], "15s").groups[0]?.rules[0];
  assert.equal(condition?.condition, "B");
  assert.match(condition?.data[1]?.model.expression ?? "", /^is_number\(\$A\)/);
});

test("an empty answer is no alert, and an alert ends with its series", () => {
  const one = alertProvisioning([{ name: "g", rules: [rule] }], "15s").groups[0]?.rules[0];
  assert.equal(one?.noDataState, "OK");
  assert.equal(one?.missing_series_evals_to_resolve, 1);
});

test("two rules of one name are refused", () => {
  assert.throws(() => alertProvisioning([{ name: "g", rules: [rule, rule] }], "15s"), /two alert rules are called HetiDown/);
});

test("durations are read as Prometheus reads them; Grafana gets whole ticks of 10 seconds", () => {
  assert.equal(seconds("1h30m"), 5400);
  assert.equal(seconds("500ms"), 0.5);
  for (const wrong of ["", "5", "5 m", "m5", "1h!"]) assert.throws(() => seconds(wrong), /is not a duration/);
  assert.deepEqual(["5s", "10s", "15s", "1m", "65s"].map(grafanaInterval), ["10s", "10s", "10s", "60s", "60s"]);
});

test("only $value inside braces is changed", () => {
  assert.equal(grafanaTemplate('$value {{ $value | printf "%.0f" }} {{ $labels.queue }} {{ $values }}'),
    '$value {{ $values.A.Value | printf "%.0f" }} {{ $labels.queue }} {{ $values }}');
  assert.equal(ruleUid("ChatSLOFastBurn"), "heti-chat-slo-fast-burn");
});

test("no text of a provisioning file looks like an environment variable", () => {
  assert.deepEqual(unexpanded({ a: "$A || $$", b: [{ c: "{{ $labels.queue }}" }], d: 1, e: true }),
    { a: "$$A || $$$$", b: [{ c: "{{ $$labels.queue }}" }], d: 1, e: true });
});

test("a file that holds no groups is refused by name", () => {
  assert.throws(() => readGroups("a: 1\n", "x.yml"), /^Error: x\.yml has no "groups"/);
});

test("the file in the tree holds each alert of deploy/prometheus/rules once, with its expression", () => {
  const wanted = ruleGroups(prometheus).flatMap((group) => group.rules).filter((one) => one.alert !== undefined)
    .map((one) => [one.alert, String(one.expr).trim(), one.for ?? "0s", one.keep_firing_for, one.labels]);
  const text = readFileSync("provisioning/alerting/heti.yml", "utf8");
  assert.doesNotMatch(text.replaceAll("$$", ""), /\$/, "a single $ is taken by Grafana for an environment variable");
  const file = parse(text.replaceAll("$$", "$")) as ReturnType<typeof alertProvisioning>;
  const found = file.groups.flatMap((group) => group.rules)
    .map((one) => [one.title, one.data[0]?.model.expr, one.for, (one as { keepFiringFor?: string }).keepFiringFor, one.labels]);
  assert.ok(wanted.length > 0);
  assert.deepEqual(found, wanted);
});

test("the same sources give the same bytes", () => {
  assert.deepEqual([...generated(prometheus)], [...generated(prometheus)]);
});

test("three dashboards: the live one renews itself each 10 seconds, the manager's spans four weeks", () => {
  const [live, ops, manager, ...more] = dashboards();
  assert.equal(more.length, 0);
  assert.deepEqual([live?.uid, live?.refresh, live?.timezone], ["heti-live", "10s", "browser"]);
  assert.deepEqual([ops?.uid, ops?.timezone], ["heti-ops", "utc"]);
  assert.deepEqual([manager?.uid, manager?.time, manager?.timezone], ["heti-manager", { from: "now-28d", to: "now" }, "browser"]);
});
