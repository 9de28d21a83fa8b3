// Three nodes, and people on each of them who talk with each other: what was acknowledged is there once and in order,
// for everybody, whichever node dies, hangs or is stopped. NODE_KILLS (15, two thirds of them the owner), NODE_REDIS_KILLS (15), NODE_ACKS
// (500): before each kill. NODE_HANGS (0): for how many ms more an owner hangs after another one has taken over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, login, visitor } from './client.mjs';
import { logOf } from './faults.mjs';
import { sleep, until } from './heti.mjs';
import { Nodes, leads } from './nodes.mjs';
import { accounts, down, more, shows, sumOf, talking, up } from './nodes_talk.mjs';

const kills = Number(process.env.NODE_KILLS ?? 15);
const redisKills = Number(process.env.NODE_REDIS_KILLS ?? 15);
const hangs = Number(process.env.NODE_HANGS ?? 0);
const acksEach = Number(process.env.NODE_ACKS ?? 500);

test('on three nodes everybody hears everybody, and each node knows the same', async () => {
  const nodes = await Nodes.start({ name: 'nodes' });
  try {
    const owner = await nodes.owner();
    const [one, two] = await nodes.followers();
    const cookie = await login(nodes.all[0], 'aino');
    const aino = await agent(one, { cookie });
    assert.equal((await aino.ask({ t: 'status', status: 'online' })).t, 'ok');
    const guest = await visitor(two);
    const { id } = (await guest.ask({ t: 'start' })).conversation;
    guest.send({ t: 'post', conversation: id, stream: 's', n: 1, text: 'hello' });
    await guest.wait('acked', (f) => f.t === 'acked' && f.n === 1);
    await aino.wait('the offer', (f) => f.t === 'chat' && f.chat.conversation === id && f.chat.state === 'offered');
    assert.equal((await aino.ask({ t: 'accept', conversation: id })).t, 'ok');
    await aino.ask({ t: 'open', conversation: id, after: 0 });
    aino.send({ t: 'post', conversation: id, stream: 'a', n: 1, text: 'good day' });
    await guest.wait('the answer', (f) => f.t === 'entry' && f.entry.text === 'good day');
    // Typing goes past the journal.
    guest.send({ t: 'typing', conversation: id });
    await aino.wait('typing', (f) => f.t === 'typing' && f.role === 'visitor');
    aino.send({ t: 'typing', conversation: id });
    await guest.wait('typing', (f) => f.t === 'typing' && f.role === 'agent' && f.name === 'Aino');
    // The same person on another node is shown the same.
    const again = await visitor(owner, { token: guest.welcome.token });
    const opened = await again.ask({ t: 'open', conversation: id, after: 0 });
    assert.deepEqual(opened.entries.filter((entry) => entry.kind === 'message').map((entry) => entry.text), ['hello', 'good day']);
    // Refusals find their way, too.
    const refused = await guest.ask({ t: 'rate', conversation: id, score: 5 });
    assert.equal(refused.t, 'refused');
    // Each node can say who serves.
    const listed = one.run(['nodes']);
    assert.equal(listed.status, 0, listed.stderr);
    for (const node of nodes.all) assert.match(listed.stdout, new RegExp(`:${node.port} +${node === owner ? 'leads' : 'follows'} `));
    const metrics = await Promise.all(nodes.all.map((node) => node.metrics()));
    assert.equal(metrics.reduce((sum, one) => sum + one.sum('heti_node_leads'), 0), 1);
    assert.equal(metrics.reduce((sum, one) => sum + one.sum('heti_contacts_total', { queue: 'support' }), 0), 1, 'counted once');
    for (const each of metrics) assert.equal(each.sum('heti_conversations', { queue: 'support', state: 'assigned' }), 1);
  } finally {
    await nodes.close();
  }
});

