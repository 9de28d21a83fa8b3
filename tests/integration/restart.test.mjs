// A node that was killed with 100,000 events behind its last snapshot serves again within two seconds.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Heti, demoConfig, output, until } from './heti.mjs';
import { visitor } from './client.mjs';

const events = Number(process.env.RESTART_EVENTS ?? 100_000);
const talkers = 12; // each may say 10,000 lines at once
const atOnce = 500;
let heti;
const fast = demoConfig
  .replace(/frames_per_second = \d+/, 'frames_per_second = 100000')
  .replace(/frames_burst = \d+/, 'frames_burst = 100000');
before(async () => { heti = await Heti.start({ name: 'restart', config: fast }); });
after(async () => { await heti?.close(); });

test(`ready in under 2 s with ${events} events to fold`, { timeout: 180000 }, async (t) => {
  const each = Math.ceil(events / talkers);
  await Promise.all(Array.from({ length: talkers }, async () => {
    const v = await visitor(heti);
    const { conversation } = await v.ask({ t: 'start' });
    let acked = 0;
    v.onFrame = (frame) => { if (frame.t === 'acked') acked = Math.max(acked, frame.n); };
    for (let n = 1; n <= each; n++) {
      v.send({ t: 'post', conversation: conversation.id, stream: 's', n, text: `line ${n}` });
      if (n % atOnce === 0 || n === each) {
        await until(`answer to line ${n}`, () => acked >= n || v.closed, 20000);
        assert.equal(v.closed, null);
      }
      if (n % (10 * atOnce) === 0) v.frames.length = 0;
    }
  }));
  await heti.kill();
  const started = Date.now();
  await heti.launch();
  const took = Date.now() - started;
  const [, folded] = [...readFileSync(join(output, 'restart.log'), 'utf8').matchAll(/step=recovered .*events=(\d+)/g)].at(-1);
  t.diagnostic(`${folded} events folded, ready after ${took} ms`);
  assert.ok(Number(folded) >= events, 'no snapshot has shortened it');
  assert.ok(took < 2000, `${took} ms`);
});
