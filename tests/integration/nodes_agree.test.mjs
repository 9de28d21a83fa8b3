// What nodes must agree on: their settings files, what they have made of the journal, the time, and what of the journal
// is not needed any more.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { visitor } from './client.mjs';
import { Shim, logOf, readiness } from './faults.mjs';
import { plantedBinary, sleep, until } from './heti.mjs';
import { Nodes, another } from './nodes.mjs';
import { accounts, down, more, talking, up } from './nodes_talk.mjs';

const metric = async (node, name) => (await node.metrics()).sum(name);
const isReady = (node) => fetch(`${node.metricsUrl}/readyz`).then((answer) => answer.status === 200, () => false);
const file = (listed, node) => new RegExp(`:${node.port} +\\w+ +\\d+ +\\d+ +([0-9a-f]{8}) `).exec(listed.stdout)?.[1];

test('two settings files: each node says so, the rules of the journal are in force, and the same file ends it', { timeout: 60000 }, async () => {
  const nodes = await Nodes.start({ name: 'two-files', count: 2 });
  try {
    const [first, second] = nodes.all;
    assert.equal(await metric(first, 'heti_node_other_rules'), 0);
    const same = first.run(['nodes']);
    assert.equal(file(same, first), file(same, second), same.stdout);
    const other = join(second.directory, 'other.toml');
    writeFileSync(other, readFileSync(first.config, 'utf8').replace('capacity = 6', 'capacity = 5'));
    await second.kill();
    second.env.HETI_CONFIG = other;
    await second.launch();
    for (const node of nodes.all) await until('it shows', async () => (await metric(node, 'heti_node_other_rules')) === 1, 15000);
    const differs = first.run(['nodes']);
    assert.notEqual(file(differs, first), file(differs, second));
    assert.match(differs.stdout, /settings files differ/);
    for (const node of nodes.all) assert.equal((await node.metrics()).sum('heti_agent_capacity', { agent: 'aino' }) ?? 6, 6, 'what the journal has');
    writeFileSync(other, readFileSync(first.config));
    second.process.kill('SIGHUP');
    for (const node of nodes.all) await until('it is over', async () => (await metric(node, 'heti_node_other_rules')) === 0, 15000);
  } finally {
    await nodes.close();
  }
});

