// Twenty kills in a row under traffic: what was acknowledged is there exactly once and in order, for both sides, and
// both go on by themselves. Fails itself if the traffic was too thin to prove anything.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Heti, sleep, until } from './heti.mjs';
import { agent, visitor, login, Durable, judge } from './client.mjs';

const kills = Number(process.env.KILLS ?? 20);
const acksMin = Number(process.env.KILL_ACKS ?? 50 * kills);
let heti;
let participants = {};
let talking = false;
before(async () => { heti = await Heti.start({ name: 'kill' }); });
after(async () => {
  talking = false;
  for (const p of Object.values(participants)) p.stop();
  await heti?.close();
});

test(`${kills} kills under traffic lose, double and reorder nothing`, { timeout: 300000 }, async (t) => {
  const cookie = await login(heti);
  const first = await visitor(heti);
  const { token } = first.welcome;
  const { conversation } = await first.ask({ t: 'start' });
  const id = conversation.id;
  const opener = await agent(heti, { cookie });
  await opener.ask({ t: 'status', status: 'online' });
  first.send({ t: 'post', conversation: id, stream: 'opening', n: 1, text: 'hello' });
  await opener.wait('offer', (f) => f.t === 'chat' && f.chat.conversation === id && f.chat.offered_to === 'aino');
  assert.equal((await opener.ask({ t: 'accept', conversation: id })).t, 'ok');

  participants = {
    visitor: new Durable(() => visitor(heti, { token }), { conversation: id, stream: 'visitor' }),
    agent: new Durable(() => agent(heti, { cookie }), { conversation: id, stream: 'agent' }),
  };
  const running = Object.values(participants).map((p) => p.run());
  await first.end();
  await opener.end();

  talking = true;
  const talk = async (p, name) => {
    while (talking) {
      if (p.socket && p.unacked.length < 32) for (let i = 0; i < 4; i++) p.say(`${name} ${p.nextN}`);
      await sleep(1);
    }
  };
  const talkers = Object.entries(participants).map(([name, p]) => talk(p, name));

  const acks = () => participants.visitor.acked.size + participants.agent.acked.size;
  let inFlight = 0;
  for (let kill = 0; kill < kills; kill++) {
    const before = acks();
    await until('traffic from both', () => acks() - before >= acksMin / kills && participants.visitor.socket && participants.agent.socket, 30000);
    await sleep(Math.random() * 30);
    // A burst, and the kill a moment later: before it arrives, in the middle, or after it was acknowledged.
    for (const p of Object.values(participants)) for (let i = 0; i < 12; i++) p.say(`burst ${p.nextN}`);
    for (let turns = kill % 4; turns > 0; turns--) await new Promise(setImmediate);
    const hanging = participants.visitor.unacked.length + participants.agent.unacked.length;
    if (hanging > 0) inFlight += 1;
    await heti.restart();
  }
  await until('traffic after the last kill', () => participants.visitor.socket && participants.agent.socket);
  talking = false;
  await Promise.all(talkers);
  await until('everything acknowledged', () => participants.visitor.unacked.length + participants.agent.unacked.length === 0, 20000);
  await until('both have seen all', () => participants.visitor.lastSeq === participants.agent.lastSeq);
  await sleep(100);

  const faults = judge(participants);
  t.diagnostic(`kills ${kills}, with messages in flight ${inFlight}, acknowledgements ${acks()}, lines ${participants.visitor.lastSeq}, ` +
    `history pages ${participants.visitor.pages + participants.agent.pages}, ` +
    `reconnects ${participants.visitor.reconnects}/${participants.agent.reconnects}, faults ${faults.length}`);
  assert.deepEqual(faults.slice(0, 10), []);
  assert.ok(acks() >= acksMin, `only ${acks()} acknowledgements`);
  assert.ok(inFlight >= kills * 0.75, `only ${inFlight} kills met a message in flight`);

  for (const p of Object.values(participants)) p.stop();
  await Promise.all(running);
  assert.deepEqual(await heti.terminate(), { code: 0, signal: null });
  const replay = heti.run(['replay']);
  assert.equal(replay.status, 0, replay.stdout + replay.stderr);
  await heti.launch();
});
