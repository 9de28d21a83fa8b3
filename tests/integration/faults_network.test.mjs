// Networks and load balancers at their worst: dead without a word, half closed, forged senders, and cuts, delays and
// silence in any order under a chat, of which the history checker must find nothing lost, doubled or out of order.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { FaultProxy } from './fault_proxy.mjs';
import { Heti, demoConfig, sleep, until } from './heti.mjs';
import { descriptors, full } from './faults.mjs';
import { LightSocket } from './light_client.mjs';
import { agent, login, visitor } from './client.mjs';
import { check, sentences } from './history/checker.mjs';
import { dice } from './history/invented.mjs';
import { Participant } from './history/participant.mjs';
import { Recorder } from './history/recorder.mjs';

const through = (proxy) => ({ port: proxy.port, url: `http://127.0.0.1:${proxy.port}` });

test('both sides die without a word: dead in time, then their graces, then the descriptors are free', { timeout: 150000 }, async (t) => {
  const [ping, dead, grace] = full ? [20000, 45000, 2000] : [1000, 3000, 2000];
  const config = demoConfig.replace('[timeouts]', `[timeouts]\nping = "${ping}ms"\ndead = "${dead}ms"`)
    .replace('[queue.nights]', `agent_grace = "${grace}ms"\nvisitor_grace = "${grace}ms"\nshort_abandon = "1s"\n[queue.nights]\nagent_grace = "${grace}ms"`);
  const heti = await Heti.start({ name: 'half-open', config });
  const proxy = await FaultProxy.to(heti.port);
  try {
    const far = through(proxy);
    const cookie = await login(heti);
    const watcher = await agent(heti, { name: 'eero' });
    const chat = (id, match) => watcher.wait('the chat', (f) => f.t === 'chat' && f.chat.conversation === id && match(f.chat), dead + 20000);
    const lost = async () => (await heti.metrics()).sum('heti_connections_closed_total', { reason: 'ping_timeout' }) ?? 0;
    const open = async () => (await heti.metrics()).sum('heti_connections');
    await until('only the watcher', async () => (await open()) === 1);
    await sleep(300);
    const before = descriptors(heti);

    const aino = await agent(far, { cookie });
    assert.equal((await aino.ask({ t: 'status', status: 'online' })).t, 'ok');
    const v = await visitor(heti); // its agent dies
    const { conversation: { id } } = await v.ask({ t: 'start' });
    v.send({ t: 'post', conversation: id, stream: 's', n: 1, text: 'hello' });
    await aino.wait('it rings', (f) => f.t === 'chat' && f.chat.offered_to === 'aino');
    assert.equal((await aino.ask({ t: 'accept', conversation: id })).t, 'ok');
    const w = await visitor(far); // waits, and dies itself
    const waiting = (await w.ask({ t: 'start' })).conversation.id;
    w.send({ t: 'post', conversation: waiting, stream: 's', n: 1, text: 'hello' });
    await chat(waiting, (c) => c.visitor_online);
    assert.ok(descriptors(heti) >= before + 3);

    proxy.silent = true;
    const since = performance.now();
    const after = () => performance.now() - since;
    watcher.frames.length = 0;
    await chat(waiting, (c) => !c.visitor_online);
    const seenDead = after();
    assert.ok(seenDead <= dead + 1500, `dead after ${seenDead} ms`);
    assert.equal(aino.closed, null, 'the other end was told nothing');
    await chat(id, (c) => c.state !== 'assigned');
    const requeued = after();
    // Whatever was last heard lies up to a ping before the silence.
    assert.ok(requeued >= dead - ping + grace - 500 && requeued <= dead + grace + 3000, `back in line after ${requeued} ms`);
    await watcher.wait('the waiting visitor is given up', (f) => f.t === 'gone' && f.conversation === waiting, dead + 20000);
    assert.equal((await heti.metrics()).sum('heti_contacts_ended_total', { outcome: 'abandoned_within' }) ?? 0, 1);
    await until('the descriptors are free', () => descriptors(heti) <= before + 1, 10000);
    assert.equal(await lost(), 2);
    assert.equal(await open(), 2, 'the watcher and the visitor whose agent died');
    t.diagnostic(`dead after ${seenDead.toFixed(0)} ms, back in line after ${requeued.toFixed(0)} ms, descriptors ${before} and ${descriptors(heti)}`);
  } finally {
    await proxy.close();
    await heti.close();
  }
});

// ---- In front of Heti stands something that closes halves and tells who comes

