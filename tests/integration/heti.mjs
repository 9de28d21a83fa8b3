// Starts and stops the real program for the tests: a directory of its own, free ports, its log kept.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, createWriteStream, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.mjs';

export const root = resolve(fileURLToPath(import.meta.url), '../../..');
export const binary = process.env.HETI_BINARY ?? join(root, 'build/tests/service/heti');
// The same program in which bugs can be planted, and which can die at a chosen commit (service/failpoint.hpp).
export const plantedBinary = process.env.HETI_PLANTED_BINARY ?? `${binary}_planted`;
export const output = process.env.TEST_OUTPUT ?? join(root, 'tests/output');
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// One queue that is always open, one that never is, two agents.
export const demoConfig = `
[listen]
address = "127.0.0.1"
[limits]
connections_per_ip_max = 2000
visitor_messages_per_second = 1000
visitor_messages_burst = 10000
agent_messages_per_second = 1000
agent_messages_burst = 10000
frames_per_second = 5000
frames_burst = 50000
[timeouts]
drain = "1s"
[queue.support]
display_name = "Support"
timezone = "Europe/Helsinki"
hours.mon-sun = ["00:00-24:00"]
wording.title = "Kuura & Kaarna"
wording.greeting = "Hello! How can we help you today?"
[queue.nights]
display_name = "Nights"
timezone = "Europe/Helsinki"
HOURS_OF_NIGHTS
[agent.aino]
display_name = "Aino"
queues = ["support", "nights"]
capacity = 6
[agent.eero]
display_name = "Eero"
queues = ["support"]
capacity = 6
`;
export const password = 'kahvitauko';

// Hours that are closed now and open two days from now, whatever the time is.
function closedNow() {
  const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
  return `hours.${days[(new Date().getUTCDay() + 2) % 7]} = ["09:00-16:00"]`;
}

// Without the variables that would change Heti's own settings.
function environment(extra) {
  const env = {};
  for (const [name, value] of Object.entries(process.env)) if (!name.startsWith('HETI_')) env[name] = value;
  return { ...env, ...extra };
}

// TEST_NODES=3: the tests that know of one Heti talk to three in turn, with a Redis between them. All are killed and
// launched together.
const nodes = Number(process.env.TEST_NODES ?? 1);

export class Heti {
  others = [];
  #turn = 0;

  static async start({ name, config = demoConfig, args = [], env = {} }) {
    if (nodes === 1 || env.HETI_JOURNAL_KIND) return Heti.startOne({ name, config, args, env });
    const { RedisServer } = await import('./redis_server.mjs');
    const { another } = await import('./nodes.mjs');
    const redis = await RedisServer.start();
    const heti = await Heti.startOne({ name, config, args, env: { ...env, ...redis.env } });
    for (let i = 2; i <= nodes; i++) {
      const next = await another(heti, `${name}-${i}`);
      await next.launch();
      heti.others.push(next);
    }
    heti.redis = redis;
    return heti;
  }

