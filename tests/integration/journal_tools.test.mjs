// heti journal verify and show, heti backup and restore: what an operator does when something is wrong with a journal.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Heti, password, sleep, until } from './heti.mjs';
import { agent, login, visitor } from './client.mjs';

let heti;
let data; // the node's data directory
let chats; // what visitors said: [{ token, conversation, texts }]

before(async () => {
  heti = await Heti.start({ name: 'journal_tools' });
  data = join(heti.directory, 'data');
  chats = [];
  for (let i = 0; i < 6; i++) chats.push(await chat(`chat ${i}`, 5));
});
after(async () => { await heti?.close(); });

// A visitor who says so many things and waits until all are acknowledged.
async function chat(name, count) {
  const v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  const texts = [];
  for (let n = 1; n <= count; n++) {
    texts.push(`${name}, sentence ${n} about kahvipannu`);
    v.send({ t: 'post', conversation: conversation.id, stream: 's', n, text: texts.at(-1) });
  }
  await v.wait('the last ack', (f) => f.t === 'acked' && f.n === count);
  await v.end();
  return { token: v.welcome.token, visitor: v.welcome.visitor, history: v.welcome.history, conversation: conversation.id, texts };
}

// All that was said in a chat, as its visitor reads it now.
async function read(server, { token, conversation }) {
  const v = await visitor(server, { token });
  const opened = await v.ask({ t: 'open', conversation, after: 0 });
  await v.end();
  return { history: v.welcome.history, opened, texts: (opened.entries ?? []).filter((e) => e.stream === 's').map((e) => e.text) };
}

// The same program on another data directory.
const on = (directory, args) => {
  const env = heti.env;
  heti.env = { ...env, HETI_JOURNAL_PATH: directory };
  try { return heti.run(args); } finally { heti.env = env; }
};

// A copy of the stopped node's directory, to be damaged.
function copyOfData(name) {
  const copy = join(heti.directory, name);
  rmSync(copy, { recursive: true, force: true });
  cpSync(data, copy, { recursive: true });
  return copy;
}

const lines = (text) => text.trim().split('\n');

test('verify calls a sound journal sound, while the node runs and after it', async () => {
  const running = heti.run(['journal', 'verify']);
  assert.equal(running.status, 0, running.stdout + running.stderr);
  assert.equal(lines(running.stdout).at(-1), 'SOUND');
  assert.match(running.stdout, /^batches {3}1 to \d+, \d+ sound/m);
  await heti.terminate();
  const stopped = heti.run(['journal', 'verify']);
  assert.equal(stopped.status, 0, stopped.stdout + stopped.stderr);
  assert.match(stopped.stdout, /^snapshots [12] sound$/m, 'a clean stop left a snapshot');
  await heti.launch();
});

test('verify says 2 when there is nothing that it could read', async () => {
  const empty = join(heti.directory, 'empty');
  mkdirSync(empty);
  const nothing = on(empty, ['journal', 'verify']);
  assert.equal(nothing.status, 2, nothing.stdout);
  assert.match(nothing.stderr, /journal\.db: cannot be opened/);
  writeFileSync(join(empty, 'journal.db'), 'x'.repeat(8192));
  assert.equal(on(empty, ['journal', 'verify']).status, 2);
  assert.equal(heti.run(['--config', join(heti.directory, 'none.toml'), 'journal', 'verify']).status, 2);
});

test('a flipped bit is a hole: named with its batch and file, and a remedy, and the node does not start on it', async () => {
  await heti.terminate();
  const copy = copyOfData('hole');
  const path = join(copy, 'journal.db');
  const bytes = readFileSync(path);
  const at = bytes.indexOf('chat 2, sentence 3 about kahvipannu');
  assert.ok(at > 0);
  bytes[at + 8] ^= 4;
  writeFileSync(path, bytes);
  const told = on(copy, ['journal', 'verify']);
  assert.equal(told.status, 1, told.stdout + told.stderr);
  const hole = /^HOLE {6}batch (\d+) is damaged: its checksum does not match \((.*)\)$/m.exec(told.stdout);
  assert.ok(hole, told.stdout);
  assert.equal(hole[2], path);
  assert.doesNotMatch(told.stdout, /^TAIL/m);
  assert.match(told.stdout, /remedy .*heti restore --replace FILE/);
  assert.equal(lines(told.stdout).at(-1), 'DAMAGED');

  const shown = on(copy, ['journal', 'show', '--conversation', chats[2].conversation]);
  assert.equal(shown.status, 1, 'half a conversation is not shown as if it were whole');
  assert.match(shown.stderr, new RegExp(`batch ${hole[1]} is damaged`));

  const refused = on(copy, ['backup', join(heti.directory, 'of-a-hole.backup')]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, new RegExp(`batch ${hole[1]} is damaged`));
  assert.ok(!readdirSync(heti.directory).some((name) => name.startsWith('of-a-hole')), 'nothing half-made is left');

  for (const name of readdirSync(copy)) if (name.includes('.snapshot.')) rmSync(join(copy, name));
  const start = on(copy, ['run']);
  assert.equal(start.status, 1);
  assert.match(start.stderr, new RegExp(`batch ${hole[1]} is damaged`));
  await heti.launch();
});

