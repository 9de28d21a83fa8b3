// What memory no longer holds comes from the archive, which follows the journal a little behind: right after a kill it
// must be whole all the same, because a page of history includes everything durable at the time of asking.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Heti } from './heti.mjs';
import { visitor } from './client.mjs';

let heti;
before(async () => { heti = await Heti.start({ name: 'history' }); });
after(async () => { await heti?.close(); });

test('after a kill in the middle of a flood the whole conversation can be read at once', async (t) => {
  let v = await visitor(heti);
  const { token } = v.welcome;
  const { conversation } = await v.ask({ t: 'start' });
  let n = 0;
  for (let round = 0; round < 6; round++) {
    const wanted = n + 450;
    for (; n < wanted; n++) v.send({ t: 'post', conversation: conversation.id, stream: `r${round}`, n: n - wanted + 451, text: `line ${n + 1}` });
    const acked = await v.wait('an acknowledgement', (f) => f.t === 'acked' && f.stream === `r${round}` && f.n > 100 + 50 * round);
    await heti.restart();
    v = await visitor(heti, { token });
    const opened = await v.ask({ t: 'open', conversation: conversation.id, after: 0 });
    let entries = opened.entries;
    assert.equal(entries.at(-1).seq, opened.conversation.last_seq);
    assert.ok(opened.conversation.last_seq >= acked.seq);
    while (entries[0].seq > 1) {
      const page = await v.ask({ t: 'history', conversation: conversation.id, before: entries[0].seq, limit: 200 });
      assert.equal(page.t, 'page', JSON.stringify(page));
      assert.ok(page.entries.length > 0, `round ${round}: nothing before ${entries[0].seq}`);
      entries = [...page.entries, ...entries];
    }
    assert.deepEqual(entries.map((e) => e.seq), Array.from({ length: opened.conversation.last_seq }, (_, i) => i + 1));
    for (const [i, entry] of entries.entries()) {
      if (i > 0 && entry.stream === entries[i - 1].stream) assert.equal(entry.n, entries[i - 1].n + 1);
    }
    t.diagnostic(`round ${round}: ${entries.length} lines`);
  }
  await v.end();
});
