// Three nodes are given another build one after the other, under talk; back again; and all of them for good. The other
// build is heti_planted, which can read a type of events more (HETI_PLANT=next_build).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusedStart, logOf } from './faults.mjs';
import { plantedBinary, sleep, until } from './heti.mjs';
import { accounts, down, more, talking } from './nodes_talk.mjs';

const metric = async (node, name) => (await node.metrics()).sum(name);
const next = [{ HETI_PLANT: 'next_build' }, plantedBinary];

test('from one build to the next and back, node by node, nothing is lost; what is new waits for the last one', { timeout: 180000 }, async (t) => {
  const { nodes, run, close } = await talking('upgrade');
  const restart = async (node, env, program) => {
    await down(node, (one) => one.terminate());
    await node.launch(env, program);
    node.up = true;
    await more(run, 300);
  };
  const levels = () => Promise.all(nodes.all.map((node) => metric(node, 'heti_feature_level')));
  const same = async (level) => assert.deepEqual(await levels(), nodes.all.map(() => level));
  try {
    const [first] = await levels();
    await same(first);
    // The owner among them: what the next build decides, the one before reads.
    const owner = await nodes.owner();
    const [other] = await nodes.followers();
    await restart(owner, ...next);
    await restart(other, ...next);
    await restart(nodes.all.find((node) => node !== owner && node !== other)); // whichever of the others leads now
    await until('a node of the next build leads', async () => (await metric(owner, 'heti_node_leads')) + (await metric(other, 'heti_node_leads')) === 1 || null);
    await sleep(11000); // long enough, if nobody were left
    await more(run, 2000);
    await same(first);
    for (const node of [other, owner]) await restart(node);
    await same(first);
    for (const node of nodes.all) await restart(node, ...next);
    await until('what is new may be written', async () => (await levels()).every((level) => level === first + 1), 30000);
    await more(run, 1000);
    // The build before cannot come back any more, and says why.
    await down(other, (one) => one.terminate());
    const refused = refusedStart(other);
    assert.equal(refused.served, false);
    assert.match(refused.said, /what this version cannot read \(level \d+, this version reads \d+\): all nodes ran a newer one; start that/);
    await other.launch(...next);
    other.up = true;
    await more(run, 500);
    for (const node of nodes.all) {
      assert.equal(await metric(node, 'heti_node_state_mismatches_total'), 0);
      assert.doesNotMatch(logOf(node), /step=deposed/);
    }
    await accounts(t, run);
  } finally {
    await close();
  }
});