test('a truncated log is a lost end: who knows more and how much, not a hole; the node then begins a new history', async () => {
  await chat('late', 4);
  await heti.kill(); // the last batches are in the write-ahead log alone
  const copy = copyOfData('tail');
  const log = join(copy, 'journal.db-wal');
  assert.ok(statSync(log).size > 3 * 4120);
  truncateSync(log, statSync(log).size - 2 * 4120);
  const told = on(copy, ['journal', 'verify']);
  assert.equal(told.status, 1, told.stdout + told.stderr);
  const tail = /^TAIL {6}default\.tail knows batch (\d+) \([0-9a-f]{32}\), the journal ends at (\d+)$/m.exec(told.stdout);
  assert.ok(tail, told.stdout);
  assert.match(told.stdout, new RegExp(`the end is lost: ${tail[1] - tail[2]} acknowledged batches`));
  assert.doesNotMatch(told.stdout, /^HOLE/m);
  assert.match(told.stdout, /remedy .*journal\.db-wal/);
  const again = on(copy, ['journal', 'verify']);
  assert.equal(again.stdout, told.stdout, 'verify changes nothing');
  const applied = on(copy, ['apply']); // opens the journal as a node does
  assert.equal(applied.status, 0, applied.stderr);
  assert.match(applied.stdout + applied.stderr, /has lost its end/);
  const after = on(copy, ['journal', 'verify']);
  assert.equal(after.status, 0, after.stdout);
  assert.notEqual(/history (\S+)/.exec(after.stdout)[1], /history (\S+)/.exec(told.stdout)[1]);
  await heti.launch();
});

test('show prints the events of one conversation; what was said only with --texts', async () => {
  const { conversation, texts } = chats[1];
  const bare = heti.run(['journal', 'show', '--conversation', conversation]);
  assert.equal(bare.status, 0, bare.stderr);
  const events = lines(bare.stdout).map((line) => JSON.parse(line));
  assert.equal(events.filter((e) => e.name === 'message.posted').length, texts.length);
  assert.ok(events.every((e) => e.conversation === conversation && e.batch > 0 && e.event > 0));
  for (let i = 1; i < events.length; i++) {
    assert.ok(events[i].batch > events[i - 1].batch || events[i].event > events[i - 1].event, 'in the journal\'s order');
  }
  assert.doesNotMatch(bare.stdout, /kahvipannu/);
  const full = heti.run(['journal', 'show', '--texts', '--conversation', conversation.slice(0, 10)]);
  assert.deepEqual(lines(full.stdout).map((line) => JSON.parse(line).text).filter((t) => t !== undefined), texts);
  const unknown = heti.run(['journal', 'show', '--conversation', 'ffffffffffff']);
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /no conversation begins with/);
});

test('a backup made under traffic brings every chat of before it back into an empty directory, under a new history', async () => {
  const file = join(heti.directory, 'whole.backup');
  const before = chats.length;
  let stop = false;
  const traffic = (async () => {
    for (let i = 0; !stop; i++) chats.push(await chat(`traffic ${i}`, 10));
  })();
  await until('traffic', () => chats.length > before + 3);
  const sure = chats.length;
  const made = heti.run(['backup', '--secrets', file]);
  assert.equal(made.status, 0, made.stderr);
  stop = true;
  await traffic;
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(!readdirSync(heti.directory).some((name) => name.startsWith('whole.backup') && name !== 'whole.backup'), 'one file');
  const twice = heti.run(['backup', file]);
  assert.equal(twice.status, 1);
  assert.match(twice.stderr, /exists; a backup never overwrites a file/);

  const oldHistory = chats[0].history;
  const lost = await chat('after the backup', 3);
  const reader = await read(heti, chats[0]);
  const oldLast = reader.opened.conversation.last_seq;
  const busy = heti.run(['restore', '--replace', file]);
  assert.equal(busy.status, 1);
  assert.match(busy.stderr, new RegExp(`in use by process ${heti.process.pid}\\b.*Stop the node first`));
  await heti.terminate();

  const empty = join(heti.directory, 'restored');
  const restored = on(empty, ['restore', file]);
  assert.equal(restored.status, 0, restored.stderr);
  assert.match(restored.stdout, /secrets\.db is restored too/);
  const verified = on(empty, ['journal', 'verify']);
  assert.equal(verified.status, 0, verified.stdout + verified.stderr);
  const refused = on(empty, ['restore', file]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /there is a journal .*--replace/);

  await heti.launch({ HETI_JOURNAL_PATH: empty });
  assert.ok((await login(heti, 'aino', password)).length > 0, 'the passwords came along');
  for (const each of chats.slice(0, sure)) {
    const now = await read(heti, each);
    assert.deepEqual(now.texts, each.texts);
    assert.notEqual(now.history, oldHistory, 'a client that kept positions sees that they have lost their meaning');
  }
  // A client that was ahead finds another history in its welcome, and then whatever the server still has.
  const ahead = await visitor(heti, { token: lost.token });
  assert.notEqual(ahead.welcome.history, lost.history);
  assert.equal(ahead.welcome.conversation, undefined, 'its chat came after the backup');
  const { conversation } = await ahead.ask({ t: 'start' });
  ahead.send({ t: 'post', conversation: conversation.id, stream: 's', n: 1, text: 'once more' });
  await ahead.wait('ack', (f) => f.t === 'acked');
  await ahead.end();
  assert.ok(oldLast >= chats[0].texts.length);
  // The archive follows: old pages come from it.
  const v = await visitor(heti, { token: chats[0].token });
  await v.ask({ t: 'open', conversation: chats[0].conversation, after: oldLast });
  const page = await v.ask({ t: 'history', conversation: chats[0].conversation, before: oldLast + 1, limit: 200 });
  assert.equal(page.t, 'page', JSON.stringify(page));
  assert.deepEqual(page.entries.filter((e) => e.stream === 's').map((e) => e.text), chats[0].texts);
  await v.end();
  await heti.terminate();
  assert.equal(on(empty, ['replay']).status, 0);
  await heti.launch();
});

