// Every broken promise can be opened: a day with chats that keep their promises and chats that break them, through a
// stop and a kill. At its end three numbers that come from different places are one: the list of heti explain (each
// conversation's events), heti report (the archive's samples) and the sum of what each process had counted.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Heti, sleep, until } from './heti.mjs';
import { agent, visitor } from './client.mjs';

// A wall on which no midnight comes while the test runs.
const zone = new Date().getUTCHours() === 23 ? 'Asia/Tokyo' : 'UTC';
const config = `
[listen]
address = "127.0.0.1"
[timeouts]
drain = "1s"
[queue.support]
timezone = "${zone}"
hours.mon-sun = ["00:00-24:00"]
sla = { first_response = "1s", reply = "1s" }
wrapup = "0s"
short_abandon = "0s"
[queue.sales]
timezone = "${zone}"
hours.mon-sun = ["00:00-24:00"]
sla = { first_response = "5s", reply = "5s" }
wrapup = "0s"
short_abandon = "0s"
[agent.aino]
queues = ["support", "sales"]
capacity = 10
[agent.eero]
queues = ["support"]
`;

let heti;
let aino;
const counted = []; // broken promises, by each process at its end
before(async () => {
  heti = await Heti.start({ name: 'verdicts', config });
  aino = await ready();
});
after(async () => { await heti?.close(); });

async function ready(cookie) {
  const socket = await agent(heti, { name: 'aino', cookie });
  assert.equal((await socket.ask({ t: 'status', status: 'online' })).t, 'ok');
  return socket;
}

async function asks(queue, text = 'Is the shop open on Sunday?') {
  const v = await visitor(heti, { queue });
  const { conversation } = await v.ask({ t: 'start' });
  v.id = conversation.id;
  await says(v, text);
  return v;
}
async function says(v, text = 'Are you there?') {
  v.n = (v.n ?? 0) + 1;
  v.send({ t: 'post', conversation: v.id, stream: 's', n: v.n, text });
  await v.wait('the ack', (f) => f.t === 'acked' && f.n >= v.n);
}
async function accepts(v) {
  await until('an offer', () => aino.frames.some((f) => f.t === 'chat' && f.chat.conversation === v.id && f.chat.offered_to === 'aino'));
  assert.equal((await aino.ask({ t: 'open', conversation: v.id, after: 0 })).t, 'opened');
  assert.equal((await aino.ask({ t: 'accept', conversation: v.id })).t, 'ok');
}
async function answers(v, text = 'Yes, from ten to four.') {
  v.answered = (v.answered ?? 0) + 1;
  const stream = `a${v.answered}`;
  aino.send({ t: 'post', conversation: v.id, stream, n: 1, text });
  await aino.wait('the ack', (f) => f.t === 'acked' && f.stream === stream && f.conversation === v.id);
}
async function closes(v) {
  assert.equal((await aino.ask({ t: 'close', conversation: v.id })).t, 'ok');
}

const bad = async () => (await heti.counters()).sum('heti_sla_verdicts_total', { verdict: 'bad' });
const told = (args, code = 0) => {
  const ran = heti.run(args);
  assert.equal(ran.status, code, ran.stdout + ran.stderr);
  return code === 0 ? ran.stdout : ran.stderr;
};
const listed = (...args) => JSON.parse(told(['explain', '--verdict', 'bad', '--json', ...args]));
const reported = (...args) => JSON.parse(told(['report', '--json', ...args]));
const sumOf = (report) => report.queues.reduce((sum, q) => sum + q.first_response.bad + q.reply.bad, 0);

const chats = {};

test('promises are kept and broken; the process that saw it is stopped', async () => {
  chats.kept = await asks('sales');
  await accepts(chats.kept);
  await answers(chats.kept);
  await says(chats.kept);
  await answers(chats.kept);
  await closes(chats.kept);

  chats.late = await asks('support'); // the first response is late, the reply too
  await until('a broken first response', async () => (await bad()) === 1);
  await accepts(chats.late);
  await answers(chats.late);
  await says(chats.late);
  await until('a broken reply', async () => (await bad()) === 2);
  await answers(chats.late);
  await closes(chats.late);

  chats.silent = await asks('sales'); // closed by the agent without a word: bad, long before its time
  await accepts(chats.silent);
  await closes(chats.silent);

  await until('the verdict on the silent one', async () => (await bad()) === 3);
  counted.push(await bad());
  assert.deepEqual(await heti.terminate(), { code: 0, signal: null });
  assert.equal(sumOf(reported('--today')), 3, 'after the stop');
  assert.equal(listed('--today').total, 3);
});

test('a promise that breaks while nobody serves is counted by the process that judges it', async () => {
  await heti.launch();
  aino = await ready(aino.cookie);
  assert.equal(await bad(), 0, 'what was counted before a start is not counted again');

  chats.waiting = await asks('support');
  await until('a broken first response', async () => (await bad()) === 1);
  await accepts(chats.waiting);
  await answers(chats.waiting);
  await closes(chats.waiting);

  chats.cut = await asks('sales');
  await accepts(chats.cut);
  await answers(chats.cut);
  const before = Date.now();
  await says(chats.cut); // a reply is owed in five seconds
  counted.push(await bad());
  await heti.kill();
  assert.ok(Date.now() - before < 5000, 'the machine is too slow for this test: the reply was due before the kill');
  await sleep(before + 6000 - Date.now());
  await heti.launch();
  aino = await ready(aino.cookie);
  await until('the verdict on what was owed', async () => (await bad()) === 1);
});

