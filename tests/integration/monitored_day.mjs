// A whole opening day of a demonstration, scraped by a real Prometheus each second: heti demo plays the rush of the morning,
// a lunch when nobody is there and an agent whose connection is lost, in a little more than a minute. All windows of the
// rules hold the whole day. A second Heti lends its probe: under a scaled clock there is none.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shipped } from '../../deploy/monitoring/configure.mjs';
import { Heti, binary, password, root } from './heti.mjs';
import { Monitoring, eventually } from './monitoring.mjs';

// A Saturday, open from 10 to 16: the shortest day of the demonstration. A little before, a little after.
const startAt = '2026-11-28T09:50';
const hours = 7;

// The rules of the tree in a directory of their own, for a day that is over in a minute. Each group is asked each second:
// the long windows are recorded once a minute, and would have what they said before there was anything to say. The two
// minutes that a queue has to be open before it counts as settled go by as fast as the day does.
function quickRules(speed) {
  const directory = mkdtempSync(join(tmpdir(), 'heti-monitored-day-rules-'));
  const settled = 'heti_queue_open_since_timestamp_seconds > ';
  let found = 0;
  for (const name of readdirSync(join(shipped, 'rules'))) {
    const text = readFileSync(join(shipped, 'rules', name), 'utf8').replace(/^( *)interval: \w+$/gm, '$1interval: 1s');
    found += text.split(`${settled}120`).length - 1;
    writeFileSync(join(directory, name), text.replace(`${settled}120`, `${settled}${120 / speed}`));
  }
  if (found !== 1) throw new Error(`deploy/prometheus/rules: "${settled}120" is there ${found} times, expected once`);
  return directory;
}

// The shipped configuration, with everything each second, and the other Heti's probe. Both go by one name, not by a port.
function configured(text, rules, heti, probe) {
  const named = ({ metricsPort }) => `- targets: ["127.0.0.1:${metricsPort}"]\n        labels: { instance: heti }`;
  const quick = text.replace(/^( *(scrape|evaluation)_interval:) 15s$/gm, '$1 1s').replace(join(shipped, 'rules'), rules)
    .replace(`- targets: ["127.0.0.1:${heti.metricsPort}"]`, named(heti));
  return `${quick}  - job_name: probe
    static_configs:
      ${named(probe)}
    metric_relabel_configs:
      - source_labels: [__name__]
        regex: heti_probe_.*
        action: keep
`;
}

async function play(heti, speed) {
  const args = ['demo', '--url', heti.url, '--speed', String(speed), '--seed', '7', '--day', '--hours', String(hours)];
  const child = spawn(binary, args, { env: heti.env });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { told += text; heti.log.write(text); });
  const code = await new Promise((done) => child.once('exit', done));
  if (code !== 0) throw new Error(`heti demo ended with ${code}: ${told}`);
}

// Until Prometheus has scraped what is there now, and every group of rules has been evaluated after that.
async function settled(monitoring) {
  const now = Date.now();
  const scraped = await eventually('a scrape of the end', async () => {
    const { data } = await (await fetch(`${monitoring.prometheus}/api/v1/targets?state=active`)).json();
    const times = data.activeTargets.map(({ lastScrape, health }) => (health === 'up' ? Date.parse(lastScrape) : 0));
    return times.every((time) => time > now) && Math.max(...times);
  }, 90_000);
  await eventually('each group of rules evaluated after that scrape', async () => (await monitoring.rules())
    .every(({ lastEvaluation }) => Date.parse(lastEvaluation) > scraped + 1000), 90_000);
}

export class MonitoredDay {
  // Plays the day to its end. `from` and `to` are its first and its last moment, `opened` when the queue opened: ms of the
  // wall clock, which the day's instants are shown in.
  static async play(name, { speed = 360 } = {}) {
    const day = new MonitoredDay();
    day.speed = speed;
    try {
      await day.#play(name);
    } catch (error) {
      await day.close();
      throw error;
    }
    return day;
  }

  async #play(name) {
    this.probe = await Heti.start({ name: `${name}-probe`, env: { HETI_PROBE_ENABLED: 'true', HETI_PROBE_INTERVAL: '5s' } });
    this.from = Date.now();
    this.heti = await Heti.start({
      name,
      config: readFileSync(join(root, 'deploy/demo-week.toml'), 'utf8'),
      args: ['--clock-speed', String(this.speed), '--start-at', startAt],
    });
    const set = this.heti.run(['set-password', 'helmi'], password);
    if (set.status !== 0) throw new Error(`set-password: ${set.stderr}`);
    this.rules = quickRules(this.speed);
    this.monitoring = await Monitoring.start({
      name,
      heti: `127.0.0.1:${this.heti.metricsPort}`,
      change: (files) => ({ ...files, prometheus: configured(files.prometheus, this.rules, this.heti, this.probe) }),
    });
    await play(this.heti, this.speed);
    await settled(this.monitoring);
    this.to = Date.now();
    const [since] = await this.range('max(heti_queue_open_since_timestamp_seconds > 0)');
    this.opened = Number(since.values[0][1]) * 1000;
  }

  // What an expression answers over the whole day: [{metric, values: [[seconds, text]]}], a value each `step` seconds.
  range(expression, step = 1) {
    return this.monitoring.range(expression, this.from, this.to, step);
  }

  async close() {
    await this.monitoring?.close();
    await this.heti?.close();
    await this.probe?.close();
    if (this.rules) rmSync(this.rules, { recursive: true, force: true });
  }
}
