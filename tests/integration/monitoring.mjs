// A real Prometheus and a real Alertmanager for the tests: the files of deploy/prometheus as deploy/run puts them to use
// (deploy/monitoring/configure.mjs), the shipped intervals, and a receiver that keeps what arrives, with the time.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alertmanagerConfig, prometheusConfig } from '../../deploy/monitoring/configure.mjs';
import { sink } from '../../deploy/monitoring/sink.mjs';
import { output, sleep, until } from './heti.mjs';
import { freePort } from './ports.mjs';

function start(program, args, name) {
  const log = createWriteStream(join(output, `${name}.log`), { flags: 'w' });
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => log.write(text));
  const ended = new Promise((done) => child.once('exit', (code) => { log.end(); done(code); }));
  child.once('error', (error) => { throw new Error(`${program}: ${error.message}; install prometheus and prometheus-alertmanager`); });
  return { child, ended };
}
// Asks four times a second: what is waited for here takes minutes, beside tests that need the processor.
export const eventually = (what, look, timeout) => until(what, async () => {
  const seen = await look();
  if (!seen) await sleep(250);
  return seen || false;
}, timeout);
const ready = (url, who) => eventually(who, async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok ?? false, 60000);

export class Monitoring {
  arrived = []; // {at, receiver, status, labels, annotations, startsAt}, in the order of arrival

  // `heti` is the address of the job "heti", `jobs` are further ones: {name: "HOST:PORT"}. `change` may rewrite the two
  // files, {prometheus, alertmanager}: for tests that must not wait as long as the shipped ones make one wait.
  static async start({ name, heti, jobs = {}, change = (files) => files, storage = '' }) {
    const monitoring = new Monitoring();
    mkdirSync(output, { recursive: true });
    monitoring.directory = mkdtempSync(join(tmpdir(), `heti-${name}-`));
    const own = (file) => join(monitoring.directory, file);
    monitoring.server = sink((receiver, alerts) => {
      const at = Date.now();
      for (const alert of alerts) monitoring.arrived.push({ at, receiver, ...alert });
    });
    await new Promise((done) => monitoring.server.listen(0, '127.0.0.1', done));
    const sinkUrl = `http://127.0.0.1:${monitoring.server.address().port}`;
    const [prometheus, alertmanager] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const files = change({
      prometheus: prometheusConfig({ heti, prometheus, alertmanager, jobs }),
      alertmanager: alertmanagerConfig((receiver) => `${sinkUrl}/${receiver}`).text,
    });
    for (const [file, text] of Object.entries(files)) writeFileSync(own(`${file}.yml`), text);
    monitoring.prometheus = `http://${prometheus}`;
    monitoring.alertmanager = `http://${alertmanager}`;
    monitoring.processes = [
      // Without an address for its cluster Alertmanager stays alone, and opens no further port.
      start('prometheus-alertmanager', [`--config.file=${own('alertmanager.yml')}`, `--storage.path=${own('alertmanager')}`,
        `--web.listen-address=${alertmanager}`, '--cluster.listen-address='], `${name}-alertmanager`),
      start('prometheus', [`--config.file=${own('prometheus.yml')}`, `--storage.tsdb.path=${storage || own('prometheus')}`,
        `--web.listen-address=${prometheus}`], `${name}-prometheus`),
    ];
    await ready(monitoring.alertmanager, 'Alertmanager');
    await ready(monitoring.prometheus, 'Prometheus');
    return monitoring;
  }

  async #get(path) {
    const answer = await (await fetch(`${this.prometheus}/api/v1/${path}`)).json();
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  }

  // The series of an expression now, or at the instant `at` (ms): [{metric, value}].
  async query(expression, at = null) {
    const time = at === null ? '' : `&time=${at / 1000}`;
    return (await this.#get(`query?query=${encodeURIComponent(expression)}${time}`)).result;
  }

  // The series of an expression from `from` to `to` (ms), each `step` seconds: [{metric, values: [[seconds, text]]}].
  async range(expression, from, to, step) {
    const asked = new URLSearchParams({ query: expression, start: from / 1000, end: to / 1000, step });
    return (await this.#get(`query_range?${asked}`)).result;
  }

  // One number, or null without one.
  async number(expression) {
    const [first] = await this.query(expression);
    return first === undefined ? null : Number(first.value[1]);
  }

  // 'inactive', 'pending' or 'firing', as Prometheus sees it.
  async state(name, labels = {}) {
    const { alerts } = await this.#get('alerts');
    const states = alerts.filter((alert) => fits(alert.labels, { alertname: name, ...labels })).map((alert) => alert.state);
    return states.includes('firing') ? 'firing' : (states[0] ?? 'inactive');
  }

  async rules() {
    return (await this.#get('rules')).groups;
  }

  // The alerts that Alertmanager holds, with `status.inhibitedBy` and `fingerprint`.
  async held(name, labels = {}) {
    const alerts = await (await fetch(`${this.alertmanager}/api/v2/alerts`)).json();
    return alerts.filter((alert) => fits(alert.labels, { alertname: name, ...labels }));
  }

  // Alerts straight to Alertmanager, for what no rule can be brought to say in the time of a test.
  async raise(alerts) {
    const answer = await fetch(`${this.alertmanager}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(alerts.map((labels) => ({ labels, annotations: {} }))),
    });
    if (!answer.ok) throw new Error(`Alertmanager: HTTP ${answer.status} ${await answer.text()}`);
  }

  // What has arrived as firing, of some name and labels.
  fired(name, labels = {}) {
    return this.arrived.filter((alert) => alert.status === 'firing' && fits(alert.labels, { ...(name ? { alertname: name } : {}), ...labels }));
  }

  async close() {
    for (const { child, ended } of this.processes ?? []) {
      child.kill('SIGTERM');
      await ended;
    }
    this.server?.closeAllConnections?.();
    this.server?.close();
    if (this.directory) rmSync(this.directory, { recursive: true, force: true });
  }
}

const fits = (labels, wanted) => Object.entries(wanted).every(([name, value]) => labels[name] === value);
