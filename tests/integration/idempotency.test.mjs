// A client that does not know whether its words arrived says them again under the same number. Whatever is repeated has
// no second effect, on the same connection, on another, and after a kill, until the conversation is final.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Heti, demoConfig, until } from './heti.mjs';
import { agent, login, visitor } from './client.mjs';

// A queue whose conversations are final a second after they are closed.
const config = `${demoConfig.replace('"nights"]', '"nights", "brief"]')}
[queue.brief]
timezone = "Europe/Helsinki"
hours.mon-sun = ["00:00-24:00"]
reopen_window = "1s"
`;
let heti;
before(async () => { heti = await Heti.start({ name: 'idempotency', config }); });
after(async () => { await heti?.close(); });

// Sends one post and gives its acknowledgement, which is a high-water mark, or its refusal.
async function say(socket, conversation, stream, n, text) {
  const from = socket.frames.length;
  socket.send({ t: 'post', conversation, stream, n, text });
  return until(`an answer to ${stream} ${n}`, () => {
    const answer = socket.frames.slice(from).find((f) => f.stream === stream && ((f.t === 'acked' && f.n >= n) || (f.t === 'refused' && f.n === n)));
    if (!answer && socket.closed) throw new Error(`closed with ${socket.closed.code}`);
    return answer ?? false;
  });
}
const texts = async (socket, conversation) =>
  (await socket.ask({ t: 'history', conversation, before: 1000000, limit: 200 })).entries.filter((e) => e.kind === 'message').map((e) => e.text);

// What must hold whenever it is asked.
async function repeatedPostsHaveNoEffect(v, id) {
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await say(v, id, 's', 1, 'one'), { t: 'acked', conversation: id, stream: 's', n: 1, seq: 1 });
    assert.deepEqual(await say(v, id, 's', 2, 'two'), { t: 'acked', conversation: id, stream: 's', n: 2, seq: 2 });
  }
  assert.deepEqual(await say(v, id, 's', 1, 'other'), { t: 'refused', conversation: id, stream: 's', n: 1, code: 'conflict' });
  assert.deepEqual(await say(v, id, 's', 2, 'One'), { t: 'refused', conversation: id, stream: 's', n: 2, code: 'conflict' });
  assert.deepEqual(await say(v, id, 's', 4, 'four'), { t: 'refused', conversation: id, stream: 's', n: 4, code: 'resend_from', resend_from: 3 });
  assert.deepEqual(await texts(v, id), ['one', 'two']);
}

test('a repeated post has its old place, another text under its number is a conflict, also after a kill', async () => {
  let v = await visitor(heti);
  const { token } = v.welcome;
  const { conversation: { id } } = await v.ask({ t: 'start' });
  await say(v, id, 's', 1, 'one');
  await say(v, id, 's', 2, 'two');
  await repeatedPostsHaveNoEffect(v, id);
  const second = await visitor(heti, { token });
  await second.ask({ t: 'open', conversation: id, after: 0 });
  await repeatedPostsHaveNoEffect(second, id);
  for (let kill = 0; kill < 2; kill++) {
    await heti.restart();
    v = await visitor(heti, { token });
    await v.ask({ t: 'open', conversation: id, after: 0 });
    await repeatedPostsHaveNoEffect(v, id);
  }
  assert.deepEqual(await say(v, id, 's', 3, 'three'), { t: 'acked', conversation: id, stream: 's', n: 3, seq: 3 }, 'the next number is still free');
  await v.end();
});

test('every sender, stream and conversation has numbers of its own, also after a kill', async () => {
  let aino = await agent(heti);
  const { cookie } = aino;
  let v = await visitor(heti);
  const { token } = v.welcome;
  const { conversation: { id } } = await v.ask({ t: 'start' });
  assert.equal((await say(v, id, 'same', 1, 'of the visitor')).seq, 1);
  assert.equal((await aino.ask({ t: 'status', status: 'online' })).t, 'ok');
  await aino.wait('offer', (f) => f.t === 'chat' && f.chat.conversation === id && f.chat.offered_to === 'aino');
  assert.equal((await aino.ask({ t: 'accept', conversation: id })).t, 'ok');
  assert.equal((await say(aino, id, 'same', 1, 'of the agent')).seq, 3, 'behind the line that says who took it');
  assert.equal((await say(v, id, 'other', 1, 'of another page')).seq, 4);
  const w = await visitor(heti);
  const there = (await w.ask({ t: 'start' })).conversation.id;
  assert.equal((await say(w, there, 'same', 1, 'of somebody else')).seq, 1);
  assert.equal((await say(w, id, 'same', 1, 'of the visitor')).code, 'not_found', 'a stranger learns nothing of a number');

  await heti.restart();
  v = await visitor(heti, { token });
  aino = await agent(heti, { cookie });
  for (const socket of [v, aino]) await socket.ask({ t: 'open', conversation: id, after: 0 });
  assert.equal((await say(v, id, 'same', 1, 'of the visitor')).seq, 1);
  assert.equal((await say(aino, id, 'same', 1, 'of the agent')).seq, 3);
  assert.equal((await say(v, id, 'same', 1, 'of the agent')).code, 'conflict');
  assert.equal((await say(aino, id, 'same', 1, 'of the visitor')).code, 'conflict');
  assert.equal((await say(v, id, 'other', 1, 'of another page')).seq, 4);
  assert.deepEqual(await texts(v, id), ['of the visitor', 'of the agent', 'of another page']);
  await v.end();
  await aino.end();
});

