// The process told to stop under thousands of clients, started where something is missing, and held short of memory and
// of CPU.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Heti, demoConfig, sleep, until } from './heti.mjs';
import { Talker, controlGroup, full, logOf, readiness, refusedStart, upTo, wholeOf } from './faults.mjs';
import { LightSocket, cpuSeconds, percentile } from './light_client.mjs';
import { agent, visitor } from './client.mjs';

const crowded = demoConfig.replace(/connections_per_ip_max = \d+/, 'connections_per_ip_max = 15000');
const rssOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

// ---- Stopping

// Says one thing after the other as each is acknowledged, until the server ends it.
class Chatter {
  acked = 0;
  said = 0;
  constructor(heti, talks) {
    this.talks = talks;
    this.socket = new LightSocket({
      port: heti.port,
      onOpen: (s) => s.send({ t: 'hello', role: 'visitor', queue: 'support' }),
      onFrame: (frame, s) => this.take(frame, s),
      onEnd: () => { this.endedAt = performance.now(); },
    });
  }
  take(frame, socket) {
    if (frame.t === 'welcome') {
      this.token = frame.token;
      socket.send({ t: 'start', ref: 1 });
    } else if (frame.t === 'opened') {
      this.conversation = frame.conversation.id;
      this.say(socket);
    } else if (frame.t === 'acked') {
      this.acked = frame.n;
      if (this.talks) this.say(socket);
    }
  }
  say(socket) { socket.send({ t: 'post', conversation: this.conversation, stream: 's', n: ++this.said, text: `line ${this.said}` }); }
}

const clients = Number(process.env.DRAIN_CLIENTS ?? 5000);
test(`told to stop under ${clients} clients: all handed over, spread, and every acknowledged word kept`, { timeout: 180000 }, async (t) => {
  const spread = full ? 20000 : 5000;
  const heti = await Heti.start({ name: 'drain', config: crowded.replace('drain = "1s"', `drain = "${spread}ms"`) });
  try {
    const all = [];
    while (all.length < clients) {
      const some = Array.from({ length: Math.min(200, clients - all.length) }, (_, i) => new Chatter(heti, i % 20 === 0));
      all.push(...some);
      await until('some more', () => some.every((one) => one.acked > 0), 20000);
    }
    const talked = () => all.reduce((sum, one) => sum + one.acked, 0);
    const before = talked();
    const told = performance.now();
    heti.process.kill('SIGTERM');
    await until('not ready', async () => (await readiness(heti, 'draining')).status === 503, 2000);
    // Who comes now finds another door.
    const knocks = [];
    let left = -1;
    while (heti.process.exitCode === null) {
      const knock = new LightSocket({ port: heti.port, onOpen: () => {} });
      knocks.push(knock);
      await sleep(250);
      left = await heti.metrics().then((metrics) => metrics.sum('heti_connections'), () => 0);
    }
    const exit = await heti.exited;
    const took = performance.now() - told;
    await until('all ends are seen', () => all.every((one) => one.endedAt));
    const codes = new Map();
    for (const one of all) codes.set(one.socket.closed.code, (codes.get(one.socket.closed.code) ?? 0) + 1);
    const ends = all.map((one) => one.endedAt - told);
    const slices = Array.from({ length: 10 }, (_, i) => ends.filter((end) => end >= i * spread / 10 && end < (i + 1) * spread / 10).length);
    t.diagnostic(`ended ${JSON.stringify(exit)} after ${took.toFixed(0)} ms; closes ${JSON.stringify([...codes])}; by tenths of ${spread} ms ${slices}; ` +
      `${talked() - before} acknowledged meanwhile; last seen ${left} open`);
    assert.deepEqual(exit, { code: 0, signal: null });
    assert.ok(took < (full ? 25000 : 2 * spread + 5000), `${took} ms`);
    assert.deepEqual([...codes.keys()], [4012], 'everybody is told to come back elsewhere');
    assert.ok(Math.max(...slices) < clients / 5 && Math.min(...slices) > clients / 50, `spread evenly: ${slices}`);
    assert.ok(knocks.length > 5 && knocks.every((knock) => knock.status === undefined || knock.status === 503), `${knocks.map((knock) => knock.status)}`);
    assert.ok(talked() - before > clients / 20, 'and who is still there is served');
    assert.match(logOf(heti), /step=stopped .*state=same/);

    await heti.launch();
    const some = all.filter((one, i) => one.talks || i % 50 === 1);
    for (const one of some) {
      const v = await visitor(heti, { token: one.token });
      const lines = (await wholeOf(v, one.conversation)).filter((entry) => entry.stream === 's').map((entry) => entry.n);
      assert.deepEqual(lines, upTo(lines.length), 'each once, in order');
      assert.ok(lines.length >= one.acked, `${lines.length} of ${one.acked} acknowledged`);
      v.ws.terminate();
    }
    t.diagnostic(`${some.length} conversations looked at`);
  } finally {
    await heti.close();
  }
});

