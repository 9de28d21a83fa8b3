// Handing a chat on over real sockets: to a colleague, to another line, refused when nobody can take it; and a supervisor
// who sends somebody away. The visitor's conversation goes on as one, and its promise counts from the first word.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Heti, sleep, until } from './heti.mjs';
import { agent, visitor } from './client.mjs';

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
[queue.nights]
timezone = "Europe/Helsinki"
HOURS_OF_NIGHTS
[agent.aino]
display_name = "Aino"
queues = ["support"]
supervisor = true
[agent.eero]
display_name = "Eero"
queues = ["support", "sales"]
capacity = 1
`;

let heti;
let aino;
let eero;
before(async () => {
  heti = await Heti.start({ name: 'transfer', config });
  aino = await agent(heti, { name: 'aino' });
  eero = await agent(heti, { name: 'eero' });
  assert.equal((await aino.ask({ t: 'status', status: 'online' })).t, 'ok');
});
after(async () => { await heti?.close(); });

const latest = (socket, match) => socket.frames.filter(match).at(-1);
const chatOf = (socket, id) => latest(socket, (f) => f.t === 'chat' && f.chat.conversation === id)?.chat;
const stateOf = (socket) => latest(socket, (f) => f.t === 'state');
const colleague = (socket, name) => latest(socket, (f) => f.t === 'colleagues' && f.agents.some((a) => a.name === name))?.agents.find((a) => a.name === name);
const entries = (socket) => socket.frames.filter((f) => f.t === 'entry').map((f) => f.entry);

// A visitor who has asked something, and whose chat that agent has taken.
async function chatWith(taker, login) {
  const v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  v.id = conversation.id;
  v.n = 0;
  say(v, 'v', 'Do you repair old sledges?');
  v.asked = Date.now();
  await until(`an offer to ${login}`, () => chatOf(taker, v.id)?.offered_to === login);
  assert.equal((await taker.ask({ t: 'open', conversation: v.id, after: 0 })).t, 'opened');
  assert.equal((await taker.ask({ t: 'accept', conversation: v.id })).t, 'ok');
  return v;
}

function say(socket, stream, text, conversation = socket.id) {
  socket.n = (socket.n ?? 0) + 1;
  socket.send({ t: 'post', conversation, stream, n: socket.n, text });
}

let first;
test('right after the welcome a console knows its colleagues and every queue, and then what changes', async () => {
  const told = await aino.wait('colleagues', (f) => f.t === 'colleagues' && f.queues.length > 0);
  assert.deepEqual(told.agents.map((a) => a.name), ['aino', 'eero']);
  assert.deepEqual(told.queues, [
    { name: 'support', display_name: 'Support', open: true, staffed: 0 }, { name: 'sales', display_name: 'Sales', open: true, staffed: 0 },
    { name: 'nights', display_name: 'nights', open: false, staffed: 0 },
  ]);
  assert.equal(told.supervisor, true);
  assert.equal((await eero.wait('colleagues', (f) => f.t === 'colleagues')).supervisor, false);
  await until('eero is seen to have come', () => colleague(aino, 'eero')?.status === 'away');
});

test('a chat goes to a colleague as an offer, with its promise as old as it is', async () => {
  first = await chatWith(aino, 'aino');
  assert.deepEqual(await aino.ask({ t: 'transfer', conversation: first.id, agent: 'eero' }).then((a) => a.code), 'agent_unavailable', 'eero is away');
  assert.equal((await eero.ask({ t: 'status', status: 'online' })).t, 'ok');
  await until('aino sees that eero is free', () => colleague(aino, 'eero')?.status === 'online');
  assert.equal(latest(aino, (f) => f.t === 'colleagues' && f.queues.some((q) => q.name === 'sales')).queues.find((q) => q.name === 'sales').staffed, 1);
  await sleep(1200);
  assert.equal((await aino.ask({ t: 'transfer', conversation: first.id, agent: 'eero' })).t, 'ok');
  const offer = await until('the offer', () => { const chat = chatOf(eero, first.id); return chat?.offered_to === 'eero' && chat; });
  assert.equal(offer.state, 'offered');
  assert.equal(offer.wait.sla, 'first_response');
  const waited = Date.now() - first.asked;
  assert.ok(offer.wait.elapsed_ms >= 1200 && offer.wait.elapsed_ms <= waited + 50, `${offer.wait.elapsed_ms} of ${waited} ms`);
  await until('the visitor sees that somebody is asked', () => stateOf(first)?.state === 'offered');
  await until('aino sees who is asked', () => chatOf(aino, first.id)?.offered_to === 'eero');

  const opened = await eero.ask({ t: 'open', conversation: first.id, after: 0 });
  assert.deepEqual(opened.entries.map((e) => e.kind), ['message', 'assigned', 'left']);
  assert.equal((await eero.ask({ t: 'accept', conversation: first.id })).t, 'ok');
  await until('the visitor is told', () => stateOf(first)?.agent === 'Eero');
  say(eero, 'e', 'We do, since 1921.', first.id);
  say(first, 'v', 'Wonderful!');
  await until('both lines', () => entries(first).length === 6);
  assert.deepEqual(entries(first).map((e) => [e.seq, e.kind, e.agent ?? e.author?.name ?? '']), [
    [1, 'message', ''], [2, 'assigned', 'Aino'], [3, 'left', 'Aino'], [4, 'assigned', 'Eero'], [5, 'message', 'Eero'], [6, 'message', ''],
  ]);
  await until('eero hears the visitor', () => entries(eero).some((e) => e.text === 'Wonderful!'));
  await until('aino sees that eero is full', () => colleague(aino, 'eero')?.busy === 1);
});

let second;
test('a full colleague, a name that is not there and a closed queue are refused, and the chat stays where it is', async () => {
  second = await chatWith(aino, 'aino');
  const refusal = async (to) => (await aino.ask({ t: 'transfer', conversation: second.id, ...to })).code;
  assert.equal(await refusal({ agent: 'eero' }), 'agent_unavailable');
  assert.equal(await refusal({ agent: 'nobody' }), 'not_found');
  assert.equal(await refusal({ queue: 'nowhere' }), 'not_found');
  assert.equal(await refusal({ queue: 'nights' }), 'queue_closed');
  assert.equal((await eero.ask({ t: 'transfer', conversation: second.id, queue: 'sales' })).code, 'not_allowed', 'it is not his');
  assert.equal(chatOf(aino, second.id).agent, 'aino');
  say(aino, 'a', 'One moment, please.', second.id);
  await second.wait('the answer', (f) => f.t === 'entry' && f.entry.text === 'One moment, please.');
  assert.equal(entries(second).some((e) => e.kind === 'left'), false);
});

test('a chat goes to the line of another queue, and who serves it takes it from there', async () => {
  assert.equal((await aino.ask({ t: 'transfer', conversation: second.id, queue: 'sales' })).t, 'ok');
  await until('the visitor waits again', () => stateOf(second)?.state === 'queued' && stateOf(second).position === 1);
  await until('it stands in the line of sales', () => chatOf(eero, second.id)?.queue === 'sales' && chatOf(eero, second.id).state === 'queued');
  // Eero is full: only when he is done with the first chat does the second ring.
  assert.equal((await eero.ask({ t: 'close', conversation: first.id })).t, 'ok');
  assert.equal((await eero.ask({ t: 'done', conversation: first.id })).t, 'ok');
  await until('the offer', () => chatOf(eero, second.id)?.offered_to === 'eero');
  assert.equal((await eero.ask({ t: 'accept', conversation: second.id })).t, 'ok');
  const opened = await eero.ask({ t: 'open', conversation: second.id, after: 0 });
  assert.equal(opened.conversation.queue, 'support', 'the promises stay those of its own queue');
  assert.deepEqual(opened.entries.map((e) => e.seq), opened.entries.map((_, i) => i + 1));
  assert.equal(opened.entries.at(-1).agent, 'Eero');
});

test('a supervisor sends an agent away and off, and nobody else can', async () => {
  const set = (who, name, status) => who.ask({ t: 'set_status', agent: name, status });
  assert.equal((await set(eero, 'aino', 'away')).code, 'not_allowed');
  assert.equal((await set(aino, 'aino', 'away')).code, 'not_allowed', 'of oneself one says it with status');
  assert.equal((await set(aino, 'nobody', 'away')).code, 'not_found');
  assert.equal((await set(aino, 'eero', 'away')).t, 'ok');
  const told = await eero.wait('the word of the supervisor', (f) => f.t === 'agent' && f.reason === 'supervisor');
  assert.equal(told.status, 'away');
  await until('aino sees it', () => colleague(aino, 'eero')?.status === 'away');
  assert.equal(chatOf(eero, second.id).agent, 'eero', 'away keeps the present chats');

  assert.equal((await set(aino, 'eero', 'offline')).t, 'ok');
  await until('the visitor waits again', () => stateOf(second)?.state !== 'assigned');
  await until('aino sees a free colleague who is off', () => colleague(aino, 'eero')?.status === 'offline' && colleague(aino, 'eero').busy === 0);
  assert.equal(entries(second).at(-1).kind, 'left');
  assert.equal(eero.closed, null, 'his console stays');
});

test('the journal tells the same story again', async () => {
  for (const socket of [first, second]) await socket.end();
  assert.deepEqual(await heti.terminate(), { code: 0, signal: null });
  const verdict = heti.run(['replay']);
  assert.equal(verdict.status, 0, verdict.stdout + verdict.stderr);
});
