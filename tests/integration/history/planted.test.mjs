// The kill test's own body against a service with a bug in it: what the kills are for must be found. The deaths are
// placed where the bug shows, so that a few are enough.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { check, sentences } from './checker.mjs';
import { KillRun } from './kill_run.mjs';

const deathsMax = 3;

// What the checker finds after one death of a service with (or without) this bug.
async function verdictAfterDeath(name, plant, moment, commit) {
  const run = new KillRun({ name, visitors: 3, plant });
  try {
    await run.open();
    assert.ok(await run.dieOnce(moment, commit), 'it died of its failpoint');
    return { ...check(await run.settle()), foundDurable: run.foundDurable };
  } finally {
    await run.close();
  }
}

async function finds(t, plant, moment, rule) {
  for (let deaths = 1; deaths <= deathsMax; deaths++) {
    const verdict = await verdictAfterDeath(plant, plant, moment, 20 + 15 * deaths);
    const found = verdict.faults.filter((fault) => fault.rule === rule);
    if (found.length === 0) continue;
    t.diagnostic(`after ${deaths} deaths: ${found.length} faults of the rule "${rule}", the first: ${sentences({ faults: found }, 1)}`);
    return;
  }
  assert.fail(`${deathsMax} deaths, and ${plant} was not found by the rule "${rule}"`);
}

test('a service that acknowledges before it is durable is found to lose', { timeout: 120000 }, (t) =>
  finds(t, 'ack_before_durable', 'before_commit', 'lost'));

test('a service that does not know a repeated post again is found to double', { timeout: 120000 }, (t) =>
  finds(t, 'no_dedupe', 'after_commit', 'doubled'));

test('the same deaths of a sound service are found sound', { timeout: 120000 }, async () => {
  assert.deepEqual(sentences(await verdictAfterDeath('sound-before', null, 'before_commit', 35)), []);
  const after = await verdictAfterDeath('sound-after', null, 'after_commit', 35);
  assert.deepEqual(sentences(after), []);
  assert.ok(after.foundDurable > 0, 'the death fell between append and acknowledgement');
});
