// From a visitor who waits to the page that arrives: real Hetis, a real Prometheus and a real Alertmanager with the files of
// deploy/prometheus, at the shipped intervals and in real time. Only addresses and the receivers' notifiers are put in.
//
// Four stories run side by side, each in a Heti with a job of its own, all under one Prometheus and one Alertmanager, so
// that each is also a witness that the others' alerts do not spill over. They wait nearly all the time. What is measured
// is said in the output.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { line } from '../../deploy/monitoring/sink.mjs';
import { Heti, demoConfig, root, sleep } from './heti.mjs';
import { agent, visitor } from './client.mjs';
import { Monitoring, eventually } from './monitoring.mjs';

const allDay = 'hours.mon-sun = ["00:00-24:00"]';
const support = (firstResponse, hours = allDay) => demoConfig
  .replace(`timezone = "Europe/Helsinki"\n${allDay}`, `timezone = "UTC"\n${hours}\nsla.first_response = "${firstResponse}"\nshort_abandon = "1s"`);
const minute = 60_000;

// The night of the fourth story: it closes at the next whole minute that is far enough away, for one minute.
let closing;
let opening;
function hoursWithNight() {
  closing = Math.ceil((Date.now() + 45_000) / minute) * minute;
  opening = closing + minute;
  const clock = (instant) => new Date(instant).toISOString().slice(11, 16);
  const [close, open] = [clock(closing), clock(opening)];
  if (close === '00:00') return `hours.mon-sun = ["${open}-24:00"]`;
  if (open === '00:00') return `hours.mon-sun = ["00:00-${close}"]`;
  return `hours.mon-sun = ["00:00-${close}", "${open}-24:00"]`;
}

const hetis = {};
let monitoring;
before(async () => {
  for (const [name, config] of Object.entries({
    silent: () => support('5s'), cut: () => support('30s'), killed: () => support('60s'), night: () => support('5s', hoursWithNight()),
  })) hetis[name] = await Heti.start({ name: `alerts-${name}`, config: config() });
  const address = (heti) => `127.0.0.1:${heti.metricsPort}`;
  // HetiDown and its like know the job "heti"; the rules about visitors know any job.
  monitoring = await Monitoring.start({
    name: 'alerts',
    heti: address(hetis.killed),
    jobs: { silent: address(hetis.silent), cut: address(hetis.cut), night: address(hetis.night) },
  });
});
after(async () => {
  await monitoring?.close();
  for (const heti of Object.values(hetis)) await heti.close();
});

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const at = (instant) => sleep(Math.max(0, instant - Date.now()));

async function writes(heti) {
  const v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  const sentAt = Date.now();
  v.send({ t: 'post', conversation: conversation.id, stream: 's', n: 1, text: 'hello?' });
  await v.wait('ack', (f) => f.t === 'acked');
  return { v, sentAt, conversation: conversation.id };
}

async function readyAgent(heti) {
  const aino = await agent(heti);
  await aino.ask({ t: 'status', status: 'online' });
  return aino;
}

// An alert that a tired reader can act on: whole sentences, a page that is there, no template left over.
function wellSaid(alert) {
  const { summary, description, action, runbook_url: runbook } = alert.annotations;
  for (const [what, text] of Object.entries({ summary, description, action })) {
    assert.ok(text?.length > 20, `${alert.labels.alertname} has no ${what}`);
    assert.doesNotMatch(text, /\{\{|\}\}|\$labels|\$value|<no value>|<error|%!|NaN|\n/, what);
  }
  assert.match(runbook, /^docs\/runbooks\/RB-\d\d\.md$/);
  assert.ok(existsSync(join(root, runbook)), `${runbook} is not there`);
}

