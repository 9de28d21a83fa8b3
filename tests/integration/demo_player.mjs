// `heti demo` beside a test: what it prints, and the totals of its last line.
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { binary } from './heti.mjs';

// {child, out, err, ended}: `ended` is a promise of the exit code.
export function demo(heti, speed, ...args) {
  const child = spawn(binary, ['demo', '--url', heti.url, '--speed', String(speed), ...args], { env: heti.env });
  const played = { child, out: '', err: '' };
  child.stdout.on('data', (text) => { played.out += text; });
  child.stderr.on('data', (text) => { played.err += text; });
  played.ended = new Promise((done) => child.once('exit', (code) => done(code)));
  return played;
}

// {contacts, answered, ...}
export function totals(out) {
  const line = out.split('\n').find((one) => one.startsWith('total'));
  assert.ok(line, `no totals in: ${out}`);
  return Object.fromEntries([...line.matchAll(/(\w+) (\d+)/g)].map(([, name, value]) => [name, Number(value)]));
}
