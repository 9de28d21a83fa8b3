import assert from "node:assert/strict";
import { test } from "node:test";
import { addEntries, applyPage, contiguousTo, newConversation, nextHole } from "../client/conversation.js";
import type { Entry } from "../client/protocol.js";

const entry = (seq: number): Entry => ({ seq, at: "2026-06-01T06:00:00.000Z", kind: "reopened" });
const entries = (...seqs: number[]) => seqs.map(entry);

test("entries lie in order whatever order they come in, each once", () => {
  const chat = newConversation("c");
  assert.equal(addEntries(chat, entries(3, 1)).length, 2);
  assert.deepEqual(addEntries(chat, entries(2, 3, 1)).map((one) => one.seq), [2]);
  assert.deepEqual(chat.entries.map((one) => one.seq), [1, 2, 3]);
});

test("the youngest hole is asked for first, and no more of it than is missing", () => {
  const chat = newConversation("c");
  addEntries(chat, entries(5, 9));
  chat.lastSeq = 11;
  assert.deepEqual(nextHole(chat), { before: 12, limit: 2 });
  addEntries(chat, entries(10, 11));
  assert.deepEqual(nextHole(chat), { before: 9, limit: 3 });
  addEntries(chat, entries(6, 7, 8));
  assert.deepEqual(nextHole(chat), { before: 5, limit: 4 });
  addEntries(chat, entries(1, 2, 3, 4));
  assert.equal(nextHole(chat), null);
});

test("a long history is fetched a hundred at a time", () => {
  const chat = newConversation("c");
  addEntries(chat, entries(1000));
  assert.deepEqual(nextHole(chat), { before: 1000, limit: 100 });
});

test("what the server does not keep any more is not asked for again", () => {
  const chat = newConversation("c");
  addEntries(chat, entries(50));
  applyPage(chat, entries(48, 49), nextHole(chat)!);
  assert.equal(nextHole(chat), null);
  applyPage(chat, [], { before: 48, limit: 47 });
  assert.equal(nextHole(chat), null);
});

test("a resume asks for what follows the last entry without a hole before it", () => {
  const chat = newConversation("c");
  assert.equal(contiguousTo(chat), 0);
  addEntries(chat, entries(1, 2, 4));
  assert.equal(contiguousTo(chat), 2);
  addEntries(chat, entries(3));
  assert.equal(contiguousTo(chat), 4);
});
