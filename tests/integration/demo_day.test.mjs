// A day of 2,000 chats over real sockets, counted twice: by the service as it happened, and by the naive model of the
// simulation from what the people of the day sent and were sent. Counts are equal to the unit, times to the millisecond.
// Everything is judged by the server's stamps, so a slow machine makes another day, not a wrong one.
//   DEMO_DAY_HOURS (12): how long the queue is open; DEMO_DAY_CHATS (2000); DEMO_DAY_SPEED (600); DEMO_DAY_SEED (7)
//   DEMO_DAY_PROGRAM: the program that counts again; DEMO_DAY_KEEP: a directory for its three files, which are kept with
//   the output of the tests anyway if the two do not agree
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { demo, totals } from './demo_player.mjs';
import { Heti, binary, output, password, root, until } from './heti.mjs';

const hours = Number(process.env.DEMO_DAY_HOURS ?? 12);
const chats = Number(process.env.DEMO_DAY_CHATS ?? 2000);
const speed = Number(process.env.DEMO_DAY_SPEED ?? 600);
const seed = Number(process.env.DEMO_DAY_SEED ?? 7);
const counter = process.env.DEMO_DAY_PROGRAM ?? join(dirname(binary), '../tests/demo_day/demo_day');

// An offer rings for five minutes, which are half a second here: on a busy machine none runs out unseen.
const config = readFileSync(join(root, 'deploy/demo-week.toml'), 'utf8')
  .replace('hours.mon-fri = ["08:00-20:00"]', `hours.mon-fri = ["08:00-${String(8 + hours).padStart(2, '0')}:00"]\noffer_timeout = "5m"`);

function countAgain(...files) {
  const counted = spawnSync(counter, files, { encoding: 'utf8', maxBuffer: 1 << 26, timeout: 300_000 });
  assert.equal(counted.error, undefined, String(counted.error));
  return { status: counted.status, text: counted.stdout + counted.stderr };
}

const play = (heti, record) => demo(heti, speed, '--seed', String(seed), '--hours', String(hours + 2), '--day',
  '--chats-per-day', String(chats), '--record', record);

test('a day of chats: what the service counted is what the naive model finds in the records of its clients', async () => {
  assert.ok(config.includes('offer_timeout'), 'the hours of demo-week.toml are no longer those that this test replaces');
  const heti = await Heti.start({ name: 'demo-day', config, args: ['--clock-speed', String(speed), '--start-at', '2026-11-23T07:00'] });
  try {
    const set = heti.run(['set-password', 'helmi'], password);
    assert.equal(set.status, 0, set.stderr);
    const record = join(heti.directory, 'record.jsonl');
    const exported = join(heti.directory, 'metrics.txt');
    const played = play(heti, record);
    assert.equal(await played.ended, 0, played.err + played.out);
    const all = totals(played.out);
    await until('the desk is empty', async () => {
      const metrics = await heti.metrics();
      return metrics.sum('heti_connections') === 0 && metrics.sum('heti_slots', { state: 'busy' }) === 0 &&
        metrics.sum('heti_queue_open', { queue: 'support' }) === 0 && metrics.sum('heti_queue_waiting', { queue: 'support' }) === 0;
    }, 60_000);
    const text = await (await fetch(`${heti.metricsUrl}/metrics`)).text();
    writeFileSync(exported, text);
    const counted = countAgain(heti.config, record, exported);
    console.log(counted.text);
    const keep = process.env.DEMO_DAY_KEEP ?? (counted.status === 0 ? null : join(output, 'demo-day'));
    if (keep) {
      mkdirSync(keep, { recursive: true });
      for (const name of ['record.jsonl', 'metrics.txt', 'heti.toml']) copyFileSync(join(heti.directory, name), join(keep, name));
    }
    assert.equal(counted.status, 0, counted.text);
    assert.ok(all.contacts > chats * 0.95, `${all.contacts} contacts`);

    // What the demonstration says of itself is the same, too.
    const metrics = await heti.metrics();
    const ended = (outcome) => metrics.sum('heti_contacts_ended_total', { queue: 'support', outcome }) ?? 0;
    assert.equal(all.contacts, metrics.sum('heti_contacts_total', { queue: 'support' }));
    assert.equal(all.answered, ended('answered'));
    assert.equal(all.abandoned, ended('abandoned_short') + ended('abandoned_within') + ended('abandoned_after'));

    // The comparison can fail: a line less in the record, a verdict more, five milliseconds more.
    const lines = readFileSync(record, 'utf8').split('\n');
    const answer = lines.findIndex((one) => one.includes('"t":"ok"') && one.includes('"who":"helmi"'));
    const shorter = join(heti.directory, 'shorter.jsonl');
    writeFileSync(shorter, lines.filter((one, i) => i !== answer).join('\n'));
    assert.notEqual(countAgain(heti.config, shorter, exported).status, 0, 'a dropped answer is noticed');
    const forge = (pattern, more) => {
      const forged = join(heti.directory, 'forged.txt');
      const line = text.split('\n').find((one) => pattern.test(one));
      assert.ok(line, String(pattern));
      const [series, value] = [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))];
      writeFileSync(forged, text.replace(line, `${series} ${value + more}`));
      return countAgain(heti.config, record, forged);
    };
    const twice = forge(/^heti_sla_verdicts_total\{.*queue="support".*sla="first_response".*verdict="good"/, 1);
    assert.equal(twice.status, 1, 'a verdict that is counted twice is noticed');
    assert.match(twice.text, /^1 figures differ, 0 rules broken$/m);
    const longer = forge(/^heti_queue_saturated_seconds_total\{.*queue="support"/, 0.005);
    assert.equal(longer.status, 1, 'five milliseconds are noticed');
    assert.match(longer.text, /^1 figures differ, 0 rules broken$/m);
    assert.equal((await heti.terminate()).code, 0);
  } finally {
    await heti.close();
  }
});
