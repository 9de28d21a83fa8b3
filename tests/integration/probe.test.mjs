// The synthetic customer: a whole chat through the front door each interval, seen in its own metrics and nowhere else.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Heti, output, sleep, until } from './heti.mjs';
import { agent, post, visitor } from './client.mjs';
import { Shim } from './faults.mjs';

const supervised = `
[listen]
address = "127.0.0.1"
[limits]
connections_per_ip_max = 20
[timeouts]
drain = "1s"
http_idle = "1s"
[queue.support]
display_name = "Support"
timezone = "Europe/Helsinki"
hours.mon-sun = ["00:00-24:00"]
[agent.aino]
queues = ["support"]
supervisor = true
[agent.eero]
queues = ["support"]
`;
const probing = { HETI_PROBE_ENABLED: 'true', HETI_PROBE_INTERVAL: '5s' };
const success = (metrics) => metrics.sum('heti_probe_last_success_timestamp_seconds');
const failures = (metrics) => metrics.sum('heti_probe_failures_total');
const chats = (metrics) => metrics.sum('heti_probe_seconds_count');
const nextSuccess = async (heti, after, timeout = 12000) => until('a chat of the probe', async () => {
  const at = success(await heti.metrics());
  return at > after ? at : false;
}, timeout);

// What support and management look at: every series with a queue, and the slots. Time that passes moves some of them.
const business = (metrics) => metrics.text.split('\n').filter((line) =>
  (/^heti_[a-z_]+\{[^}]*queue="/.test(line) || line.startsWith('heti_slots')) &&
  !/^heti_queue_(open|staffed|unstaffed|understaffed|saturated|shortfall_agent)_seconds_total|_streak_seconds|_arrivals_|agents_required|estimated_wait|staffed_ratio|presence|slot_seconds/.test(line));

let heti;
before(async () => {
  // The journal is that of a node which knew of no probe.
  heti = await Heti.start({ name: 'probe', config: supervised });
});
after(async () => { await heti?.close(); });

test('switched off it shows nothing', async () => {
  const { text } = await heti.metrics();
  assert.ok(!text.includes('heti_probe_'));
  assert.ok(!text.includes('"heti-'));
  assert.equal((await heti.terminate()).code, 0);
});

test('a journal from before takes the probe in without anybody, and a chat succeeds within 10 s, again and again', async (t) => {
  const started = Date.now();
  await heti.launch(probing);
  const first = await nextSuccess(heti, 0, 10000);
  assert.ok(Math.abs(first - Date.now() / 1000) < 5, `${first} is a time of today`);
  t.diagnostic(`first success ${Date.now() - started} ms after the start`);
  const second = await nextSuccess(heti, first);
  const third = await nextSuccess(heti, second);
  assert.ok(second - first > 4 && third - second > 4 && third - first < 14, `${first}, ${second}, ${third}: every 5 s`);
  const metrics = await heti.metrics();
  assert.equal(failures(metrics), 0);
  assert.ok(chats(metrics) >= 3);
  t.diagnostic(`mean ${(1000 * metrics.sum('heti_probe_seconds_sum') / chats(metrics)).toFixed(1)} ms a chat`);
  assert.doesNotMatch(readFileSync(join(output, 'probe.log'), 'utf8'), /differ from those/);
});

test('no number of the business moves, and no console hears of it', async () => {
  const aino = await agent(heti, { name: 'aino' }); // a supervisor, who sees all agents and queues
  await aino.ask({ t: 'status', status: 'online' });
  const v = await visitor(heti);
  await v.ask({ t: 'start' });
  await sleep(600); // what this brought about has been told
  const earlier = await heti.metrics();
  aino.frames.length = 0;
  await nextSuccess(heti, await nextSuccess(heti, success(earlier)));
  const later = await heti.metrics();
  assert.ok(chats(later) >= chats(earlier) + 2);
  const lines = business(earlier);
  assert.ok(lines.length > 50, `${lines.length} series are compared`);
  assert.deepEqual(business(later), lines);
  assert.ok(!later.text.includes('heti-probe'), 'nor has it a series of its own');
  assert.deepEqual(aino.frames, [], 'nothing was said to the console');

  const again = await agent(heti, { name: 'aino', cookie: aino.cookie });
  await again.ask({ t: 'status', status: 'online' });
  assert.ok(!JSON.stringify([again.welcome, ...again.frames]).includes('heti-'), 'nor does a new one learn of it');
  const closed = await (await fetch(`${heti.url}/api/chats/closed`, { headers: { Cookie: aino.cookie } })).text();
  assert.ok(!closed.includes('heti-'), closed);
  for (const socket of [v, aino, again]) await socket.end();
});

test('its names are nobody else\'s', async () => {
  assert.equal((await fetch(`${heti.url}/api/site?queue=heti-probe`)).status, 404);
  await assert.rejects(visitor(heti, { queue: 'heti-probe' }), /closed with 4504/);
  await assert.rejects(visitor(heti, { queue: 'nowhere' }), /closed with 4504/, 'as an unknown one');
  assert.equal((await post(heti, '/api/login', { name: 'heti-probe', password: 'a long password' })).status, 401);
  const refused = heti.run(['set-password', 'heti-probe'], 'a long password');
  assert.notEqual(refused.status, 0);
  const aino = await agent(heti, { name: 'aino' });
  await aino.ask({ t: 'status', status: 'online' });
  const v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  v.send({ t: 'post', conversation: conversation.id, stream: 's', n: 1, text: 'Hello' });
  await aino.wait('an offer', (f) => f.t === 'chat' && f.chat.offered_to === 'aino');
  assert.equal((await aino.ask({ t: 'accept', conversation: conversation.id })).t, 'ok');
  for (const to of [{ queue: 'heti-probe' }, { agent: 'heti-probe' }]) {
    assert.equal((await aino.ask({ t: 'transfer', conversation: conversation.id, ...to })).code, 'not_found');
  }
  assert.equal((await aino.ask({ t: 'set_status', agent: 'heti-probe', status: 'offline' })).code, 'not_found');
  for (const socket of [v, aino]) await socket.end();
});

test('an address that holds all its connections does not shut it out, and it takes none of them', async () => {
  await sleep(2500); // what was asked over HTTP before holds connections for a while
  const held = [];
  await until('the cap', async () => {
    try {
      held.push(await visitor(heti));
      return false;
    } catch (error) {
      assert.equal(error.status, 503);
      return true;
    }
  });
  assert.equal(held.length, 20, 'whatever the probe holds, visitors have theirs');
  const earlier = await heti.metrics();
  await nextSuccess(heti, success(earlier));
  assert.equal(failures(await heti.metrics()), 0);
  for (const socket of held) await socket.end();
  assert.equal(success(await heti.metrics()) > success(earlier), true);
});

test('a drain does not wait for it, and a file that names nothing of it is no other file', async () => {
  const started = Date.now();
  assert.equal((await heti.terminate()).code, 0);
  assert.ok(Date.now() - started < 4000);
  const said = readFileSync(join(output, 'probe.log'), 'utf8').length;
  await heti.launch();
  assert.equal((await heti.terminate()).code, 0, 'switched off again');
  assert.doesNotMatch(readFileSync(join(output, 'probe.log'), 'utf8').slice(said), /differ from those|Z warning/);
});

test('while a sync takes seconds no chat succeeds, which is told; afterwards they do again', async (t) => {
  const shim = new Shim();
  const node = await Heti.start({ name: 'probe-faults', config: supervised, env: { ...probing, ...shim.env } });
  t.after(async () => {
    await node.close();
    shim.close();
  });
  const last = await nextSuccess(node, 0);
  shim.syncTakes = 4000;
  await until('two failures', async () => failures(await node.metrics()) >= 2, 40000);
  const between = await node.metrics();
  assert.ok(success(between) - last < 6, `${success(between)} stands still after ${last}`);
  assert.ok(Date.now() / 1000 - success(between) > 5);
  const said = readFileSync(join(output, 'probe-faults.log'), 'utf8');
  const step = /room=probe step=(\w+) error="not within 5 s"/.exec(said)?.[1];
  assert.ok(step, said);
  assert.ok(between.sum('heti_probe_failures_total', { step }) > 0, `the step is counted by its name: ${step}`);
  shim.syncTakes = 0;
  await nextSuccess(node, success(between), 30000);
  await until('nothing is left of the failed ones', async () => (await node.metrics()).sum('heti_connections') <= 2);
});