test('alerts, from end to end', { concurrency: 5, timeout: 330_000 }, async (t) => {
  const began = Date.now();
  await Promise.all([
    t.test('a visitor waits past three times the promise: the page is there within 90 s', silentAgent),
    t.test('the only agent is cut off while a visitor waits: one page, and it holds the lesser alerts', agentCutOff),
    t.test('Heti is killed: that is told, and nothing about its visitors', killed),
    t.test('closing time with a visitor in the line, the night, the opening minute: no page', night),
    t.test('who silences whom', inhibitions),
  ]);
  const deadman = monitoring.fired('Watchdog');
  assert.ok(deadman.length > 0 && deadman.every((alert) => alert.receiver === 'deadman'), 'the dead man\'s switch');
  for (const { labels } of monitoring.fired()) assert.ok(labels.severity && labels.audience, JSON.stringify(labels));
  t.diagnostic(`all in ${seconds(Date.now() - began)}; ${monitoring.arrived.length} alerts arrived`);
});

async function silentAgent(t) {
  const heti = hetis.silent;
  const aino = await readyAgent(heti);
  // Live alerts wait for two minutes after an opening, and an always open queue opens at Heti's first start.
  const since = (await heti.metrics()).sum('heti_queue_open_since_timestamp_seconds', { queue: 'support' });
  assert.ok(since > 0);
  await at(since * 1000 + 122_000);

  // The agent takes the chat and says nothing: nobody is missing, and still the visitor waits.
  const { v, sentAt, conversation } = await writes(heti);
  await aino.wait('offer', (f) => f.t === 'chat' && f.chat.offered_to === 'aino');
  await aino.ask({ t: 'accept', conversation });
  const became = sentAt + 3 * 5000;
  const labels = { job: 'silent', queue: 'support', sla: 'first_response' };
  const seen = eventually('pending', async () => (
    (await monitoring.state('ChatVisitorWaitingTooLong', labels)) !== 'inactive' ? Date.now() : null), 120_000);
  const page = await eventually('the page', () => monitoring.fired('ChatVisitorWaitingTooLong', labels)[0], 150_000);
  t.diagnostic(`three times the promise had passed; Prometheus saw it after ${seconds((await seen) - became)}, `
    + `the page arrived after ${seconds(page.at - became)}`);
  assert.ok(page.at - became <= 90_000, `the page came ${seconds(page.at - became)} after the moment`);
  assert.ok(page.at - became >= 30_000, `the page came after ${seconds(page.at - became)}: its patience is 30 s`);
  assert.equal(page.receiver, 'support-page');
  assert.deepEqual(page.labels, { alertname: 'ChatVisitorWaitingTooLong', ...labels, workspace: 'default', severity: 'page', audience: 'support' });
  wellSaid(page);
  assert.match(page.annotations.summary, /^A visitor of support has waited \d+(\.\d+)?(s|m \d+s) for an answer$/);
  assert.match(page.annotations.description, /gets no word back/);
  // What deploy/run --with-monitoring prints of it.
  const named = 'page support ChatVisitorWaitingTooLong queue=support sla=first_response job=silent workspace=default';
  assert.equal(line(page), `ALERT ${named}: ${page.annotations.summary}. ${page.annotations.action} (docs/runbooks/RB-01.md)`);
  assert.equal(line({ ...page, status: 'resolved' }), `ENDED ${named}`);
  // Nobody is missing there, so nothing else is told of this queue.
  const others = monitoring.fired(null, { job: 'silent', severity: 'page' }).filter((alert) => alert !== page);
  assert.deepEqual(others.map((alert) => alert.labels), []);
  await v.end();
  await aino.end();
}

const lesser = {
  ChatVisitorWaitingTooLong: { severity: 'page', sla: 'first_response' },
  ChatQueueUnstaffed: { severity: 'warning' },
  ChatQueueUnderstaffed: { severity: 'warning' },
  ChatBreachPredicted: { severity: 'warning' },
};

