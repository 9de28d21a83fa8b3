// What happens to several nodes when Redis freezes, is full, is cut off from one of them, or has lost its end.
import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { agent, login, visitor } from './client.mjs';
import { FaultProxy } from './fault_proxy.mjs';
import { Shim, logOf } from './faults.mjs';
import { sleep, until } from './heti.mjs';
import { Nodes, another, leads } from './nodes.mjs';
import { accounts, more, talking } from './nodes_talk.mjs';
import { RedisServer } from './redis_server.mjs';

// A visitor who posts and waits for the acknowledgement, on any node, and comes again when the socket ends.
class Guest {
  n = 0;
  acked = [];

  static async at(node) {
    const guest = new Guest();
    guest.socket = await visitor(node);
    guest.token = guest.socket.welcome.token;
    guest.id = (await guest.socket.ask({ t: 'start' })).conversation.id;
    return guest;
  }

  async moveTo(node) {
    this.socket.ws.terminate();
    this.socket = await visitor(node, { token: this.token });
    this.opened = await this.socket.ask({ t: 'open', conversation: this.id, after: 0 });
  }

  // False if it was not acknowledged in time; the same number is tried again by the next.
  async says(patience = 5000) {
    const n = this.n + 1;
    const has = (frame) => frame.t === 'acked' && frame.n >= n;
    try {
      this.socket.send({ t: 'post', conversation: this.id, stream: 's', n, text: `text ${n}` });
      await this.socket.wait('acked', has, patience);
    } catch {
      return false;
    }
    this.n = n;
    this.acked.push(`text ${n}`);
    return true;
  }

  // Until it is acknowledged; a post that was refused meanwhile is sent again.
  saysAtLast() {
    return until('an acknowledgement', () => this.says(500), 20000);
  }

  async texts(node) {
    await this.moveTo(node);
    return this.opened.entries.filter((entry) => entry.kind === 'message').map((entry) => entry.text);
  }
}

const metric = async (node, name) => (await node.metrics()).sum(name);
const isReady = async (node) => (await fetch(`${node.metricsUrl}/readyz`)).status === 200;

test('a Redis that freezes: after five seconds nobody is ready and clients are sent away; then all go on', { timeout: 90000 }, async () => {
  const nodes = await Nodes.start({ name: 'frozen' });
  try {
    const [follower] = await nodes.followers();
    const owner = await nodes.owner();
    const guests = [await Guest.at(follower), await Guest.at(owner)];
    for (const guest of guests) assert.ok(await guest.says());
    nodes.redis.process.kill('SIGSTOP');
    for (const guest of guests) assert.equal(await guest.says(1000), false, 'nothing is acknowledged');
    await until('it shows', async () => (await Promise.all(nodes.all.map((node) => metric(node, 'heti_node_cut_off_seconds')))).every((seconds) => seconds > 5), 15000);
    await until('nobody is ready', async () => (await Promise.all(nodes.all.map(isReady))).every((ready) => !ready), 5000);
    for (const guest of guests) await until('sent away', () => guest.socket.closed?.code === 4012, 5000);
    nodes.redis.process.kill('SIGCONT');
    await until('all are ready', async () => (await Promise.all(nodes.all.map(async (node) => {
      if (node.process.exitCode !== null) await node.launch(); // as its supervisor does
      return isReady(node).catch(() => false);
    }))).every((ready) => ready), 30000);
    await nodes.owner();
    for (const guest of guests) {
      await guest.moveTo(nodes.all[0]);
      await guest.saysAtLast();
      for (const node of nodes.all) assert.deepEqual(await guest.texts(node), guest.acked);
    }
  } finally {
    nodes.redis.process.kill('SIGCONT');
    await nodes.close();
  }
});

test('a full Redis: what it does not take is not acknowledged, and is taken when there is room', { timeout: 60000 }, async () => {
  const nodes = await Nodes.start({ name: 'full', count: 2 });
  try {
    const [follower] = await nodes.followers();
    const guest = await Guest.at(follower);
    assert.ok(await guest.says());
    await nodes.redis.ask('CONFIG SET maxmemory 1');
    assert.equal(await guest.says(1000), false);
    const owner = await nodes.owner();
    assert.ok((await metric(owner, 'heti_journal_append_errors_total')) > 0);
    await nodes.redis.ask('CONFIG SET maxmemory 0');
    await guest.saysAtLast();
    for (const node of nodes.all) assert.deepEqual(await guest.texts(node), guest.acked);
  } finally {
    await nodes.close();
  }
});

test('one node is cut off from Redis: its clients go to the others, its connections end, and it comes back', { timeout: 90000 }, async () => {
  const nodes = await Nodes.start({ name: 'cut', count: 2 });
  const way = await FaultProxy.to(nodes.redis.port);
  try {
    const cut = await another(nodes.all[0], 'cut-3');
    cut.env.HETI_JOURNAL_ADDRESS = `redis://127.0.0.1:${way.port}`;
    nodes.all.push(cut);
    await cut.launch();
    const owner = await nodes.owner();
    assert.notEqual(owner, cut);
    const guest = await Guest.at(cut);
    const cookie = await login(owner, 'aino');
    const aino = await agent(cut, { cookie });
    assert.equal((await aino.ask({ t: 'status', status: 'online' })).t, 'ok');
    assert.ok(await guest.says());
    const busy = async () => (await owner.metrics()).sum('heti_agents', { queue: 'support', status: 'lost' });
    way.silent = true;
    await until('sent away', () => guest.socket.closed?.code === 4012 && aino.closed?.code === 4012, 15000);
    assert.equal(await isReady(cut), false);
    await until('the owner has noticed', async () => (await metric(owner, 'heti_nodes_lost_total')) === 1 && (await busy()) === 1, 10000);
    await guest.moveTo(owner);
    assert.ok(await guest.says());
    const again = await agent(owner, { cookie });
    assert.equal((await busy()), 0);
    way.silent = false;
    way.cut();
    await until('it is there again', () => isReady(cut), 15000);
    assert.deepEqual(await guest.texts(cut), guest.acked);
    assert.ok(await guest.says());
    assert.equal(cut.process.exitCode, null, 'the same process all the time');
    await again.end();
  } finally {
    await nodes.close();
    await way.close();
  }
});

