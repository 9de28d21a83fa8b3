// Runs heti_load against Heti at sizes that grow, round after round, and prints what a message or a chat costs at each,
// as a ratio to the smallest. A ratio is taken within its round; the median of the rounds counts.
import { writeFileSync } from 'node:fs';
import { digits, median, readOptions, runTool, table } from './rounds.mjs';

const help = `usage: tests/load/growth [--quick] [--rounds 3] [--seconds 10] [--cases connections,...]
                         [--build DIR] [--heti PROGRAM] [--json FILE]

  --quick    one round of two seconds, and small crowds: shows that all of it works, not what it costs
  --cases    of connections, waiting, talking, life
  --build    where heti_load is: build/tests/tests/load
  --heti     build/tests/service/heti

"allowed" is what a cost may be that grows with the logarithm of the size: as much again for each tenfold. It ends with 1
if a message was lost, doubled or out of order anywhere; a cost that grows faster is marked.`;

const options = readOptions(help, ['rounds', 'seconds', 'cases'], { rounds: 3, seconds: 10 }, { rounds: 1, seconds: 2 });

const beside = options.quick ? [0, 1000] : [0, 1000, 5000, 14000];
const pairs = options.quick ? [50, 200] : [50, 200, 1000, 4000];
const chats = options.quick ? 200 : 2000;
const message = { key: 'cpu_us_per_message', also: ['server_cores', 'beside_lost'] };
const crowded = (name, what, depth) => ({
  name, what, ...message,
  points: beside.map((count) => ({
    size: 400 + count, label: String(count),
    args: ['closed', '--pairs', 200, '--window', 1, '--beside', count, '--depth', depth, '--seconds', options.seconds],
  })),
});
const cases = [
  crowded('connections', '200 pairs talk, one message at a time, beside so many visitors who are only connected', 'welcome'),
  crowded('waiting', 'the same, but each of them waits with a first message in the line', 'posted'),
  {
    name: 'talking', what: 'so many pairs talk, one message at a time', ...message,
    points: pairs.map((count) => ({ size: count, label: String(count), args: ['closed', '--pairs', count, '--window', 1, '--seconds', options.seconds] })),
  },
  {
    name: 'life', what: 'whole chats, 50 at a time, with so many queues and agents', key: 'cpu_us_per_chat',
    also: ['chats_per_s', 'console_frames_per_chat', 'overview_frames_per_chat', 'server_cores'],
    points: [10, 100, 1000].flatMap((agents) => [1, 10, 50].map((queues) => ({
      size: agents * queues, label: `${agents} agents, ${queues} queue${queues > 1 ? 's' : ''}`,
      args: ['life', '--agents', agents, '--queues', queues, '--at-once', 50, '--chats', chats],
    }))),
  },
];

const chosen = cases.filter((one) => !options.cases || options.cases.split(',').includes(one.name));
if (chosen.length === 0) { console.error(help); process.exit(2); }
let faults = 0;
for (let round = 1; round <= Number(options.rounds); round += 1) {
  for (const one of chosen) {
    for (const point of one.points) {
      process.stderr.write(`\n== round ${round}, ${one.name}, ${point.label}\n`);
      const { code, figures } = await runTool(options, [...point.args, '--peer', 'heti', '--server', options.heti]);
      if (code !== 0) faults += 1;
      else process.stderr.write(`${one.key} ${figures[one.key]}\n`);
      (point.rounds ??= []).push(code === 0 ? figures : {});
    }
  }
}

function rowsOf(one) {
  const [first] = one.points;
  return one.points.map((point) => {
    const costs = point.rounds.map((figures) => figures[one.key]);
    const ratio = median(costs.map((cost, round) => cost / first.rounds[round][one.key]));
    const allowed = 1 + Math.log10(point.size / first.size);
    const also = Object.fromEntries(one.also.map((key) => [key, median(point.rounds.map((figures) => figures[key]))]));
    return { case: one.name, label: point.label, cost: median(costs), ratio, allowed, faster: ratio > allowed, also };
  });
}

const rows = chosen.flatMap(rowsOf);
console.log(`\nMedians of ${options.rounds}; a ratio is the median of the rounds' ratios.`);
for (const one of chosen) {
  const lines = rows.filter((row) => row.case === one.name).map((row) => [row.label, digits(row.cost), digits(row.ratio),
    `${digits(row.allowed)}${row.faster ? ' FASTER' : ''}`, ...one.also.map((key) => digits(row.also[key]))]);
  console.log(`\n${one.name}: ${one.what}\n${table(['', one.key, '× first', 'allowed', ...one.also], lines)}`);
}
if (options.json) writeFileSync(options.json, `${JSON.stringify({ options, rows }, null, 1)}\n`);
if (faults > 0) console.log(`\n${faults} runs ended badly: see above.`);
process.exit(faults > 0 ? 1 : 0);