test('restore --replace keeps the old journal aside, and the archive of the directory follows the restored one', async () => {
  const file = join(heti.directory, 'replace.backup');
  assert.equal(heti.run(['backup', file]).status, 0);
  const gone = await chat('to be given up', 3);
  await read(heti, gone);
  await sleep(300); // the archive has looked at it
  await heti.terminate();
  const oldVerify = heti.run(['journal', 'verify']).stdout;

  const restored = heti.run(['restore', '--replace', file]);
  assert.equal(restored.status, 0, restored.stderr);
  const aside = /kept in (\S+)/.exec(restored.stdout)[1];
  assert.match(aside, /journal-before-\d{8}T\d{6}Z$/);
  assert.match(restored.stdout, /secrets\.db stays as it is/);
  const kept = on(aside, ['journal', 'verify']);
  assert.equal(kept.status, 0, kept.stdout + kept.stderr);
  assert.equal(/^batches .*$/m.exec(kept.stdout)[0], /^batches .*$/m.exec(oldVerify)[0]);

  await heti.launch();
  assert.deepEqual((await read(heti, chats[0])).texts, chats[0].texts);
  const boss = await agent(heti, { name: 'aino' });
  assert.notEqual(boss.welcome.history, gone.history);
  await boss.end();
  const v = await visitor(heti, { token: gone.token });
  assert.equal(v.welcome.conversation, undefined);
  await v.end();
  await until('the archive has followed', async () => {
    const explained = heti.run(['explain', gone.conversation]);
    return explained.status === 1 && /no conversation begins with/.test(explained.stderr);
  });
  await heti.terminate();
  const verified = heti.run(['journal', 'verify']);
  assert.equal(verified.status, 0, verified.stdout);
  await heti.launch();
});

test('a damaged backup is refused before anything is touched, and an unfinished restore keeps the node from starting', async () => {
  const file = join(heti.directory, 'bad.backup');
  assert.equal(heti.run(['backup', file]).status, 0);
  await heti.terminate();
  const good = readFileSync(file);
  const before = heti.run(['journal', 'verify']).stdout;
  const bad = Buffer.from(good);
  bad[bad.indexOf('chat 4, sentence 2 about kahvipannu') + 3] ^= 1;
  writeFileSync(file, bad);
  const refused = heti.run(['restore', '--replace', file]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /this backup is damaged: batch \d+ is damaged/);
  writeFileSync(file, good.subarray(0, good.length - 3 * 4096));
  assert.equal(heti.run(['restore', '--replace', file]).status, 1, 'a backup that was cut');
  assert.equal(heti.run(['journal', 'verify']).stdout, before, 'nothing was touched');
  const journal = heti.run(['restore', '--replace', join(data, 'journal.db')]);
  assert.equal(journal.status, 1);
  assert.match(journal.stderr, /no backup made by heti backup/);

  // As if the power had gone in the middle: the old journal partly aside, the new one not yet in place.
  writeFileSync(file, good);
  writeFileSync(join(data, 'journal.db.restoring'), good.subarray(0, 5000));
  renameSync(join(data, 'journal.db'), join(heti.directory, 'journal.db.was'));
  const start = heti.run(['run']);
  assert.equal(start.status, 1);
  assert.match(start.stderr, /journal\.db\.restoring: a restore into this directory was not finished/);
  assert.equal(heti.run(['journal', 'verify']).status, 2);
  assert.ok(!existsSync(join(data, 'journal.db')), 'no empty journal was begun');
  assert.equal(heti.run(['restore', '--replace', file]).status, 0);
  await heti.launch();
  assert.deepEqual((await read(heti, chats[0])).texts, chats[0].texts);
});