test('a node that makes something else of the journal is found out by the others, ends, and is right again', { timeout: 120000 }, async (t) => {
  const { nodes, run, close } = await talking('drift');
  try {
    const owner = await nodes.owner();
    const [odd] = await nodes.followers();
    await down(odd, (node) => node.kill());
    await odd.launch({ HETI_PLANT: 'state_drifts' }, plantedBinary);
    odd.up = true;
    const ended = await until('it ends', async () => (odd.process.exitCode === null ? null : odd.process.exitCode), 60000);
    odd.up = false;
    assert.equal(ended, 1);
    assert.match(logOf(odd), /step=deposed error="the state of this node differs after position \d+ from that of most others/);
    assert.ok((await metric(owner, 'heti_node_state_mismatches_total')) > 0);
    await up(odd);
    const before = await metric(owner, 'heti_node_state_mismatches_total');
    await more(run, 3000);
    assert.equal(await metric(owner, 'heti_node_state_mismatches_total'), before);
    assert.equal(odd.process.exitCode, null);
    await accounts(t, run);
  } finally {
    await close();
  }
});

test('a node whose wall clock is an hour off says so and takes the owner\'s time; another one takes over', { timeout: 90000 }, async () => {
  const shim = new Shim();
  const nodes = await Nodes.start({ name: 'off', count: 3 });
  try {
    const [off, sound] = await nodes.followers();
    const owner = await nodes.owner();
    shim.clockAhead = 3600_000;
    await off.kill();
    const launched = off.launch(shim.env).catch(() => {}); // it is not ready until its clock is right
    await until('it says so', async () => /wall clock/.test((await readiness(off, 'clock').catch(() => ({}))).line ?? '') || null, 15000);
    assert.equal(await isReady(off), false);
    assert.ok((await metric(off, 'heti_clock_steps_total')) > 0);
    assert.equal(await metric(off, 'heti_clock_off'), 1);
    await owner.kill();
    await until('the sound one leads', async () => (await metric(sound, 'heti_node_leads')) === 1, 15000);
    await sleep(1000);
    const guest = await visitor(sound);
    const { id } = (await guest.ask({ t: 'start' })).conversation;
    guest.send({ t: 'post', conversation: id, stream: 's', n: 1, text: 'hello' });
    const { entry } = await guest.wait('the entry', (f) => f.t === 'entry' && f.entry.text === 'hello');
    assert.ok(Math.abs(Date.parse(entry.at) - Date.now()) < 3000, entry.at);
    // With nobody else it leads after all, and time goes on from where it was.
    await sound.kill();
    await until('it leads', async () => (await metric(off, 'heti_node_leads')) === 1, 30000);
    const again = await visitor(off, { token: guest.welcome.token });
    await again.ask({ t: 'open', conversation: id, after: 0 });
    again.send({ t: 'post', conversation: id, stream: 's', n: 2, text: 'again' });
    const next = await again.wait('the entry', (f) => f.t === 'entry' && f.entry.text === 'again');
    assert.ok(Math.abs(Date.parse(next.entry.at) - Date.now()) < 3000, next.entry.at);
    shim.clockAhead = 0;
    await until('it is ready', () => isReady(off), 10000);
    assert.equal(await metric(off, 'heti_clock_off'), 0);
    await launched;
  } finally {
    await nodes.close();
    shim.close();
  }
});

const short = { HETI_JOURNAL_KEEP: '1000', HETI_JOURNAL_SNAPSHOT_EVERY: '300' };

test('what every node has archived and a snapshot covers is removed from Redis; who missed it says what to do', { timeout: 180000 }, async (t) => {
  const { nodes, run, close } = await talking('trimmed', { env: short });
  const entries = async () => Number(/(\d+)/.exec(await nodes.redis.ask('XLEN {default}:journal'))[1]);
  const trimmed = (from = 0) => [...nodes.all.map(logOf).join('\n').matchAll(/step=trim through=(\d+)/g)].map(([, through]) => Number(through)).some((through) => through > from);
  try {
    await until('something was removed', () => trimmed(), 60000);
    // A node that is killed starts from a snapshot.
    const [behind] = await nodes.followers();
    await down(behind, (node) => node.kill());
    await up(behind);
    assert.match(logOf(behind), /step=recovered position=\d+ snapshot=[1-9]/);
    // What one that sleeps has not archived is kept, until nobody remembers it.
    behind.up = false;
    behind.process.kill('SIGSTOP');
    for (const one of run.everybody) if (one.socket?.ws.url.includes(`:${behind.port}/`)) one.socket.ws.terminate();
    const end = async () => Number(/(\d+)\r\n$/.exec(await nodes.redis.ask('HGET {default}:owner position'))[1]);
    const asleep = await end();
    await until('a thousand batches and more', async () => (await end()) > asleep + 1700, 60000);
    await sleep(6000);
    assert.equal(trimmed(asleep), false);
    for (const node of nodes.all.filter((one) => one !== behind)) {
      await down(node, (one) => one.kill());
      await up(node);
    }
    await until('it is removed', () => trimmed(asleep), 60000);
    behind.process.kill('SIGCONT');
    await until('it ends', () => behind.process.exitCode !== null, 20000);
    const launched = behind.launch().catch(() => {});
    await until('it says what to do', () => /heti archive copy/.test(logOf(behind)), 15000);
    assert.equal(await isReady(behind), false);
    const copy = join(behind.directory, 'copy.db');
    const other = nodes.all.find((node) => node !== behind);
    assert.equal(other.run(['archive', 'copy', copy]).status, 0);
    await behind.kill();
    await launched;
    const data = behind.env.HETI_JOURNAL_PATH;
    for (const each of ['archive.db', 'archive.db-wal', 'archive.db-shm']) rmSync(join(data, each), { force: true });
    writeFileSync(join(data, 'archive.db'), readFileSync(copy));
    await up(behind);
    await more(run, 500);
    t.diagnostic(`${await entries()} entries in Redis`);
    // A new node begins with a snapshot, and is ready.
    const late = await another(nodes.all[0], 'trimmed-late');
    nodes.all.push(late);
    await late.launch();
    assert.match(logOf(late), /the archive begins with the snapshot of batch \d+, and knows nothing of before/);
    assert.equal((await fetch(`${late.metricsUrl}/readyz`)).status, 200);
    // What the tools read of it.
    const verified = other.run(['journal', 'verify']);
    assert.equal(verified.status, 0, verified.stderr);
    const [, from, to] = /batches +(\d+) to (\d+), all sound/.exec(verified.stdout);
    assert.ok(Number(from) > 1 && Number(to) - Number(from) <= await entries(), verified.stdout);
    assert.match(verified.stdout, /SOUND\n$/);
    const [here, there] = [behind, other].map((node) => JSON.parse(node.run(['report', '--since', '1h', '--json']).stdout).queues.map((queue) => [queue.queue, queue.contacts]));
    assert.deepEqual(here, there, 'each from its own archive');
    assert.ok(here.length > 0);
    await accounts(t, run);
  } finally {
    for (const node of nodes.all) node.process.kill('SIGCONT');
    await close();
  }
});

test('what cannot be decided is refused, on whichever node it was asked, and everybody goes on', { timeout: 60000 }, async () => {
  const nodes = await Nodes.start({ name: 'poison', count: 2 });
  try {
    for (const node of nodes.all) {
      await node.kill();
      await node.launch({ HETI_PLANT: 'poisoned' }, plantedBinary);
    }
    const owner = await nodes.owner();
    const [follower] = await nodes.followers();
    for (const [at, node] of [owner, follower].entries()) {
      const guest = await visitor(node);
      const { id } = (await guest.ask({ t: 'start' })).conversation;
      const says = async (n, text) => {
        const seen = guest.frames.length;
        guest.send({ t: 'post', conversation: id, stream: 's', n, text });
        return guest.wait(`an answer to ${text}`, (f) => guest.frames.indexOf(f) >= seen && ['acked', 'refused'].includes(f.t) && f.n === n);
      };
      assert.equal((await says(1, 'before')).t, 'acked');
      assert.equal((await says(2, 'poison')).t, 'refused');
      assert.equal((await says(2, 'after')).t, 'acked');
      assert.equal(await metric(owner, 'heti_commands_undecidable_total'), at + 1);
      const again = await visitor(owner, { token: guest.welcome.token });
      const opened = await again.ask({ t: 'open', conversation: id, after: 0 });
      assert.deepEqual(opened.entries.filter((entry) => entry.kind === 'message').map((entry) => entry.text), ['before', 'after']);
    }
    for (const node of nodes.all) assert.equal(node.process.exitCode, null, 'the same processes all the time');
    assert.match(logOf(owner), /step=decide error="a broken rule: /);
    await owner.kill();
    await owner.launch();
    assert.match(logOf(owner), /step=recovered/);
  } finally {
    await nodes.close();
  }
});
