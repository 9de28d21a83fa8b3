// The figures for the screen on the wall: of the asker's queues only, and the same after the server was killed.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Heti, demoConfig, until, sleep } from './heti.mjs';
import { agent, visitor, login } from './client.mjs';

const target = 2000;
const config = demoConfig
  .replace('[queue.support]', '[queue.support]\nsla.first_response = "2s"\nshort_abandon = "1s"')
  .replace('[agent.eero]\ndisplay_name = "Eero"\nqueues = ["support"]', '[agent.eero]\ndisplay_name = "Eero"\nqueues = ["nights"]');
let heti;
before(async () => { heti = await Heti.start({ name: 'wall', config }); });
after(async () => { await heti?.close(); });

// Right after a start the history may not be there yet: that is said as "try later", never as zeros.
async function wall(cookie) {
  return until('the wall', async () => {
    const answer = await fetch(`${heti.url}/api/wall`, { headers: { Cookie: cookie } });
    if (answer.status === 503) return false;
    assert.equal(answer.status, 200);
    return answer.json();
  });
}
async function support(cookie) {
  const { queues } = await wall(cookie);
  return queues.find((queue) => queue.name === 'support');
}

test('a visitor waits, the promise breaks, and the wall says so, also after SIGKILL', async () => {
  const aino = await agent(heti);
  const { at, clock_speed, queues } = await wall(aino.cookie);
  assert.ok(Math.abs(at - Date.now()) < 5000, `at ${at}`);
  assert.equal(clock_speed, 1);
  assert.deepEqual(queues.map((queue) => queue.name), ['support', 'nights']);
  const [first, nights] = queues;
  assert.equal(first.waiting, 0);
  assert.equal(first.oldest_wait_ms, 0);
  assert.equal(first.target_ms, target);
  assert.equal(first.goal, 0.8);
  assert.equal(first.staffed, 0);
  assert.equal(first.good_today, 0);
  assert.equal(first.bad_today, 0);
  assert.equal(first.service_level_today, undefined, 'nothing was judged');
  assert.equal(first.estimated_wait_ms, undefined, 'nothing is known of handle times');
  assert.equal(first.next_hour, undefined);
  assert.equal(first.staffed_today, 0);
  assert.equal(nights.open, false);
  assert.ok(nights.next_change > Date.now());

  const v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  const asked = Date.now();
  v.send({ t: 'post', conversation: conversation.id, stream: 's', n: 1, text: 'Is anybody there?' });
  await v.wait('ack', (f) => f.t === 'acked');
  const waits = await until('one waits', async () => {
    const queue = await support(aino.cookie);
    return queue.waiting === 1 && queue;
  });
  const later = await until('the wait grows', async () => {
    const queue = await support(aino.cookie);
    return queue.oldest_wait_ms > waits.oldest_wait_ms && queue;
  });
  assert.ok(later.oldest_wait_ms <= Date.now() - asked + 50, 'no longer than the visitor has waited');
  assert.equal(later.predicted_breaches, 1, 'nobody is online');

  const broken = await until('the promise is broken', async () => {
    const queue = await support(aino.cookie);
    return queue.bad_today === 1 && queue;
  });
  assert.ok(Date.now() - asked >= target, 'not before its time');
  assert.equal(broken.good_today, 0);
  assert.equal(broken.service_level_today, 0);
  assert.equal(broken.overdue, 1);
  assert.ok(broken.oldest_unanswered_ms > target);
  assert.equal((await heti.metrics()).sum('heti_queue_predicted_breaches', { queue: 'support' }), 1);
  assert.equal((await heti.metrics()).sum('heti_slo_budget_contacts', { queue: 'support', sla: 'first_response' }), 40);

  await heti.restart();
  const after = await support(aino.cookie);
  assert.equal(after.bad_today, 1, 'counted once, not again and not forgotten');
  assert.equal(after.good_today, 0);
  assert.equal(after.service_level_today, 0);
  assert.equal(after.waiting, 1);
  assert.ok(after.oldest_wait_ms >= broken.oldest_wait_ms, 'the promise ran on');

  // What comes after the start adds to what was before it.
  const helper = await agent(heti, { cookie: aino.cookie });
  const w = await visitor(heti);
  const second = await w.ask({ t: 'start' });
  await helper.ask({ t: 'status', status: 'online' });
  w.send({ t: 'post', conversation: second.conversation.id, stream: 's', n: 1, text: 'Hello?' });
  await helper.wait('offer', (f) => f.t === 'chat' && f.chat.conversation === second.conversation.id && f.chat.offered_to === 'aino');
  await helper.ask({ t: 'accept', conversation: second.conversation.id });
  helper.send({ t: 'post', conversation: second.conversation.id, stream: 'x', n: 1, text: 'Here I am.' });
  const kept = await until('a promise is kept', async () => {
    const queue = await support(aino.cookie);
    return queue.good_today === 1 && queue;
  });
  assert.equal(kept.bad_today, 1);
  assert.equal(kept.service_level_today, 0.5);
  assert.equal(kept.staffed, 1);
  assert.ok(kept.staffed_today > 0 && kept.staffed_today < 1, `${kept.staffed_today}`);
  for (const socket of [w, helper]) await socket.end();
});

test('an agent of another queue does not see it, and nobody does without a session', async () => {
  const eero = await login(heti, 'eero');
  assert.deepEqual((await wall(eero)).queues.map((queue) => queue.name), ['nights']);
  const answer = await fetch(`${heti.url}/api/wall`);
  assert.equal(answer.status, 401);
  assert.deepEqual(await answer.json(), { code: 'signed_out' });
  const written = await fetch(`${heti.url}/api/wall`, { method: 'POST', headers: { Cookie: eero } });
  assert.equal(written.status, 405);
});

test('any number of screens costs one look in half a second', async () => {
  const cookie = await login(heti);
  const answers = await Promise.all(Array.from({ length: 50 }, () => wall(cookie)));
  const instants = new Set(answers.map((answer) => answer.at));
  assert.ok(instants.size <= 2, `${instants.size} different instants`);
  await sleep(600);
  assert.ok(!instants.has((await wall(cookie)).at), 'and not an old one for ever');
});