// One request over a bare socket: {status, closed}. `half`: our side is closed as soon as it is said.
function bare(heti, text, { half = false, from = '127.0.0.1' } = {}) {
  return new Promise((done, failed) => {
    const socket = connect({ port: heti.port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
    let answer = '';
    socket.on('data', (bytes) => { answer += bytes; });
    socket.on('error', (error) => (answer ? undefined : failed(error)));
    const end = () => {
      socket.destroy();
      done({ status: Number(answer.slice(9, 12)) || 0, answer });
    };
    socket.on('end', end).on('close', end);
    socket.write(text);
    if (half) socket.end();
    setTimeout(end, 5000).unref();
  });
}
const get = (path, headers = '') => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${headers}\r\n`;

test('a load balancer that closes its half: requests are answered, sockets end, nothing is left', { timeout: 60000 }, async () => {
  const heti = await Heti.start({ name: 'half-closed' });
  try {
    await sleep(300);
    const before = descriptors(heti);
    for (let i = 0; i < 20; i++) {
      assert.equal((await bare(heti, get('/api/site?queue=support'), { half: true })).status, 200, 'what was asked is answered');
      assert.equal((await bare(heti, 'GET /api/site HTTP/1.1\r\nHo', { half: true })).status === 200, false, 'half a request is none');
    }
    // Upgraded, with a word under way when the half is closed: the word counts, the socket ends.
    const light = [];
    for (let i = 0; i < 50; i++) {
      light.push(new LightSocket({ port: heti.port, onOpen: (s) => s.send({ t: 'hello', role: 'visitor', queue: 'support' }) }));
    }
    await until('they are in', () => light.every((s) => s.frames > 0));
    for (const s of light) {
      s.send({ t: 'start', ref: 1 });
      s.socket.end();
    }
    await until('they are gone', async () => (await heti.metrics()).sum('heti_connections') === 0, 5000);
    await until('the descriptors are free', () => descriptors(heti) <= before, 5000);
    const v = await visitor(heti);
    assert.equal((await v.ask({ t: 'start' })).t, 'opened');
    await v.end();
  } finally {
    await heti.close();
  }
});

test('who comes is believed from trusted proxies alone, and only what the proxy itself has seen', { timeout: 60000 }, async () => {
  const max = 5;
  const config = demoConfig.replace(/connections_per_ip_max = \d+/, `connections_per_ip_max = ${max}`)
    .replace('[timeouts]', '[proxy]\ntrusted = ["127.0.0.3"]\n[timeouts]');
  const heti = await Heti.start({ name: 'forged', config });
  const open = [];
  // How many of `count` WebSockets get in from `from`, each with a header of its own.
  const getIn = async (count, from, header) => {
    const sockets = [];
    for (let i = 0; i < count; i++) {
      const socket = connect({ port: heti.port, host: '127.0.0.1', localAddress: from });
      open.push(socket);
      sockets.push(new Promise((done) => {
        socket.on('error', () => done(0)).on('close', () => done(0));
        socket.once('data', (bytes) => done(Number(bytes.toString().slice(9, 12))));
        socket.write(`GET /ws/visitor HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Protocol: heti.v1\r\nOrigin: http://shop.example\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${header(i)}\r\n\r\n`);
      }));
    }
    return (await Promise.all(sockets)).filter((status) => status === 101).length;
  };
  const cut = async () => {
    for (const socket of open.splice(0)) socket.destroy();
    await until('all are gone', async () => (await heti.metrics()).sum('heti_connections') === 0);
  };
  try {
    const refused = async () => (await heti.metrics()).sum('heti_accept_errors_total', { kind: 'per_ip_max' }) ?? 0;
    const before = await refused();
    assert.equal(await getIn(3 * max, '127.0.0.2', (i) => `X-Forwarded-For: 192.0.2.${i}`), max, 'nobody else’s word makes others of them');
    assert.equal(await refused() - before, 2 * max, 'and each refusal is counted');
    await cut();
    assert.equal(await getIn(3 * max, '127.0.0.3', (i) => `X-Forwarded-For: 192.0.2.${i}`), 3 * max, 'the proxy’s word does');
    await cut();
    assert.equal(await getIn(3 * max, '127.0.0.3', (i) => `X-Forwarded-For: 192.0.2.${i}, 198.51.100.7`), max, 'what stands before it is the client’s own claim');
    await cut();

    // The PROXY protocol is not spoken: not a request, counted, closed, and nothing of it is believed.
    const v2 = '\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xde\xad\x01\xbb';
    const faults = async () => (await heti.metrics()).sum('heti_http_responses_total', { class: '4xx' }) ?? 0;
    for (const [what, head] of [['version 1', 'PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\n'], ['unknown', 'PROXY UNKNOWN\r\n'], ['version 2', Buffer.from(v2, 'latin1')]]) {
      for (const from of ['127.0.0.2', '127.0.0.3']) {
        const seen = await faults();
        const { status } = await bare(heti, Buffer.concat([Buffer.from(head), Buffer.from(get('/api/site?queue=support'))]), { from });
        assert.equal(status, 400, `${what} from ${from}`);
        assert.equal(await faults(), seen + 1, 'counted');
      }
    }
  } finally {
    for (const socket of open) socket.destroy();
    await heti.close();
  }
});

// ---- Everything at once

