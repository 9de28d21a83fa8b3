// heti demo plays two hours of a Monday morning through the front door; what it knows from its own sockets is what the
// server counted.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { demo, totals } from './demo_player.mjs';
import { Heti, binary, password, root, until } from './heti.mjs';

const speed = 240;
const config = readFileSync(join(root, 'deploy/demo-week.toml'), 'utf8');

async function start(name, startAt) {
  const heti = await Heti.start({ name, config, args: ['--clock-speed', String(speed), '--start-at', startAt] });
  const set = heti.run(['set-password', 'helmi'], password);
  assert.equal(set.status, 0, set.stderr);
  return heti;
}

async function compare(heti, all) {
  const metrics = await heti.metrics();
  assert.equal(metrics.sum('heti_contacts_total'), all.contacts);
  assert.equal(metrics.sum('heti_messages_total', { author: 'visitor' }), all.visitor_messages);
  assert.equal(metrics.sum('heti_messages_total', { author: 'agent' }), all.agent_messages);
  assert.equal(metrics.sum('heti_protocol_errors_total') ?? 0, 0);
  assert.equal(metrics.sum('heti_connections') ?? 0, 0, 'nothing is left open');
  return metrics;
}

test('two hours of a Monday: the counters of both sides are equal', async () => {
  const heti = await start('demo', '2026-11-23T07:50');
  try {
    const played = demo(heti, speed, '--hours', '2', '--seed', '7', '--chats-per-day', '600');
    assert.equal(await played.ended, 0, played.err + played.out);
    const all = totals(played.out);
    assert.equal(all.faults, 0, played.err);
    assert.ok(all.contacts > 80, `${all.contacts} contacts`);
    assert.ok(all.answered > 60, `${all.answered} answered`);
    assert.ok(all.agent_messages > all.answered, `${all.agent_messages} answers`);
    assert.ok(all.ratings > 5, `${all.ratings} ratings`);
    assert.equal(all.contacts, all.answered + all.abandoned + all.ended_by_desk, 'each contact ended once');
    assert.match(played.out, /^2026-11-23 09:00 {2}arrivals \d+ {2}answered \d+ {2}abandoned \d+ {2}waiting \d+$/m);
    await until('all sockets closed', async () => (await heti.metrics()).sum('heti_connections') === 0);
    const metrics = await compare(heti, all);
    assert.ok(metrics.sum('heti_offers_total', { result: 'accepted' }) >= all.answered);
    assert.equal((await heti.terminate()).code, 0);
  } finally {
    await heti.close();
  }
});

test('SIGINT ends it with totals and leaves nothing open', async () => {
  const heti = await start('demo-interrupted', '2026-11-23T07:58');
  try {
    const played = demo(heti, speed, '--day', '--chats-per-day', '2000');
    await until('some contacts', async () => (await heti.metrics()).sum('heti_contacts_total') > 20, 20000);
    played.child.kill('SIGINT');
    assert.equal(await played.ended, 0, played.err + played.out);
    await until('all sockets closed', async () => (await heti.metrics()).sum('heti_connections') === 0);
    await compare(heti, totals(played.out));
  } finally {
    await heti.close();
  }
});

test('another speed than the server\'s is refused, and so are wrong passwords and nobody there', async () => {
  const heti = await start('demo-refused', '2026-11-23T08:30');
  try {
    const wrong = spawnSync(binary, ['demo', '--url', heti.url, '--speed', '60'], { env: heti.env, encoding: 'utf8', timeout: 20000 });
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /runs at speed 240, the demonstration at 60; give --speed 240/);
    assert.equal(wrong.stdout, '');
    const stranger = demo(heti, speed, '--hours', '1', '--password', 'wrong');
    assert.equal(await stranger.ended, 1);
    assert.match(stranger.err, /helmi: login: status 401; set the password with heti set-password/);
    assert.equal((await heti.terminate()).code, 0);
    const nobody = spawnSync(binary, ['demo', '--url', heti.url, '--speed', '240'], { env: heti.env, encoding: 'utf8', timeout: 20000 });
    assert.equal(nobody.status, 1);
    assert.match(nobody.stderr, /start heti run with the same --config first/);
  } finally {
    await heti.close();
  }
});