// Redis ends, is brought back to what it was when `copy` was made, and starts again.
async function windBack(redis, copy) {
  await redis.kill();
  rmSync(redis.directory, { recursive: true });
  cpSync(copy, redis.directory, { recursive: true });
}

test('a Redis that comes back without its end gets it again from the nodes: nothing is lost', { timeout: 90000 }, async () => {
  const nodes = await Nodes.start({ name: 'healed' });
  const copy = `${nodes.redis.directory}-copy`;
  try {
    const [follower] = await nodes.followers();
    const guest = await Guest.at(follower);
    for (let i = 0; i < 5; i++) assert.ok(await guest.says());
    const { history } = guest.socket.welcome;
    await nodes.redis.kill();
    cpSync(nodes.redis.directory, copy, { recursive: true });
    await nodes.redis.launch();
    for (let i = 0; i < 5; i++) await guest.saysAtLast();
    await windBack(nodes.redis, copy);
    await nodes.redis.launch();
    await until('it got its end again', async () => (await Promise.all(nodes.all.map((node) => metric(node, 'heti_journal_healed_batches_total')))).some((count) => count > 0), 15000);
    await guest.saysAtLast();
    for (const node of nodes.all) {
      assert.equal(node.process.exitCode, null, 'the same processes all the time');
      assert.deepEqual(await guest.texts(node), guest.acked);
      assert.equal(guest.socket.welcome.history, history);
      assert.equal(await metric(node, 'heti_journal_lost_batches_total'), 0);
      assert.equal(await metric(node, 'heti_journal_synced'), 1);
    }
  } finally {
    await nodes.close();
    rmSync(copy, { recursive: true, force: true });
  }
});

test('a Redis that syncs each second dies in the middle of talk: it loses its end, and gets it again', { timeout: 120000 }, async (t) => {
  const shim = new Shim();
  const redis = await RedisServer.start({ appendfsync: 'everysec' }, shim.env);
  const { nodes, run, close } = await talking('everysec', { redis });
  try {
    shim.syncTakes = 1800;
    const healed = async () => (await Promise.all(nodes.all.map((node) => metric(node, 'heti_journal_healed_batches_total')))).reduce((sum, one) => sum + one, 0);
    for (let i = 0; i < 3; i++) {
      await more(run, 300);
      await sleep(2500);
      await redis.kill();
      await redis.launch();
      await more(run, 300);
    }
    await accounts(t, run);
    const batches = await healed();
    t.diagnostic(`Redis lost ${batches} batches and got them again`);
    assert.ok(batches > 0, 'a Redis that loses nothing proves nothing');
    for (const node of nodes.all) {
      assert.equal(await metric(node, 'heti_journal_lost_batches_total'), 0);
      assert.equal(await metric(node, 'heti_journal_synced'), 0);
    }
  } finally {
    await close();
    shim.close();
  }
});

test('what no node has any more is lost: it is told and counted, and what clients have is offered again', { timeout: 90000 }, async () => {
  const nodes = await Nodes.start({ name: 'rewound' });
  const copy = `${nodes.redis.directory}-copy`;
  try {
    const [follower] = await nodes.followers();
    const guest = await Guest.at(follower);
    for (let i = 0; i < 5; i++) assert.ok(await guest.says());
    const { history } = guest.socket.welcome;
    const kept = [...guest.acked];
    await nodes.redis.kill();
    cpSync(nodes.redis.directory, copy, { recursive: true });
    await nodes.redis.launch();
    for (let i = 0; i < 4; i++) await guest.saysAtLast();
    for (const node of nodes.all) await node.kill();
    await windBack(nodes.redis, copy);
    await nodes.redis.launch();
    // Each has a note of how far it had seen the journal. Whoever claims it first begins a new history and ends, and so
    // do those that followed the old one for a moment; their supervisor starts them again.
    const begun = async (node) => {
      if (!node.process || node.process.exitCode !== null || node.process.signalCode !== null) await node.launch().catch(() => {});
      const socket = await visitor(node).catch(() => null);
      socket?.ws.terminate();
      return socket !== null && socket.welcome.history !== history;
    };
    await until('all follow the new history', async () => {
      const all = [];
      for (const node of nodes.all) all.push(await begun(node));
      return all.every((one) => one);
    }, 30000);
    await nodes.owner();
    assert.match(nodes.all.map(logOf).join('\n'), /has lost its end/);
    for (const node of nodes.all) assert.ok((await metric(node, 'heti_journal_lost_batches_total')) > 0, 'counted by every node');
    await guest.moveTo(nodes.all[2]).catch(() => {}); // its token knows the old end, so it is told to begin anew
    await guest.moveTo(nodes.all[2]);
    assert.notEqual(guest.socket.welcome.history, history, 'clients are told by a new history');
    assert.deepEqual(guest.opened.entries.filter((entry) => entry.kind === 'message').map((entry) => entry.text), kept);
    guest.n = 5; // what was lost is offered again
    await guest.saysAtLast();
    for (const node of nodes.all) assert.equal((await guest.texts(node)).length, 6);
    assert.equal((await Promise.all(nodes.all.map(leads))).filter((one) => one).length, 1);
  } finally {
    await nodes.close();
    rmSync(copy, { recursive: true, force: true });
  }
});