// ---- Starting

test('started where something is missing: waits for nothing in vain, ends with a sentence, and starts when it is there', { timeout: 90000 }, async (t) => {
  const heti = await Heti.start({ name: 'start-up' });
  const data = join(heti.directory, 'data');
  try {
    const talker = new Talker('', {});
    const v = await visitor(heti);
    talker.conversation = (await v.ask({ t: 'start' })).conversation.id;
    talker.use(v).say(3);
    await until('acknowledged', () => talker.unacked === 0);
    await heti.terminate();

    const refusal = async (what, said, env = {}, code = 1) => {
      await t.test(what, () => {
        const refused = refusedStart(heti, { env });
        assert.equal(refused.served, false, 'it serves');
        assert.equal(refused.code, code, refused.said);
        assert.match(refused.said, said);
        assert.ok(!/terminate called|what\(\)/.test(refused.said), refused.said);
      });
    };
    await refusal('no settings file', /nowhere\.toml/, { HETI_CONFIG: join(heti.directory, 'nowhere.toml') });
    writeFileSync(join(heti.directory, 'empty.toml'), '');
    await refusal('an empty settings file', /queue/, { HETI_CONFIG: join(heti.directory, 'empty.toml') });
    await refusal('a data directory whose parent is a file', /is no directory/, { HETI_JOURNAL_PATH: join(heti.config, 'data') });
    await refusal('no web files', /nowhere/, { HETI_WEB_ROOT: join(heti.directory, 'nowhere') });
    await refusal('an address that is not ours', /192\.0\.2\.1/, { HETI_LISTEN_ADDRESS: '192.0.2.1' });

    const taken = createServer();
    await new Promise((done) => taken.listen(heti.port, '127.0.0.1', done));
    await refusal('its port is taken', new RegExp(`${heti.port}`));
    await new Promise((done) => taken.close(done));
    await new Promise((done) => taken.listen(heti.metricsPort, '127.0.0.1', done));
    await refusal('the port of its metrics is taken', new RegExp(`${heti.metricsPort}`));
    await new Promise((done) => taken.close(done));

    for (const name of ['journal.db', 'archive.db', 'secrets.db']) {
      const path = join(data, name);
      const kept = readFileSync(path);
      writeFileSync(path, 'this is no database, whatever its name says\n'.repeat(200));
      await refusal(`${name} is something else`, new RegExp(name.replace('.', '\\.')));
      assert.ok(readFileSync(path, 'utf8').startsWith('this is no database'), 'and stays as it was found');
      rmSync(path);
      mkdirSync(path);
      await refusal(`${name} is a directory`, new RegExp(name.replace('.', '\\.')));
      rmSync(path, { recursive: true });
      writeFileSync(path, kept, { mode: 0o600 });
    }

    await heti.launch();
    await refusal('another one is at work in the same directory', /journal\.lock/);
    assert.equal((await readiness(heti, 'started')).status, 200, 'which does not notice');
    assert.deepEqual(await heti.terminate(), { code: 0, signal: null });

    await t.test('after all that it starts, with all that it had', async () => {
      await heti.launch();
      const again = await visitor(heti, { token: v.welcome.token });
      assert.deepEqual(talker.lines(await wholeOf(again, talker.conversation)), upTo(3));
    });
  } finally {
    await heti.close();
  }
});

