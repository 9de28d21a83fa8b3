// The judge itself: histories that are wrong must be found wrong.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { judge, Durable } from './client.mjs';

function history(entries, { stream = 'a', sent = [], acked = [], shown = null } = {}) {
  const d = new Durable(null, { conversation: 'c', stream });
  d.sent = new Map(sent);
  d.acked = new Map(acked);
  for (const entry of shown ?? entries) d.see(entry);
  return d;
}
const line = (seq, stream, n, text) => ({ seq, kind: 'message', stream, n, text });
const good = [line(1, 'a', 1, 'x'), line(2, 'b', 1, 'y'), line(3, 'a', 2, 'z')];
const a = { stream: 'a', sent: [[1, 'x'], [2, 'z']], acked: [[1, 1], [2, 3]] };
const b = { stream: 'b', sent: [[1, 'y']], acked: [[1, 2]] };

test('a good history has no fault', () => {
  assert.deepEqual(judge({ a: history(good, a), b: history(good, b) }), []);
});
test('an acknowledged message that is nowhere is found', () => {
  const lost = [line(1, 'a', 1, 'x'), line(2, 'b', 1, 'y')];
  assert.notDeepEqual(judge({ a: history(lost, a), b: history(lost, b) }), []);
});
test('a doubled message is found', () => {
  const twice = [...good, line(4, 'a', 2, 'z')];
  assert.notDeepEqual(judge({ a: history(twice, a), b: history(twice, b) }), []);
});
test('two orders are found', () => {
  const other = [line(1, 'b', 1, 'y'), line(2, 'a', 1, 'x'), line(3, 'a', 2, 'z')];
  assert.notDeepEqual(judge({ a: history(good, a), b: history(other, b) }), []);
});
test('a gap is found', () => {
  assert.notDeepEqual(judge({ a: history(good, { ...a, shown: [good[0], good[2]] }), b: history(good, b) }), []);
});
test('a push that comes twice is found', () => {
  assert.notDeepEqual(judge({ a: history(good, { ...a, shown: [good[0], good[1], good[1], good[2]] }), b: history(good, b) }), []);
});
test('another text than the one sent is found', () => {
  const changed = [line(1, 'a', 1, 'x'), line(2, 'b', 1, 'y'), line(3, 'a', 2, 'Z')];
  assert.notDeepEqual(judge({ a: history(changed, a), b: history(changed, b) }), []);
});
