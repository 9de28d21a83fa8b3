// The wall clock leaps, while Heti runs and between two starts. Order, promises, timers and tokens of whoever is there
// know nothing of it, and the node says what it has seen.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Heti, demoConfig, sleep, until } from './heti.mjs';
import { Shim, Talker, logOf, readiness, upTo, wholeOf } from './faults.mjs';
import { agent, login, visitor } from './client.mjs';

const hour = 3600_000;
const leaps = [['an hour back', -hour], ['an hour on', hour], ['a day on', 24 * hour]];
const offerTimeout = 2000;
const grace = 2000;
const promise = 3000;
// Short promises and timers, so that what comes too early or never is seen within seconds.
const config = demoConfig.replace('[queue.nights]', `short_abandon = "1s"
sla.first_response = "${promise}ms"
offer_timeout = "${offerTimeout}ms"
agent_grace = "${grace}ms"
bar = "1s"
reoffer = "1s"
wrapup = "0s"
[queue.nights]
agent_grace = "${grace}ms"`);

let shim;
before(() => { shim = new Shim(); });
after(() => shim?.close());

const start = (name) => Heti.start({ name, config, env: shim.env });
const clockOf = (heti) => readiness(heti, 'clock');
const steps = async (heti) => (await heti.metrics()).sum('heti_clock_steps_total');
const broken = async (heti) => (await heti.metrics()).sum('heti_sla_verdicts_total', { queue: 'support', sla: 'first_response', verdict: 'bad' }) ?? 0;
const batches = async (heti) => (await heti.metrics()).sum('heti_journal_append_seconds_count');
const near = (took, wanted, what) => assert.ok(took >= wanted - 300 && took < wanted + 1500, `${what} after ${took.toFixed(0)} ms instead of ${wanted}`);
const leaves = (socket, id, who) => socket.frames.some((f) => f.t === 'entry' && f.conversation === id && f.entry.kind === 'left' && f.entry.agent === who);

// Journal time of the last entry and real time, to compare how both go on.
async function pace(v, conversation) {
  const n = (v.posted = (v.posted ?? 0) + 1);
  v.send({ t: 'post', conversation, stream: 'pace', n, text: `pace ${n}` });
  const frame = await v.wait(`entry ${n}`, (f) => f.t === 'entry' && f.conversation === conversation && f.entry.stream === 'pace' && f.entry.n === n);
  return { at: Date.parse(frame.entry.at), real: performance.now() };
}
const sameDistance = (a, b) => {
  const off = (b.at - a.at) - (b.real - a.real);
  assert.ok(Math.abs(off) < 2500, `journal time has moved ${b.at - a.at} ms in ${(b.real - a.real).toFixed(0)} ms`);
};

// A clock that leaps further than an agent's session lasts, with nobody there but the visitor.
async function leapWhileOneWaits(heti, ahead) {
  const counted = await steps(heti);
  const v = await visitor(heti);
  const { conversation: { id } } = await v.ask({ t: 'start' });
  const first = await pace(v, id);
  const bad = await broken(heti);
  shim.clockAhead = ahead;
  await until('the step is seen', async () => (await steps(heti)) === counted + 1);
  const before = await batches(heti);
  await until('the promise is broken', async () => (await broken(heti)) > bad);
  near(performance.now() - first.real, promise, 'the promise was broken');
  sameDistance(first, await pace(v, id));
  assert.equal((await clockOf(heti)).status, 503);
  assert.ok((await batches(heti)) - before < 25, 'no storm of timers');
  const again = await visitor(heti, { token: v.welcome.token });
  assert.equal(again.welcome.conversation?.id, id, 'the token is as good as before');
  shim.clockAhead = 0;
  await until('ready again', async () => (await clockOf(heti)).status === 200);
  sameDistance(first, await pace(v, id));
  assert.equal(v.closed, null);
  await v.ask({ t: 'close', conversation: id });
  for (const socket of [v, again]) await socket.end();
}