test('nodes are killed again and again, owners and others: nothing is lost, doubled or out of order', { timeout: 180000 + kills * 15000 }, async (t) => {
  const { nodes, run, close } = await talking('nodes-killed');
  const waits = [];
  try {
    for (let i = 0; i < kills; i++) {
      await more(run, acksEach);
      const owner = await nodes.owner();
      const others = nodes.all.filter((node) => node !== owner);
      const killed = i % 3 === 2 ? others[i % others.length] : owner;
      await down(killed, (node) => node.kill());
      const begun = performance.now();
      const before = run.acks;
      const changes = await sumOf(nodes, 'heti_node_took_over_total');
      await until('an acknowledgement by somebody', () => run.acks > before + 20, 20000);
      if (killed === owner) {
        waits.push(performance.now() - begun);
        await shows(nodes, 'heti_node_took_over_total', changes);
      }
      await up(killed);
    }
    await more(run, acksEach);
    await accounts(t, run);
    waits.sort((a, b) => a - b);
    const p99 = waits[Math.ceil(waits.length * 0.99) - 1];
    t.diagnostic(`${waits.length} owners killed: the others write again after ${waits.map((ms) => ms.toFixed(0)).join(', ')} ms (p99 ${p99.toFixed(0)})`);
    assert.ok(waits.at(-1) < 8000, `${waits.at(-1)} ms`);
  } finally {
    await close();
  }
});

test('an owner that hangs is deposed, and its clients lose nothing; one that is stopped hands over at once', { timeout: 120000 + hangs }, async (t) => {
  const { nodes, run, close } = await talking('nodes-hang');
  try {
    await more(run, acksEach);
    const hung = await nodes.owner();
    const changes = await sumOf({ all: nodes.all.filter((node) => node !== hung) }, 'heti_node_took_over_total');
    await down(hung, (node) => node.process.kill('SIGSTOP'));
    // The sockets of a process that hangs stay open: its clients are cut off from it.
    for (const one of run.everybody) if (one.socket?.ws.url.includes(`:${hung.port}/`)) one.socket.ws.terminate();
    await shows({ all: nodes.all.filter((node) => node !== hung) }, 'heti_node_took_over_total', changes);
    const owner = await until('another one leads', async () => {
      for (const node of nodes.all) if (node.up !== false && (await leads(node))) return node;
      return null;
    }, 20000);
    await more(run, acksEach);
    await sleep(hangs);
    hung.process.kill('SIGCONT');
    assert.deepEqual(await hung.exited, { code: 1, signal: null });
    assert.match(logOf(hung), /another node (owns|writes)/);
    await up(hung);

    const begun = performance.now();
    await down(owner, (node) => node.terminate());
    const ended = performance.now();
    const before = run.acks;
    await until('an acknowledgement by somebody', () => run.acks > before + 20, 20000);
    t.diagnostic(`the drain took ${(ended - begun).toFixed(0)} ms, the hand-over ${(performance.now() - ended).toFixed(0)} ms`);
    assert.ok(performance.now() - ended < 3000);
    await up(owner);
    await more(run, acksEach);
    await accounts(t, run);
  } finally {
    await close();
  }
});

test('Redis goes away and comes back: nothing is acknowledged meanwhile, and the same nodes go on', { timeout: 120000 + redisKills * 10000 }, async (t) => {
  const { nodes, run, close } = await talking('nodes-redis');
  try {
    for (let i = 0; i < redisKills; i++) {
      await more(run, acksEach);
      await nodes.redis.kill();
      await sleep(300);
      const silent = run.acks;
      await sleep(700);
      assert.equal(run.acks, silent, 'an acknowledgement without Redis');
      if (i === 0) await shows(nodes, 'heti_journal_append_errors_total', 0);
      if (i === 0) await shows(nodes, 'heti_node_cut_off_seconds', 3);
      await nodes.redis.launch();
    }
    await more(run, acksEach);
    await accounts(t, run);
    for (const node of nodes.all) assert.equal(node.process.exitCode, null, 'the same processes all the time');
  } finally {
    await close();
  }
});