  // The node that the next client comes to.
  get door() {
    const all = [this, ...this.others];
    return all[this.#turn++ % all.length];
  }

  static async startOne({ name, config, args, env }) {
    const heti = new Heti();
    heti.name = name;
    heti.directory = mkdtempSync(join(tmpdir(), `heti-${name}-`));
    heti.config = join(heti.directory, 'heti.toml');
    writeFileSync(heti.config, config.replace('HOURS_OF_NIGHTS', closedNow()));
    heti.port = await freePort();
    heti.metricsPort = await freePort();
    heti.args = args;
    heti.env = environment({
      HETI_CONFIG: heti.config,
      HETI_LISTEN_PORT: String(heti.port),
      HETI_METRICS_PORT: String(heti.metricsPort),
      HETI_JOURNAL_PATH: join(heti.directory, 'data'),
      HETI_WEB_ROOT: join(root, 'web/dist'),
      HETI_PROBE_ENABLED: 'false', // It would be counted among the events and sockets of a test.
      ...env,
    });
    heti.log = Heti.logFor(name);
    for (const login of ['aino', 'eero']) {
      const set = heti.run(['set-password', login], password);
      if (set.status !== 0) throw new Error(`set-password: ${set.stderr}`);
    }
    await heti.launch();
    return heti;
  }

  static logFor(name) {
    mkdirSync(output, { recursive: true });
    const path = join(output, `${name}.log`);
    writeFileSync(path, '');
    return createWriteStream(path, { flags: 'a' });
  }

  get url() { return `http://127.0.0.1:${this.port}`; }
  get metricsUrl() { return `http://127.0.0.1:${this.metricsPort}`; }

  // One command of the program, to its end.
  run(args, input = '') {
    return spawnSync(binary, args, { input, env: this.env, encoding: 'utf8' });
  }

  // With `program` another one than heti, on the same journal.
  async launch(env = {}, program = binary) {
    await Promise.all([this.launchOne(env, program), ...this.others.map((other) => other.launch(env, program))]);
  }

  async launchOne(env, program) {
    const child = spawn(program, ['run', ...this.args], { env: { ...this.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    this.exited = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
    child.stdout.on('data', (text) => this.log.write(text));
    child.stderr.on('data', (text) => this.log.write(text));
    const started = Date.now();
    for (;;) {
      try {
        const answer = await fetch(`${this.metricsUrl}/readyz`);
        if (answer.status === 200) break;
      } catch { /* not listening yet */ }
      if (child.signalCode !== null) break; // A failpoint was reached that early.
      if (child.exitCode !== null) throw new Error(`heti ended with ${child.exitCode}, see ${this.name}.log`);
      if (Date.now() - started > 20000) throw new Error(`heti is not ready after 20 s, see ${this.name}.log`);
      await sleep(10);
    }
    this.readyAfter = Date.now() - started;
  }

  async kill() {
    for (const one of [...this.others, this]) one.process.kill('SIGKILL');
    for (const one of [...this.others, this]) await one.exited;
  }

  async terminate() {
    for (const one of [...this.others, this]) one.process.kill('SIGTERM');
    for (const one of this.others) await one.exited;
    return this.exited;
  }

  async restart() {
    await this.kill();
    await this.launch();
  }

  async metrics() {
    const text = await (await fetch(`${this.metricsUrl}/metrics`)).text();
    return new Metrics(text);
  }

  // Of all nodes: right for what each counts of its own, or the owner for all.
  async counters() {
    const all = await Promise.all([this, ...this.others].map((node) => node.metrics()));
    return { sum: (...asked) => all.map((one) => one.sum(...asked)).reduce((sum, one) => (one === undefined ? sum : (sum ?? 0) + one), undefined) };
  }

  async close() {
    for (const other of this.others.splice(0)) await other.close();
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill();
    await this.redis?.close();
    this.log.end();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class Metrics {
  constructor(text) { this.text = text; }
  // The sum of all series of a name whose labels include these.
  sum(name, labels = {}) {
    let sum = 0;
    let found = false;
    for (const line of this.text.split('\n')) {
      const match = /^([a-zA-Z_:][\w:]*)(\{[^}]*\})? (\S+)/.exec(line);
      if (!match || match[1] !== name) continue;
      const all = match[2] ?? '';
      if (!Object.entries(labels).every(([key, value]) => all.includes(`${key}="${value}"`))) continue;
      sum += Number(match[3]);
      found = true;
    }
    return found ? sum : undefined;
  }
}

// Waits until `look` gives something that is not false, null or undefined.
export async function until(what, look, timeout = 10000) {
  const end = Date.now() + timeout;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== null && seen !== undefined) return seen;
    if (Date.now() > end) throw new Error(`waited ${timeout} ms in vain: ${what}`);
    await sleep(15);
  }
}
