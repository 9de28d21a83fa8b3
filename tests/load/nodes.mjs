// What a message costs where several nodes share a journal in Redis, and what Redis adds to its way: CPU of each
// process per message at a fixed rate, and the time to acknowledgement and delivery, for a node with its own journal, a
// node with Redis, and two and three nodes with all clients on one that follows. All in one run, one after the other.
//   node tests/load/nodes.mjs [--rate 1500] [--pairs 100] [--seconds 8] [--rounds 3]
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Heti, root, sleep } from '../integration/heti.mjs';
import { Nodes } from '../integration/nodes.mjs';

const { values } = parseArgs({ options: {
  rate: { type: 'string', default: '1500' }, pairs: { type: 'string', default: '100' },
  seconds: { type: 'string', default: '8' }, rounds: { type: 'string', default: '3' },
} });
const [rate, pairs, seconds, rounds] = ['rate', 'pairs', 'seconds', 'rounds'].map((name) => Number(values[name]));
const tool = process.env.HETI_LOAD ?? join(root, 'build/tests/tests/load/heti_load');
const secret = 'lumihiutale'; // of the accounts that the tool wants
const ticks = Number(execFileSync('getconf', ['CLK_TCK']));

const config = execFileSync(tool, ['config', '--pairs', String(pairs)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  .replace(/^all passwords.*\n/, '').replace(/\[journal\]\npath.*\nkind.*\n/, '');
const logins = [...config.matchAll(/^\[agent\.(\w+)\]/gm)].map((match) => match[1]);

function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks;
}

// All clients go to `node`; gives what each process took per message, in microseconds, and the times in milliseconds.
async function measure(node, processes) {
  const directory = mkdtempSync(join(tmpdir(), 'heti-load-'));
  const json = join(directory, 'figures.json');
  const load = spawn(tool, ['open', '--pid', String(node.process.pid), '--port', String(node.port), '--pairs', String(pairs),
    '--rate', String(rate), '--seconds', String(seconds), '--warm-up', '3', '--own-core', '-1', '--json', json], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [load.stdout, load.stderr]) stream.on('data', (text) => { said += text; });
  const ended = new Promise((done) => load.once('exit', done));
  // The tool says when it measures; the middle of that time is what counts here.
  while (!/measur/.test(said) && load.exitCode === null) await sleep(20);
  await sleep(1000);
  const before = processes.map(({ pid }) => cpuMs(pid));
  const begun = performance.now();
  await sleep((seconds - 2) * 1000);
  const took = (performance.now() - begun) / 1000;
  const cost = processes.map(({ name, pid }, i) => ({ name, us: ((cpuMs(pid) - before[i]) * 1000) / (rate * took) }));
  const code = await ended;
  if (code !== 0) throw new Error(`heti_load ended with ${code}:\n${said}`);
  const figures = JSON.parse(readFileSync(json, 'utf8'));
  rmSync(directory, { recursive: true });
  return { cost, figures };
}

async function layout(name, count) {
  for (const login of ['aino', 'eero']) if (logins.includes(login)) throw new Error('the names of the accounts clash');
  const prepare = (node) => {
    for (const login of logins) {
      const set = node.run(['set-password', login], secret);
      if (set.status !== 0) throw new Error(set.stderr);
    }
  };
  const staffed = `${config}\n[agent.aino]\nqueues = []\n[agent.eero]\nqueues = []\n`;
  if (count === 0) {
    const heti = await Heti.start({ name: 'load-embedded', config: staffed });
    prepare(heti);
    return { name, at: heti, processes: [{ name: 'node', pid: heti.process.pid }], close: () => heti.close() };
  }
  const nodes = await Nodes.start({ name: 'load-nodes', count, config: staffed });
  prepare(nodes.all[0]);
  await sleep(3000); // until all have the accounts
  const owner = await nodes.owner();
  const followers = await nodes.followers();
  return {
    name, at: followers[0] ?? owner,
    processes: [{ name: 'owner', pid: owner.process.pid }, ...followers.map((node, i) => ({ name: i === 0 ? 'follower with the clients' : 'follower without', pid: node.process.pid })),
      { name: 'redis', pid: nodes.redis.process.pid }],
    close: () => nodes.close(),
  };
}

const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const layouts = [['its own journal', 0], ['one node, Redis', 1], ['two nodes, Redis', 2], ['three nodes, Redis', 3]];
const seen = new Map(layouts.map(([name]) => [name, []]));
for (let round = 1; round <= rounds; round++) {
  for (const [name, count] of layouts) {
    process.stderr.write(`round ${round}: ${name}\n`);
    const here = await layout(name, count);
    try {
      seen.get(name).push(await measure(here.at, here.processes));
    } finally {
      await here.close();
    }
  }
}
for (const [name, all] of seen) {
  const costs = all[0].cost.map((one, i) => `${one.name} ${median(all.map(({ cost }) => cost[i].us)).toFixed(0)} µs`);
  const time = (what) => `${(median(all.map(({ figures }) => figures[what])) / 1000).toFixed(2)} ms`;
  console.log(`${name}: ${costs.join(', ')}; acknowledged p50 ${time('ack_p50_us')} p99 ${time('ack_p99_us')}, delivered p50 ${time('delivery_p50_us')} p99 ${time('delivery_p99_us')}`);
}
