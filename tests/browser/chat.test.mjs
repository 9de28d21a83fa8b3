// One chat from the first look at the page to the rating, as a visitor and an agent see it.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../integration/heti.mjs';
import { World, at, login, pictures, ready, say, shows, transcript, violations } from './browser.mjs';

let world;
before(async () => { world = await World.start({ name: 'browser-chat' }); });
after(async () => { await world?.close(); });

// All bytes that Heti has on disk.
function onDisk(directory) {
  return Buffer.concat(readdirSync(directory, { withFileTypes: true }).map((one) =>
    one.isDirectory() ? onDisk(join(directory, one.name)) : readFileSync(join(directory, one.name))));
}

test('a page that is merely open has no socket', { timeout: 60000 }, async () => {
  const page = await world.visitor();
  await page.waitForLoadState('networkidle');
  assert.match(await at(page, 'state-text').innerText(), /Open now/);
  assert.deepEqual(page.sockets, []);
  await pictures(page, 'widget-launcher');
  await at(page, 'launcher').click();
  await until('the socket of the open panel', () => page.sockets.length === 1);
  assert.match(page.sockets[0], /\/ws\/visitor$/);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a wrong password is turned down in words', { timeout: 60000 }, async () => {
  const page = await world.agent();
  assert.deepEqual(await violations(page), []);
  await pictures(page, 'console-login');
  await login(page, 'aino', 'wrong');
  await at(page, 'login-error').waitFor();
  assert.match(await at(page, 'login-error').innerText(), /not right/);
  assert.deepEqual(await violations(page), []);
  await pictures(page, 'console-login-refused', ['light']);
  assert.deepEqual(page.sockets, []);
  await page.context().close();
});

test('visitor and agent chat both ways, to the rating', { timeout: 120000 }, async () => {
  const { heti } = world;
  const agent = await world.agent();
  await login(agent);
  await at(agent, 'status-away').waitFor();
  await ready(agent);

  const visitor = await world.visitor();
  await at(visitor, 'launcher').click();
  await pictures(visitor, 'widget-open');
  await say(visitor, 'Hello! Does the Halla board survive a dishwasher?');

  // The agent sees the chat and its clock before accepting it.
  const row = at(agent, 'chat-item').first();
  await row.waitFor();
  await at(agent, 'offer').waitFor();
  const id = await row.getAttribute('data-conversation');
  const clock = () => row.getByTestId('chat-wait').innerText();
  const first = await clock();
  assert.match(first, /^\d+:\d\d$/);
  await until('the wait clock runs', async () => (await clock()) !== first);
  assert.ok((await (await heti.metrics()).sum('heti_queue_oldest_unanswered_seconds', { queue: 'support' })) > 0);
  await pictures(visitor, 'widget-waiting');
  assert.deepEqual(await violations(visitor), []);
  await pictures(agent, 'console-offer');
  assert.deepEqual(await violations(agent), []);

  await at(agent, 'accept').click();
  await visitor.getByText('Chatting with Aino').waitFor();

  // Typing shows on the other side before anything is sent.
  await at(agent, 'composer').click();
  await agent.keyboard.type('Good morning! Please do not: ');
  await at(visitor, 'typing').waitFor();
  assert.match(await at(visitor, 'typing').innerText(), /Aino is typing/);
  assert.equal((await transcript(visitor)).length, 1);
  await pictures(visitor, 'widget-typing', ['light', 'dark']);
  await agent.keyboard.type('birch likes a wet cloth and a drop of oil.');
  await agent.keyboard.press('Enter');
  await shows(visitor, 'a drop of oil');
  await at(visitor, 'typing').waitFor({ state: 'detached' });

  await at(visitor, 'composer').click();
  await visitor.keyboard.type('Thank you. Which oil do you use? ');
  await at(agent, 'typing').waitFor();
  await visitor.keyboard.press('Enter');
  await shows(agent, 'Which oil');
  await say(agent, 'Cold-pressed linseed oil, twice a year: https://example.com/care');
  await shows(visitor, 'linseed');
  await say(visitor, 'Perfect, I will take two.');
  await shows(agent, 'I will take two');

  await until('every mark is a tick', async () => (await transcript(visitor)).every((m) => m.role !== 'visitor' || m.mark === 'sent') &&
    (await transcript(agent)).every((m) => m.role !== 'agent' || m.mark === 'sent'));
  const plain = (lines) => lines.map(({ seq, role, text }) => ({ seq, role, text }));
  assert.deepEqual(plain(await transcript(visitor)), plain(await transcript(agent)));
  assert.equal((await transcript(visitor)).length, 5);
  await pictures(visitor, 'widget-chat');
  await pictures(agent, 'console-chat');
  assert.deepEqual(await violations(visitor), []);
  assert.deepEqual(await violations(agent), []);

  await at(agent, 'close-chat').click();
  await at(visitor, 'rate-5').click();
  await at(visitor, 'rate-comment').fill('Kind and quick, tusind tak!');
  await pictures(visitor, 'widget-rating');
  assert.deepEqual(await violations(visitor), []);
  await at(visitor, 'rate-send').click();
  await at(visitor, 'rated').waitFor();

  // The page of the agent, the metrics, the archive and the disk all have it.
  await at(agent, 'rating').waitFor();
  assert.equal(await at(agent, 'rating').getAttribute('aria-label'), '5 of 5');
  await until('the rating in the metrics', async () => (await heti.metrics()).sum('heti_survey_responses_total', { survey: 'csat', score: '5' }) === 1);
  const closed = await until('the rating in the archive', async () => {
    const answer = await agent.context().request.get(`${heti.url}/api/chats/closed`);
    return (await answer.json()).chats?.find((chat) => chat.conversation === id && chat.rating !== undefined);
  });
  assert.equal(closed.rating, 5);
  assert.ok(onDisk(heti.directory).includes('tusind tak!'), 'the comment is on disk');

  await at(agent, 'done').click();
  await at(agent, 'tab-closed').click();
  await at(agent, 'closed-rating').waitFor();
  await at(agent, 'closed-item').click();
  await shows(agent, 'I will take two');
  await pictures(agent, 'console-closed', ['light']);
  assert.deepEqual(await violations(agent), []);
  assert.deepEqual([...visitor.faults, ...agent.faults], []);
});
