// One chat over the wire, from both sides, as protocol/PROTOCOL.md says.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Heti, until, sleep } from './heti.mjs';
import { agent, visitor, login } from './client.mjs';

let heti;
before(async () => { heti = await Heti.start({ name: 'chat' }); });
after(async () => { await heti?.close(); });

test('a visitor and an agent chat both ways, close, and the rating is stored', async () => {
  const aino = await agent(heti);
  assert.equal(aino.welcome.agent.status, 'away');
  const v = await visitor(heti);
  assert.equal(v.welcome.queue.open, true);
  assert.equal(v.welcome.queue.waiting, undefined, 'a visitor is not told how many wait');
  const { conversation } = await v.ask({ t: 'start', page_url: 'http://shop.example/beans', page_title: 'Beans', name: 'Venla' });
  v.send({ t: 'post', conversation: conversation.id, stream: 'abc', n: 1, text: 'Do you have decaf?' });
  assert.equal((await v.wait('ack', (f) => f.t === 'acked')).seq, 1);
  const waiting = await aino.wait('chat in the list', (f) => f.t === 'chat' && f.chat.conversation === conversation.id && f.chat.state === 'queued');
  assert.equal(waiting.chat.preview, 'Do you have decaf?');
  assert.equal(waiting.chat.wait.running, true);

  assert.equal((await aino.ask({ t: 'status', status: 'online' })).t, 'ok');
  await aino.wait('offer', (f) => f.t === 'chat' && f.chat.offered_to === 'aino');
  assert.equal((await aino.ask({ t: 'accept', conversation: conversation.id })).t, 'ok');
  const opened = await aino.ask({ t: 'open', conversation: conversation.id, after: 0 });
  assert.deepEqual(opened.entries.map((e) => e.kind), ['message', 'assigned']);
  assert.equal(opened.conversation.visitor.name, 'Venla');

  v.send({ t: 'typing', conversation: conversation.id });
  await aino.wait('typing', (f) => f.t === 'typing' && f.role === 'visitor');
  aino.send({ t: 'post', conversation: conversation.id, stream: 'x1', n: 1, text: 'Yes, two kinds.' });
  const answer = await v.wait('the answer', (f) => f.t === 'entry' && f.entry.text === 'Yes, two kinds.');
  assert.equal(answer.entry.author.name, 'Aino');
  assert.equal(answer.entry.seq, 3);

  assert.equal((await aino.ask({ t: 'close', conversation: conversation.id })).t, 'ok');
  await v.wait('closed', (f) => f.t === 'entry' && f.entry.kind === 'closed');
  assert.equal((await v.ask({ t: 'rate', conversation: conversation.id, score: 5, comment: 'quick' })).t, 'ok');
  await aino.wait('rated', (f) => f.t === 'entry' && f.entry.kind === 'rated');
  assert.equal((await aino.ask({ t: 'done', conversation: conversation.id })).t, 'ok');

  const list = await until('the closed chat in the archive', async () => {
    const { chats } = await (await fetch(`${heti.url}/api/chats/closed?limit=10`, { headers: { Cookie: aino.cookie } })).json();
    return chats.find((c) => c.conversation === conversation.id && c.rating === 5) ?? false;
  });
  assert.equal(list.visitor.name, 'Venla');
  const transcript = await (await fetch(`${heti.url}/api/chats/${conversation.id}`, { headers: { Cookie: aino.cookie } })).json();
  assert.deepEqual(transcript.entries.map((e) => e.kind), ['message', 'assigned', 'message', 'closed', 'rated']);
  assert.deepEqual(transcript.entries.map((e) => e.seq), [1, 2, 3, 4, 5]);

  const metrics = await heti.metrics();
  assert.equal(metrics.sum('heti_survey_responses_total', { survey: 'csat', score: '5' }), 1);
  assert.equal(metrics.sum('heti_sla_verdicts_total', { sla: 'first_response', verdict: 'good', queue: 'support' }), 1);
  assert.equal(metrics.sum('heti_first_response_seconds_count', { queue: 'support' }), 1);
  await v.end();
  await aino.end();
});

