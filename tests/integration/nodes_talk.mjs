// People on several nodes who talk all the time, and what must be true of what they said.
import assert from 'node:assert/strict';
import { until } from './heti.mjs';
import { check, sentences } from './history/checker.mjs';
import { KillRun, talkConfig } from './history/kill_run.mjs';
import { Nodes } from './nodes.mjs';

// Several visitors and agents, spread over all nodes. Whoever finds a dead node goes to the next one. NODE_PAUSE (1):
// milliseconds between two turns of each.
export async function talking(name, { redis = null, env = {} } = {}) {
  const nodes = await Nodes.start({ name, config: talkConfig, redis, env });
  const turns = new Map();
  const near = (who) => {
    const alive = nodes.all.filter((node) => node.up !== false);
    const turn = turns.get(who) ?? turns.size;
    turns.set(who, turn + 1);
    return alive[turn % alive.length];
  };
  const run = new KillRun({ name, near, pause: Number(process.env.NODE_PAUSE ?? 1) });
  run.heti = nodes.all[0];
  const close = async () => {
    run.heti = null;
    await run.close();
    await nodes.close();
  };
  try {
    await run.open();
    return { nodes, run, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export async function accounts(t, run) {
  const verdict = check(await run.settle());
  t.diagnostic(`acknowledgements ${run.acks}, found durable unacknowledged ${run.foundDurable}, ${JSON.stringify(verdict.figures)}`);
  assert.deepEqual(sentences(verdict), []);
}

export const more = (run, acks) => {
  const before = run.acks;
  return until('traffic', () => run.acks - before >= acks, 30000);
};

// The sum over the nodes that live.
export async function sumOf(nodes, name) {
  const all = await Promise.all(nodes.all.map((node) => node.metrics().catch(() => null)));
  return all.reduce((sum, one) => sum + (one?.sum(name) ?? 0), 0);
}

// What happened shows on a metric within 15 seconds.
export const shows = (nodes, name, more) => until(`${name} shows it`, async () => (await sumOf(nodes, name)) > more, 15000);

export const down = async (node, how) => {
  node.up = false;
  await how(node);
};
export const up = async (node) => {
  await node.launch();
  node.up = true;
};