test('cuts, delays, crumbs and silence in any order under chats of several pairs: one order for all', { timeout: 240000 }, async (t) => {
  const seconds = full ? 180 : 12;
  const seed = Number(process.env.TEST_SEED ?? 1 + Math.floor(Math.random() * 1e9));
  const random = dice(seed);
  const config = demoConfig.replace('[timeouts]', '[timeouts]\nping = "1s"\ndead = "3s"')
    .replace('[queue.nights]', 'wrapup = "0s"\nagent_grace = "10s"\nvisitor_grace = "1m"\n[queue.nights]');
  const heti = await Heti.start({ name: 'bad-network', config });
  const recorder = new Recorder();
  const everybody = [];
  const proxies = [];
  const faults = {};
  let running = [];
  try {
    const line = async () => {
      proxies.push(await FaultProxy.to(heti.port));
      return through(proxies.at(-1));
    };
    const agents = [];
    for (const name of ['aino', 'eero']) {
      const cookie = await login(heti, name);
      const far = await line();
      agents.push(new Participant({ who: name, role: 'agent', login: name, recorder, connect: () => agent(far, { cookie }) }));
    }
    for (let i = 1; i <= 5; i++) {
      const first = await visitor(heti);
      const { token } = first.welcome;
      const { id } = (await first.ask({ t: 'start' })).conversation;
      await first.end();
      const far = await line();
      const one = new Participant({ who: `visitor ${i}`, role: 'visitor', recorder, connect: () => visitor(far, { token }) });
      one.join(id, `visitor${i}`);
      for (const other of agents) other.join(id, `${other.login}${i}`);
      everybody.push(one);
    }
    everybody.push(...agents);
    running = everybody.map((one) => one.run());
    await until('everybody is there', () => everybody.every((one) => one.socket));

    const fault = {
      cut: (proxy) => proxy.cut(),
      late: async (proxy) => {
        proxy.delay = random.below(150);
        await sleep(300);
        proxy.delay = 0;
      },
      crumbs: async (proxy) => {
        proxy.crumbs = 1 + random.below(7);
        await sleep(200);
        proxy.crumbs = 0;
      },
      // Short: what was handed over meanwhile is lost without a word, and the cut tells nobody what.
      silent: async (proxy) => {
        proxy.silent = true;
        await sleep(random.below(300));
        proxy.cut();
        proxy.silent = false;
      },
      // Long: until the server takes it for dead.
      dead: async (proxy) => {
        proxy.silent = true;
        await sleep(4000);
        proxy.cut();
        proxy.silent = false;
      },
    };
    const kinds = ['cut', 'cut', 'cut', 'late', 'late', 'crumbs', 'silent', 'silent', 'dead'];
    const end = Date.now() + seconds * 1000;
    const troubles = proxies.map(async (proxy) => {
      while (Date.now() < end) {
        await sleep(100 + random.below(900));
        const kind = random.one(kinds);
        faults[kind] = (faults[kind] ?? 0) + 1;
        await fault[kind](proxy);
      }
    });
    const talk = everybody.map(async (one) => {
      while (Date.now() < end) {
        one.speak(2, 16);
        await sleep(5);
      }
    });
    await Promise.all([...troubles, ...talk]);

    const unacked = () => everybody.reduce((sum, one) => sum + one.unacked, 0);
    await until('everybody is back and all is acknowledged', () => everybody.every((one) => one.socket) && unacked() === 0, 30000)
      .catch((error) => { throw new Error(`${error.message}: ${everybody.filter((one) => one.unacked > 0).map((one) => `${one.who} ${one.unacked} ${one.lastError ?? ''}`)} (seed ${seed})`); });
    const ids = everybody.filter((one) => one.role === 'visitor').map((one) => [...one.lines.keys()][0]);
    await until('all have seen all', () => ids.every((id) => new Set(everybody.map((one) => one.lines.get(id)?.lastSeq).filter((seq) => seq !== undefined)).size === 1)).catch(() => {});
    for (const one of everybody) for (const id of one.lines.keys()) recorder.note('ended', one.who, id);
    const verdict = check(recorder.events);
    t.diagnostic(`seed ${seed}, ${JSON.stringify(faults)}, ${JSON.stringify(verdict.figures)}`);
    assert.deepEqual(sentences(verdict), [], `seed ${seed}`);
    assert.deepEqual(everybody.flatMap((one) => one.refusals), []);
    assert.ok(verdict.figures.acknowledged > 20 * seconds, `too thin: ${verdict.figures.acknowledged}`);
    assert.ok(verdict.figures.resumes > 3 * seconds, `too few came back: ${verdict.figures.resumes}`);
    assert.ok(['cut', 'late', 'crumbs', 'silent', 'dead'].every((kind) => faults[kind] > 0), JSON.stringify(faults));
  } finally {
    for (const one of everybody) one.stop();
    for (const proxy of proxies) await proxy.close();
    await Promise.all(running);
    await heti.close();
  }
});
