// SIGHUP: a changed file comes into force whole, while chats go on, or not at all.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Heti, output, until } from './heti.mjs';
import { agent, login, post, visitor } from './client.mjs';

const good = `
[listen]
address = "127.0.0.1"
[timeouts]
drain = "1s"
[queue.support]
display_name = "Support"
timezone = "Europe/Helsinki"
hours.mon-sun = ["00:00-24:00"]
[queue.sales]
timezone = "Europe/Helsinki"
hours.mon-sun = ["00:00-24:00"]
[agent.aino]
display_name = "Aino"
queues = ["support"]
capacity = 2
[agent.eero]
queues = ["support", "sales"]
`;

let heti;
before(async () => { heti = await Heti.start({ name: 'reload', config: good }); });
after(async () => { await heti?.close(); });

const log = () => readFileSync(join(output, 'reload.log'), 'utf8');
const widgetOf = async (queue) => (await fetch(`${heti.url}/api/site?queue=${queue}`)).json();
const site = async (queue) => {
  const answer = await fetch(`${heti.url}/api/site?queue=${queue}`);
  return answer.status === 200 ? (await answer.json()).queue : answer.status;
};
const successful = async () => (await heti.metrics()).sum('heti_config_last_reload_successful');

// Sends SIGHUP and waits for the end of it, as the log tells.
async function reload(text) {
  writeFileSync(heti.config, text);
  const said = log().length;
  heti.process.kill('SIGHUP');
  await until('the end of the reload', () => /step=reload (settings_version|notice)/.test(log().slice(said)));
  return log().slice(said);
}

const replaced = (from, to) => {
  assert.ok(good.includes(from), from);
  return good.replace(from, to);
};
// What is wrong with each is named: the key, and the line where there is one.
const bad = [
  [replaced('capacity = 2', 'capacity = 0'), /heti\.toml:18: agent\.aino\.capacity/],
  [replaced('capacity = 2', 'capacity = "two"'), /agent\.aino\.capacity/],
  [replaced('capacity = 2', 'capacity = 2.5'), /agent\.aino\.capacity/],
  [replaced('capacity = 2', 'capacity = 1000'), /agent\.aino\.capacity/],
  [replaced('capacity = 2', 'capacitance = 2'), /agent\.aino\.capacitance/],
  [replaced('capacity = 2', 'skills = "swedish"'), /agent\.aino\.skills/],
  [replaced('capacity = 2', 'supervisor = "yes"'), /agent\.aino\.supervisor/],
  [replaced('queues = ["support"]', 'queues = ["suport"]'), /agent\.aino\.queues/],
  [replaced('queues = ["support"]', 'queues = "support"'), /agent\.aino\.queues/],
  [replaced('[agent.aino]', '[agent.Ai No]'), /heti\.toml:/],
  [replaced('[agent.aino]', '[agent.eero]'), /heti\.toml:/],
  [replaced('[agent.aino]', '[agents.aino]'), /agents/],
  [replaced('"00:00-24:00"', '"00:00-25:00"'), /queue\.support\.hours/],
  [replaced('"00:00-24:00"', '"08:00-08:00"'), /queue\.support\.hours/],
  [replaced('"00:00-24:00"', '"8-16"'), /queue\.support\.hours/],
  [replaced('"00:00-24:00"', '"08:00-12:00", "11:00-14:00"'), /queue\.support\.hours/],
  [replaced('hours.mon-sun', 'hours.mon-son'), /queue\.support\.hours/],
  [replaced('"Europe/Helsinki"', '"EET"'), /queue\.support\.timezone/],
  [replaced('"Europe/Helsinki"', '"Europe/Hellsinki"'), /queue\.support\.timezone/],
  [replaced('display_name = "Support"', 'display_name = 7'), /queue\.support\.display_name/],
  [replaced('display_name = "Support"', 'mode = "push"'), /queue\.support\.mode/],
  [replaced('display_name = "Support"', 'after_hours = "maybe"'), /queue\.support\.after_hours/],
  [replaced('display_name = "Support"', 'overflow = "nowhere"'), /queue\.support\.overflow/],
  [replaced('display_name = "Support"', 'sla.first_response = "0s"'), /queue\.support\.sla\.first_response/],
  [replaced('display_name = "Support"', 'sla.first_response_goal = 80'), /queue\.support\.sla\.first_response_goal/],
  [replaced('display_name = "Support"', 'visitor_grace = "soon"'), /queue\.support\.visitor_grace/],
  [replaced('display_name = "Support"', 'min_agents = -1'), /queue\.support\.min_agents/],
  [replaced('display_name = "Support"', 'display_name = "Support'), /heti\.toml:7/],
  [replaced('drain = "1s"', 'drain = 1'), /timeouts\.drain/],
  [replaced('[timeouts]', '[timeout]'), /timeout/],
  [good + '\n[queue.support]\n', /heti\.toml:/],
  ['', /./],
  // Good files, that ask for what a running node cannot do.
  [replaced('address = "127.0.0.1"', 'address = "0.0.0.0"'), /listen\.address: is read at start/],
  [good + '\n[limits]\nconnections_max = 7000\n', /limits\.connections_max: is read at start/],
  [replaced('display_name = "Support"', 'wording.title = 7'), /queue\.support\.wording\.title/],
  [replaced('display_name = "Support"', 'wording.titel = "Hello"'), /queue\.support\.wording\.titel/],
];

