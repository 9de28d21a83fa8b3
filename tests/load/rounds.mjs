// What compare and growth have in common: the command line, runs of heti_load, medians and tables.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');

// Options with a value, whose defaults are in `defaults`, and --quick, which replaces some of them.
export function readOptions(help, names, defaults, quick) {
  const built = { build: join(root, 'build/tests/tests/load'), heti: join(root, 'build/tests/service/heti') };
  const options = { ...built, ...defaults };
  for (let i = 2; i < process.argv.length; i += 1) {
    const name = process.argv[i].replace(/^--/, '');
    if (name === 'help') { console.log(help); process.exit(0); }
    if (name === 'quick') { Object.assign(options, { quick: true }, quick); continue; }
    if (![...names, 'build', 'heti', 'json'].includes(name) || i + 1 === process.argv.length) {
      console.error(help);
      process.exit(2);
    }
    options[name] = process.argv[(i += 1)];
  }
  const others = options.peers !== undefined && !options.peers.includes('heti');
  for (const program of [join(options.build, 'heti_load'), options.heti]) {
    if (existsSync(program) || (program === options.heti && others)) continue;
    console.error(`${program} is not there: build it with tests/run unit, or say with --build and --heti where it is.`);
    process.exit(2);
  }
  return options;
}

const scratch = mkdtempSync(join(tmpdir(), 'heti-rounds-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
let child;
for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15], ['SIGHUP', 1]]) {
  // heti_load stops its server and takes its directory away before it ends.
  process.on(signal, () => {
    const end = () => process.exit(128 + number);
    if (!child) end();
    child.once('exit', end);
    child.kill(signal);
  });
}

export const scratchFile = (name) => join(scratch, name);

// One run; its progress goes to standard error, and to `listen`. {code, figures}; code is not 0 if something was lost,
// doubled, out of order, or could not be run.
export async function runTool(options, args, listen) {
  const file = scratchFile('figures.json');
  rmSync(file, { force: true });
  child = spawn(join(options.build, 'heti_load'), [...args, '--json', file].map(String), { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.on('data', (bytes) => { process.stderr.write(bytes); listen?.(String(bytes)); });
  const code = await new Promise((done) => { child.once('exit', done); });
  child = undefined;
  const figures = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  if (code !== 0) process.stderr.write(`ended with ${code}: ${figures.first_violations?.[0] ?? 'see above'}\n`);
  return { code, figures };
}

export function median(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  return sorted.length === 0 ? undefined : sorted[Math.floor((sorted.length - 1) / 2)];
}

export const digits = (value) =>
  (!Number.isFinite(value) ? '–' : value >= 1000 ? value.toFixed(0) : value >= 20 ? value.toFixed(1) : value.toFixed(2));

// The first column to the left, the others to the right.
export function table(head, lines) {
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => line[i].length)));
  return [head, ...lines].map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')).join('\n');
}
