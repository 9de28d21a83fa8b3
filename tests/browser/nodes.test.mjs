// A visitor's widget on one node and an agent's console on another, in their browsers: they hear each other, also typing,
// and the widget goes on when its node dies. NODE_ROUNDS (2): deaths of a node that followed, and as many of the owner.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Front } from '../integration/front.mjs';
import { until } from '../integration/heti.mjs';
import { Nodes } from '../integration/nodes.mjs';
import { World, at, login, pictures, ready, say, shows, transcript } from './browser.mjs';

const rounds = Number(process.env.NODE_ROUNDS ?? 2);
const p95 = (all) => [...all].sort((a, b) => a - b)[Math.ceil(all.length * 0.95) - 1];

async function worldOf(nodes) {
  const world = new World();
  world.heti = await Front.to(nodes.all);
  world.ends.push(() => world.heti.close());
  world.shop = await world.startShop('support');
  await world.startBrowser();
  return world;
}

test('a widget talks through another node than the console, and lives on when its node dies', { timeout: 120000 + rounds * 40000 }, async (t) => {
  const nodes = await Nodes.start({ name: 'browser-nodes', count: 2 });
  let world;
  let desk;
  try {
    world = await worldOf(nodes); // the visitor's way in
    desk = await Front.to(nodes.all); // the agent's
    const [follower] = await nodes.followers();
    const owner = await nodes.owner();
    world.heti.prefer(follower);
    desk.prefer(owner);
    const visitor = await world.visitor();
    const agent = await world.page();
    await agent.goto(`${desk.url}/console/`);
    await login(agent);
    await ready(agent);
    await at(visitor, 'launcher').click();
    await say(visitor, 'Hello, is anybody there?');
    await at(agent, 'accept').click();
    await say(agent, 'Yes, good evening.');
    await shows(visitor, 'good evening');
    const typed = { visitor: 1, agent: 1 };

    // Typing goes past the journal, from node to node.
    await at(agent, 'composer').click();
    await agent.keyboard.type('let me see');
    await at(visitor, 'typing').waitFor();
    for (let i = 0; i < 10; i++) await agent.keyboard.press('Backspace');
    await at(visitor, 'composer').click();
    await visitor.keyboard.type('it is');
    await at(agent, 'typing').first().waitFor();
    await visitor.keyboard.press('Enter');
    typed.visitor += 1;

    const took = { follower: [], owner: [] };
    const round = async (role, i) => {
      const lead = await nodes.owner();
      const victim = role === 'owner' ? lead : nodes.all.find((node) => node !== lead);
      const other = nodes.all.find((node) => node !== victim);
      // The visitor goes to the one that will die, the agent to the other.
      world.heti.prefer(victim);
      desk.prefer(other);
      for (const page of [visitor, agent]) await at(page, 'banner').waitFor({ state: 'detached' });
      await say(visitor, `before ${role} ${i}`);
      await shows(agent, `before ${role} ${i}`);
      await victim.kill();
      const begun = performance.now();
      await say(visitor, `through ${role} ${i}`);
      await until('a tick', async () => (await transcript(visitor)).some((line) => line.text === `through ${role} ${i}` && line.mark === 'sent'), 20000);
      took[role].push(performance.now() - begun);
      await shows(agent, `through ${role} ${i}`);
      await say(agent, `answer ${role} ${i}`);
      await shows(visitor, `answer ${role} ${i}`);
      typed.visitor += 2;
      typed.agent += 1;
      await victim.launch();
    };
    for (let i = 1; i <= rounds; i++) {
      await round('follower', i);
      await round('owner', i);
    }
    await pictures(visitor, 'widget-after-nodes', ['light']);
    await pictures(agent, 'console-after-nodes', ['light']);

    const plain = (lines) => lines.map(({ seq, role, text }) => ({ seq, role, text }));
    const seen = plain(await transcript(visitor));
    assert.deepEqual(plain(await transcript(agent)), seen, 'both see the same, in the same order');
    for (const who of ['visitor', 'agent']) assert.equal(seen.filter((line) => line.role === who).length, typed[who], who);
    for (let i = 1; i < seen.length; i++) assert.ok(seen[i].seq > seen[i - 1].seq);
    assert.deepEqual({ visitor: visitor.loads, agent: agent.loads }, { visitor: 1, agent: 1 }, 'no page was loaded again');
    assert.deepEqual([...visitor.faults, ...agent.faults], []);
    for (const [role, most] of [['follower', 3000], ['owner', 6000]]) {
      t.diagnostic(`${role} dead, the widget's next tick after ${took[role].map((ms) => ms.toFixed(0)).join(', ')} ms`);
      assert.ok(p95(took[role]) <= most, `${role}: ${p95(took[role])} ms`);
    }
  } finally {
    await world?.close();
    await desk?.close();
    await nodes.close();
  }
});
