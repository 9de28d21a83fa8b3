// A disk that takes half a second for each sync, snapshots that are damaged or gone, a journal that is gone or older
// than what others know of it, and an end in the middle of a snapshot.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Heti, demoConfig, sleep, until } from './heti.mjs';
import { Shim, Talker, full, logOf, readiness, refusedStart, upTo, wholeOf } from './faults.mjs';
import { percentile } from './light_client.mjs';
import { visitor } from './client.mjs';

let shim;
before(() => { shim = new Shim(); });
after(() => shim?.close());

async function talkerAt(heti, options) {
  const v = await visitor(heti);
  const { conversation: { id } } = await v.ask({ t: 'start' });
  const talker = new Talker(id, options).use(v);
  talker.token = v.welcome.token;
  return talker;
}
async function comeBack(heti, talker) {
  const socket = await visitor(heti, { token: talker.token });
  const entries = await wholeOf(socket, talker.conversation);
  talker.use(socket);
  return { socket, lines: talker.lines(entries) };
}
const until1 = (talker) => until('everything is acknowledged', () => talker.unacked === 0, 30000);
async function timed(act) {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

test('a sync takes half a second: acknowledgements wait for it, nothing else does, and no more waits than may', { timeout: 90000 }, async (t) => {
  const takes = 500;
  const config = demoConfig.replace('[limits]', '[limits]\nmailbox_max = 200');
  const heti = await Heti.start({ name: 'slow-disk', config, env: shim.env });
  try {
    const calm = await talkerAt(heti);
    const flood = [];
    for (let i = 0; i < 10; i++) flood.push(await talkerAt(heti));
    calm.say();
    await until1(calm);
    const before = await heti.metrics();
    shim.syncTakes = takes;

    // Each acknowledgement waits for at least one sync, and for no more than the one under way besides.
    const acks = [];
    for (let i = 0; i < 3; i++) {
      acks.push(await timed(async () => {
        calm.say();
        await until1(calm);
      }));
    }
    assert.ok(Math.min(...acks) >= takes, `acknowledged after ${acks.map(Math.round)} ms`);
    assert.ok(Math.max(...acks) < 3 * takes, `acknowledged after ${acks.map(Math.round)} ms`);

    // More than the mailbox holds: the rest is told to wait.
    for (const talker of flood) talker.say(100);
    const told = () => flood.reduce((sum, talker) => sum + (talker.told.get('overloaded') ?? 0) + (talker.told.get('try_later') ?? 0), 0);
    await until('somebody is told to come later', () => told() > 0);
    // Meanwhile the loop is free: liveness, readiness and pings are answered at once.
    const answers = [];
    for (let i = 0; i < 60; i++) {
      answers.push(await timed(async () => assert.equal((await readiness(heti, 'journal')).status, 200)));
      answers.push(await timed(() => new Promise((done) => {
        calm.socket.ws.once('pong', done);
        calm.socket.ws.ping();
      })));
      await sleep(20);
    }
    t.diagnostic(`acknowledged after ${acks.map(Math.round)} ms; pings and readiness p50 ${percentile(answers, 0.5).toFixed(1)} ms, ` +
      `most ${Math.max(...answers).toFixed(1)} ms; ${told()} times told to come later`);
    assert.ok(percentile(answers, 0.9) < takes / 4, `p90 ${percentile(answers, 0.9)} ms`);
    assert.ok(Math.max(...answers) < takes, `${Math.max(...answers)} ms`);

    shim.syncTakes = 0;
    for (const talker of flood) await until1(talker);
    const metrics = await heti.metrics();
    const grown = (name) => metrics.sum(name) - before.sum(name);
    const mean = grown('heti_journal_append_seconds_sum') / grown('heti_journal_append_seconds_count');
    assert.ok(grown('heti_journal_append_seconds_sum') > 3 * takes / 1000, 'and the metric shows it');
    t.diagnostic(`mean append ${(1000 * mean).toFixed(0)} ms`);
    assert.equal(metrics.sum('heti_journal_append_errors_total'), 0);
    await heti.restart();
    for (const talker of [calm, ...flood]) assert.deepEqual((await comeBack(heti, talker)).lines, upTo(talker.said));
  } finally {
    shim.syncTakes = 0;
    await heti.close();
  }
});

// ---- What lies in the data directory

const data = (heti) => join(heti.directory, 'data');
const snapshots = (heti) => readdirSync(data(heti)).filter((name) => /\.snapshot\.\d{20}$/.test(name)).sort().map((name) => join(data(heti), name));
const startedFrom = (heti) => Number([...logOf(heti).matchAll(/step=recovered .*snapshot=(\d+)/g)].at(-1)[1]);
const positionOf = (path) => Number(path.slice(-20));
function flip(path, at) {
  const bytes = readFileSync(path);
  bytes[Math.floor(at * (bytes.length - 1))] ^= 0x10;
  writeFileSync(path, bytes);
}

test('snapshots damaged or gone: an older one, or the whole journal, and nobody loses a word', { timeout: 60000 }, async (t) => {
  const heti = await Heti.start({ name: 'snapshots' });
  try {
    const talker = await talkerAt(heti);
    const more = async () => {
      talker.say(20);
      await until1(talker);
      assert.deepEqual(await heti.terminate(), { code: 0, signal: null });
    };
    const again = async () => {
      await heti.launch();
      const { lines } = await comeBack(heti, talker);
      assert.deepEqual(lines, upTo(talker.said));
    };
    await more();
    await again();
    await more();
    const [older, newer] = snapshots(heti);
    assert.ok(newer, 'two are kept');

    await t.test('a bit of the newer one has flipped', async () => {
      flip(newer, 0.5);
      await again();
      assert.equal(startedFrom(heti), positionOf(older));
      assert.match(logOf(heti), new RegExp(`${newer}.*damaged`));
      await more();
    });
    await t.test('both are cut short', async () => {
      for (const path of snapshots(heti)) writeFileSync(path, readFileSync(path).subarray(0, 100));
      await again();
      assert.equal(startedFrom(heti), 0, 'from the beginning');
      await more();
    });
    await t.test('all are gone', async () => {
      for (const path of snapshots(heti)) rmSync(path);
      await again();
      assert.equal(startedFrom(heti), 0);
      await more();
    });
    await t.test('and the next ones are good', async () => {
      await again();
      assert.equal(startedFrom(heti), positionOf(snapshots(heti).at(-1)));
      await heti.terminate();
      const replay = heti.run(['replay']);
      assert.equal(replay.status, 0, replay.stderr);
    });
  } finally {
    await heti.close();
  }
});

test('the journal is older than what lies beside it: what is lost is named, and a new history begins', { timeout: 60000 }, async () => {
  const heti = await Heti.start({ name: 'older-journal' });
  try {
    const talker = await talkerAt(heti);
    talker.say(20);
    await until1(talker);
    await heti.terminate();
    const database = join(data(heti), 'journal.db');
    copyFileSync(database, join(heti.directory, 'older.db'));
    await heti.launch();
    const { socket } = await comeBack(heti, talker);
    const { history } = socket.welcome;
    talker.say(20);
    await until1(talker);
    await heti.terminate();
    copyFileSync(join(heti.directory, 'older.db'), database);
    for (const suffix of ['-wal', '-shm']) rmSync(database + suffix, { force: true });

    const verify = heti.run(['journal', 'verify']);
    assert.equal(verify.status, 1, verify.stdout);
    await heti.launch();
    assert.match(logOf(heti), /step=open_journal notice="journal of workspace default .* has lost its end: it ends at position \d+ .*default\.tail knows position \d+/);
    const after = await comeBack(heti, talker);
    assert.notEqual(after.socket.welcome.history, history, 'clients are told that positions have lost their meaning');
    assert.deepEqual(after.lines, upTo(20), 'what the journal has is there');
    // As the protocol says: what was acknowledged lately is said again, under the old numbers.
    talker.acked = 0;
    talker.repeat();
    await until1(talker);
    assert.deepEqual((await comeBack(heti, talker)).lines, upTo(40));
  } finally {
    await heti.close();
  }
});

test('the journal is gone and what lies beside it knows of it: refused, with the remedy', { timeout: 60000 }, async () => {
  const heti = await Heti.start({ name: 'no-journal' });
  try {
    const talker = await talkerAt(heti);
    talker.say(20);
    await until1(talker);
    await heti.terminate();
    const database = join(data(heti), 'journal.db');
    copyFileSync(database, join(heti.directory, 'kept.db'));
    rmSync(database);
    const { code, said } = refusedStart(heti);
    assert.equal(code, 1, said);
    assert.match(said, /journal\.db/);
    assert.match(said, /restore/);
    copyFileSync(join(heti.directory, 'kept.db'), database);
    await heti.launch();
    assert.deepEqual((await comeBack(heti, talker)).lines, upTo(20), 'nothing was touched');
  } finally {
    await heti.close();
  }
});

test('killed while a snapshot is written, again and again: the old one or the new one, never neither', { timeout: 90000 }, async (t) => {
  const rounds = full ? 60 : 9;
  const heti = await Heti.start({ name: 'snapshot-kill', env: shim.env });
  let within = 0;
  try {
    const talker = await talkerAt(heti);
    for (let round = 0; round < rounds; round++) {
      talker.say(5);
      await until1(talker);
      const known = snapshots(heti);
      shim.syncTakes = 150; // So that there is a while between the file and its name, and behind it.
      heti.process.kill('SIGTERM');
      let ended = false;
      heti.exited.then(() => { ended = true; });
      const half = () => existsSync(join(data(heti), 'default.snapshot.new'));
      // While it is written, right when it has its name, and some time after.
      if (round % 3 === 0) await until('a snapshot begins', () => half() || ended);
      else await until('a snapshot has its name', () => snapshots(heti).at(-1) !== known.at(-1) || ended);
      if (round % 3 === 2) await sleep(Math.random() * 150);
      if (!ended) {
        heti.process.kill('SIGKILL');
        within += 1;
      }
      await heti.exited;
      if (round % 3 === 0) assert.ok(half(), 'the kill fell before the name');
      shim.syncTakes = 0;
      await heti.launch();
      const from = startedFrom(heti);
      assert.ok(snapshots(heti).some((path) => positionOf(path) === from) || from === 0, `started from ${from}`);
      assert.ok(from >= (known.length > 0 ? positionOf(known.at(-1)) : 0), 'no older one than before');
      assert.deepEqual((await comeBack(heti, talker)).lines, upTo(talker.said));
    }
    t.diagnostic(`${within} of ${rounds} kills fell before the end`);
    assert.ok(within >= rounds * 0.6, `only ${within}`);
    await heti.terminate();
    const replay = heti.run(['replay']);
    assert.equal(replay.status, 0, replay.stderr);
  } finally {
    shim.syncTakes = 0;
    await heti.close();
  }
});
