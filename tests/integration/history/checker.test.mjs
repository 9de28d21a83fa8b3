// The history checker itself: sound histories pass, and each lie is found by its rule. A rule that could be left out
// without any lie passing would be a rule that nothing tests, so each is left out once.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { check, rules, sentences } from './checker.mjs';
import { forgeries } from './forged.mjs';
import { dice, soundHistory } from './invented.mjs';
import { Recorder } from './recorder.mjs';

const seeds = Number(process.env.HISTORY_SEEDS ?? 4000);

// The first history, from one seed on, that has a place for this lie.
function forged(forgery, seed) {
  for (; ; seed++) {
    const events = soundHistory(seed);
    const made = forgery.make(events, dice(seed));
    if (made) return { events, made, seed };
  }
}

test('a history of nothing proves nothing', () => {
  assert.deepEqual(check([]).faults.map((fault) => fault.rule), ['empty']);
});

test('a recorder keeps the order in which things happened', () => {
  const recorder = new Recorder();
  recorder.note('joined', 'a', 'c', { role: 'visitor', stream: 's' });
  recorder.note('sent', 'a', 'c', { n: 1, text: 'x' });
  assert.deepEqual(recorder.events.map((e) => [e.what, e.who, e.conversation]), [['joined', 'a', 'c'], ['sent', 'a', 'c']]);
  assert.ok(recorder.events[0].at <= recorder.events[1].at);
});

for (const forgery of forgeries) {
  test(`found by "${forgery.rule}": ${forgery.lie}`, () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { events, made } = forged(forgery, seed * 1000);
      assert.deepEqual(sentences(check(events)), [], 'the history before the lie is sound');
      const found = check(made).faults.map((fault) => fault.rule);
      assert.ok(found.includes(forgery.rule), `seed ${seed * 1000}: found ${found}`);
    }
  });
}

test('every rule is needed: without it a lie would pass', () => {
  for (const rule of Object.keys(rules)) {
    const lies = forgeries.filter((forgery) => forgery.rule === rule && forgery.alone);
    assert.ok(lies.length > 0, `no forged history for ${rule}`);
    const passes = lies.some((forgery) => {
      for (let seed = 0; seed < 200; seed++) {
        const { made, seed: used } = forged(forgery, seed);
        if (check(made, { without: rule }).sound) return true;
        seed = used;
      }
      return false;
    });
    assert.ok(passes, `nothing is found by ${rule} alone`);
  }
});

test('a history that breaks off does not pass', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const events = soundHistory(seed);
    assert.ok(!check(events.slice(0, Math.floor(events.length * 0.9))).sound, `seed ${seed}`);
  }
});

test(`${seeds} invented histories pass, and each with one lie in it is rejected`, (t) => {
  const told = new Map();
  for (let seed = 1; seed <= seeds; seed++) {
    const random = dice(seed ^ 0x5eed);
    const events = soundHistory(seed, 20 + random.below(200));
    assert.deepEqual(sentences(check(events)), [], `seed ${seed}`);
    let made = null;
    let forgery;
    while (!made) {
      forgery = random.one(forgeries);
      made = forgery.make(events, random);
    }
    assert.ok(check(made).faults.some((fault) => fault.rule === forgery.rule), `seed ${seed}: passes with "${forgery.lie}"`);
    told.set(forgery.lie, (told.get(forgery.lie) ?? 0) + 1);
  }
  t.diagnostic(`lies ${told.size}, the rarest ${Math.min(...told.values())} times`);
  assert.equal(told.size, forgeries.length);
});