test('a visitor who comes back gets the transcript, also of a closed chat', async () => {
  const first = await visitor(heti);
  const { conversation } = await first.ask({ t: 'start' });
  for (let n = 1; n <= 5; n++) first.send({ t: 'post', conversation: conversation.id, stream: 's', n, text: `line ${n}` });
  await first.wait('all acknowledged', (f) => f.t === 'acked' && f.n === 5);
  await first.ask({ t: 'close', conversation: conversation.id });
  await first.end();
  const again = await visitor(heti, { token: first.welcome.token });
  assert.equal(again.welcome.conversation.id, conversation.id);
  assert.equal(again.welcome.visitor, first.welcome.visitor);
  const opened = await again.ask({ t: 'open', conversation: conversation.id, after: 0 });
  assert.equal(opened.conversation.state, 'closed');
  const page = await again.ask({ t: 'history', conversation: conversation.id, before: opened.conversation.last_seq + 1 });
  assert.deepEqual(page.entries.filter((e) => e.kind === 'message').map((e) => e.text), [1, 2, 3, 4, 5].map((n) => `line ${n}`));
  await again.end();
});

test('a long conversation comes back whole: memory has the end, history the rest', async () => {
  const v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  const lines = 700;
  for (let n = 1; n <= lines; n++) v.send({ t: 'post', conversation: conversation.id, stream: 's', n, text: `line ${n}` });
  await v.wait('all acknowledged', (f) => f.t === 'acked' && f.n === lines);
  for (const after of [0, 1, 300, 499, 500, 501, 699, 700]) {
    const again = await visitor(heti, { token: v.welcome.token });
    const opened = await again.ask({ t: 'open', conversation: conversation.id, after });
    let entries = opened.entries;
    let pages = 0;
    while ((entries[0]?.seq ?? lines + 1) > after + 1) {
      const page = await again.ask({ t: 'history', conversation: conversation.id, before: entries[0]?.seq ?? lines + 1, limit: 200 });
      assert.ok(page.entries.length > 0, `an empty page before ${entries[0]?.seq} after ${after}`);
      entries = [...page.entries, ...entries];
      pages += 1;
    }
    assert.deepEqual(entries.map((e) => e.seq).filter((seq) => seq > after), Array.from({ length: lines - after }, (_, i) => after + 1 + i));
    assert.equal(pages, after >= 500 ? 0 : Math.ceil((500 - after) / 200), `after ${after}`);
    await again.end();
  }
  await v.end();
});

test('a closed queue says so and takes a message that an agent finds', async () => {
  const site = await (await fetch(`${heti.url}/api/site?queue=nights`, { headers: { Origin: 'http://shop.example' } })).json();
  assert.equal(site.queue.open, false);
  assert.ok(Date.parse(site.queue.next_change) > Date.now());
  const v = await visitor(heti, { queue: 'nights' });
  const { conversation } = await v.ask({ t: 'start', name: 'Otso', email: 'otso@example.net' });
  assert.equal(conversation.state, 'offline_message');
  v.send({ t: 'post', conversation: conversation.id, stream: 'n', n: 1, text: 'Please call me.' });
  await v.wait('ack', (f) => f.t === 'acked');
  const aino = await agent(heti);
  const item = aino.welcome.chats.find((c) => c.conversation === conversation.id);
  assert.equal(item.state, 'offline_message');
  assert.equal(item.wait, undefined, 'no clock runs');
  assert.equal((await heti.metrics()).sum('heti_offline_messages_total', { queue: 'nights' }), 1);
  await v.end();
  await aino.end();
});

test('the ETag of the site answer spares the second body', async () => {
  const first = await fetch(`${heti.url}/api/site?queue=support`, { headers: { Origin: 'http://shop.example' } });
  assert.match(first.headers.get('cache-control'), /max-age=/);
  const second = await fetch(`${heti.url}/api/site?queue=support`, { headers: { Origin: 'http://shop.example', 'If-None-Match': first.headers.get('etag') } });
  assert.equal(second.status, 304);
});

test('SIGTERM closes sockets with draining, exits 0, and the next start knows everything', async () => {
  const v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  v.send({ t: 'post', conversation: conversation.id, stream: 's', n: 1, text: 'still here?' });
  await v.wait('ack', (f) => f.t === 'acked');
  const ended = heti.terminate();
  await until('close', () => v.closed ?? false, 15000);
  assert.equal(v.closed.code, 4012);
  assert.deepEqual(await ended, { code: 0, signal: null });
  const verdict = heti.run(['replay']);
  assert.equal(verdict.status, 0, verdict.stdout + verdict.stderr);
  await heti.launch();
  assert.ok(heti.readyAfter < 5000, `${heti.readyAfter} ms`);
  const back = await visitor(heti, { token: v.welcome.token });
  const opened = await back.ask({ t: 'open', conversation: conversation.id, after: 0 });
  assert.equal(opened.entries[0].text, 'still here?');
  assert.equal(await login(heti).then(() => true), true);
  await back.end();
  await sleep(50);
});
