// Kills in a row under traffic: what was acknowledged is there exactly once and in order, for everybody, and everybody
// goes on by itself. One kill in four falls between append and acknowledgement. Fails itself if the traffic was too thin
// to prove anything. KILLS and KILL_ACKS choose the dose.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { binary, plantedBinary } from './heti.mjs';
import { check, sentences } from './history/checker.mjs';
import { KillRun } from './history/kill_run.mjs';

const kills = Number(process.env.KILLS ?? 20);
const acksMin = Number(process.env.KILL_ACKS ?? 1000 * kills);

test(`${kills} kills under traffic lose, double and reorder nothing`, { timeout: 900000 }, async (t) => {
  const run = new KillRun({ name: 'kill' });
  try {
    const started = Date.now();
    await run.open();
    await run.kill(kills, Math.ceil(acksMin / kills));
    const talked = await run.settle().then((events) => ({ events, seconds: (Date.now() - started) / 1000 }));
    const verdict = check(talked.events);
    const { figures } = run;
    t.diagnostic(`${talked.seconds.toFixed(0)} s, ${JSON.stringify(figures)}`);
    t.diagnostic(`acknowledgements ${run.acks}, found durable unacknowledged ${run.foundDurable}, history pages ${run.sum('pages')}, ${JSON.stringify(verdict.figures)}`);
    assert.deepEqual(run.everybody.flatMap((one) => one.refusals), [], 'nothing was refused');
    assert.deepEqual(sentences(verdict), []);

    assert.ok(run.acks >= acksMin, `only ${run.acks} acknowledgements`);
    const failpoints = Math.floor(kills / 4);
    assert.equal(figures.failpoints, failpoints, 'kills by the failpoint');
    assert.ok(figures.betweenAppendAndAck >= failpoints * 0.9, `only ${figures.betweenAppendAndAck} of ${failpoints} fell between append and acknowledgement`);
    assert.ok(figures.inFlight >= (kills - failpoints) * 0.75, `only ${figures.inFlight} of ${kills - failpoints} kills met a message in flight`);
    assert.ok(figures.cut >= 40 * (kills - failpoints), `the kills met only ${figures.cut} messages in flight`);
    assert.ok(figures.thinnest >= (acksMin / kills) * 0.5, `a kill after only ${figures.thinnest} acknowledgements`);
    // Each kill tries one of the two, and a chat that nobody owns at that moment cannot be handed over: a few kills may
    // meet only one of them.
    assert.ok(kills < 20 ? figures.closed + figures.handedOver > 0 : figures.closed > 0 && figures.handedOver > 0, 'chats were closed and handed over');

    assert.deepEqual(await run.heti.terminate(), { code: 0, signal: null });
    const replay = run.heti.run(['replay']);
    assert.equal(replay.status, 0, replay.stdout + replay.stderr);
    await run.heti.launch();
  } finally {
    await run.close();
  }
});

test('heti has no failpoint and no planted bug in it, heti_planted has both', () => {
  for (const word of ['HETI_FAILPOINT', 'HETI_PLANT', 'ack_before_durable', 'no_dedupe']) {
    assert.ok(readFileSync(plantedBinary).includes(word), `heti_planted lacks ${word}`);
    assert.ok(!readFileSync(binary).includes(word), `heti has ${word}`);
  }
});
