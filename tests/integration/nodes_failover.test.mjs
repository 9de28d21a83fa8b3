// Redis with two replicas, watched by Sentinels: its master dies, another one becomes master, and three nodes go on with
// everything that was acknowledged. FAILOVERS (1): how often.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shim } from './faults.mjs';
import { sleep, until } from './heti.mjs';
import { accounts, more, shows, talking } from './nodes_talk.mjs';
import { WatchedRedis } from './sentinels.mjs';

const failovers = Number(process.env.FAILOVERS ?? 1);

// Whoever ends, because its Redis had seen less than it, is started again.
const supervise = (nodes) => setInterval(() => {
  for (const node of nodes.all) if (node.process.exitCode !== null && !node.rising) {
    node.rising = node.launch().catch(() => {}).finally(() => { node.rising = null; });
  }
}, 200);

test('replicas that are behind, and whose clocks are: what they do not have was never acknowledged', { timeout: 120000 }, async (t) => {
  const shim = new Shim();
  shim.clockAhead = -5000;
  const redis = await WatchedRedis.start({ more: shim.env });
  const { nodes, run, close } = await talking('behind', { redis });
  const supervisor = supervise(nodes);
  try {
    await more(run, 300);
    const master = await redis.master();
    const replicas = redis.servers.filter((server) => server !== master);
    for (const replica of replicas) replica.process.kill('SIGSTOP');
    await sleep(1500);
    const silent = run.acks;
    await sleep(700);
    assert.equal(run.acks, silent, 'an acknowledgement that no replica has');
    assert.ok(run.unacked > 0);
    await shows(nodes, 'heti_journal_append_errors_total', 0);
    await master.kill(); // with what was written and not confirmed
    for (const replica of replicas) replica.process.kill('SIGCONT');
    await until('acknowledgements by a replica', () => run.acks > silent + 300, 60000);
    assert.notEqual(await redis.master(), master);
    await more(run, 300);
    await accounts(t, run);
    for (const node of nodes.all) assert.equal((await node.metrics()).sum('heti_journal_lost_batches_total'), 0);
  } finally {
    clearInterval(supervisor);
    for (const server of redis.servers) server.process.kill('SIGCONT');
    await close();
    shim.close();
  }
});

test('a master that hung comes back and takes writes for a moment: nothing is acknowledged twice, and nothing lost', { timeout: 120000 }, async (t) => {
  const redis = await WatchedRedis.start();
  const { nodes, run, close } = await talking('hung-master', { redis });
  const supervisor = supervise(nodes);
  try {
    await more(run, 300);
    const master = await redis.master();
    master.process.kill('SIGSTOP'); // its connections stay open, and what is sent to it waits there
    const before = run.acks;
    await shows(nodes, 'heti_journal_append_errors_total', 0);
    await until('acknowledgements by the next master', () => run.acks > before + 300, 60000);
    master.process.kill('SIGCONT');
    await more(run, 300);
    await until('it is a replica', async () => (await master.ask('ROLE').catch(() => '')).includes('slave'), 30000);
    await more(run, 300);
    await accounts(t, run);
    for (const node of nodes.all) assert.equal((await node.metrics()).sum('heti_journal_lost_batches_total'), 0);
  } finally {
    clearInterval(supervisor);
    for (const server of redis.servers) server.process.kill('SIGCONT');
    await close();
  }
});

test('the master of Redis dies again and again: a replica goes on, and nothing acknowledged is lost', { timeout: 120000 + failovers * 60000 }, async (t) => {
  const redis = await WatchedRedis.start();
  const { nodes, run, close } = await talking('failover', { redis });
  const took = [];
  const supervisor = supervise(nodes);
  try {
    for (let i = 0; i < failovers; i++) {
      await more(run, 300);
      const master = await redis.master();
      const before = run.acks;
      await master.kill();
      const begun = performance.now();
      await until('acknowledgements by the next master', () => run.acks > before + 300, 60000);
      took.push(performance.now() - begun);
      await shows(nodes, 'heti_journal_append_errors_total', i);
      await master.launch(); // The Sentinels make it a replica.
      await until('it is a replica', async () => (await master.ask('ROLE').catch(() => '')).includes('slave'), 30000);
      await until('two replicas again', async () => {
        const next = await redis.master();
        return next && (await next.ask('INFO replication').catch(() => '')).split('state=online').length - 1 === 2;
      }, 30000);
    }
    await more(run, 300);
    await accounts(t, run);
    t.diagnostic(`the next acknowledgements after ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    for (const node of nodes.all) assert.equal(node.process.exitCode, null);
  } finally {
    clearInterval(supervisor);
    await close();
  }
});
