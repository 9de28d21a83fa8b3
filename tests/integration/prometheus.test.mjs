// A real Prometheus with the rules of deploy/prometheus, unchanged: while a visitor waits the gauge rises, the alert
// goes pending, then firing; when the visitor is answered it ends. The queue promises two seconds here, so that three
// times the promise is six; the rules' own patience (settled opening, `for`) is waited for in full.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Heti, demoConfig, root, until, sleep } from './heti.mjs';
import { freePort } from './ports.mjs';
import { agent, visitor } from './client.mjs';

let heti, prometheus, directory, api;
before(async () => {
  heti = await Heti.start({
    name: 'prometheus',
    config: demoConfig.replace('[queue.support]', '[queue.support]\nsla.first_response = "2s"\nshort_abandon = "1s"'),
  });
  directory = mkdtempSync(join(tmpdir(), 'heti-prometheus-'));
  const port = await freePort();
  api = `http://127.0.0.1:${port}/api/v1`;
  writeFileSync(join(directory, 'prometheus.yml'), `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["${root}/deploy/prometheus/rules/*.yml"]
scrape_configs:
- job_name: heti
  static_configs: [{targets: ["127.0.0.1:${heti.metricsPort}"]}]
`);
  prometheus = spawn('prometheus', [`--config.file=${directory}/prometheus.yml`, `--storage.tsdb.path=${directory}/data`,
    `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  await until('Prometheus', async () => (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => null))?.ok ?? false, 20000);
});
after(async () => {
  prometheus?.kill('SIGTERM');
  await heti?.close();
  if (directory) {
    await sleep(500);
    rmSync(directory, { recursive: true, force: true });
  }
});

const query = async (expression) => {
  const answer = await (await fetch(`${api}/query?query=${encodeURIComponent(expression)}`)).json();
  return answer.data.result.length > 0 ? Number(answer.data.result[0].value[1]) : null;
};
const alertState = async (name) => {
  const answer = await (await fetch(`${api}/alerts`)).json();
  return answer.data.alerts.find((a) => a.labels.alertname === name && a.labels.queue === 'support')?.state ?? 'inactive';
};

test('promtool has no complaint about the metrics', async () => {
  // The lag of the loop is looked at four times a second.
  let text = '';
  await until('a look at the loop', async () => {
    text = await (await fetch(`${heti.metricsUrl}/metrics`)).text();
    return /^heti_loop_lag_seconds_count [1-9]/m.test(text);
  });
  const check = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.equal(check.status, 0, check.stdout + check.stderr);
  assert.equal(check.stdout + check.stderr, '', 'nor a remark');
  // What only a running service can measure is measured.
  const value = (name) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  assert.ok(value('heti_loop_lag_seconds_count') > 0);
  assert.ok(value('heti_routing_step_seconds_count') > 0);
  assert.match(text, /^heti_invariant_violations_total\{invariant="line"\} 0$/m);
});

test('a visitor who waits is seen, alerted about, and the alert ends with the answer', { timeout: 400000 }, async (t) => {
  assert.equal(await until('a scrape', () => query('heti_queue_open{queue="support"}'), 20000), 1);
  assert.equal(await query('heti_queue_oldest_unanswered_seconds{queue="support",sla="first_response"}'), 0);
  assert.equal(await alertState('ChatVisitorWaitingTooLong'), 'inactive');

  const aino = await agent(heti);
  const v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  v.send({ t: 'post', conversation: conversation.id, stream: 's', n: 1, text: 'hello?' });
  await v.wait('ack', (f) => f.t === 'acked');
  const gauge = 'heti_queue_oldest_unanswered_seconds{queue="support",sla="first_response"}';
  const low = await until('the gauge', async () => ((await query(gauge)) > 0 ? query(gauge) : null));
  await sleep(4000);
  const high = await query(gauge);
  assert.ok(high >= low + 3, `${low} then ${high}`);
  assert.equal(await until('the breach', async () => (await query('heti_sla_verdicts_total{queue="support",sla="first_response",verdict="bad"}')) || null), 1);

  const began = Date.now();
  await until('pending', async () => (await alertState('ChatVisitorWaitingTooLong')) === 'pending', 200000);
  t.diagnostic(`pending after ${Math.round((Date.now() - began) / 1000)} s`);
  await until('firing', async () => (await alertState('ChatVisitorWaitingTooLong')) === 'firing', 120000);
  t.diagnostic(`firing after ${Math.round((Date.now() - began) / 1000)} s`);
  // Nobody is there while it is open: the other rule sees the same visitor.
  await until('nobody is there', async () => (await alertState('ChatUnstaffedVisitorWaiting')) === 'firing', 120000);

  await aino.ask({ t: 'status', status: 'online' });
  await aino.wait('offer', (f) => f.t === 'chat' && f.chat.offered_to === 'aino');
  await aino.ask({ t: 'accept', conversation: conversation.id });
  aino.send({ t: 'post', conversation: conversation.id, stream: 'a', n: 1, text: 'here' });
  await v.wait('answer', (f) => f.t === 'entry' && f.entry.text === 'here');
  await until('the gauge is 0', async () => (await query(gauge)) === 0, 20000);
  await until('the end of the alert', async () => (await alertState('ChatVisitorWaitingTooLong')) !== 'firing', 150000);
  await v.end();
  await aino.end();
});
