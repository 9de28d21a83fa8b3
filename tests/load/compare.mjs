// Runs heti_load against Heti, the raw relay and the baselines in turn, round after round, and prints medians and their
// ratios to raw. A ratio is taken within its round and the median of the ratios is shown: the machine differs more from
// minute to minute than the peers do from each other.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from './goals.mjs';
import { digits, here, median, readOptions, runTool, table } from './rounds.mjs';

const help = `usage: tests/load/compare [--quick] [--rounds 3] [--seconds 10] [--peers heti,raw,...] [--cases closed,...]
                          [--build DIR] [--heti PROGRAM] [--json FILE]

  --quick    one round, two seconds each, small crowds: shows that all of it works, not what it costs
  --peers    of ${['heti', 'heti-sockets', 'raw', 'node', 'nchan', 'mosquitto'].join(', ')}; those that are not installed are left out.
             heti-sockets is Heti with a socket of its own for each chat on the agent's side too
  --cases    of disk, closed, pipelined, open5k, open20k, handshakes, storm, idle, life
  --build    where heti_load and raw_relay are: build/tests/tests/load
  --heti     build/tests/service/heti

Leave the machine alone meanwhile. It ends with 1 if a message was lost, doubled or out of order anywhere.`;

const options = readOptions(help, ['rounds', 'seconds', 'peers', 'cases'], { rounds: 3, seconds: 10 }, { rounds: 1, seconds: 2 });

const programs = {
  heti: { peer: 'heti', path: options.heti },
  'heti-sockets': { peer: 'heti', path: options.heti, args: ['--screens', '10'], only: ['closed', 'pipelined'] },
  raw: { peer: 'raw', path: join(options.build, 'raw_relay') },
  node: { peer: 'node', path: join(here, 'relay.mjs') },
  nchan: { peer: 'nchan', path: '/usr/sbin/nginx', needs: '/usr/lib/nginx/modules/ngx_nchan_module.so' },
  mosquitto: { peer: 'mosquitto', path: '/usr/sbin/mosquitto' },
};
const crowd = options.quick ? { storm: 1000, idle: 1000, wait: 2, chats: 200 } : { storm: 10000, idle: 15000, wait: 60, chats: 3000 };
const steady = (name, args) => ({ name, args, key: 'cpu_us_per_message', also: ['delivered_per_s', 'server_cores', 'tool_cores'] });
const paced = (name, rate) => ({
  name, args: ['open', '--pairs', '500', '--rate', rate], key: 'cpu_us_per_message',
  also: ['delivery_p50_us', 'delivery_p99_us', 'ack_p50_us', 'ack_p99_us'],
});
const cases = [
  { name: 'disk', args: ['disk'], key: 'sync_p50_us', also: ['sync_p99_us'], alone: true },
  steady('closed', ['closed', '--pairs', '500', '--window', '1']),
  steady('pipelined', ['closed', '--pairs', '1000', '--window', '8']),
  paced('open5k', '5000'),
  paced('open20k', '20000'),
  { name: 'handshakes', args: ['handshakes', '--at-once', '64'], key: 'cpu_us_per_handshake', also: ['handshakes_per_s'] },
  { name: 'storm', args: ['storm', '--connections', crowd.storm, '--at-once', '500', '--posting', '1'], key: 'all_back_s', also: ['cpu_us_per_connection'] },
  { name: 'idle', args: ['idle', '--connections', crowd.idle, '--wait', crowd.wait], key: 'bytes_per_connection', also: ['rss_after_to_start', 'lost_while_idle'] },
  { name: 'life', args: ['life', '--pairs', '200', '--at-once', '50', '--chats', crowd.chats], key: 'cpu_us_per_chat', also: ['chats_per_s'], peers: ['heti'] },
];

function peersOf(one) {
  if (one.alone) return ['disk'];
  const wanted = options.peers?.split(',') ?? Object.keys(programs);
  return wanted.filter((name) => {
    const program = programs[name];
    if (!program) throw new Error(`${name} is no peer\n\n${help}`);
    if (one.peers && !one.peers.includes(name)) return false;
    if (program.only && !program.only.includes(one.name)) return false;
    return existsSync(program.path) && (!program.needs || existsSync(program.needs));
  });
}

const runs = []; // {round, case, peer, code, figures}
let faults = 0;

async function run(round, one, name) {
  const program = programs[name];
  const args = [...one.args, '--seconds', options.seconds];
  if (program) args.push('--peer', program.peer, '--server', program.path, ...(program.args ?? []));
  process.stderr.write(`\n== round ${round}, ${one.name}, ${name}\n`);
  const { code, figures } = await runTool(options, args);
  if (code !== 0) faults += 1;
  else process.stderr.write(`${one.key} ${figures[one.key]}\n`);
  runs.push({ round, case: one.name, peer: name, code, figures });
}

function summary(one) {
  const of = (peer) => runs.filter((entry) => entry.case === one.name && entry.peer === peer);
  return peersOf(one).map((peer) => {
    const row = { case: one.name, peer };
    for (const key of [one.key, ...one.also]) {
      row[key] = median(of(peer).map((entry) => entry.figures[key]));
      const ratio = median(of(peer).map((entry) => {
        const raw = of('raw').find((other) => other.round === entry.round);
        return entry.figures[key] / raw?.figures[key];
      }));
      if (ratio !== undefined) row[`${key}_to_raw`] = ratio;
    }
    const kept = of(peer).map((entry) => entry.figures[one.key]).filter(Number.isFinite);
    Object.assign(row, { lowest: Math.min(...kept), highest: Math.max(...kept) });
    return row;
  });
}

function printed(one, rows) {
  const head = ['', one.key, '(least – most)', '× raw', ...one.also];
  return table(head, rows.map((row) => [row.peer, digits(row[one.key]), `(${digits(row.lowest)} – ${digits(row.highest)})`,
    digits(row[`${one.key}_to_raw`]), ...one.also.map((key) => digits(row[key]))]));
}

const chosen = cases.filter((one) => !options.cases || options.cases.split(',').includes(one.name));
for (let round = 1; round <= Number(options.rounds); round += 1) {
  for (const one of chosen) for (const name of peersOf(one)) await run(round, one, name);
}

const rows = chosen.flatMap(summary);
console.log(`\nMedians of ${options.rounds}, ${options.seconds} s each; a ratio is the median of the rounds' ratios.`);
for (const one of chosen) console.log(`\n${one.name}: heti_load ${one.args.join(' ')}\n${printed(one, rows.filter((row) => row.case === one.name))}`);
const goals = judge(runs, median);
if (goals.length > 0) console.log(`\n${goals.map((goal) => `${goal.met ? 'met   ' : 'MISSED'}  ${goal.what}: ${goal.value} (${goal.bound})`).join('\n')}`);
if (options.json) writeFileSync(options.json, `${JSON.stringify({ options, rows, goals, runs }, null, 1)}\n`);
if (faults > 0) console.log(`\n${faults} of ${runs.length} runs ended badly: see above.`);
process.exit(faults > 0 ? 1 : 0);