// ---- Short of memory

test('little memory and a flood of long words to readers that do not read: sheds, is not killed, serves on', { timeout: 120000 }, async (t) => {
  // Without a bound on the sum, what these readers may have waiting is more than there is.
  const limit = (full ? 256 : 128) * 1024 * 1024;
  const group = controlGroup('memory', { 'memory.limit_in_bytes': limit });
  if (group.skip) return t.skip(group.skip);
  const total = (full ? 64 : 16) * 1024 * 1024; // of all outboxes together
  const heti = await Heti.start({ name: 'memory', config: crowded.replace('[limits]', `[limits]\noutbox_total_bytes_max = ${total}`) });
  try {
    // Moved before it has anything: what it takes from here on counts there.
    await heti.terminate();
    await heti.launch();
    group.take(heti.process.pid);
    const start = rssOf(heti.process.pid);
    const readers = full ? 1200 : 400;
    const v = await visitor(heti);
    const { conversation: { id } } = await v.ask({ t: 'start' });
    const talker = new Talker(id, { text: (n) => `${n} ${'x'.repeat(15900)}` }).use(v);
    const { token } = v.welcome;
    const tabs = [];
    while (tabs.length < readers) {
      const some = Array.from({ length: 200 }, () => new LightSocket({
        port: heti.port,
        onOpen: (s) => s.send({ t: 'hello', role: 'visitor', queue: 'support', token }),
        onFrame: (frame, s) => { if (frame.t === 'welcome') s.send({ t: 'open', conversation: id, after: 0, ref: 1 }); },
      }));
      tabs.push(...some);
      await until('some more tabs', () => some.every((tab) => tab.frames >= 2 || tab.closed), 20000);
    }
    for (const tab of tabs) tab.socket.pause();
    let most = 0;
    const calm = await visitor(heti);
    const other = (await calm.ask({ t: 'start' })).conversation.id;
    const quiet = new Talker(other).use(calm);
    const took = [];
    const shed = (metrics) => (metrics.sum('heti_slow_consumers_dropped_total') ?? 0) +
      (metrics.sum('heti_connections_closed_total', { reason: 'outboxes_full' }) ?? 0);
    const began = Date.now();
    const enough = async () => Date.now() > began + 60000 ||
      (Date.now() > began + (full ? 60000 : 8000) && shed(await heti.metrics()) > readers / 10);
    while (heti.process.signalCode === null && !(await enough())) {
      // Few at a time: what is told to all in one round is added up when the round is over.
      if (talker.unacked < 2 && !v.closed) talker.say(2);
      const said = performance.now();
      quiet.say();
      await until('others are served', () => quiet.unacked === 0 || heti.process.signalCode !== null, 20000);
      took.push(performance.now() - said);
      most = Math.max(most, rssOf(heti.process.pid));
    }
    const dropped = shed(await heti.metrics());
    t.diagnostic(`${tabs.length} tabs; memory ${(start / 1e6).toFixed(0)} to ${(most / 1e6).toFixed(0)} MB, group at most ` +
      `${(Number(group.read('memory.max_usage_in_bytes')) / 1e6).toFixed(0)} MB, ${dropped} slow readers closed, ${talker.said} long words, others p99 ${percentile(took, 0.99).toFixed(0)} ms`);
    assert.equal(heti.process.signalCode, null, 'not killed');
    assert.match(group.read('memory.oom_control'), /oom_kill 0/);
    // The kernel holds the first megabyte or more for each; what never gets beyond that proves nothing.
    if (dropped === 0 && talker.acked < 300) return t.skip(`only ${talker.acked} words got through on this machine`);
    assert.ok(dropped > readers / 10, `readers were let go: ${dropped}`);
    assert.ok(most < limit * 0.9, `${most} bytes`);
    for (const tab of tabs) tab.cut();
    const late = await visitor(heti);
    assert.equal((await late.ask({ t: 'start' })).t, 'opened');
  } finally {
    await heti.close();
    await group.close();
  }
});

