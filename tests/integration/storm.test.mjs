// All sockets are cut at once and everybody comes back: with full-jitter back-off as our clients do, and without any as
// bad ones do. Everybody has their conversation again soon, and the server is calm afterwards.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Heti, demoConfig, sleep, until } from './heti.mjs';
import { LightSocket, cpuSeconds, percentile } from './light_client.mjs';

const clients = Number(process.env.STORM_CLIENTS ?? 5000);
let heti;
before(async () => {
  heti = await Heti.start({ name: 'storm', config: demoConfig.replace(/connections_per_ip_max = \d+/, 'connections_per_ip_max = 15000') });
});
after(async () => { await heti?.close(); });

// A visitor with a conversation, who comes back by itself until stopped.
class Client {
  token = null;
  lastSeq = 0;
  seen = new Map();
  faults = [];
  ready = false;
  attempts = 0;
  constructor(backoff) { this.backoff = backoff; }

  connect() {
    this.attempts += 1;
    this.socket = new LightSocket({
      port: heti.port,
      onOpen: (s) => s.send({ t: 'hello', role: 'visitor', queue: 'support', ...(this.token ? { token: this.token } : {}) }),
      onFrame: (frame, s) => this.take(frame, s),
      onEnd: () => this.ended(),
    });
  }

  take(frame, socket) {
    if (frame.t === 'welcome') {
      this.token = frame.token ?? this.token;
      if (this.conversation) socket.send({ t: 'open', conversation: this.conversation, after: this.lastSeq, ref: 2 });
      else socket.send({ t: 'start', ref: 1 });
    } else if (frame.t === 'opened') {
      this.conversation = frame.conversation.id;
      for (const entry of frame.entries) this.see(entry);
      this.ready = true;
      this.readyAt = performance.now();
      if (!this.asked) socket.send({ t: 'post', conversation: this.conversation, stream: 's', n: 1, text: 'hello' });
      this.asked = true;
    } else if (frame.t === 'entry') {
      this.see(frame.entry);
    }
  }

  see(entry) {
    if (entry.seq <= this.lastSeq) this.faults.push(`seq ${entry.seq} again`);
    if (entry.seq > this.lastSeq + 1) this.faults.push(`seq ${entry.seq} after ${this.lastSeq}`);
    this.lastSeq = Math.max(entry.seq, this.lastSeq);
  }

  ended() {
    this.ready = false;
    if (this.stopped) return;
    const pause = this.backoff ? Math.random() * Math.min(30000, 1000 * 2 ** this.failures) : 0;
    this.failures = Math.min((this.failures ?? 0) + 1, 5);
    setTimeout(() => this.connect(), pause);
  }

  stop() {
    this.stopped = true;
    this.socket?.cut();
  }
}

async function storm(t, all, what) {
  for (const client of all) client.failures = 0;
  const cut = performance.now();
  await heti.kill();
  await heti.launch();
  const down = performance.now() - cut;
  await until(`${what}: everybody is back`, () => all.every((client) => client.ready && client.readyAt > cut), 60000);
  const took = all.map((client) => client.readyAt - cut);
  const before = cpuSeconds(heti.process.pid, readFileSync);
  await sleep(2000);
  const load = (cpuSeconds(heti.process.pid, readFileSync) - before) / 2;
  t.diagnostic(`${what}: ${all.length} clients, down ${down.toFixed(0)} ms, all back after p50 ${percentile(took, 0.5).toFixed(0)} ms, ` +
    `p99 ${percentile(took, 0.99).toFixed(0)} ms, last ${Math.max(...took).toFixed(0)} ms; the server's CPU then ${(100 * load).toFixed(0)} % of a core`);
  assert.ok(percentile(took, 0.99) < 10000, 'p99 under 10 s');
  assert.ok(load < 0.25, 'calm afterwards');
  assert.deepEqual(all.flatMap((client) => client.faults).slice(0, 5), []);
}

test(`${clients} clients are cut at once and come back`, { timeout: 240000 }, async (t) => {
  const all = Array.from({ length: clients }, () => new Client(true));
  for (let i = 0; i < clients; i += 100) {
    const some = all.slice(i, i + 100);
    for (const client of some) client.connect();
    await until('a hundred more', () => some.every((client) => client.ready && client.lastSeq >= 1), 20000);
  }
  await storm(t, all, 'with back-off');
  for (const client of all.slice(0, clients / 10)) client.backoff = false;
  await storm(t, all, 'a tenth of them without');
  for (const client of all) client.backoff = false;
  await storm(t, all, 'nobody with back-off');
  const kept = (await heti.metrics()).sum('heti_conversations', {});
  t.diagnostic(`conversations ${kept}`);
  for (const client of all) client.stop();
});
