// The queue is closed by its hours: the widget says when it opens, in the visitor's own time zone, and takes a message.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { World, at, login, pictures, shows, violations } from './browser.mjs';

const zone = 'America/New_York';
let world;
before(async () => { world = await World.start({ name: 'browser-closed', queue: 'nights' }); });
after(async () => { await world?.close(); });

function spoken(iso, timeZone) {
  const say = (options) => new Intl.DateTimeFormat('en', { ...options, timeZone }).format(new Date(iso));
  return `${say({ weekday: 'long' })} at ${say({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })}`;
}

test('a closed queue says when it opens, and takes a message', { timeout: 120000 }, async () => {
  const { heti } = world;
  const site = await (await fetch(`${heti.url}/api/site?queue=nights`)).json();
  assert.equal(site.queue.open, false);
  const opening = spoken(site.queue.next_change, zone);
  assert.notEqual(opening, spoken(site.queue.next_change, 'Europe/Helsinki'), 'the zone of the visitor makes a difference');

  const visitor = await world.visitor({ timezoneId: zone });
  assert.equal(await at(visitor, 'state-text').innerText(), `Closed. Opens ${opening}`);
  await pictures(visitor, 'widget-closed-launcher', ['light']);
  await at(visitor, 'launcher').click();
  await at(visitor, 'offline-form').waitFor();
  assert.equal(await at(visitor, 'offline-form').getByRole('heading').innerText(), `We open ${opening}`);
  await at(visitor, 'offline-text').fill('Do you ship bowls to Åland? I would need three before Christmas.');
  await at(visitor, 'offline-name').fill('Maija Meikäläinen');
  await at(visitor, 'offline-email').fill('maija@example.com');
  await pictures(visitor, 'widget-closed');
  assert.deepEqual(await violations(visitor), []);
  await at(visitor, 'offline-send').click();
  await at(visitor, 'offline-done').waitFor();
  assert.match(await at(visitor, 'offline-done').innerText(), new RegExp(`has arrived[^]*We open ${opening}`));
  await pictures(visitor, 'widget-message-left');
  assert.deepEqual(await violations(visitor), []);

  const agent = await world.agent();
  await login(agent);
  const group = agent.getByRole('region', { name: 'After-hours messages' });
  const item = group.getByTestId('chat-item');
  await item.waitFor();
  assert.equal(await item.count(), 1);
  assert.equal(await item.getAttribute('data-state'), 'offline_message');
  assert.match(await item.innerText(), /Maija Meikäläinen/);
  await item.click();
  await shows(agent, 'ship bowls to Åland');
  await agent.getByText('maija@example.com').waitFor();
  await pictures(agent, 'console-message');
  assert.deepEqual(await violations(agent), []);
  assert.deepEqual([...visitor.faults, ...agent.faults], []);
});