async function agentCutOff(t) {
  const heti = hetis.cut;
  const aino = await readyAgent(heti);
  const { v } = await writes(heti);
  await aino.wait('offer', (f) => f.t === 'chat' && f.chat.offered_to === 'aino');
  const before = await heti.metrics();
  assert.equal(before.sum('heti_queue_waiting', { queue: 'support' }), 1);
  assert.equal(before.sum('heti_agents', { queue: 'support', status: 'free' }), 1);
  const cutAt = Date.now();
  aino.ws.terminate(); // the connection is gone without a word

  const labels = { job: 'cut', workspace: 'default', queue: 'support' };
  const page = await eventually('the page', () => monitoring.fired('ChatUnstaffedVisitorWaiting', labels)[0], 240_000);
  const became = cutAt + 60_000; // nobody for more than a minute of open time
  t.diagnostic(`nobody was there for a minute; the page arrived ${seconds(page.at - became)} after that`);
  assert.ok(page.at - became <= 90_000, `the page came ${seconds(page.at - became)} after the moment`);
  assert.equal(page.receiver, 'support-page');
  wellSaid(page);
  assert.match(page.annotations.description, /no agent has been ready for 1m|no agent has been ready for 2m/);

  // The same visitor is soon past three times the promise as well. Prometheus says so, Alertmanager keeps it back.
  await eventually('the lesser alert', async () => (await monitoring.state('ChatVisitorWaitingTooLong', labels)) === 'firing', 120_000);
  const [source] = await monitoring.held('ChatUnstaffedVisitorWaiting', labels);
  const isKept = (name, of = labels) => eventually(`${name} is inhibited`, async () => {
    const [alert] = await monitoring.held(name, of);
    return alert?.status.inhibitedBy.includes(source.fingerprint) && alert.status.state === 'suppressed';
  }, 20_000);
  await isKept('ChatVisitorWaitingTooLong');
  // The others need five minutes and more of nobody: they are raised by hand, with the labels that their rules give them.
  const audience = 'support';
  await monitoring.raise(Object.entries(lesser).map(([alertname, own]) => ({ alertname, ...labels, audience, ...own })));
  for (const name of Object.keys(lesser)) await isKept(name);
  // The same alert of another queue is not kept back; when it has arrived, the others would have arrived too.
  const elsewhere = { ...labels, queue: 'nights' };
  await monitoring.raise([{ alertname: 'ChatQueueUnstaffed', ...elsewhere, audience, severity: 'warning' }]);
  const control = await eventually('the other queue\'s alert', () => monitoring.fired('ChatQueueUnstaffed', elsewhere)[0], 60_000);
  assert.equal(control.receiver, 'chatops');
  await sleep(3000);
  for (const name of Object.keys(lesser)) assert.deepEqual(monitoring.fired(name, labels), [], `${name} has arrived`);
  t.diagnostic(`kept back: ${Object.keys(lesser).join(', ')}`);
  await v.end();
}

async function killed(t) {
  const heti = hetis.killed;
  const labels = { job: 'heti', workspace: 'default', queue: 'support' };
  // A visitor waits and nobody is there: the page about that is on its way when Heti dies. Another has arrived already.
  const { v } = await writes(heti);
  const burn = { alertname: 'ChatSLOSlowBurn', ...labels, sla: 'first_response', severity: 'warning', audience: 'support' };
  await monitoring.raise([burn, { ...burn, job: 'another' }]);
  await eventually('the alert of before', () => monitoring.fired('ChatSLOSlowBurn', labels)[0], 60_000);
  await eventually('pending', async () => (await monitoring.state('ChatUnstaffedVisitorWaiting', labels)) === 'pending', 150_000);
  const killedAt = Date.now();
  await heti.kill();

  const page = await eventually('the page', () => monitoring.fired('HetiDown', { job: 'heti' })[0], 250_000);
  t.diagnostic(`the page arrived ${seconds(page.at - killedAt)} after the kill`);
  assert.ok(page.at - killedAt >= 120_000, 'a restart of less than two minutes is nobody\'s page');
  assert.ok(page.at - killedAt <= 195_000, 'scrape 15 s, evaluation 15 s, patience 120 s, group 15 s, and 30 s for a busy machine');
  assert.equal(page.receiver, 'ops-page');
  wellSaid(page);
  assert.match(page.annotations.description, /visitors see no chat/);
  const [down] = await monitoring.held('HetiDown', { job: 'heti' });
  const [burning] = await monitoring.held('ChatSLOSlowBurn', labels);
  assert.deepEqual(burning.status.inhibitedBy, [down.fingerprint]);
  const [another] = await monitoring.held('ChatSLOSlowBurn', { job: 'another' });
  assert.deepEqual(another.status.inhibitedBy, [], 'another Heti\'s alerts are still told');
  const afterwards = monitoring.arrived.filter((alert) => alert.at > killedAt && alert.status === 'firing'
    && alert.labels.job === 'heti' && alert.labels.audience === 'support');
  assert.deepEqual(afterwards, []);
  assert.equal(monitoring.fired('HetiDown', { job: 'heti' }).length, 1);
  v.ws.terminate();
}

