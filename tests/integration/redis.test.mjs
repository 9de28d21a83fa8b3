// The journal in Redis: what was acknowledged is there after kills of the node, of Redis, and after another node has
// taken over. A node that was deposed acknowledges nothing and ends.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Heti, output, sleep, until } from './heti.mjs';
import { logOf, refusedStart } from './faults.mjs';
import { check, sentences } from './history/checker.mjs';
import { KillRun } from './history/kill_run.mjs';
import { another } from './nodes.mjs';
import { RedisServer } from './redis_server.mjs';

const kills = Number(process.env.REDIS_KILLS ?? 8);
const acksEach = Number(process.env.REDIS_ACKS ?? 500); // before each kill

// Several visitors and agents who talk in one service whose journal is in Redis.
async function talking(name, redis) {
  const run = new KillRun({ name, env: redis.env });
  try {
    await run.open();
    return run;
  } catch (error) {
    await run.close();
    throw error;
  }
}

// All that was acknowledged is there once and in order, for everybody.
async function accounts(t, run) {
  const verdict = check(await run.settle());
  t.diagnostic(`acknowledgements ${run.acks}, found durable unacknowledged ${run.foundDurable}, ${JSON.stringify(verdict.figures)}`);
  assert.deepEqual(run.everybody.flatMap((one) => one.refusals), [], 'nothing was refused');
  assert.deepEqual(sentences(verdict), []);
}

const more = (run, acks) => {
  const before = run.acks;
  return until('traffic', () => run.acks - before >= acks, 30000);
};

test('the node is killed again and again: nothing is lost, doubled or out of order', { timeout: 180000 + kills * 10000 }, async (t) => {
  const redis = await RedisServer.start();
  const run = await talking('redis-kills', redis);
  try {
    await run.kill(kills, acksEach, { every: Infinity });
    await accounts(t, run);
    t.diagnostic(JSON.stringify(run.figures));
    assert.deepEqual(await run.heti.terminate(), { code: 0, signal: null });
    assert.equal(run.heti.run(['replay']).status, 0);
  } finally {
    await run.close();
    await redis.close();
  }
});

test('Redis is killed again and again: nothing is acknowledged meanwhile, nothing is lost', { timeout: 180000 + kills * 10000 }, async (t) => {
  const redis = await RedisServer.start();
  const run = await talking('redis-dies', redis);
  try {
    for (let i = 0; i < kills; i++) {
      await more(run, acksEach);
      await redis.kill();
      await sleep(200);
      const silent = run.acks;
      await sleep(500);
      assert.equal(run.acks, silent, 'an acknowledgement without Redis');
      assert.equal((await fetch(`${run.heti.metricsUrl}/readyz`)).status, 503);
      await redis.launch();
      await until('ready again', async () => (await fetch(`${run.heti.metricsUrl}/readyz`)).status === 200);
    }
    await more(run, acksEach);
    await accounts(t, run);
    assert.equal(run.heti.process.exitCode, null, 'the same process all the time');
  } finally {
    await run.close();
    await redis.close();
  }
});

test('a second node waits, and goes on with everything when the first dies, hangs or is stopped', { timeout: 180000 }, async (t) => {
  const redis = await RedisServer.start();
  const run = await talking('redis-first', redis);
  const all = [run.heti];
  // `end` ends the node at work, or makes it hang; the other has waited for it.
  const handOver = async (name, end) => {
    const first = run.heti;
    const second = await another(first, name);
    all.push(second);
    const ready = second.launch();
    await until('the second waits', () => logOf(second).includes('this one waits until it ends or is silent'));
    await more(run, acksEach);
    const begun = performance.now();
    run.heti = second;
    await end(first);
    await ready;
    await run.back();
    const before = run.acks;
    await until('an acknowledgement of the second', () => run.acks > before);
    const took = performance.now() - begun;
    await more(run, acksEach);
    return { first, took };
  };
  try {
    const killed = await handOver('redis-second', (first) => first.kill());
    // The sockets of a process that hangs stay open: its clients are cut off from it.
    const hung = await handOver('redis-third', async (first) => {
      first.process.kill('SIGSTOP');
      for (const one of run.everybody) one.socket?.ws.terminate();
    });
    const stopped = await handOver('redis-fourth', async (first) => { await first.terminate(); });
    t.diagnostic(`an acknowledgement by the next after ${[killed, hung, stopped].map(({ took }) => took.toFixed(0)).join(', ')} ms`);
    for (const [how, { took }, most] of [['killed', killed, 8000], ['hung', hung, 8000], ['stopped', stopped, 5000]]) {
      assert.ok(took < most, `${how}: ${took} ms`);
    }
    await accounts(t, run);
    // The one that hung wakes up: it finds that it was deposed, and ends by itself.
    hung.first.process.kill('SIGCONT');
    assert.deepEqual(await hung.first.exited, { code: 1, signal: null });
    assert.match(logOf(hung.first), /another node (owns|writes)/);
  } finally {
    for (const one of all) if (one !== run.heti) await one.close();
    await run.close();
    await redis.close();
  }
});

test('a Redis that would lose messages is refused at the start, unless the settings take it', { timeout: 60000 }, async () => {
  const redis = await RedisServer.start();
  const heti = await Heti.start({ name: 'redis-unsafe', env: redis.env });
  const unsafe = await RedisServer.start({ appendonly: 'no' });
  try {
    await heti.terminate();
    const refused = refusedStart(heti, { env: unsafe.env });
    assert.equal(refused.code, 1);
    assert.match(refused.said, /would lose acknowledged messages in silence: .*appendonly/);
    await heti.launch({ ...unsafe.env, HETI_JOURNAL_ACCEPT_LOSS: 'true', HETI_JOURNAL_PATH: join(heti.directory, 'other') });
    assert.match(readFileSync(join(output, 'redis-unsafe.log'), 'utf8'), /accepted by the configuration/);
    // Its files are Redis's own; what it says can be read.
    const file = join(heti.directory, 'file');
    for (const command of [['backup', file], ['restore', file]]) {
      const told = heti.run(command);
      assert.notEqual(told.status, 0);
      assert.match(told.stderr, /is in Redis, at redis:/, command.join(' '));
    }
    for (const command of [['journal', 'verify'], ['report', '--today']]) {
      const told = heti.run(command);
      assert.equal(told.status, 0, told.stderr);
    }
  } finally {
    await heti.close();
    await unsafe.close();
    await redis.close();
  }
});