test('a repeated start gives the same conversation until it is final, also after a kill', async () => {
  let v = await visitor(heti);
  const { token } = v.welcome;
  const starts = async (socket, id) => {
    for (let i = 0; i < 3; i++) assert.equal((await socket.ask({ t: 'start' })).conversation.id, id);
    const both = await Promise.all([socket.ask({ t: 'start' }), socket.ask({ t: 'start' })]);
    assert.deepEqual(both.map((opened) => opened.conversation.id), [id, id]);
  };
  const { conversation: { id } } = await v.ask({ t: 'start' });
  await starts(v, id);
  await heti.restart();
  v = await visitor(heti, { token });
  assert.equal(v.welcome.conversation.id, id);
  await starts(v, id);
  assert.equal((await say(v, id, 's', 1, 'hello')).seq, 1);
  await starts(v, id);
  assert.equal((await v.ask({ t: 'close', conversation: id })).t, 'ok');
  await starts(v, id);
  await heti.restart();
  v = await visitor(heti, { token });
  await starts(v, id);
  assert.equal((await say(v, id, 's', 1, 'hello')).seq, 1, 'a closed conversation knows its numbers, and is not reopened by a repeated post');
  assert.equal((await v.ask({ t: 'open', conversation: id, after: 0 })).conversation.state, 'closed');
  await v.end();
});

test('a start whose answer was cut off by a kill left one conversation or none', async () => {
  for (let round = 0; round < 5; round++) {
    let v = await visitor(heti);
    const { token } = v.welcome;
    v.send({ t: 'start', ref: 1 });
    for (let turns = round; turns > 0; turns--) await new Promise(setImmediate);
    await heti.restart();
    v = await visitor(heti, { token });
    const known = v.welcome.conversation?.id;
    const { conversation: { id } } = await v.ask({ t: 'start' });
    if (known) assert.equal(id, known);
    assert.equal((await v.ask({ t: 'start' })).conversation.id, id);
    await v.end();
  }
});

test('after the end a repeated post is refused and never doubled, and start begins another conversation', async () => {
  let v = await visitor(heti, { queue: 'brief' });
  const { token } = v.welcome;
  const { conversation: { id } } = await v.ask({ t: 'start' });
  assert.equal((await say(v, id, 's', 1, 'hello')).seq, 1);
  assert.equal((await v.ask({ t: 'close', conversation: id })).t, 'ok');
  await v.wait('the end', (f) => f.t === 'state' && f.state === 'final');
  assert.equal((await say(v, id, 's', 1, 'hello')).t, 'refused');
  assert.equal((await say(v, id, 's', 2, 'more')).t, 'refused');
  await heti.restart();
  v = await visitor(heti, { queue: 'brief', token });
  assert.equal(v.welcome.conversation, undefined);
  assert.equal((await say(v, id, 's', 1, 'hello')).t, 'refused');
  const next = (await v.ask({ t: 'start' })).conversation.id;
  assert.notEqual(next, id);
  assert.equal((await say(v, next, 's', 1, 'hello')).seq, 1, 'numbers begin anew there');
  const transcript = await (await fetch(`${heti.url}/api/chats/${id}`, { headers: { Cookie: await login(heti) } })).json();
  assert.deepEqual(transcript.entries?.filter((e) => e.kind === 'message').map((e) => e.text) ?? transcript, ['hello']);
  await v.end();
});

test('a post that was repeated long afterwards is still there once, also after a kill', async () => {
  let v = await visitor(heti);
  const { token } = v.welcome;
  const { conversation: { id } } = await v.ask({ t: 'start' });
  const count = 150;
  for (let n = 1; n <= count; n++) v.send({ t: 'post', conversation: id, stream: 's', n, text: `line ${n}` });
  await v.wait('all acknowledged', (f) => f.t === 'acked' && f.n === count);
  for (let round = 0; round < 2; round++) {
    for (const n of [1, 2, 50, 100, 149, 150]) {
      const answer = await say(v, id, 's', n, `line ${n}`);
      assert.equal(answer.t, 'acked', JSON.stringify(answer));
      assert.equal(answer.n, n <= count - 64 ? count : n, 'too long ago to compare: all up to the newest is durable');
    }
    assert.deepEqual(await texts(v, id), Array.from({ length: count }, (_, i) => `line ${i + 1}`));
    await heti.restart();
    v = await visitor(heti, { token });
    await v.ask({ t: 'open', conversation: id, after: 0 });
  }
  await v.end();
});
