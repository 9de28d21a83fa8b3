// The clock of demonstrations: promises and opening hours run by it, and times that are not real stay by themselves.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { agent, visitor } from './client.mjs';
import { Heti, binary, demoConfig, sleep, until } from './heti.mjs';

// Open from 8:00 to 8:20 on Mondays; an answer within 60 s is promised.
const mondays = demoConfig.replace('hours.mon-sun = ["00:00-24:00"]', 'hours.mon = ["08:00-08:20"]');
const bad = (metrics) => metrics.sum('heti_sla_verdicts_total', { queue: 'support', sla: 'first_response', verdict: 'bad' });
const isOpen = async (heti) => (await heti.metrics()).sum('heti_queue_open', { queue: 'support' });

// A run that is expected to be refused.
function refused(heti, args) {
  const ended = spawnSync(binary, ['run', ...args], { env: heti.env, encoding: 'utf8', timeout: 10000 });
  assert.equal(ended.status, 1, `heti run ${args.join(' ')} was not refused: ${ended.stderr}`);
  return ended.stderr;
}

test('at speed 60 a promise of 60 s is broken after a second, and the hours open and close', async () => {
  const heti = await Heti.start({
    name: 'clock-speed', config: mondays, args: ['--clock-speed', '60', '--start-at', '2026-11-23T07:58'],
  });
  try {
    assert.equal(await isOpen(heti), 0, 'two minutes before the opening');
    await until('the opening', async () => (await isOpen(heti)) === 1, 8000);
    const who = await visitor(heti);
    assert.equal(who.welcome.clock_speed, 60);
    assert.match(who.welcome.server_time, /^2026-11-23T0[67]:/, 'eight in Helsinki');
    const aino = await agent(heti);
    assert.equal(aino.welcome.clock_speed, 60);

    const opened = await who.ask({ t: 'start' });
    who.send({ t: 'post', conversation: opened.conversation.id, stream: 'a1b2c3d4e5f6', n: 1, text: 'Hello?' });
    await who.wait('the ack', (f) => f.t === 'acked');
    const posted = Date.now();
    assert.equal(bad(await heti.metrics()), 0);
    await sleep(700);
    const early = bad(await heti.metrics());
    // On a busy machine the look itself may come too late to say anything.
    if (Date.now() - posted < 950) assert.equal(early, 0, 'broken before 60 s of journal time have passed');
    await until('the broken promise', async () => bad(await heti.metrics()) === 1, 5000);
    const took = Date.now() - posted;
    assert.ok(took >= 950 && took < 5000, `broken after ${took} ms of real time`);

    await until('closing time', async () => (await isOpen(heti)) === 0, 30000);
    const open = (await heti.metrics()).sum('heti_queue_open_seconds_total', { queue: 'support' });
    assert.equal(open, 1200, 'all of the twenty minutes, to the millisecond');
    assert.equal((await heti.metrics()).sum('heti_clock_steps_total'), 0);

    // It goes on from where it was, at another speed too; and it ends cleanly.
    const before = Date.parse((await visitor(heti)).welcome.server_time);
    await heti.kill();
    heti.args = ['--clock-speed', '2'];
    await heti.launch();
    const after = await visitor(heti);
    const moved = Date.parse(after.welcome.server_time) - before;
    assert.ok(moved > -1000 * 60 * 4 && moved < 1000 * 60 * 4, `journal time moved by ${moved} ms over a restart`);
    assert.equal(after.welcome.clock_speed, 2);
    const ended = await heti.terminate();
    assert.equal(ended.code, 0);
    const replay = heti.run(['replay']);
    assert.equal(replay.status, 0, replay.stderr);

    // Times that are not real stay by themselves.
    const data = heti.env.HETI_JOURNAL_PATH;
    assert.ok(existsSync(join(data, 'demo-clock')));
    const ordinary = refused(heti, []);
    assert.ok(ordinary.includes(data) && ordinary.includes('--clock-speed'), ordinary);
    const applied = heti.run(['apply']);
    assert.equal(applied.status, 1);
    assert.ok(applied.stderr.includes(data), applied.stderr);
    const back = refused(heti, ['--clock-speed', '60', '--start-at', '2026-11-23T07:00']);
    assert.ok(back.includes(data) && back.includes('--start-at'), back);
  } finally {
    await heti.close();
  }
});

test('a journal of real time is refused, and so is nonsense', async () => {
  const heti = await Heti.start({ name: 'clock-speed-real' });
  try {
    const who = await visitor(heti);
    assert.equal('clock_speed' in who.welcome, false, 'only a demonstration tells it');
    assert.equal((await heti.terminate()).code, 0);
    const data = heti.env.HETI_JOURNAL_PATH;
    const said = refused(heti, ['--clock-speed', '60']);
    assert.ok(said.includes(data) && said.includes('HETI_JOURNAL_PATH'), said);
    assert.equal(existsSync(join(data, 'demo-clock')), false);
    assert.ok(refused(heti, ['--start-at', '2026-11-23T07:30']).includes('--clock-speed'));
    for (const speed of ['0', '3601', '-1', '1.5', 'fast']) {
      assert.equal(heti.run(['run', '--clock-speed', speed]).status, 2, speed);
    }
    const other = join(heti.directory, 'other');
    mkdirSync(other);
    const env = { ...heti.env, HETI_JOURNAL_PATH: other };
    const odd = spawnSync(binary, ['run', '--clock-speed', '60', '--start-at', 'monday'], { env, encoding: 'utf8', timeout: 10000 });
    assert.equal(odd.status, 1);
    assert.match(odd.stderr, /2026-11-23T07:30/);

    // An ordinary start is possible all the same.
    await heti.launch();
  } finally {
    await heti.close();
  }
});
