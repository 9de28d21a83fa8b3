// heti apply: the file's queues and agents come into force while the node is stopped, and nobody is hurt by the pause.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { Heti, demoConfig, sleep } from './heti.mjs';
import { visitor } from './client.mjs';

let heti;
before(async () => {
  heti = await Heti.start({
    name: 'apply',
    config: demoConfig.replace('[queue.support]', '[queue.support]\nvisitor_grace = "2s"'),
  });
});
after(async () => { await heti?.close(); });

const displayName = async () => (await (await fetch(`${heti.url}/api/site?queue=support`)).json()).queue.display_name;

test('a changed file is in force after heti apply, not before, and a waiting visitor still waits', async () => {
  const v = await visitor(heti);
  const { conversation } = await v.ask({ t: 'start' });
  v.send({ t: 'post', conversation: conversation.id, stream: 's', n: 1, text: 'hello?' });
  await v.wait('ack', (f) => f.t === 'acked');

  const busy = heti.run(['apply']);
  assert.equal(busy.status, 1, 'refused while the node runs');
  assert.match(busy.stderr, new RegExp(`\\b${heti.process.pid}\\b`), 'and says which process holds the journal');

  writeFileSync(heti.config, readFileSync(heti.config, 'utf8').replace('display_name = "Support"', 'display_name = "Help"'));
  await heti.terminate();
  await heti.launch();
  assert.equal(await displayName(), 'Support', 'the journal\'s settings rule until they are replaced');
  const again = await visitor(heti, { token: v.welcome.token });
  assert.equal(again.welcome.conversation.state, 'queued');

  await heti.terminate();
  await sleep(3000); // longer than the grace
  const applied = heti.run(['apply']);
  assert.equal(applied.status, 0, applied.stderr);
  assert.match(applied.stdout, /version 2 /);
  await heti.launch();
  assert.equal(await displayName(), 'Help');
  const back = await visitor(heti, { token: v.welcome.token });
  assert.equal(back.welcome.conversation.state, 'queued', 'our pause abandoned nobody');
  await back.end();
});