test('one more is abandoned too late; then list, report and counters are one number', async () => {
  assert.equal((await aino.ask({ t: 'status', status: 'away' })).t, 'ok');
  chats.abandoned = await asks('support');
  await until('a broken first response', async () => (await bad()) === 2);
  assert.equal((await chats.abandoned.ask({ t: 'close', conversation: chats.abandoned.id })).t, 'ok');
  counted.push(await bad());
  assert.deepEqual(counted, [3, 1, 2]);
  const sum = counted.reduce((a, b) => a + b);

  for (const stopped of [false, true]) { // beside the node, and without it
    if (stopped) await heti.kill();
    const list = listed('--today');
    const report = reported('--today');
    assert.equal(list.total, sum);
    assert.equal(list.promises.length, sum);
    assert.equal(sumOf(report), sum);
    assert.deepEqual(list.disagreements, []);
    for (const count of list.counts) {
      const of = report.queues.find((q) => q.queue === count.queue);
      assert.equal(count.first_response, of.first_response.bad, count.queue);
      assert.equal(count.reply, of.reply.bad, count.queue);
    }
    assert.equal(listed('--since', '1h').total, sum);
    assert.equal(sumOf(reported('--since', '1h')), sum);
  }

  const support = reported('--today').queues.find((q) => q.queue === 'support');
  assert.equal(support.contacts, 3);
  assert.equal(support.ended.answered, 2);
  assert.equal(support.ended.abandoned_short, 0);
  assert.equal(support.ended.abandoned_after, 1);
  assert.deepEqual(support.first_response, { good: 0, bad: 3, excluded: 0, service_level: 0 });
  const sales = reported('--today').queues.find((q) => q.queue === 'sales');
  assert.equal(sales.ended.missed_agent_closed, 1);
  assert.deepEqual(sales.first_response, { good: 2, bad: 1, excluded: 0, service_level: 2 / 3 });
  assert.deepEqual(sales.reply, { good: 1, bad: 1, excluded: 0, service_level: 0.5 });
});

test('each entry names its conversation and the events that decided it', async () => {
  const of = (chat, sla) => listed('--today', '--sla', sla).promises.filter((p) => p.conversation === chat.id);
  const [late, ...others] = of(chats.late, 'first_response');
  assert.equal(others.length, 0);
  assert.equal(late.queue, 'support');
  assert.equal(late.target_ms, 1000);
  assert.equal(late.elapsed_ms, 1001);
  assert.equal(Date.parse(late.decided) - Date.parse(late.started), 1001, 'the first millisecond in which it was late');
  assert.equal(late.events[0].event, 'contact.queued');
  assert.equal(late.events.at(-1).event, 'verdict.given');
  assert.equal(late.why, 'nobody had answered when it was due');
  // The same events stand in the journal, at these places.
  const shown = told(['journal', 'show', '--conversation', chats.late.id]).trim().split('\n').map((line) => JSON.parse(line));
  for (const event of late.events.filter((e) => !e.event.startsWith('agent.'))) {
    assert.ok(shown.some((e) => e.batch === event.position && e.event === event.index && e.name === event.event), event.event);
  }

  const [silent] = of(chats.silent, 'first_response');
  assert.match(silent.why, /^the contact ended: /);
  assert.equal(silent.events.at(-1).event, 'contact.ended');
  const [cut] = of(chats.cut, 'reply');
  assert.equal(cut.elapsed_ms, 5001, 'stamped when it was due, not when somebody was there again');
  assert.ok(cut.events.some((e) => e.event === 'service.resumed'), JSON.stringify(cut.events));
  assert.equal(of(chats.kept, 'first_response').length + of(chats.kept, 'reply').length, 0);
  assert.equal(listed('--today', '--queue', 'sales').total, 2);

  const text = told(['explain', '--verdict', 'bad', '--today']);
  assert.ok(text.includes(`conversation ${chats.abandoned.id}, contact `), text);
  assert.match(text, /^6 bad, as of /m);
  assert.match(told(['report', '--today']), /first response {2}0 good, 3 bad, 0 excluded: 0\.0 %/);
});

test('what does not go together is told with what to give', async () => {
  assert.match(told(['explain'], 2), /give a conversation, .* or --verdict good, bad or excluded/);
  assert.match(told(['explain', chats.late.id, '--verdict', 'bad'], 2), /one of the two/);
  assert.match(told(['explain', chats.late.id, '--today'], 2), /go with --verdict/);
  assert.match(told(['explain', '--verdict', 'bad', '--today', '--since', '8h'], 2), /not both/);
  assert.match(told(['explain', '--verdict', 'ugly'], 1), /give --verdict good, bad or excluded/);
  assert.match(told(['explain', '--verdict', 'bad', '--since', 'noon'], 1), /a date such as 2026-06-01/);
  assert.match(told(['explain', '--verdict', 'bad', '--sla', 'wait'], 1), /--sla first_response or reply/);
  assert.match(told(['explain', '--verdict', 'bad', '--queue', 'shop'], 1), /there are: sales, support|there are: support, sales/);
  assert.match(told(['report'], 2), /give --today, or --since/);
  assert.match(told(['explain', chats.late.id]), /^conversation /, 'one conversation is told as before');
});
