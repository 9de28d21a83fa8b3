// Heti is killed while two people talk in their browsers. Neither page is loaded again, and nothing that showed a tick is
// lost, doubled or moved.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { until } from '../integration/heti.mjs';
import { World, at, login, pictures, ready, say, shows, transcript } from './browser.mjs';

const rounds = 3;
let world;
before(async () => { world = await World.start({ name: 'browser-kill' }); });
after(async () => { await world?.close(); });

test('both browsers go on after kill -9, and lose nothing', { timeout: 180000 }, async (t) => {
  const { heti } = world;
  const agent = await world.agent();
  await login(agent);
  await ready(agent);
  const visitor = await world.visitor();
  await at(visitor, 'launcher').click();
  const pages = { visitor, agent };
  const typed = { visitor: [], agent: [] };
  const ticked = { visitor: new Map(), agent: new Map() }; // text -> seq, as first seen with a tick

  const speak = async (who, text) => {
    typed[who].push(text);
    await say(pages[who], text);
  };
  const noteTicks = async () => {
    for (const who of ['visitor', 'agent']) {
      for (const line of await transcript(pages[who])) {
        if (line.role === who && line.mark === 'sent' && !ticked[who].has(line.text)) ticked[who].set(line.text, line.seq);
      }
    }
  };

  await speak('visitor', 'Hello, is anybody there?');
  await at(agent, 'accept').click();
  await speak('agent', 'Yes, good evening.');
  await shows(visitor, 'good evening');
  await noteTicks();

  for (let round = 1; round <= rounds; round++) {
    // Sent, and killed at once: with or without its tick.
    await speak('visitor', `visitor ${round}, as it fell`);
    await speak('agent', `agent ${round}, as it fell`);
    await heti.kill();
    await noteTicks();
    await speak('visitor', `visitor ${round}, into the dark`);
    await speak('agent', `agent ${round}, into the dark`);
    const dark = (await transcript(visitor)).find((line) => line.text === `visitor ${round}, into the dark`);
    assert.equal(dark.mark, 'sending', 'no tick without a server');
    await at(visitor, 'banner').waitFor();
    if (round === 1) {
      await pictures(visitor, 'widget-reconnect');
      await pictures(agent, 'console-reconnect', ['light']);
    }
    await heti.launch();
    await shows(agent, `visitor ${round}, into the dark`);
    await shows(visitor, `agent ${round}, into the dark`);
    await at(visitor, 'banner').waitFor({ state: 'detached' });
    await noteTicks();
  }

  // Killed and back between two messages, with nothing on its way.
  await heti.restart();
  await speak('visitor', 'Still here.');
  await speak('agent', 'So am I.');
  await shows(agent, 'Still here');
  await shows(visitor, 'So am I');

  const expected = typed.visitor.length + typed.agent.length;
  await until('every typed message ends with a tick', async () => {
    const [mine, theirs] = [await transcript(visitor), await transcript(agent)];
    return mine.length >= expected && theirs.length >= expected &&
      mine.every((line) => line.role !== 'visitor' || line.mark === 'sent') && theirs.every((line) => line.role !== 'agent' || line.mark === 'sent');
  }, 20000);
  await noteTicks();

  const plain = (lines) => lines.map(({ seq, role, text }) => ({ seq, role, text }));
  const seen = plain(await transcript(visitor));
  assert.deepEqual(plain(await transcript(agent)), seen, 'both see the same, in the same order');
  assert.equal(seen.length, expected);
  for (let i = 1; i < seen.length; i++) assert.ok(seen[i].seq > seen[i - 1].seq, `${seen[i].seq} stands after ${seen[i - 1].seq}`);
  for (const who of ['visitor', 'agent']) {
    assert.deepEqual(seen.filter((line) => line.role === who).map((line) => line.text), typed[who], `what the ${who} typed, once each, in order`);
    assert.equal(ticked[who].size, typed[who].length);
    for (const [text, seq] of ticked[who]) assert.equal(seen.find((line) => line.text === text).seq, seq, `the place of "${text}"`);
  }
  assert.deepEqual({ visitor: visitor.loads, agent: agent.loads }, { visitor: 1, agent: 1 }, 'no page was loaded again');
  assert.deepEqual([...visitor.faults, ...agent.faults], []);
  t.diagnostic(`kills ${rounds + 1}, messages ${seen.length}, sockets ${visitor.sockets.length}/${agent.sockets.length}`);
  await pictures(visitor, 'widget-after-kills', ['light']);
  await pictures(agent, 'console-after-kills', ['light']);

  assert.deepEqual(await heti.terminate(), { code: 0, signal: null });
  const replay = heti.run(['replay']);
  assert.equal(replay.status, 0, replay.stdout + replay.stderr);
  t.diagnostic(`replay: ${(replay.stdout + replay.stderr).trim().split('\n').at(-1)}`);
});
