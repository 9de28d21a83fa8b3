// Every query of every dashboard, and every rule, asked of a real Prometheus that has scraped a whole demonstration day: an
// empty answer is a panel that shows nothing, or a rule that can never speak, and fails. What may be empty is listed here,
// with the reason. Asked over the whole day, as a panel would: what is there at its busiest hour need not be there at night.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plot } from '../../grafana/plot.mjs';
import { output, root } from './heti.mjs';
import { MonitoredDay } from './monitored_day.mjs';
import { answersOf, dashboardNamed, looks } from './plots.mjs';

// Queries that may answer nothing, and why. `query` is a part of the expression.
const mayBeEmpty = [
  { query: 'heti_first_contact_verdicts_total', why: 'a verdict lags seven days; a day has none' },
  { query: 'survey="ces"', why: 'this survey is not held yet' },
  { query: 'survey="nps"', why: 'this survey is not held yet' },
  { query: 'ALERTS{alertstate="firing"', why: 'an alert waits in real time for what it sees; the whole day is shorter' },
];

let day;
before(async () => { day = await MonitoredDay.play('queries'); });
after(async () => { await day?.close(); });

// As a Grafana with all queues picked would send it, with a window that holds all of the day however slow the machine is.
const filled = (expression) => expression
  .replaceAll('$queue', '.+').replaceAll('$__rate_interval', '15m').replaceAll('$__interval', '15s').replaceAll('$__range', '1h');

function panelQueries() {
  const directory = join(root, 'grafana/dashboards');
  return readdirSync(directory).filter((name) => name.endsWith('.json')).flatMap((name) => {
    const dashboard = JSON.parse(readFileSync(join(directory, name), 'utf8'));
    const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
    const variables = dashboard.templating.list.filter((variable) => variable.type === 'query')
      .map((variable) => ({ where: `${name}: variable ${variable.name}`, expression: /^label_values\(([^,]+),/.exec(variable.query.query)[1] }));
    return [...variables, ...panels.flatMap((panel) => (panel.targets ?? [])
      .map((target) => ({ where: `${name}: ${panel.title} (${target.refId})`, expression: filled(target.expr) })))];
  });
}

// The series that an expression reads, as selectors without range and offset.
const selector = /\b(?:heti_|queue:|process_|up\b|ALERTS\b)[\w:]*(?:\{[^}]*\})?/g;
const selectors = (expression) => [...new Set([...expression.matchAll(selector)].map((match) => match[0]))];
const metricOf = (text) => text.replace(/\{.*/, '');

// What was asked, how many series answered, and why none may be enough: nothing without a good reason.
const verdicts = [];
let declared;
async function look(where, expression) {
  const series = await day.range(expression);
  const found = series.filter(({ values }) => values.some(([, value]) => value !== 'NaN')).length;
  const why = mayBeEmpty.find(({ query }) => expression.includes(query))?.why;
  verdicts.push({ where, expression, found, why });
  return found > 0 || why !== undefined;
}

async function readDeclared() {
  const { data } = await (await fetch(`${day.monitoring.prometheus}/api/v1/metadata`)).json();
  declared = new Set(Object.keys(data));
  assert.ok(declared.has('heti_queue_open'), 'Prometheus knows no metric of Heti');
}

test('each query of each panel answers', { timeout: 120_000 }, async (t) => {
  await readDeclared();
  const queries = panelQueries();
  assert.ok(queries.length >= 80, `${queries.length} queries`);
  const empty = [];
  for (const { where, expression } of queries) if (!(await look(where, expression))) empty.push(`${where}: ${expression}`);
  assert.deepEqual(empty, []);
  t.diagnostic(`${queries.length} queries of panels`);
});

test('each recorded series has data, and each alert has all that it reads', { timeout: 120_000 }, async (t) => {
  await readDeclared();
  const rules = (await day.monitoring.rules()).flatMap((group) => group.rules);
  const files = readdirSync(join(root, 'deploy/prometheus/rules')).map((name) => readFileSync(join(root, 'deploy/prometheus/rules', name), 'utf8'));
  assert.equal(rules.length, files.join('\n').match(/^ *- (alert|record): /gm).length, 'Prometheus runs the rules of the tree, all of them');
  const empty = [];
  for (const rule of rules) {
    assert.equal(rule.health, 'ok', `${rule.name}: ${rule.lastError}`);
    if (rule.type === 'recording') {
      if (!(await look(rule.name, rule.query))) empty.push(`${rule.name}: ${rule.query}`);
      continue;
    }
    // An alert answers nothing while all is well; but what it compares has to be there.
    for (const one of selectors(rule.query)) {
      if (!(await look(`${rule.name}, what it reads`, one))) empty.push(`${rule.name}: ${one}`);
    }
  }
  assert.deepEqual(empty, []);
  t.diagnostic(`${rules.length} rules`);
});

test('instants of a scaled clock are what the wall clock reads', async () => {
  const series = await day.range('heti_queue_open_since_timestamp_seconds > 0');
  const instants = series.flatMap(({ values }) => values.map(([, value]) => Number(value) * 1000));
  assert.ok(instants.length > 0, 'the queue was never open');
  for (const instant of instants) {
    assert.ok(instant > day.from && instant < day.to, `${new Date(instant).toISOString()} is not of the day that was played`);
  }
});

test('each panel of each dashboard can be drawn', { timeout: 120_000 }, async () => {
  for (const [name, look] of Object.entries(looks)) {
    const dashboard = dashboardNamed(name);
    const { answers, view } = await answersOf(dashboard, day, look);
    const drawn = plot(dashboard, answers, view);
    writeFileSync(join(output, `${name}.svg`), drawn.svg);
    assert.equal(drawn.panels, dashboard.panels.filter(({ type }) => type !== 'row').length);
    assert.ok(!/NaN|undefined|Infinity/.test(drawn.svg), `${name}.svg has a place that is no number`);
  }
});

test('the lists of what is empty are not longer than they have to be', async (t) => {
  await readDeclared();
  for (const { query } of mayBeEmpty) assert.ok(verdicts.some(({ expression }) => expression.includes(query)), `no query has ${query}`);
  const empty = verdicts.filter(({ found }) => found === 0);
  writeFileSync(join(output, 'queries.txt'), verdicts
    .map(({ where, found, why, expression }) => `${found} ${where} ${found === 0 ? `(${why}) ` : ''}${expression}\n`).join(''));
  t.diagnostic(`${verdicts.length} asked, ${empty.length} empty by design:`);
  for (const { where, why } of empty) t.diagnostic(`  ${where}: ${why}`);
});
