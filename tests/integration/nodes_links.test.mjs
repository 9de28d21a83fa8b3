// What happens to several nodes when the way to Redis is slow, Redis drops who reads too slowly, or its disk is full.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { FaultProxy } from './fault_proxy.mjs';
import { sleep, until } from './heti.mjs';
import { accounts, down, more, shows, sumOf, talking, up } from './nodes_talk.mjs';
import { RedisServer } from './redis_server.mjs';

test('a slow way to Redis: everything is slower, nothing is wrong, and nobody is taken for lost', { timeout: 90000 }, async (t) => {
  const { nodes, run, close } = await talking('slow-way');
  const way = await FaultProxy.to(nodes.redis.port);
  try {
    for (const node of nodes.all) {
      node.env.HETI_JOURNAL_ADDRESS = `redis://127.0.0.1:${way.port}`;
      await down(node, (one) => one.kill());
      await up(node);
    }
    await more(run, 200);
    const owners = await sumOf(nodes, 'heti_node_took_over_total');
    way.delay = 100;
    way.crumbs = 700;
    await sleep(8000);
    const slow = run.acks;
    const [spent, batches] = ['heti_journal_append_seconds_sum', 'heti_journal_append_seconds_count'];
    const before = [await sumOf(nodes, spent), await sumOf(nodes, batches)];
    await more(run, 100);
    const [seconds, count] = [(await sumOf(nodes, spent)) - before[0], (await sumOf(nodes, batches)) - before[1]];
    assert.ok(seconds / count > 0.15, `it shows: ${seconds / count} s a batch`);
    way.delay = 0;
    way.crumbs = 0;
    await more(run, 200);
    assert.ok(run.acks > slow);
    assert.equal(await sumOf(nodes, 'heti_nodes_lost_total'), 0);
    assert.equal(await sumOf(nodes, 'heti_node_took_over_total'), owners, 'the owner stays');
    await accounts(t, run);
  } finally {
    await close();
    await way.close();
  }
});

test('Redis drops a node that reads too slowly: it comes again and has missed nothing', { timeout: 90000 }, async (t) => {
  const { nodes, run, close } = await talking('dropped');
  try {
    await nodes.redis.ask('CONFIG SET client-output-buffer-limit "pubsub 65536 32768 1"');
    await more(run, 200);
    const [slow] = await nodes.followers();
    const listeners = async () => [...(await nodes.redis.ask('CLIENT LIST TYPE pubsub')).matchAll(/^(?:\$\d+\r\n)?id=(\d+)/gm)].map(([, id]) => id);
    const before = await listeners();
    assert.equal(before.length, 3);
    slow.process.kill('SIGSTOP');
    await until('it is dropped', async () => (await listeners()).length === 2, 20000);
    await shows({ all: nodes.all.filter((node) => node !== slow) }, 'heti_nodes_lost_total', 0);
    slow.process.kill('SIGCONT');
    await until('it listens again', async () => (await listeners()).length === 3, 20000);
    await more(run, 200);
    await accounts(t, run);
  } finally {
    for (const node of nodes.all) node.process.kill('SIGCONT');
    await close();
  }
});

const redisOnDisk = new RedisServer();
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', redisOnDisk.directory], { encoding: 'utf8' });
const cannot = mounted.status === 0 ? false : `no file system can be mounted here: ${mounted.stderr}`;
test("Redis's disk is full: it ends, nothing is acknowledged, and with more room all go on", { timeout: 90000, skip: cannot }, async (t) => {
  let close = null;
  try {
    await RedisServer.start({}, {}, redisOnDisk);
    const talk = await talking('redis-disk', { redis: redisOnDisk });
    close = talk.close;
    const { run } = talk;
    await redisOnDisk.exited;
    await sleep(300);
    const silent = run.acks;
    await sleep(700);
    assert.equal(run.acks, silent, 'an acknowledgement without Redis');
    await shows(talk.nodes, 'heti_node_cut_off_seconds', 3);
    assert.equal(spawnSync('mount', ['-o', 'remount,size=256m', redisOnDisk.directory]).status, 0);
    await redisOnDisk.launch();
    await more(run, 500);
    await accounts(t, run);
  } finally {
    await close?.().catch(() => {});
    spawnSync('umount', ['-l', redisOnDisk.directory]);
  }
});