async function night(t) {
  const heti = hetis.night;
  assert.ok(Date.now() < closing - 12_000, 'the start took too long: the queue is about to close');
  const aino = await readyAgent(heti);
  await at(closing - 10_000);
  const { v, conversation } = await writes(heti); // is offered to the agent, who goes home
  await at(closing + 3000);
  await aino.end();
  await at(opening + 40_000);
  const next = await readyAgent(heti);
  await next.wait('offer', (f) => f.t === 'chat' && f.chat.offered_to === 'aino');
  await next.ask({ t: 'accept', conversation });
  // Long enough after the opening for an alert, if the opening were not waited for: scrape 15 s, evaluation 15 s, 30 s of
  // patience.
  await at(opening + 70_000);
  next.send({ t: 'post', conversation, stream: 'a', n: 1, text: 'good morning' });
  await v.wait('answer', (f) => f.t === 'entry' && f.entry.text === 'good morning');
  await at(opening + 88_000); // a page of then would have arrived by now

  // The story was what it should be: somebody waited in the closed hour, the clock stood still, and went on.
  const mine = 'job="night",queue="support"';
  const over = async (expression) => {
    const [found] = await monitoring.query(`max_over_time((${expression})[6m:5s])`);
    return found === undefined ? null : Number(found.value[1]);
  };
  const clock = `heti_queue_oldest_unanswered_seconds{${mine},sla="first_response"}`;
  const closed = `and on (job, queue) heti_queue_open{${mine}} == 0`;
  const open = `and on (job, queue) heti_queue_open{${mine}} == 1`;
  assert.equal(await over(`heti_queue_waiting{${mine}} ${closed}`), 1);
  const frozen = await over(`${clock} ${closed}`);
  assert.ok(frozen > 8 && frozen < 13, `while closed the clock showed up to ${frozen} s`);
  const longest = await over(`${clock} ${open}`);
  assert.ok(longest > 15 + 45, `in the opening minutes the clock showed up to ${longest} s`);
  t.diagnostic(`closed for a minute: the clock stood at ${frozen.toFixed(1)} s; after the opening it came to ${longest.toFixed(1)} s of a promise of 5 s`);
  const pages = monitoring.fired(null, { job: 'night' }).map((alert) => alert.labels.alertname);
  assert.deepEqual(pages, []);
  assert.equal(await over('ALERTS{job="night",alertstate="firing"}'), null);
  await v.end();
  await next.end();
}