test(`each of ${bad.length} bad files is refused whole, with its place, and nothing changes`, { timeout: 60000 }, async () => {
  assert.ok(bad.length >= 30);
  const aino = await agent(heti, { name: 'aino' });
  const before = [await widgetOf('support'), await widgetOf('sales')];
  for (const [text, named] of bad) {
    // Each also asks for something good: none of it may come into force.
    const half = '[queue.sales]\ndisplay_name = "Half of it"\nwording.greeting = "Half of it"';
    const said = await reload(text.replace('[queue.sales]', half));
    assert.match(said, named, text);
    assert.match(said, /nothing of the file was taken/);
    assert.equal(await successful(), 0);
    assert.deepEqual([await widgetOf('support'), await widgetOf('sales')], before, text);
  }
  assert.equal(aino.closed, null);
  await reload(good);
  assert.equal(await successful(), 1, 'a good file ends the trouble');
  await aino.end();
});

test('a good file is in force at once, and chats go on', { timeout: 30000 }, async () => {
  const cookies = { aino: await login(heti, 'aino'), eero: await login(heti, 'eero') };
  const aino = await agent(heti, { cookie: cookies.aino });
  const eero = await agent(heti, { cookie: cookies.eero });
  const v = await visitor(heti);
  assert.equal((await aino.ask({ t: 'status', status: 'online' })).t, 'ok');
  const { conversation } = await v.ask({ t: 'start' });
  v.send({ t: 'post', conversation: conversation.id, stream: 's', n: 1, text: 'hello' });
  await aino.wait('offer', (f) => f.t === 'chat' && f.chat.conversation === conversation.id && f.chat.offered_to === 'aino');
  assert.equal((await aino.ask({ t: 'accept', conversation: conversation.id })).t, 'ok');

  const closedNow = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][(new Date().getUTCDay() + 3) % 7];
  const changed = good
    .replace('display_name = "Support"', 'display_name = "Help"')
    .replace('[queue.sales]\ntimezone = "Europe/Helsinki"\nhours.mon-sun', `[queue.sales]\ntimezone = "Europe/Helsinki"\nhours.${closedNow}`)
    .replace(/\[agent\.eero\][^]*$/, '') + '\n[queue.billing]\ntimezone = "UTC"\nhours.mon-sun = ["00:00-24:00"]\n';
  const said = await reload(changed);
  assert.match(said, /settings_version=\d+/);
  assert.equal((await site('support')).display_name, 'Help');
  assert.equal((await site('billing')).open, true, 'a queue that is new');
  await until('sales is closed', async () => (await site('sales')).open === false);
  // What a console shows depends on the rules: each says hello once more, and whoever is no agent any more cannot.
  for (const socket of [aino, eero]) assert.equal((await until('close', () => socket.closed ?? false, 5000)).code, 4012);
  assert.equal((await post(heti, '/api/ticket', {}, { Cookie: cookies.eero })).status, 401);
  const again = await agent(heti, { cookie: cookies.aino });
  assert.equal(again.welcome.agent.status, 'online', 'nobody was away');
  v.send({ t: 'post', conversation: conversation.id, stream: 's', n: 2, text: 'still there?' });
  await again.wait('the next line', (f) => JSON.stringify(f).includes('still there?'));
  assert.equal(v.closed, null, 'visitors notice nothing');

  await heti.restart();
  assert.equal((await site('support')).display_name, 'Help', 'it is in the journal');
});

