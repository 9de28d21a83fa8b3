// Every case of this folder against the real program: RFC 6455 and RFC 9112 over bare sockets, many side by side. What
// each case expected and what came stands in conformance.txt of the tests' output.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Heti, demoConfig, output } from '../heti.mjs';
import { closes, pings } from './control_cases.mjs';
import { fragments } from './fragment_cases.mjs';
import { framing, lengthsAndMasks, reserved } from './framing_cases.mjs';
import { handshakes } from './handshake_cases.mjs';
import { requestLines, rows, sizes as httpSizes, slowness, smuggling } from './http_cases.mjs';
import { runHandshake, runHttp } from './http.mjs';
import { defaults, sizes, times } from './limit_cases.mjs';
import { Raw, frame, op, responses } from './raw.mjs';
import { runCase } from './session.mjs';
import { utf8 } from './utf8_cases.mjs';

// Where a default limit is not what is tried it is out of the way; `plain` keeps the defaults.
const plainConfig = demoConfig.replace(/\[limits\][^[]*/, '');
let wide;
let plain;
const lines = [];
const counts = { passed: 0, failed: 0 };
before(async () => {
  assert.ok(demoConfig.includes('frames_per_second = 5000') && !plainConfig.includes('frames_per_second'));
  [wide, plain] = await Promise.all([
    Heti.start({ name: 'conformance' }), Heti.start({ name: 'conformance-defaults', config: plainConfig })]);
});
after(async () => { await Promise.all([wide?.close(), plain?.close()]); });

// At most `atOnce` cases run at a time; all are tried, also behind a failure.
async function runAll(name, cases, run, atOnce = 32, counted = true) {
  const waiting = [...cases];
  const failures = [];
  const names = new Set(cases.map((one) => one.name));
  assert.equal(names.size, cases.length, `${name}: two cases have the same name`);
  await Promise.all(Array.from({ length: Math.min(atOnce, cases.length) }, async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const { ok, expected, came, ms } = await run(one).catch((error) => ({ ok: false, expected: 'an answer', came: `${error}`, ms: 0 }));
      const line = `${ok ? 'ok  ' : 'FAIL'} ${name}: ${one.name} | expected: ${expected} | came: ${came} | ${ms} ms`;
      if (counted) counts[ok ? 'passed' : 'failed'] += 1;
      lines.push(line);
      if (!ok) failures.push(line);
    }
  }));
  assert.equal(failures.length, 0, `${failures.length} of ${cases.length} failed:\n${failures.join('\n')}`);
}

const groups = [
  ['handshake', handshakes, () => wide, runHandshake],
  ['framing', framing, () => wide, runCase],
  ['ping and pong', pings, () => wide, runCase],
  ['reserved bits and opcodes', reserved, () => wide, runCase],
  ['masks and spelled lengths', lengthsAndMasks, () => wide, runCase],
  ['fragmentation', fragments, () => wide, runCase],
  ['UTF-8', utf8, () => wide, runCase],
  ['close', closes, () => wide, runCase],
  ['sizes', sizes, () => wide, runCase],
  ['HTTP smuggling', smuggling, () => wide, runHttp],
  ['HTTP request lines', requestLines, () => wide, runHttp],
  ['HTTP sizes', httpSizes, () => wide, runHttp],
  ['HTTP requests in a row', rows, () => wide, runHttp],
];
// These mostly wait: all their cases run at once, and beside the groups above.
const patient = [
  ['times', times, () => wide, runCase],
  ['HTTP slowness', slowness, () => wide, runHttp],
  ['default limits', defaults, () => plain, runCase],
];

test('conformance', { concurrency: true }, async (t) => {
  const wait = Promise.all(patient.map(([name, cases, heti, run]) =>
    t.test(name, () => runAll(name, cases, (one) => run(heti().port, one), cases.length))));
  const work = (async () => {
    for (const [name, cases, heti, run] of groups) {
      await t.test(name, () => runAll(name, cases, (one) => run(heti().port, one)));
    }
  })();
  await Promise.all([wait, work]);
});

test('a length that is only announced costs no memory', async () => {
  const resident = async () => (await wide.metrics()).sum('process_resident_memory_bytes');
  const announced = Array.from({ length: 200 }, (_, i) => ({
    name: `${i}`, send: frame(op.text, '', { length: 100 * 1024 * 1024 }), expect: { answers: ['error:too_big'], close: 1009 } }));
  const first = await resident();
  assert.ok(first > 1e6);
  await runAll('100 MiB announced', announced, (one) => runCase(wide.port, one), 200, false);
  const grown = ((await resident()) - first) / 1048576;
  console.log(`200 times 100 MiB announced: ${grown.toFixed(1)} MiB more`);
  assert.ok(grown < 32, `${grown} MiB`);
});

test('one default: 256 sockets from one address', async () => {
  const opened = await Promise.all(Array.from({ length: 270 }, async () => {
    const raw = await Raw.connect(plain.port);
    await raw.send(Buffer.from('GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n'));
    await raw.until(() => responses(raw.bytes).all.length > 0);
    return { raw, status: responses(raw.bytes).all[0]?.status };
  }));
  const refused = opened.filter(({ status }) => status !== 404).length;
  for (const { raw } of opened) raw.end();
  assert.equal(refused, 14);
});

test('both servers live, and the cases are as many as is said', async () => {
  for (const heti of [wide, plain]) assert.equal((await fetch(`${heti.metricsUrl}/readyz`)).status, 200);
  writeFileSync(join(output, 'conformance.txt'), `${lines.join('\n')}\n`);
  console.log(`conformance: ${counts.passed + counts.failed} cases, ${counts.failed} failures`);
  assert.ok(counts.passed + counts.failed >= 250);
  assert.equal(counts.failed, 0);
});
