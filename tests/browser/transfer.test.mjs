// Handing a chat on, and a supervisor who sends somebody away: as the agents and the visitor see it.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { until } from '../integration/heti.mjs';
import { World, at, login, pictures, ready, say, shows, violations } from './browser.mjs';

const config = `
[listen]
address = "127.0.0.1"
[timeouts]
drain = "1s"
[queue.support]
display_name = "Support"
timezone = "Europe/Helsinki"
hours.mon-sun = ["00:00-24:00"]
[queue.sales]
display_name = "Sales"
timezone = "Europe/Helsinki"
hours.mon-sun = ["00:00-24:00"]
[agent.aino]
display_name = "Aino"
queues = ["support"]
supervisor = true
[agent.eero]
display_name = "Eero"
queues = ["support", "sales"]
capacity = 2
[agent.leena]
display_name = "Leena Virtanen-Kallio"
queues = ["sales"]
`;

let world;
before(async () => {
  world = await World.start({ name: 'browser-transfer', config });
});
after(async () => { await world?.close(); });

const items = (page, menu = 'transfer') => at(page, `${menu}-item`).evaluateAll((all) => all.map((one) => [one.dataset.name, one.ariaDisabled !== 'true']));
const focused = (page) => page.evaluate(() => document.activeElement.dataset.name ?? document.activeElement.className);

test('a chat is handed to a colleague with the keyboard, refused in plain words, and goes on', { timeout: 120000 }, async () => {
  const aino = await world.agent();
  await login(aino);
  await ready(aino);
  const eero = await world.agent();
  await login(eero, 'eero');
  await at(eero, 'status-away').waitFor();
  const visitor = await world.visitor();
  await at(visitor, 'launcher').click();
  await say(visitor, 'Hello! I would like to change my order.');
  await at(aino, 'accept').click();
  await say(aino, 'Good morning, let me see who can help.');
  await shows(visitor, 'who can help');

  // Eero is away: he is named, but cannot be chosen.
  await at(aino, 'transfer').focus();
  await aino.keyboard.press('Enter');
  await at(aino, 'transfer-menu').waitFor();
  assert.deepEqual(await items(aino), [['Eero', false], ['Back to Support', true], ['Sales', true]]);
  assert.equal(await focused(aino), 'Back to Support');
  await aino.keyboard.press('ArrowUp');
  assert.equal(await focused(aino), 'Eero');
  await aino.keyboard.press('Enter');
  assert.equal(await at(aino, 'transfer-menu').count(), 1);
  await aino.keyboard.press('s');
  assert.equal(await focused(aino), 'Sales');
  assert.deepEqual(await violations(aino), []);
  await aino.keyboard.press('Escape');
  await at(aino, 'transfer-menu').waitFor({ state: 'detached' });
  assert.match(await focused(aino), /transfer/);

  await ready(eero);
  await aino.keyboard.press('ArrowDown');
  await until('eero is free', async () => {
    if (JSON.stringify((await items(aino))[0]) === '["Eero",true]') return true;
    await aino.keyboard.press('Escape');
    await aino.keyboard.press('ArrowDown');
    return false;
  });
  await aino.keyboard.press('Home');
  assert.equal(await focused(aino), 'Eero');
  await pictures(aino, 'console-transfer', ['light', 'dark']);

  // In the moment of choosing he goes away again: the choice is crossed out where it stands.
  await at(eero, 'status-away').click();
  await until('it is crossed out', async () => (await items(aino))[0][1] === false);
  await aino.keyboard.press('Escape');
  await ready(eero);
  await until('eero is free again', async () => {
    await at(aino, 'transfer').click();
    if ((await items(aino))[0]?.[1]) return true;
    await aino.keyboard.press('Escape');
    return false;
  });
  await at(aino, 'transfer-item').first().click();
  await aino.getByText('Offered to Eero').waitFor();
  await aino.getByText('Eero is being asked to take this chat.').waitFor();
  assert.equal(await aino.evaluate(() => document.activeElement.tagName), 'H1');
  await pictures(aino, 'console-transferred', ['light', 'dark', 'phone']);
  await pictures(visitor, 'widget-transferred', ['light', 'dark']);
  await pictures(eero, 'console-transfer-offer', ['light']);
  await at(eero, 'accept').click();
  await shows(eero, 'change my order');
  await say(eero, 'Hello, Eero here. Which order is it?');
  await shows(visitor, 'Eero here');
  await aino.getByText('Eero has this chat.').waitFor();
  assert.deepEqual([...aino.faults, ...eero.faults, ...visitor.faults], []);

  // A supervisor can take over, too.
  await at(aino, 'transfer').click();
  assert.deepEqual(await items(aino), [['Aino (you)', true], ['Back to Support', true], ['Sales', true]]);
  await aino.keyboard.press('Escape');

  // The supervisor's team: eero is sent off, and his chat goes back to the line.
  await at(aino, 'tab-team').click();
  assert.deepEqual(await at(aino, 'team-item').evaluateAll((all) => all.map((one) => [one.dataset.agent, one.dataset.status])),
    [['aino', 'online'], ['eero', 'online'], ['leena', 'offline']]);
  assert.equal(await at(eero, 'tab-team').count(), 0);
  await at(aino, 'team-status').first().click();
  await at(aino, 'team-status-menu').waitFor();
  assert.deepEqual(await items(aino, 'team-status'), [['Away', true], ['End of shift', true], ['Off now', true]]);
  await pictures(aino, 'console-team', ['light', 'dark']);
  assert.deepEqual(await violations(aino), []);
  await at(aino, 'team-status-item').first().click();
  await eero.getByText('A supervisor has changed your status to Away').waitFor();
  assert.match(await at(eero, 'status-text').innerText(), /set by a supervisor/);
  await pictures(eero, 'console-sent-away', ['light']);
  await pictures(aino, 'console-team-list', ['light', 'phone']);
  await until('the team shows it', async () => (await at(aino, 'team-item').nth(1).getAttribute('data-status')) === 'away');
  await at(aino, 'team-status').first().click();
  await at(aino, 'team-status-item').last().click();
  await until('the chat is offered to who is left', async () => (await at(aino, 'offer').count()) === 1);
  assert.deepEqual([...aino.faults, ...eero.faults, ...visitor.faults], []);
});