// ---- Short of CPU

test('a fifth of a core and a flood: idle clients stay, pings are answered, and it recovers', { timeout: 120000 }, async (t) => {
  const group = controlGroup('cpu', { 'cpu.cfs_period_us': 100000, 'cpu.cfs_quota_us': 20000 });
  if (group.skip) return t.skip(group.skip);
  const config = crowded.replace('[timeouts]', '[timeouts]\nping = "2s"\ndead = "6s"').replace('[queue.nights]', 'agent_grace = "3s"\n[queue.nights]');
  const heti = await Heti.start({ name: 'cpu', config });
  try {
    const idle = Array.from({ length: 500 }, () => new LightSocket({ port: heti.port, onOpen: (s) => s.send({ t: 'hello', role: 'visitor', queue: 'support' }) }));
    await until('they are in', () => idle.every((one) => one.frames > 0), 20000);
    const aino = await agent(heti);
    assert.equal((await aino.ask({ t: 'status', status: 'online' })).t, 'ok');
    const talkers = [];
    for (let i = 0; i < 10; i++) {
      const v = await visitor(heti);
      talkers.push(new Talker((await v.ask({ t: 'start' })).conversation.id).use(v));
    }
    group.take(heti.process.pid);
    const end = Date.now() + (full ? 60000 : 8000);
    const pings = [];
    const watch = await visitor(heti);
    const used = cpuSeconds(heti.process.pid, readFileSync);
    const began = performance.now();
    let flooding = true;
    const flood = (async () => {
      while (flooding) {
        for (const talker of talkers) if (talker.unacked < 200) talker.say(100);
        await sleep(10);
      }
    })();
    while (Date.now() < end) {
      const start = performance.now();
      await new Promise((done) => {
        watch.ws.once('pong', done);
        watch.ws.once('close', done);
        watch.ws.ping();
      });
      pings.push(performance.now() - start);
      await sleep(100);
    }
    const share = (cpuSeconds(heti.process.pid, readFileSync) - used) / ((performance.now() - began) / 1000);
    flooding = false;
    await flood;
    t.diagnostic(`${(100 * share).toFixed(0)} % of a core used; ${talkers.reduce((sum, one) => sum + one.acked, 0)} acknowledged; ` +
      `pings p50 ${percentile(pings, 0.5).toFixed(0)} ms, most ${Math.max(...pings).toFixed(0)} ms; throttled ${/nr_throttled (\d+)/.exec(group.read('cpu.stat'))[1]} times`);
    assert.ok(share > 0.05 && share < 0.25, `it was held short: ${share}`);
    assert.equal(idle.filter((one) => one.closed).length, 0, 'nobody was cut off');
    assert.equal(aino.closed, null);
    assert.equal(watch.closed, null);
    assert.ok(Math.max(...pings) < 3000, 'pings are answered within the deadline of others');
    assert.equal((await heti.metrics()).sum('heti_connections_closed_total', { reason: 'ping_timeout' }) ?? 0, 0);
    for (const talker of talkers) await until('the rest is acknowledged', () => talker.unacked === 0, 30000);
    const start = performance.now();
    talkers[0].say();
    await until('as ever', () => talkers[0].unacked === 0);
    assert.ok(performance.now() - start < 500);
    assert.equal((await readiness(heti, 'clock')).status, 200, 'being held is no step of the clock');
  } finally {
    await heti.close();
    await group.close();
  }
});