// Each inhibition of alertmanager.yml once, and that `equal` is tight: the same alert of another queue, workspace or job is
// told. Raised by hand, in a job that no story uses.
async function inhibitions(t) {
  const queue = { job: 'table', workspace: 'default', queue: 'support', audience: 'support' };
  const named = (alertname, more = {}) => ({ alertname, severity: 'warning', ...queue, ...more });
  const ops = { job: 'table', severity: 'page', audience: 'ops' };
  const sla = { sla: 'reply' };
  const table = [
    { source: { alertname: 'HetiDown', ...ops, job: 'table-down' },
      silenced: [named('ChatQueueUnstaffed', { job: 'table-down' })],
      told: [named('ChatQueueUnstaffed', { job: 'table-other' }),
        { alertname: 'HetiJournalAppendSlow', ...ops, job: 'table-down', instance: 'a' }] },
    // One node of three: the other two know of the same queues, and what they say is true.
    { source: { alertname: 'HetiNodeDown', ...ops, job: 'table-node', instance: 'a' }, silenced: [],
      told: [named('ChatSLOFastBurn', { job: 'table-node', ...sla })] },
    { source: { alertname: 'HetiMetricsMissing', ...ops, job: 'table-bare', instance: 'a' }, silenced: [],
      told: [named('ChatSLOFastBurn', { job: 'table-bare', ...sla })] },
    { source: { alertname: 'HetiScheduleStuck', ...ops, workspace: 'default', queue: 'stuck' },
      silenced: [named('ChatUnstaffedVisitorWaiting', { queue: 'stuck' })],
      told: [named('ChatSLOSlowBurn', { queue: 'support', ...sla, workspace: 'free' }),
        { alertname: 'HetiQueueVanished', ...ops, workspace: 'default', queue: 'stuck' }] },
    { source: named('ChatUnstaffedVisitorWaiting', { queue: 'empty' }),
      silenced: Object.keys(lesser).map((name) => named(name, { queue: 'empty' })),
      told: [named('ChatSLOSlowBurn', { queue: 'empty', ...sla }), named('ChatQueueUnstaffed', { queue: 'empty', workspace: 'other' })] },
    { source: named('ChatQueueUnstaffed', { queue: 'alone' }), silenced: [named('ChatQueueUnderstaffed', { queue: 'alone' })],
      told: [named('ChatBreachPredicted', { queue: 'alone' }), named('ChatQueueUnderstaffed', { queue: 'second' })] },
    { source: named('ChatVisitorWaitingTooLong', { queue: 'late', ...sla }),
      silenced: [named('ChatBreachPredicted', { queue: 'late' }), named('ChatSLOFastBurn', { queue: 'late', sla: 'first_response' })],
      told: [named('ChatQueueUnstaffed', { queue: 'late' })] },
    { source: named('ChatSLOFastBurn', { queue: 'burning', ...sla }),
      silenced: [named('ChatSLOSlowBurn', { queue: 'burning', ...sla }), named('ChatSLOBudgetTicket', { queue: 'burning', ...sla })],
      told: [named('ChatSLOSlowBurn', { queue: 'burning', sla: 'first_response' }), named('ChatVisitorWaitingTooLong', { queue: 'burning', ...sla })] },
  ];
  await monitoring.raise(table.flatMap(({ source, silenced, told }) => [source, ...silenced, ...told]));
  let pairs = 0;
  const one = (labels) => eventually(`${labels.alertname} of ${labels.queue ?? labels.job}`, async () => {
    const { alertname, ...rest } = labels;
    return (await monitoring.held(alertname, rest))[0];
  });
  for (const { source, silenced } of table) {
    const { fingerprint } = await one(source);
    for (const labels of silenced) {
      const what = `${source.alertname} silences ${labels.alertname} of ${labels.queue}`;
      await eventually(what, async () => (await one(labels)).status.inhibitedBy.includes(fingerprint), 30_000);
      pairs += 1;
    }
  }
  await sleep(1000); // all were raised at once: what is to be silenced is silenced by now
  for (const { source, told } of table) {
    for (const labels of told) {
      assert.deepEqual((await one(labels)).status.inhibitedBy, [], `${source.alertname} leaves ${labels.alertname} alone`);
      pairs += 1;
    }
  }
  t.diagnostic(`${pairs} pairs`);
}