// One visitor, one agent, one clock that leaps while the agent's screen rings.
async function leapWhileItRings(heti, ahead) {
  const counted = await steps(heti);
  const aino = await agent(heti);
  const rings = (id) => aino.wait('it rings', (f) => f.t === 'chat' && f.chat.conversation === id && f.chat.offered_to === 'aino');
  assert.equal((await aino.ask({ t: 'status', status: 'online' })).t, 'ok');
  const v = await visitor(heti);
  const { conversation: { id } } = await v.ask({ t: 'start' });
  const first = await pace(v, id);
  const bad = await broken(heti);
  await rings(id);
  const rang = performance.now();
  shim.clockAhead = ahead;
  await until('the step is seen', async () => (await steps(heti)) === counted + 1);
  const before = await batches(heti);

  await aino.wait('the offer is over', (f) => f.t === 'chat' && f.chat.conversation === id && !f.chat.offered_to && performance.now() - rang > 100);
  near(performance.now() - rang, offerTimeout, 'the offer ended');
  aino.frames.length = 0;
  await until('the promise is broken', async () => (await broken(heti)) > bad);
  near(performance.now() - first.real, promise, 'the promise was broken');
  assert.equal(await broken(heti), bad + 1);
  await rings(id);
  assert.equal((await aino.ask({ t: 'accept', conversation: id })).t, 'ok');
  const second = await pace(v, id);
  sameDistance(first, second);
  const { status, line } = await clockOf(heti);
  assert.equal(status, 503, 'not ready');
  assert.match(line, /^\[-\] clock: .*clock/);
  assert.ok((await batches(heti)) - before < 25, 'no storm of timers');

  // An agent is lost when its grace is over, not before; the clock is set right meanwhile.
  const cut = performance.now();
  aino.ws.terminate();
  await sleep(500);
  shim.clockAhead = 0;
  await until('the agent is given up', () => leaves(v, id, 'Aino'));
  near(performance.now() - cut, grace, 'the agent was given up');
  sameDistance(second, await pace(v, id));
  await until('ready again', async () => (await clockOf(heti)).status === 200);
  assert.equal(await steps(heti), counted + 1, 'and to be set right is no further step');

  assert.equal(v.closed, null, 'the visitor was never cut off');
  const again = await visitor(heti, { token: v.welcome.token });
  assert.equal(again.welcome.conversation?.id, id);
  const entries = await wholeOf(again, id);
  assert.deepEqual(entries.map((entry) => entry.seq), upTo(entries.length));
  for (let i = 1; i < entries.length; i++) assert.ok(entries[i].at >= entries[i - 1].at, 'time never goes back');
  await v.ask({ t: 'close', conversation: id });
  for (const socket of [v, again]) await socket.end();
}

test('the wall clock leaps while Heti runs: nothing comes early, late or twice, and it is said', { timeout: 120000 }, async (t) => {
  const heti = await start('clock-leaps');
  try {
    for (const [what, ahead] of leaps) await t.test(what, () => (ahead > 12 * hour ? leapWhileOneWaits : leapWhileItRings)(heti, ahead));
    await t.test('a second back, as at a leap second, is no step', async () => {
      const counted = await steps(heti);
      const v = await visitor(heti);
      const { conversation: { id } } = await v.ask({ t: 'start' });
      const first = await pace(v, id);
      shim.clockAhead = -1000;
      const second = await pace(v, id);
      assert.ok(second.at >= first.at);
      await sleep(1200);
      sameDistance(first, await pace(v, id));
      assert.equal(await steps(heti), counted);
      assert.equal((await clockOf(heti)).status, 200);
    });
    assert.deepEqual(await heti.terminate(), { code: 0, signal: null });
    assert.match(logOf(heti), /step=stopped .*state=same/);
  } finally {
    shim.clockAhead = 0;
    await heti.close();
  }
});

// The end of sessions, and the deletion of those that are over, follow a clock that does not leap.
test('an agent whose session is young stays signed in when the wall clock leaps a day', { timeout: 30000 }, async () => {
  const heti = await start('clock-session');
  try {
    const aino = await agent(heti);
    shim.clockAhead = 24 * hour;
    await until('the step is seen', async () => (await steps(heti)) === 1);
    await sleep(2500); // Sessions are looked through every two seconds.
    assert.equal(aino.closed, null);
    shim.clockAhead = 0;
    await agent(heti, { cookie: aino.cookie });
  } finally {
    shim.clockAhead = 0;
    await heti.close();
  }
});

// Seven hours pass, then eleven more, each with a restart: a session of twelve hours goes on as long as the wall asks.
test('a screen on the wall stays signed in, a session that nobody uses does not', { timeout: 60000 }, async () => {
  const heti = await start('clock-wall');
  try {
    const [screen, idle] = [await login(heti), await login(heti)];
    const wall = (cookie) => until('the wall', async () => {
      const answer = await fetch(`${heti.url}/api/wall`, { headers: { Cookie: cookie } });
      return answer.status !== 503 && answer;
    });
    const young = await wall(screen);
    assert.deepEqual([young.status, young.headers.get('set-cookie')], [200, null]);
    for (const ahead of [7 * hour, 18 * hour]) {
      await heti.kill();
      shim.clockAhead = ahead;
      await heti.launch();
      const answer = await wall(screen);
      assert.equal(answer.status, 200, `after ${ahead / hour} hours`);
      const cookie = answer.headers.get('set-cookie');
      assert.ok(cookie?.startsWith(`${screen};`), 'the same session');
      assert.match(cookie, /; HttpOnly; SameSite=Lax; Max-Age=43200$/);
    }
    assert.equal((await wall(idle)).status, 401);
  } finally {
    shim.clockAhead = 0;
    await heti.close();
  }
});

