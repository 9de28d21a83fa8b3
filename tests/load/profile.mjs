// Runs heti_load closed against Heti, samples the server with perf meanwhile, and says which layer each microsecond of
// a message goes to. The whole is what the scheduler says that a message cost in the same run, so the rows add up to it.
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { layerOf, samplesOf } from './layers.mjs';
import { digits, readOptions, runTool, scratchFile, table } from './rounds.mjs';

const help = `usage: tests/load/profile [--pairs 500] [--window 1] [--seconds 20] [--functions 20] [--build DIR] [--heti PROGRAM] [--json FILE]

  One message at a time by default; --pairs 1000 --window 8 is the pipelined case. Needs perf (Debian: linux-perf) and
  the right to sample (root, or kernel.perf_event_paranoid at most 1 and kernel.kptr_restrict 0).`;

const options = readOptions(help, ['pairs', 'window', 'seconds', 'functions'], { pairs: 500, window: 1, seconds: 20, functions: 20 }, {});
const recording = scratchFile('perf.data');
let perf;
let server;
const { code, figures } = await runTool(options, ['closed', '--pairs', options.pairs, '--window', options.window,
  '--seconds', options.seconds, '--peer', 'heti', '--server', options.heti], (text) => {
  server ??= /the server is process (\d+)/.exec(text)?.[1];
  if (perf !== undefined || !text.includes('measuring')) return;
  // The first such line comes after a second of measuring; perf ends before it does.
  perf = spawn('perf', ['record', '-F', '1997', '-g', '-p', server, '-o', recording, '--', 'sleep', String(Math.max(1, options.seconds - 3))],
    { stdio: ['ignore', 'ignore', 'inherit'] });
  perf.ended = new Promise((done) => { perf.once('exit', done); perf.once('error', () => done(-1)); });
});
if (code !== 0) process.exit(1);
if (perf === undefined || (await perf.ended) !== 0) {
  console.error('perf could not sample the server: is linux-perf installed, and may this user sample?');
  process.exit(1);
}

const text = execFileSync('perf', ['script', '-i', recording, '-F', 'comm,tid,ip,sym,dso'],
  { maxBuffer: 2 ** 31 - 1, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const layers = new Map(); // name -> Map of thread -> samples
const functions = new Map();
const threads = new Map();
let all = 0;
const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
for (const { thread, frames } of samplesOf(text)) {
  all += 1;
  const layer = layerOf(frames);
  if (!layers.has(layer)) layers.set(layer, new Map());
  count(layers.get(layer), thread);
  count(threads, thread);
  if (!layer.startsWith('kernel')) count(functions, `${frames[0]?.symbol ?? '?'} (${(frames[0]?.object ?? '?').split('/').pop()})`);
}
if (all < 100) {
  console.error(`only ${all} samples: that says nothing. Take more --seconds.`);
  process.exit(1);
}

const whole = figures.cpu_us_per_message;
const of = (samples) => (samples / all) * whole;
const sum = (map) => [...map.values()].reduce((a, b) => a + b, 0);
const byWeight = [...layers].sort(([, a], [, b]) => sum(b) - sum(a));
const names = [...threads].sort(([, a], [, b]) => b - a).map(([name]) => name);
const row = (name, samples, total) => [name, digits(of(total)), `${((100 * total) / all).toFixed(1)} %`, ...names.map((thread) => digits(of(samples.get(thread) ?? 0)))];
console.log(`\nOne message costs the server ${digits(whole)} µs (${options.pairs} pairs, window ${options.window}, ${all} samples)\n`);
console.log(table(['layer', 'µs', 'share', ...names.map((name) => `of ${name}`)],
  [...byWeight.map(([name, samples]) => row(name, samples, sum(samples))), row('the whole', threads, all)]));
const slowest = [...functions].sort(([, a], [, b]) => b - a).slice(0, Number(options.functions));
console.log(`\nThe slowest functions outside of the kernel, each without what it calls:\n${
  table(['function', 'µs'], slowest.map(([name, samples]) => [name.length > 120 ? `${name.slice(0, 117)}...` : name, digits(of(samples))]))}`);
if (options.json) {
  const list = byWeight.map(([name, samples]) => ({ name, us: of(sum(samples)), by_thread_us: Object.fromEntries([...samples].map(([thread, n]) => [thread, of(n)])) }));
  writeFileSync(options.json, `${JSON.stringify({ whole_us: whole, samples: all, layers: list, functions: slowest.map(([name, n]) => ({ name, us: of(n) })), figures }, null, 1)}\n`);
}
