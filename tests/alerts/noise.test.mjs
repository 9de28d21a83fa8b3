// A simulated month in steps of 15 s through `promtool test rules`: the alert rules must be quiet in a good month, and
// tell of each thing that goes wrong in a bad one. The samples are the text of the real monitor's scrapes; nothing of
// PromQL is done here.
//
// A day takes promtool a quarter of a minute, so that some stand for all: of the good month the first Wednesday, with
// its restart and its night, of the bad one the hours around the ten things that are planted. NOISE_DAYS=all takes every
// day whole.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const program = process.env.ALERT_MONTH ?? join(root, 'build/tests/tests/alerts/alert_month');
const rules = readdirSync(join(root, 'deploy/prometheus/rules')).map((name) => join(root, 'deploy/prometheus/rules', name));
const everyDay = process.env.NOISE_DAYS === 'all';
const days = { good: [2], bad: [7, 8, 9, 10, 11, 14, 15, 16, 17, 18] };
// These look back for days or to the week before: their answer is that of the whole month in steps of ten minutes,
// which says nothing of the others.
const slow = new Set(['ChatNoContacts', 'ChatSLOBudgetTicket']);

const names = new Set();
for (const file of rules) {
  for (const [name] of readFileSync(file, 'utf8').matchAll(/(?<![\w:])(heti|process)_\w+/g)) names.add(name);
}

// What fired, with the seconds from the beginning of the file at which it did first.
function fired(file) {
  return new Promise((done, fail) => {
    execFile('promtool', ['test', 'rules', file], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const text = stdout + stderr;
      if (!error) return done([]);
      const got = /got: (.*)/.exec(text)?.[1];
      if (got === undefined || /err:|error/i.test(text.replace(got, ''))) return fail(new Error(text.slice(0, 2000)));
      done(
        [...got.matchAll(/alertname="(\w+)", severity="(\w+)"\} (\S+?)(?:,|$)/g)].map(([, alert, severity, at]) => ({
          alert,
          severity,
          at: Number(at),
        })),
      );
    });
  });
}

// One after the other: the two months run side by side.
async function all(files) {
  const answers = new Map();
  for (const file of files) answers.set(file, await fired(file));
  return answers;
}

async function month(t, kind) {
  const out = mkdtempSync(join(tmpdir(), 'heti-month-'));
  t.after(() => rmSync(out, { recursive: true }));
  writeFileSync(join(out, 'names'), [...names].join('\n'));
  const args = ['--names', join(out, 'names'), '--rules', rules.join(','), '--out', out];
  if (kind === 'bad') args.push('--bad');
  if (!everyDay) args.push('--write', days[kind].join(','), '--around');
  t.diagnostic((await promisify(execFile)(program, args)).stdout.trim());
  const files = readdirSync(out).filter((name) => name.endsWith('.yml'));
  const answers = await all(files.map((name) => join(out, name)));
  const byDay = new Map();
  let whole = [];
  for (const [file, alerts] of answers) {
    const [, day, from] = /day(\d+)_(\d+)\.yml$/.exec(file) ?? [];
    if (day === undefined) whole = alerts.filter(({ alert }) => slow.has(alert));
    else byDay.set(Number(day), alerts.filter(({ alert }) => !slow.has(alert)).map((one) => ({ ...one, at: one.at + Number(from) })));
  }
  return { byDay, whole, incidents: JSON.parse(readFileSync(join(out, 'incidents.json'), 'utf8')) };
}

describe('alert noise', { concurrency: true }, () => {
  test('a good month pages nobody and warns twice at most', async (t) => {
    const { byDay, whole } = await month(t, 'good');
    const told = [...[...byDay].flatMap(([day, alerts]) => alerts.map((one) => ({ day, ...one }))), ...whole];
    for (const one of told) t.diagnostic(JSON.stringify(one));
    assert.ok(byDay.size >= days.good.length);
    assert.deepEqual(told.filter(({ severity }) => severity === 'page'), []);
    assert.ok(told.length <= 2, `${told.length} warnings and tickets`);
  });

  test('in a bad month each of ten incidents is told, the live ones within two minutes', async (t) => {
    const { byDay, whole, incidents } = await month(t, 'bad');
    assert.equal(incidents.length, 10);
    for (const { name, day, alerts, begins, live } of incidents) {
      const first = [...byDay.get(day), ...whole.map((one) => ({ ...one, at: one.at - day * 86400 }))]
        .filter(({ alert, at }) => alerts.includes(alert) && at >= begins && at < 86400)
        .sort((a, b) => a.at - b.at)[0];
      assert.ok(first, `${name}: none of ${alerts}; told was ${JSON.stringify(byDay.get(day))}`);
      t.diagnostic(`${name}: ${first.alert} (${first.severity}) after ${(first.at - begins).toFixed(0)} s`);
      if (live) assert.ok(first.at - begins <= 120, `${name}: told after ${first.at - begins} s`);
    }
  });
});
