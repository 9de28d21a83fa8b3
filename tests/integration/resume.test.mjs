// Coming back after any absence: from memory when near, from the archive when far, with a position that the service
// never had, and into another history. Whatever a client brings, the answer comes at once and without a silent hole.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Heti, until } from './heti.mjs';
import { agent, visitor } from './client.mjs';

let heti;
before(async () => { heti = await Heti.start({ name: 'resume' }); });
after(async () => { await heti?.close(); });

const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

// Opens after a position and fills the hole with history, as PROTOCOL.md section 5 says.
async function resume(socket, conversation, after) {
  const opened = await socket.ask({ t: 'open', conversation, after });
  assert.equal(opened.t, 'opened', JSON.stringify(opened));
  let entries = opened.entries;
  let pages = 0;
  let first = entries[0]?.seq ?? opened.conversation.last_seq + 1;
  while (first > after + 1) {
    const page = await socket.ask({ t: 'history', conversation, before: first, limit: 200 });
    assert.equal(page.t, 'page', JSON.stringify(page));
    assert.ok(page.entries.length > 0, `nothing before ${first}`);
    entries = [...page.entries, ...entries];
    first = entries[0].seq;
    pages += 1;
  }
  return { last: opened.conversation.last_seq, entries: entries.filter((e) => e.seq > after), pages };
}

async function chatOf(lines) {
  const v = await visitor(heti);
  const { conversation: { id } } = await v.ask({ t: 'start' });
  for (let n = 1; n <= lines; n++) v.send({ t: 'post', conversation: id, stream: 's', n, text: `line ${n}` });
  await v.wait('all acknowledged', (f) => f.t === 'acked' && f.n === lines);
  return { v, id, token: v.welcome.token };
}

test('near comes from memory, far from the archive, and both join without a seam, also after a kill', async () => {
  const { v, id, token } = await chatOf(450);
  await v.end();
  for (let round = 0; round < 2; round++) {
    for (const after of [0, 1, 199, 249, 250, 251, 400, 449, 450]) {
      const back = await visitor(heti, { token });
      const { entries, pages, last } = await resume(back, id, after);
      assert.equal(last, 450);
      assert.deepEqual(entries.map((e) => e.seq), numbers(after + 1, 450), `after ${after}`);
      assert.deepEqual(entries.map((e) => e.text), numbers(after + 1, 450).map((n) => `line ${n}`), `after ${after}`);
      assert.equal(pages, after >= 250 ? 0 : Math.ceil((250 - after) / 200), `after ${after}: memory holds the last 200`);
      await back.end();
    }
    await heti.restart();
  }
});

test('what is said while a client resumes comes once, behind what it has missed', async () => {
  const { v, id, token } = await chatOf(300);
  const lines = 1500;
  let n = 300;
  const talking = (async () => {
    while (n < lines) {
      for (let i = 0; i < 10; i++) v.send({ t: 'post', conversation: id, stream: 's', n: ++n, text: `line ${n}` });
      await new Promise(setImmediate);
    }
  })();
  for (let round = 0; round < 10; round++) {
    const back = await visitor(heti, { token });
    const { entries, last } = await resume(back, id, 100);
    assert.deepEqual(entries.map((e) => e.seq), numbers(101, last));
    await until('pushes', () => n >= lines || back.frames.some((f) => f.t === 'entry'));
    const pushed = back.frames.filter((f) => f.t === 'entry' && f.conversation === id).map((f) => f.entry.seq);
    assert.deepEqual(pushed, numbers(last + 1, last + pushed.length), `round ${round}`);
    await back.end();
  }
  await talking;
  await v.end();
});

test('a closed conversation resumes from the archive alone, and its numbers go on when it is reopened', async () => {
  const { v, id, token } = await chatOf(20);
  assert.equal((await v.ask({ t: 'close', conversation: id })).t, 'ok');
  await v.end();
  await heti.restart();
  const back = await visitor(heti, { token });
  const { entries, last } = await resume(back, id, 5);
  assert.deepEqual(entries.map((e) => e.seq), numbers(6, last));
  assert.equal(entries.at(-1).kind, 'closed');
  back.send({ t: 'post', conversation: id, stream: 't', n: 1, text: 'one more thing' });
  await back.wait('the post', (f) => f.t === 'entry' && f.entry.text === 'one more thing');
  assert.deepEqual(back.frames.filter((f) => f.t === 'entry').map((f) => [f.entry.seq, f.entry.kind]), [[last + 1, 'reopened'], [last + 2, 'message']]);
  await back.end();
});

