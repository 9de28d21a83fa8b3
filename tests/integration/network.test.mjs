// Bad networks between the sides and Heti: late, in crumbs, silent for ever.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { FaultProxy } from './fault_proxy.mjs';
import { Heti, demoConfig, until } from './heti.mjs';
import { agent, login, visitor } from './client.mjs';

let heti;
let proxy;
let far; // Heti as seen through the proxy
before(async () => {
  heti = await Heti.start({ name: 'network', config: demoConfig.replace('[timeouts]', '[timeouts]\nping = "1s"\ndead = "3s"') });
  proxy = await FaultProxy.to(heti.port);
  far = { port: proxy.port, url: `http://127.0.0.1:${proxy.port}` };
});
after(async () => {
  await proxy?.close();
  await heti?.close();
});

const closedBy = async (reason) => (await heti.metrics()).sum('heti_connections_closed_total', { reason }) ?? 0;

test('frames that come a few bytes at a time, and late, are frames all the same', { timeout: 60000 }, async () => {
  proxy.crumbs = 3;
  proxy.delay = 50;
  const v = await visitor(far);
  const { conversation } = await v.ask({ t: 'start' });
  for (let n = 1; n <= 20; n++) v.send({ t: 'post', conversation: conversation.id, stream: 's', n, text: `käärmeen häntä 🐍 ${n}` });
  await v.wait('the last acknowledgement', (f) => f.t === 'acked' && f.n === 20, 30000);
  proxy.crumbs = 0;
  proxy.delay = 0;
  const again = await visitor(heti, { token: v.welcome.token });
  const { entries } = await again.ask({ t: 'open', conversation: conversation.id, after: 0 });
  assert.deepEqual(entries.filter((e) => e.stream === 's').map((e) => e.text), Array.from({ length: 20 }, (_, i) => `käärmeen häntä 🐍 ${i + 1}`));
  await v.end();
  await again.end();
});

test('a connection that is dead without a word is noticed, counted and freed', { timeout: 30000 }, async (t) => {
  const cookie = await login(heti);
  const before = await closedBy('ping_timeout');
  const v = await visitor(far);
  await v.ask({ t: 'start' });
  const a = await agent(far, { cookie });
  assert.equal((await a.ask({ t: 'status', status: 'online' })).t, 'ok');
  assert.equal((await heti.metrics()).sum('heti_agents', { status: 'free' }) > 0, true);
  proxy.silent = true;
  const since = Date.now();
  await until('both are noticed', async () => (await closedBy('ping_timeout')) >= before + 2, 15000);
  const took = Date.now() - since;
  t.diagnostic(`noticed after ${took} ms`);
  assert.ok(took < 3000 + 1000 + 1500, `${took} ms`);
  await until('the agent is not there any more', async () => (await heti.metrics()).sum('heti_agents', { status: 'lost' }) > 0);
  proxy.silent = false;
  proxy.cut();
});
