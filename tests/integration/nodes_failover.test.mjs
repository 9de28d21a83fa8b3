// Redis with two replicas, watched by Sentinels: its master dies, another one becomes master, and three nodes go on with
// everything that was acknowledged. FAILOVERS (2): how often.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './heti.mjs';
import { accounts, more, talking } from './nodes_talk.mjs';
import { WatchedRedis } from './sentinels.mjs';

const failovers = Number(process.env.FAILOVERS ?? 2);

test('the master of Redis dies again and again: a replica goes on, and nothing acknowledged is lost', { timeout: 120000 + failovers * 60000 }, async (t) => {
  const redis = await WatchedRedis.start();
  const { nodes, run, close } = await talking('failover', { redis });
  const took = [];
  // Whoever ends, because its Redis had seen less than it, is started again.
  const supervisor = setInterval(() => {
    for (const node of nodes.all) if (node.process.exitCode !== null && !node.rising) {
      node.rising = node.launch().catch(() => {}).finally(() => { node.rising = null; });
    }
  }, 200);
  try {
    for (let i = 0; i < failovers; i++) {
      await more(run, 300);
      const master = await redis.master();
      const before = run.acks;
      await master.kill();
      const begun = performance.now();
      await until('acknowledgements by the next master', () => run.acks > before + 300, 60000);
      took.push(performance.now() - begun);
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