test('a position that the service never had is answered at once with its real end', async () => {
  const { v, id, token } = await chatOf(10);
  await v.end();
  for (const after of [11, 12, 1000000, 9007199254740991]) {
    const back = await visitor(heti, { token });
    const opened = await back.ask({ t: 'open', conversation: id, after }, 2000);
    assert.equal(opened.t, 'opened');
    assert.deepEqual(opened.entries, []);
    assert.equal(opened.conversation.last_seq, 10, 'by which the client sees that it was wrong');
    // It forgets what it had, and has all there is.
    assert.deepEqual((await resume(back, id, 0)).entries.map((e) => e.seq), numbers(1, 10));
    const page = await back.ask({ t: 'history', conversation: id, before: after, limit: 200 }, 2000);
    assert.deepEqual(page.entries.map((e) => e.seq), numbers(1, 10));
    await back.end();
  }
  // Pushes go on from the real end, whatever position was brought.
  const far = await visitor(heti, { token });
  await far.ask({ t: 'open', conversation: id, after: 1000000 });
  far.send({ t: 'post', conversation: id, stream: 's', n: 11, text: 'line 11' });
  assert.equal((await far.wait('the entry', (f) => f.t === 'entry')).entry.seq, 11);
  await far.end();
});

test('a conversation that is not there, or not ours, is refused at once, whatever position is brought', async () => {
  const { v, id } = await chatOf(3);
  const stranger = await visitor(heti);
  for (const conversation of [id, '0123456789abcdef0123456789abcdef']) {
    for (const after of [0, 3, 1000000]) {
      assert.equal((await stranger.ask({ t: 'open', conversation, after }, 2000)).code, 'not_found');
    }
    assert.equal((await stranger.ask({ t: 'history', conversation, before: 100 }, 2000)).code, 'not_found');
  }
  await stranger.end();
  await v.end();
});

// An older copy of the journal under a witness that knows better, as after a backup that was put back.
const embedded = { skip: process.env.TEST_NODES ? 'winds an embedded journal back' : false };
test('in another history positions begin anew: the client is told, reads all again and offers what it had sent', embedded, async () => {
  const { v, id, token } = await chatOf(30);
  const { history } = v.welcome;
  await v.end();
  const data = join(heti.directory, 'data');
  const journal = () => readdirSync(data).filter((name) => name.startsWith('journal.db'));
  await heti.kill();
  const kept = journal();
  for (const name of kept) copyFileSync(join(data, name), join(heti.directory, `${name}.kept`));
  await heti.launch();
  let back = await visitor(heti, { token });
  assert.equal(back.welcome.history, history, 'a kill alone changes nothing');
  const said = new Map(numbers(1, 60).map((n) => [n, `line ${n}`]));
  await resume(back, id, 30);
  for (let n = 31; n <= 60; n++) back.send({ t: 'post', conversation: id, stream: 's', n, text: said.get(n) });
  await back.wait('all acknowledged', (f) => f.t === 'acked' && f.n === 60);
  const aino = await agent(heti);
  assert.deepEqual((await resume(aino, id, 0)).entries.map((e) => e.seq), numbers(1, 60));
  assert.deepEqual((await back.ask({ t: 'history', conversation: id, before: 61, limit: 200 })).entries.length, 60, 'the archive has it all');
  await heti.kill();
  for (const name of journal()) rmSync(join(data, name));
  for (const name of kept) copyFileSync(join(heti.directory, `${name}.kept`), join(data, name));
  assert.ok(existsSync(join(data, 'default.tail')));
  await heti.launch();

  back = await visitor(heti, { token });
  assert.notEqual(back.welcome.history, history, 'the client is told');
  const stale = await back.ask({ t: 'open', conversation: id, after: 60 }, 2000);
  assert.equal(stale.t, 'opened', 'a client that does not look is answered all the same');
  assert.ok(stale.conversation.last_seq < 60);
  const { entries, last } = await resume(back, id, 0);
  assert.deepEqual(entries.map((e) => e.seq), numbers(1, last));
  assert.deepEqual(entries.map((e) => e.text), numbers(1, 30).map((n) => `line ${n}`), 'nothing of the given-up end is shown');
  const page = await back.ask({ t: 'history', conversation: id, before: 1000, limit: 200 });
  assert.deepEqual(page.entries.map((e) => e.text), entries.map((e) => e.text), 'the archive has given it up too');
  for (const [n, text] of said) back.send({ t: 'post', conversation: id, stream: 's', n, text });
  await back.wait('all acknowledged', (f) => f.t === 'acked' && f.n === 60);
  const whole = await resume(back, id, 0);
  assert.deepEqual(whole.entries.filter((e) => e.kind === 'message').map((e) => e.text), [...said.values()], 'each is there once');
  await back.end();
});
