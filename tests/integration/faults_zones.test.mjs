// The files of the time zones are missing, damaged, or say something else than yesterday. The opening hours that count
// are those in the journal: without zone files there is no start, and with other ones nothing of the past changes.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Heti, binary, demoConfig, until } from './heti.mjs';
import { logOf } from './faults.mjs';
import { visitor } from './client.mjs';

const system = '/usr/share/zoneinfo';
const zone = (directory) => join(directory, 'Europe/Helsinki');
const config = demoConfig.replace('[agent.aino]', `[queue.shop]
timezone = "Europe/Helsinki"
hours.mon-sun = ["09:00-16:00"]
[agent.aino]`);
// Only the program under test sees other files in the system's place.
const elsewhere = spawnSync('unshare', ['--mount', 'mount', '--bind', tmpdir(), system], { encoding: 'utf8' });
const skip = elsewhere.status === 0 ? false : `no file system can be laid over another here: ${elsewhere.error ?? elsewhere.stderr}`;

let scratch;
let heti;
let programs = 0;
before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'heti-zones-'));
  chmodSync(scratch, 0o755);
  if (!skip) heti = await Heti.start({ name: 'zones', config });
});
after(async () => {
  await heti?.close();
  rmSync(scratch, { recursive: true, force: true });
});

// The program as it is where the zone files are those of `directory`.
function programAt(directory) {
  const path = join(scratch, `heti-${++programs}`);
  writeFileSync(path, `#!/bin/sh\nexec unshare --mount sh -c 'mount --bind "$0" ${system} && exec "$@"' ${directory} ${binary} "$@"\n`, { mode: 0o755 });
  return path;
}
function run(program, args) {
  return spawnSync(program, args, { env: heti.env, encoding: 'utf8', timeout: 20000 });
}
// A copy of the zone files that are read, with a change in it.
function zonesWith(name, change) {
  const directory = join(scratch, name);
  mkdirSync(directory);
  for (const entry of ['Europe', 'America', 'tzdata.zi', 'leapseconds', 'leap-seconds.list', 'UTC']) {
    cpSync(join(system, entry), join(directory, entry), { recursive: true, dereference: true, force: true, errorOnExist: false });
  }
  change(directory);
  return directory;
}
const nextChange = async (name) => (await heti.metrics()).sum('heti_queue_next_change_timestamp_seconds', { queue: name });

test('a running node needs the files no more, and a start without them is refused in a sentence', { skip, timeout: 60000 }, async (t) => {
  const empty = join(scratch, 'empty');
  mkdirSync(empty);
  const truncated = zonesWith('truncated', (directory) => writeFileSync(zone(directory), 'TZif2'));
  // Files that leave out the transitions to come would be read as if there were none.
  const slim = zonesWith('slim', (directory) => {
    rmSync(zone(directory));
    copyFileSync(join(system, 'Africa/Maputo'), zone(directory));
  });
  for (const [what, directory] of [['no files', empty], ['a damaged file', truncated], ['no summer time', slim]]) {
    await t.test(what, () => {
      const refused = run(programAt(directory), ['run']);
      assert.equal(refused.status, 1, `${refused.signal} ${refused.stderr}`);
      assert.match(refused.stderr, /Europe\/Helsinki/, 'says which');
      assert.ok(refused.stderr.split('\n').length < 20);
    });
  }
  // The node is still there: nothing of this has touched its journal.
  const v = await visitor(heti);
  assert.equal((await v.ask({ t: 'start' })).t, 'opened');
  await v.end();
});

test('zone files that say something else change the hours to come, say so, and no fact', { skip, timeout: 60000 }, async () => {
  const v = await visitor(heti, { queue: 'shop' });
  const { conversation: { id } } = await v.ask({ t: 'start' });
  v.send({ t: 'post', conversation: id, stream: 's', n: 1, text: 'hello' });
  await v.wait('the acknowledgement', (f) => f.t === 'acked');
  const was = await nextChange('shop');
  await heti.terminate();
  const told = run(binary, ['replay']).stdout;

  const london = zonesWith('london', (directory) => {
    rmSync(zone(directory));
    copyFileSync(join(system, 'Europe/London'), zone(directory));
    writeFileSync(join(directory, 'tzdata.zi'), '# version 2099z\n');
  });
  const there = programAt(london);
  const replayed = run(there, ['replay']);
  assert.equal(replayed.status, 0, replayed.stderr);
  assert.equal(replayed.stdout, told, 'the same facts give the same state');

  await heti.launch({}, there);
  await until('the new hours', () => /step=calendar queue=\d+ .*tzdata=2099z/.test(logOf(heti)));
  await until('in force', async () => (await nextChange('shop')) !== was);
  const hours = new Date((await nextChange('shop')) * 1000).getUTCHours();
  assert.ok([8, 9, 15, 16].includes(hours), `opens at 9 or closes at 16 in London, not at ${hours} UTC`);
  assert.equal((await heti.metrics()).sum('heti_tzdata_info', { version: '2099z' }), 1);
  const again = await visitor(heti, { queue: 'shop', token: v.welcome.token });
  const { entries } = await again.ask({ t: 'open', conversation: id, after: 0 });
  assert.equal(entries.find((entry) => entry.kind === 'message').text, 'hello');

  // And back, as two nodes with different files would be: the journal alone decides.
  assert.deepEqual(await heti.terminate(), { code: 0, signal: null });
  const [here, away] = [run(binary, ['replay']), run(there, ['replay'])];
  assert.equal(here.status, 0, here.stderr);
  assert.equal(here.stdout, away.stdout);
  await heti.launch();
  await until('the old hours', async () => (await nextChange('shop')) === was);
});