test('the words of the widget are those of the last good file, and nobody is disturbed', { timeout: 30000 }, async () => {
  await reload(good);
  const aino = await agent(heti, { name: 'aino' });
  const tag = async () => (await fetch(`${heti.url}/api/site?queue=support`)).headers.get('etag');
  const tags = new Set([await tag()]);
  const empty = { title: '', greeting: '', closed: '', placeholder: '' };
  assert.deepEqual((await widgetOf('support')).wording, empty);
  const first = { title: 'Ask us', greeting: 'Hei! "Kysy" pois.', closed: 'Tomorrow', placeholder: 'Type' };
  const words = (given) => Object.entries(given).map(([key, text]) => `wording.${key} = ${JSON.stringify(text)}\n`).join('');
  const withWords = (given) => replaced('display_name = "Support"\n', `display_name = "Support"\n${words(given)}`);
  const { settings_version: version } = /settings_version=(?<settings_version>\d+)/.exec(await reload(withWords(first))).groups;
  assert.deepEqual((await widgetOf('support')).wording, first);
  assert.deepEqual((await widgetOf('sales')).wording, empty, 'another queue has its own');
  tags.add(await tag());
  // Half of a bad file's words would be seen here.
  assert.match(await reload(withWords({ title: 'No', greeting: 'x'.repeat(100000) })), /nothing of the file was taken/);
  assert.deepEqual((await widgetOf('support')).wording, first);
  // Words and rules together, words of a queue that is new, and of one that is gone.
  const changed = withWords({ title: 'Help' }).replace('display_name = "Support"', 'display_name = "Help desk"')
    .replace(/\[queue\.sales\]/, '[queue.billing]\nwording.title = "Bills"').replace('queues = ["support", "sales"]', 'queues = ["support"]');
  assert.equal(aino.closed, null, 'words alone send no console away');
  assert.match(await reload(changed), /settings_version=\d+/);
  const support = await widgetOf('support');
  assert.deepEqual([support.queue.display_name, support.wording.title, support.wording.greeting], ['Help desk', 'Help', '']);
  assert.equal((await widgetOf('billing')).wording.title, 'Bills');
  assert.equal(await site('sales'), 404);
  tags.add(await tag());
  assert.equal(tags.size, 3, 'a cache sees each change');
  const after = await reload(good);
  assert.ok(Number(/settings_version=(\d+)/.exec(after)[1]) > Number(version), 'words alone are no settings of the journal, rules are');
  assert.deepEqual((await widgetOf('support')).wording, empty, 'words that are left out are gone');
});

test('a second signal while the first is looked after is not lost', { timeout: 30000 }, async () => {
  for (let i = 0; i < 20; i++) {
    writeFileSync(heti.config, good.replace('display_name = "Support"', `display_name = "Help ${i}"`));
    heti.process.kill('SIGHUP');
  }
  await until('the last file', async () => (await site('support')).display_name === 'Help 19');
  assert.equal(await successful(), 1);
});
