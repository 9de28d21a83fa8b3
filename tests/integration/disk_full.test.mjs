// A disk that is full: nothing that was acknowledged is lost, senders are told, and with space it goes on by itself.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Heti, until } from './heti.mjs';
import { visitor } from './client.mjs';

const disk = mkdtempSync(join(tmpdir(), 'heti-small-disk-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk], { encoding: 'utf8' });
const filler = join(disk, 'filler');
const leaves = 1_500_000; // bytes
let heti;
before(async () => {
  if (mounted.status === 0) heti = await Heti.start({ name: 'disk-full', env: { HETI_JOURNAL_PATH: join(disk, 'data') } });
});
after(async () => {
  await heti?.close();
  if (mounted.status === 0) spawnSync('umount', [disk]);
  rmSync(disk, { recursive: true, force: true });
});

const free = () => { const { bavail, bsize } = statfsSync(disk); return bavail * bsize; };
const ready = async () => (await fetch(`${heti.metricsUrl}/readyz?verbose`));

// Whatever the visitor says goes into one stream; what was acknowledged is remembered.
class Talker {
  acked = 0;
  said = 0;
  told = []; // of refusals
  constructor(socket, conversation) {
    this.conversation = conversation;
    this.use(socket);
  }
  use(socket) {
    this.socket = socket;
    socket.onFrame = (frame) => {
      if (frame.t === 'acked') this.acked = Math.max(this.acked, frame.n);
      if (frame.t === 'refused') this.told.push(frame);
    };
  }
  text(n) { return `${n} ${'words '.repeat(300)}`; }
  send(n) { this.socket.send({ t: 'post', conversation: this.conversation, stream: 's', n, text: this.text(n) }); }
  say(count) { for (let i = 0; i < count; i++) this.send(++this.said); }
  repeat() { for (let n = this.acked + 1; n <= this.said; n++) this.send(n); }
}

async function whole(socket, conversation) {
  const opened = await socket.ask({ t: 'open', conversation, after: 0 });
  let entries = opened.entries;
  while (entries[0].seq > 1) {
    const page = await socket.ask({ t: 'history', conversation, before: entries[0].seq, limit: 200 });
    entries = [...page.entries, ...entries];
  }
  return entries;
}

test('on a small disk', { timeout: 90000, skip: mounted.status === 0 ? false : `no file system can be mounted here: ${mounted.stderr}` }, async (t) => {
  const v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  const talker = new Talker(v, conversation.id);
  talker.say(100);
  await until('the first hundred', () => talker.acked === 100);
  writeFileSync(filler, Buffer.alloc(free() - leaves));

  await until('it is full and the sender is told', () => {
    if (talker.said - talker.acked < 50) talker.say(10);
    return talker.told.some((frame) => frame.code === 'try_later');
  }, 30000);
  const kept = talker.acked;
  assert.ok(talker.told.every((frame) => frame.code !== 'try_later' || frame.retry_after_ms > 0), 'and when to try again');
  const answer = await ready();
  assert.equal(answer.status, 503, 'not ready');
  assert.match(await answer.text(), /journal/);
  assert.ok((await heti.metrics()).sum('heti_journal_append_errors_total') > 0);
  assert.equal(v.closed, null);

  rmSync(filler);
  await until('ready again', async () => (await ready()).status === 200, 15000);
  assert.equal(heti.process.exitCode, null, 'without a restart');
  talker.told.length = 0;
  talker.repeat();
  await until('the rest is acknowledged', () => {
    if (talker.told.some((frame) => frame.code === 'try_later' || frame.code === 'resend_from')) {
      talker.told.length = 0;
      talker.repeat();
    }
    return talker.acked === talker.said;
  }, 20000);
  talker.say(20);
  await until('and more', () => talker.acked === talker.said);

  await heti.restart();
  const again = await visitor(heti, { token: v.welcome.token });
  const lines = (await whole(again, conversation.id)).filter((entry) => entry.stream === 's');
  t.diagnostic(`${kept} acknowledged when it was full, ${talker.said} in all`);
  assert.ok(kept > 100, `${kept}`);
  assert.deepEqual(lines.map((entry) => entry.n), Array.from({ length: talker.said }, (_, i) => i + 1), 'each once, in order');
  for (const entry of lines) assert.equal(entry.text, talker.text(entry.n));
});
