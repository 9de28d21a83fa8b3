// Bad input: each gets its documented refusal, a counter rises, and the server goes on.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Heti, root, until } from './heti.mjs';
import { Socket, agent, visitor, login, post } from './client.mjs';

let heti;
before(async () => { heti = await Heti.start({ name: 'bad-input' }); });
after(async () => { await heti?.close(); });

const closeCodes = { bad_json: 4505, bad_frame: 4505, unknown_event: 4505, too_big: 1009, forbidden: 4504 };
const errors = async () => (await heti.counters()).sum('heti_protocol_errors_total');

async function goesOn() {
  const v = await visitor(heti);
  assert.equal((await v.ask({ t: 'start' })).t, 'opened');
  await v.end();
}

test('every invalid frame of protocol/fixtures gets its error, without an echo, and its close code', async () => {
  const folder = join(root, 'protocol/fixtures/invalid');
  const cookie = await login(heti);
  const before = await errors();
  let tried = 0;
  for (const file of readdirSync(folder)) {
    const fixture = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    if (!fixture.error) continue;
    let bytes = fixture.raw_base64 ? Buffer.from(fixture.raw_base64, 'base64') : Buffer.from(fixture.raw ?? JSON.stringify(fixture.frame));
    if (fixture.pad_to_bytes) bytes = Buffer.concat([bytes, Buffer.alloc(Math.max(0, fixture.pad_to_bytes - bytes.length), ' ')]);
    if (bytes.length > 65536) continue; // its own test below
    const socket = fixture.role === 'agent' ? await agent(heti, { cookie }) : await visitor(heti);
    const welcomed = socket.frames.length;
    socket.ws.send(bytes, { binary: false });
    await until(`${fixture.name}: close`, () => socket.closed ?? false);
    const utf8 = !socket.frames[welcomed] && socket.closed.code === 1007;
    if (!utf8) {
      const error = socket.frames.slice(welcomed).find((f) => f.t === 'error');
      assert.equal(error?.code, fixture.error, fixture.name);
      assert.deepEqual(Object.keys(error).sort(), ['code', 't'], fixture.name);
      assert.equal(socket.closed.code, closeCodes[fixture.error], fixture.name);
    }
    tried += 1;
  }
  assert.ok(tried >= 30, `${tried} frames`);
  assert.ok((await errors()) >= before + tried, 'each is counted');
  await goesOn();
});

test('a frame over 64 KiB is closed with 1009', async () => {
  const v = await visitor(heti);
  const before = await errors();
  v.send(JSON.stringify({ t: 'typing', conversation: 'x'.repeat(70000) }));
  await until('close', () => v.closed ?? false);
  assert.equal(v.closed.code, 1009);
  assert.ok((await errors()) > before);
  await goesOn();
});

test('a frame before hello, and no hello at all, are closed with 4501', async () => {
  const early = await Socket.open(`ws://127.0.0.1:${heti.port}/ws/visitor`, { Origin: 'http://shop.example' });
  early.send({ t: 'start', ref: 1 });
  await until('close', () => early.closed ?? false);
  assert.equal(early.closed.code, 4501);
  const silent = await Socket.open(`ws://127.0.0.1:${heti.port}/ws/visitor`, { Origin: 'http://shop.example' });
  await until('close', () => silent.closed ?? false, 8000);
  assert.equal(silent.closed.code, 4501);
});

test('a forged token is closed with 4503', async () => {
  const good = await visitor(heti);
  const forged = good.welcome.token.slice(0, -2) + (good.welcome.token.endsWith('AA') ? 'BB' : 'AA');
  const socket = await Socket.open(`ws://127.0.0.1:${heti.port}/ws/visitor`, { Origin: 'http://shop.example' });
  socket.send({ t: 'hello', role: 'visitor', queue: 'support', token: forged });
  await until('close', () => socket.closed ?? false);
  assert.equal(socket.closed.code, 4503);
  await good.end();
});

test('a foreign Origin, or none, is refused on the console\'s socket before the upgrade', async () => {
  for (const origin of ['http://evil.example', `${heti.url}.evil.example`, 'null', undefined]) {
    await assert.rejects(Socket.open(`ws://127.0.0.1:${heti.port}/ws/agent`, origin ? { Origin: origin } : {}), { status: 403 });
  }
  assert.equal((await heti.counters()).sum('heti_handshakes_refused_total', { reason: 'origin' }), 4);
  await goesOn();
});

test('a socket without heti.v1 is refused', async () => {
  await assert.rejects(Socket.open(`ws://127.0.0.1:${heti.port}/ws/visitor`, { Origin: 'http://shop.example' }, ['chat']), { status: 400 });
});

test('a wrong password and an unknown name get the same answer', async () => {
  const texts = [];
  for (const name of ['aino', 'nobody']) {
    const answer = await post(heti, '/api/login', { name, password: 'wrong password' });
    assert.equal(answer.status, 401);
    texts.push(await answer.text());
  }
  assert.equal(texts[0], texts[1]);
  assert.ok((await heti.counters()).sum('heti_logins_total', { result: 'wrong_password' }) >= 2);
  const foreign = await post(heti, '/api/login', { name: 'aino', password: 'x' }, { Origin: 'http://evil.example' });
  assert.equal(foreign.status, 403);
  await login(heti);
});

test('another visitor\'s conversation looks absent', async () => {
  const mine = await visitor(heti);
  const { conversation } = await mine.ask({ t: 'start' });
  const other = await visitor(heti);
  const open = await other.ask({ t: 'open', conversation: conversation.id, after: 0 });
  const absent = await other.ask({ t: 'open', conversation: '0'.repeat(32), after: 0 });
  assert.equal(open.code, 'not_found');
  assert.equal(absent.code, 'not_found');
  await mine.end();
  await other.end();
});

test('a config with five errors is refused whole, each named with its line', () => {
  const file = join(heti.directory, 'bad.toml');
  writeFileSync(file, [
    '[listen]', 'port = 99999', '[limits]', 'conections_max = 5', '[queue.support]', 'timezone = "Europe/Helsingfors"',
    'hours.mon = ["08:60-16:00"]', 'sla.first_response = "0s"',
  ].join('\n'));
  const answer = heti.run(['check-config', file]);
  assert.notEqual(answer.status, 0);
  const text = answer.stdout + answer.stderr;
  for (const line of [2, 4, 6, 7, 8]) assert.match(text, new RegExp(`bad\\.toml:${line}: `), text);
  assert.equal(heti.run(['check-config', heti.config]).status, 0);
});

test('paths outside the web root and unknown routes are 404', async () => {
  for (const path of ['/../../etc/passwd', '/console/%2e%2e/%2e%2e/etc/passwd', '/.git/config', '/metrics', '/nothing']) {
    assert.equal((await fetch(`${heti.url}${path}`)).status, 404, path);
  }
});
