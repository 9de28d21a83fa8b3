// The data directory of an hour ago is put back, with all that lies beside the journal: nothing on the machine can tell
// that the end is missing. A client can: its token was sealed with an end that the journal does not have.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Heti, output, until } from './heti.mjs';
import { Socket, agent, visitor } from './client.mjs';

let heti;
before(async () => { heti = await Heti.start({ name: 'witness' }); });
after(async () => { await heti?.close(); });

const data = () => join(heti.directory, 'data');
const kept = () => join(heti.directory, 'kept');
const log = () => readFileSync(join(output, 'witness.log'), 'utf8');

async function putBack() {
  await heti.kill();
  rmSync(data(), { recursive: true });
  cpSync(kept(), data(), { recursive: true });
  await heti.launch();
}

// Says hello and waits for whatever comes: a welcome or a close.
async function greet(token) {
  const socket = await Socket.open(`ws://127.0.0.1:${heti.port}/ws/visitor`, { Origin: 'http://shop.example' });
  socket.send({ t: 'hello', role: 'visitor', queue: 'support', token });
  await until('a welcome or a close', () => socket.closed ?? socket.frames.find((f) => f.t === 'welcome') ?? false);
  return socket;
}

test('a token that has seen more than the journal holds ends its history, and nothing acknowledged is lost', { timeout: 60000 }, async () => {
  let v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  const said = ['before the copy', 'after the copy', 'and after that'];
  v.send({ t: 'post', conversation: conversation.id, stream: 's', n: 1, text: said[0] });
  await v.wait('the first acknowledgement', (f) => f.t === 'acked' && f.n === 1);
  const early = v.welcome.token;
  await heti.terminate();
  cpSync(data(), kept(), { recursive: true });
  await heti.launch();

  v = await visitor(heti, { token: early });
  const { history } = v.welcome;
  for (const n of [2, 3]) v.send({ t: 'post', conversation: conversation.id, stream: 's', n, text: said[n - 1] });
  await v.wait('the last acknowledgement', (f) => f.t === 'acked' && f.n === 3);
  await v.end();
  v = await visitor(heti, { token: early });
  const late = v.welcome.token;
  assert.notEqual(late, early, 'each welcome seals what is durable by then');
  await v.end();

  await putBack();
  const bystander = await agent(heti);
  assert.equal(bystander.welcome.history, history, 'nothing here knows of a loss');
  const innocent = await greet(early);
  assert.equal(innocent.welcome?.history ?? innocent.frames[0].history, history, 'an old token shows nothing');
  const lies = await innocent.ask({ t: 'open', conversation: conversation.id, after: 100000 });
  assert.equal(lies.t, 'opened', 'nor does a position that a client makes up');

  const witness = await greet(late);
  assert.equal(witness.closed?.code, 4040, 'it is not greeted in a history that has lost what it saw');
  await until('everybody is told', () => bystander.closed && innocent.closed);
  assert.equal(bystander.closed.code, 4040);
  assert.equal(innocent.closed.code, 4040);
  await until('the log says so', () => /has lost its end: it ends at position \d+ \([0-9a-f]+\), but a visitor's token knows position \d+/.test(log()));

  const back = await visitor(heti, { token: late });
  assert.notEqual(back.welcome.history, history);
  const opened = await back.ask({ t: 'open', conversation: conversation.id, after: 0 });
  assert.deepEqual(opened.entries.filter((e) => e.kind === 'message').map((e) => e.text), said.slice(0, 1));
  for (const n of [1, 2, 3]) back.send({ t: 'post', conversation: conversation.id, stream: 's', n, text: said[n - 1] });
  await back.wait('the last acknowledgement', (f) => f.t === 'acked' && f.n === 3);
  const again = await greet(late);
  assert.equal(again.closed, null, 'the same token shows nothing of the new history');
  const { entries } = await again.ask({ t: 'open', conversation: conversation.id, after: 0 });
  assert.deepEqual(entries.filter((e) => e.kind === 'message').map((e) => e.text), said, 'each is there once');
  await heti.kill();
  await heti.launch();
  const later = await visitor(heti, { token: late });
  assert.equal(later.welcome.history, back.welcome.history, 'the new history is on the disk');
});
