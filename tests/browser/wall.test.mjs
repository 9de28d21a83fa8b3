// The wall against the real program: it asks for a login as the console does, shows who waits and for how long, says so
// when Heti is gone, and is fresh again when Heti is back.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { until } from '../integration/heti.mjs';
import { World, at, login, pictures, ready, say, shows } from './browser.mjs';

let world;
before(async () => { world = await World.start({ name: 'browser-wall' }); });
after(async () => { await world?.close(); });

const seconds = (text) => {
  const [minutes, rest] = text.split(':').map(Number);
  return minutes * 60 + rest;
};

test('/wall leads to the wall, which asks for a login and shows the queues of the agent', { timeout: 60000 }, async () => {
  const { heti } = world;
  assert.equal((await fetch(`${heti.url}/api/wall`)).status, 401);
  const page = await world.page();
  await page.goto(`${heti.url}/wall`);
  assert.equal(page.url(), `${heti.url}/console/wall/`);
  await at(page, 'login-name').waitFor();
  await login(page, 'aino', 'wrong');
  await at(page, 'login-error').waitFor();
  await login(page, 'eero');
  await at(page, 'wall').waitFor();
  assert.deepEqual(await at(page, 'wall-queue').evaluateAll((tiles) => tiles.map((tile) => tile.dataset.queue)), ['support']);
  assert.equal(await at(page, 'demo-clock').count(), 0);
  await at(page, 'wall-logout').click();
  await at(page, 'login-name').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a visitor waits: the wall counts, grows old without Heti, and is fresh again', { timeout: 120000 }, async (t) => {
  const { heti } = world;
  const wall = await world.page();
  await wall.goto(`${heti.url}/console/wall/`);
  await login(wall);
  const support = wall.locator('[data-queue="support"]');
  await support.waitFor();
  const waiting = () => at(support, 'wall-waiting-number').innerText();
  const wait = () => at(support, 'wall-wait-number').innerText();
  assert.deepEqual([await waiting(), await wait()], ['0', '–']);
  assert.equal(await support.locator('.verdict').innerText(), 'Nobody is there');
  assert.match(await wall.locator('[data-queue="nights"]').innerText(), /Closed/);

  const visitor = await world.visitor();
  await at(visitor, 'launcher').click();
  await say(visitor, 'Is anybody there?');
  const said = Date.now();
  await until('the wall shows who waits', async () => (await waiting()) === '1');
  t.diagnostic(`shown ${Date.now() - said} ms after Enter`);
  // Every second of it is shown, also between two answers.
  const seen = new Set();
  await until('five seconds on the wall', async () => seen.add(await wait()) && seconds([...seen].at(-1)) >= 5);
  assert.ok(seen.size >= 5, [...seen].join(' '));
  assert.deepEqual([...seen].map(seconds), [...seen].map(seconds).sort((a, b) => a - b), 'never backwards');
  const core = (await heti.metrics()).sum('heti_queue_oldest_wait_seconds', { queue: 'support' });
  assert.ok(Math.abs(core - seconds(await wait())) <= 2, `${core} s in the metrics, ${await wait()} on the wall`);
  await pictures(wall, 'wall-waiting');

  await heti.kill();
  await at(wall, 'wall-old').waitFor();
  assert.match(await at(wall, 'wall-old').innerText(), /^No answer from Heti since \d\d:\d\d:\d\d\. These figures are \d+ s old\.$/);
  assert.equal(await at(wall, 'wall').getAttribute('data-stale'), 'true');
  assert.equal(await waiting(), '1', 'what was known stays');
  const frozen = await wait();
  const age = async () => Number(/are (\d+) s/.exec(await at(wall, 'wall-old').innerText())[1]);
  const before = await age();
  await until('the age grows', async () => (await age()) >= before + 2);
  assert.equal(await wait(), frozen, 'nothing is made up');
  await pictures(wall, 'wall-old', ['light']);

  await heti.launch();
  await at(wall, 'wall-old').waitFor({ state: 'detached' });
  await at(wall, 'wall-live').waitFor();
  assert.equal(await waiting(), '1');
  // The visitor is away until the widget has come back, whose next attempt may be half a minute off; then the wait goes on.
  await until('the wait goes on where it was', async () => seconds(await wait()) >= 5, 40000);

  const agent = await world.agent();
  await login(agent);
  await ready(agent);
  await at(agent, 'accept').click();
  await until('nobody waits', async () => (await waiting()) === '0');
  assert.equal(await at(support, 'wall-team-number').innerText(), '1');
  assert.notEqual(await wait(), '–', 'accepted is not answered');
  await say(agent, 'Yes!');
  await shows(visitor, 'Yes!');
  await until('the first answer is counted', async () => (await at(support, 'wall-level').locator('.more').innerText()) === '1 of 1');
  assert.equal(await wait(), '–');
  assert.deepEqual({ loads: wall.loads, sockets: wall.sockets, faults: wall.faults }, { loads: 1, sockets: [], faults: [] });
});

test('a demo is called one in all three faces, and their clocks run as fast', { timeout: 90000 }, async () => {
  const demo = await World.start({ name: 'browser-demo-clock', args: ['--clock-speed', '60'] });
  try {
    const words = 'Demo: this clock runs 60 times as fast';
    const visitor = await demo.visitor();
    await at(visitor, 'launcher').click();
    await say(visitor, 'How late is it?');
    assert.equal(await at(visitor, 'demo-clock').innerText(), words);
    const agent = await demo.agent();
    await login(agent);
    assert.equal(await at(agent, 'demo-clock').innerText(), words);
    await until('a minute of waiting in the console', async () => seconds(await at(agent, 'chat-wait').first().innerText()) >= 60, 4000);
    const wall = await demo.page();
    await wall.goto(`${demo.heti.url}/console/wall/`);
    await login(wall);
    assert.equal(await at(wall, 'demo-clock').innerText(), words);
    const wait = async () => seconds(await at(wall.locator('[data-queue="support"]'), 'wall-wait-number').innerText());
    const before = await wait();
    await until('a minute more on the wall', async () => (await wait()) >= before + 60, 4000);
    assert.deepEqual([...visitor.faults, ...agent.faults, ...wall.faults], []);
  } finally {
    await demo.close();
  }
});
