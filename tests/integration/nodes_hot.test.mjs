// Two workspaces share one Redis, each with nodes of its own. In one of them everybody talks as fast as they can, nine
// messages of ten and far more; their limits hold them back, and the other one notices little.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visitor } from './client.mjs';
import { demoConfig, sleep } from './heti.mjs';
import { Nodes } from './nodes.mjs';
import { percentile } from './light_client.mjs';
import { RedisServer } from './redis_server.mjs';

const talkers = 30;
// The shipped limits of visitors.
const config = demoConfig.replace(/^(visitor_messages|frames)_.*\n/gm, '');

// One who talks as fast as it is let, and waits as it is told.
async function flood(node, until) {
  const socket = await visitor(node);
  const { id } = (await socket.ask({ t: 'start' })).conversation;
  const told = { acked: 0, refused: 0 };
  socket.keepsFrames = false;
  socket.onFrame = (frame) => {
    if (frame.t === 'acked') told.acked = Math.max(told.acked, frame.n);
    if (frame.t === 'refused') told.refused += 1;
  };
  while (!until.over && !socket.closed) {
    socket.send({ t: 'post', conversation: id, stream: 's', n: told.acked + 1, text: 'more' });
    await sleep(25);
  }
  socket.ws.terminate();
  return told;
}

test('a hot workspace beside another one on the same Redis is held back by its limits, and the other goes on', { timeout: 120000 }, async (t) => {
  const redis = await RedisServer.start();
  const quiet = await Nodes.start({ name: 'quiet', count: 2, redis, env: { HETI_WORKSPACE: 'quiet' }, config: demoConfig });
  const hot = await Nodes.start({ name: 'hot', count: 2, redis, env: { HETI_WORKSPACE: 'hot' }, config });
  try {
    const [node] = await quiet.followers();
    const guest = await visitor(node);
    const { id } = (await guest.ask({ t: 'start' })).conversation;
    let n = 0;
    const times = async (count) => {
      const took = [];
      for (let i = 0; i < count; i++) {
        n += 1;
        const begun = performance.now();
        const acked = new Promise((done) => { guest.onFrame = (frame) => { if (frame.t === 'acked' && frame.n >= n) done(); }; });
        guest.send({ t: 'post', conversation: id, stream: 's', n, text: `text ${n}` });
        await acked;
        took.push(performance.now() - begun);
        await sleep(5);
      }
      return took;
    };
    guest.keepsFrames = false;
    await times(50);
    const rounds = [];
    const told = { acked: 0, refused: 0 };
    for (let round = 0; round < 3; round++) {
      const alone = await times(120);
      const over = { over: false };
      const flooding = Array.from({ length: talkers }, (_, i) => flood(hot.all[i % 2], over));
      await sleep(1500);
      const beside = await times(120);
      over.over = true;
      for (const each of await Promise.all(flooding)) {
        told.acked += each.acked;
        told.refused += each.refused;
      }
      rounds.push({ alone, beside });
    }
    const ratio = (share) => rounds.map(({ alone, beside }) => percentile(beside, share) / percentile(alone, share)).sort((a, b) => a - b)[1];
    const all = (name) => rounds.flatMap((round) => round[name]);
    t.diagnostic(`alone p50 ${percentile(all('alone'), 0.5).toFixed(2)} ms, p99 ${percentile(all('alone'), 0.99).toFixed(2)} ms; beside a hot one p50 ` +
      `${percentile(all('beside'), 0.5).toFixed(2)} ms, p99 ${percentile(all('beside'), 0.99).toFixed(2)} ms: ${ratio(0.5).toFixed(2)} and ${ratio(0.99).toFixed(2)} times as much (medians of 3 rounds)`);
    t.diagnostic(`the hot one: ${told.acked} acknowledged, ${told.refused} refused by its limits`);
    assert.ok(ratio(0.99) <= 2 || percentile(all('beside'), 0.99) < 15, 'the other one notices little');
    assert.ok(told.refused > 1000, 'the budget bites');
    assert.ok(told.acked > 9 * 50, 'nine of ten');
    const limited = (await Promise.all(hot.all.map((one) => one.metrics()))).reduce((sum, one) => sum + one.sum('heti_refusals_total', { code: 'rate_limited' }), 0);
    assert.equal(limited, told.refused, 'and is counted');
  } finally {
    await quiet.close();
    await hot.close();
  }
});
