// Redis in a network namespace, with a cable of its own for one node: that node is cut off both ways, or one way only.
// NODE_CABLES=all: each way for a node that follows, and for the owner; else one of each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './heti.mjs';
import { Namespace } from './namespace.mjs';
import { accounts, down, more, talking, up } from './nodes_talk.mjs';
import { RedisServer } from './redis_server.mjs';

let namespace = null;
let cannot = false;
try {
  namespace = new Namespace();
} catch (error) {
  cannot = `no network namespace can be made here: ${error.message}`;
}

const isReady = (node) => fetch(`${node.metricsUrl}/readyz`).then((answer) => answer.status === 200, () => false);
const metric = async (node, name) => (await node.metrics()).sum(name);
const ways = { 'both ways': ['there', 'here'], 'to Redis': ['there'], 'from Redis': ['here'] };

test('a node whose cable to Redis loses everything, both ways or one, is not ready, and the others go on', { timeout: 240000, skip: cannot }, async (t) => {
  const redis = new RedisServer();
  redis.host = namespace.cables[0].far;
  redis.through = ['ip', 'netns', 'exec', namespace.name];
  let close = null;
  try {
    await RedisServer.start({ 'protected-mode': 'no' }, {}, redis);
    const talk = await talking('cable', { redis });
    close = talk.close;
    const { nodes, run } = talk;
    const apart = nodes.all[2];
    await down(apart, (node) => node.kill());
    apart.env.HETI_JOURNAL_ADDRESS = `redis://${namespace.cables[1].far}:${redis.port}`;
    await up(apart);
    await more(run, 200);
    const tell = async (what, lost) => {
      const others = nodes.all.filter((node) => node !== apart);
      const led = (await metric(apart, 'heti_node_leads')) === 1;
      const counted = async () => (await Promise.all(others.map((node) => metric(node, 'heti_nodes_lost_total')))).reduce((a, b) => a + b, 0);
      const before = await counted();
      const begun = performance.now();
      const since = () => Math.round(performance.now() - begun);
      for (const way of lost) namespace.lose(1, way);
      const acks = run.acks;
      if (led) await until('another one leads', async () => (await Promise.all(others.map((node) => metric(node, 'heti_node_leads')))).includes(1), 15000);
      const leads = since();
      await until('it is not ready', async () => !(await isReady(apart)), 15000);
      const unready = since();
      apart.up = false;
      await until('the others go on', () => run.acks > acks + 200, 15000);
      await until('it shows there', async () => apart.process.exitCode !== null || (await metric(apart, 'heti_node_cut_off_seconds')) > 5, 15000);
      await until('it shows at the others', async () => (await counted()) > before, 15000);
      t.diagnostic(`${what}${led ? `, the owner: another one leads after ${leads} ms` : ''}: not ready after ${unready} ms, shown by the others after ${since()} ms`);
      namespace.mend(1);
      await until('it is there again', async () => {
        if (apart.process.exitCode !== null) await apart.launch(); // deposed; its supervisor starts it
        return (await isReady(apart)) || null;
      }, 30000);
      apart.up = true;
      await more(run, 200);
    };
    const all = process.env.NODE_CABLES === 'all';
    for (const what of all ? Object.keys(ways) : ['both ways']) await tell(what, ways[what]);
    // The same, as the owner: the others stop for a moment.
    for (const what of all ? Object.keys(ways) : ['from Redis']) {
      for (const node of nodes.all.filter((one) => one !== apart)) {
        await down(node, (one) => one.terminate());
      }
      await until('it leads', async () => (await metric(apart, 'heti_node_leads')) === 1, 15000);
      for (const node of nodes.all) if (node !== apart) await up(node);
      await more(run, 200);
      await tell(what, ways[what]);
    }
    await accounts(t, run);
  } finally {
    namespace.mend(1);
    await close?.().catch(() => {});
    namespace.close();
  }
});