// A chat that aino has, one that waits, and a kill; then the node starts by another wall clock.
async function restartAt(heti, ahead, look) {
  const aino = await agent(heti);
  assert.equal((await aino.ask({ t: 'status', status: 'online' })).t, 'ok');
  const v = await visitor(heti);
  const { conversation: { id } } = await v.ask({ t: 'start' });
  const first = await pace(v, id);
  await aino.wait('it rings', (f) => f.t === 'chat' && f.chat.conversation === id && f.chat.offered_to === 'aino');
  assert.equal((await aino.ask({ t: 'accept', conversation: id })).t, 'ok');
  await heti.kill();
  shim.clockAhead = ahead;
  const launched = heti.launch();
  launched.catch(() => {}); // Not ready for long: that is what is looked at.
  await until('it answers', () => readiness(heti, 'started').then(({ line }) => line?.startsWith('[+]'), () => false));
  const w = await visitor(heti, { token: v.welcome.token });
  assert.equal(w.welcome.conversation?.id, id, 'the token is as good as before');
  await w.ask({ t: 'open', conversation: id, after: 0 });
  w.posted = v.posted;
  const second = await pace(w, id);
  assert.ok(second.at >= first.at, 'time never goes back');
  const sessionIsOver = ahead > 12 * hour;
  const again = await agent(heti, sessionIsOver ? {} : { cookie: aino.cookie });
  if (sessionIsOver) {
    assert.equal((await again.ask({ t: 'status', status: 'online' })).t, 'ok');
  } else {
    const mine = again.welcome.chats.find((chat) => chat.conversation === id);
    assert.equal(mine?.agent, 'aino', 'the chat is still hers: the outage is nobody’s grace');
  }
  await look({ w, id, aino: again, launched, second });
  await w.ask({ t: 'close', conversation: id });
  for (const socket of [w, again]) await socket.end();
}

// Somebody asks and aino does not answer: is the offer over when it should be?
async function offerIsOverInTime(heti, aino) {
  const v = await visitor(heti);
  const { conversation: { id } } = await v.ask({ t: 'start' });
  v.send({ t: 'post', conversation: id, stream: 's', n: 1, text: 'hello' });
  await aino.wait('it rings', (f) => f.t === 'chat' && f.chat.conversation === id && f.chat.offered_to === 'aino');
  const rang = performance.now();
  await aino.wait('the offer is over', (f) => f.t === 'chat' && f.chat.conversation === id && !f.chat.offered_to && performance.now() - rang > 100);
  near(performance.now() - rang, offerTimeout, 'the offer ended');
  await v.ask({ t: 'close', conversation: id });
  await v.end();
}

test('a start by a wall clock behind the journal: time runs on, and the node says so until the clock is right', { timeout: 60000 }, async () => {
  const heti = await start('clock-behind');
  try {
    await restartAt(heti, -hour, async ({ w, id, aino, launched, second }) => {
      const { status, line } = await clockOf(heti);
      assert.equal(status, 503);
      assert.match(line, /^\[-\] clock: .*clock/);
      assert.equal(await steps(heti), 1);
      await offerIsOverInTime(heti, aino);
      sameDistance(second, await pace(w, id));
      shim.clockAhead = 0;
      await launched;
    });
    assert.equal((await clockOf(heti)).status, 200);
  } finally {
    shim.clockAhead = 0;
    await heti.close();
  }
});

for (const [what, ahead] of leaps.slice(1)) {
  test(`a start by a wall clock ${what} is a long outage and nothing else`, { timeout: 60000 }, async () => {
    const heti = await start(`clock-ahead-${ahead / hour}`);
    try {
      await restartAt(heti, ahead, async ({ w, id, aino, launched, second }) => {
        await launched;
        assert.equal(await steps(heti), 0);
        await offerIsOverInTime(heti, aino);
        sameDistance(second, await pace(w, id));
        // It was the clock that was wrong. Journal time does not go back, and says what it differs from.
        shim.clockAhead = 0;
        await until('the step back is seen', async () => (await steps(heti)) === 1);
        assert.equal((await clockOf(heti)).status, 503);
        sameDistance(second, await pace(w, id));
      });
    } finally {
      shim.clockAhead = 0;
      await heti.close();
    }
  });
}
