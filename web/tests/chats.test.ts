import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped, waitNow, waitingCount } from "../client/chats.js";
import type { Chat } from "../client/protocol.js";

const t0 = Date.parse("2026-06-01T06:00:00.000Z");

function chat(id: string, over: Partial<Chat>, elapsed?: number): Chat {
  return {
    conversation: id, queue: "support", state: "queued", visitor: { id }, last_seq: 1, visitor_online: true,
    created: "2026-06-01T05:59:00.000Z", as_of: "2026-06-01T06:00:00.000Z",
    ...(elapsed === undefined ? {} : { wait: { sla: "first_response", elapsed_ms: elapsed, running: true, target_ms: 60_000, breached: false } }),
    ...over,
  };
}

test("the list is: offered to me, mine, waiting, with others, after hours; the largest wait first", () => {
  const all = [
    chat("a", {}, 5_000), chat("b", {}, 50_000), chat("c", { state: "assigned", agent: "aino" }), chat("d", { state: "assigned", agent: "aino" }, 9_000),
    chat("e", { state: "offered", offered_to: "aino" }, 1_000), chat("f", { state: "offered", offered_to: "bo" }, 20_000),
    chat("g", { state: "assigned", agent: "bo" }), chat("h", { state: "offline_message" }), chat("i", { state: "wrapup", agent: "aino", created: "2026-06-01T05:00:00.000Z" }),
  ];
  const parts = grouped(all, "aino", t0).map((part) => [part.group, part.chats.map((one) => one.conversation).join("")]);
  assert.deepEqual(parts, [["offered", "e"], ["mine", "dic"], ["waiting", "bfa"], ["others", "g"], ["messages", "h"]]);
  assert.equal(waitingCount(all), 4);
});

test("the order does not change by time alone", () => {
  const all = [chat("a", {}, 5_000), chat("b", {}, 50_000), chat("c", {}, 50_000)];
  const at = (now: number) => grouped(all, "aino", now)[0]!.chats.map((one) => one.conversation).join("");
  assert.equal(at(t0), at(t0 + 3_600_000));
});

test("a wait is amber at 80 % of its target and red beyond it", () => {
  const one = chat("a", {}, 40_000);
  const level = (after: number) => waitNow(one, t0 + after)!.level;
  assert.deepEqual([0, 7_999, 8_000, 20_000, 20_001].map(level), ["fine", "fine", "near", "near", "breached"]);
});

test("a clock that the server says stands still stands still", () => {
  const one = chat("a", {}, 40_000);
  one.wait!.running = false;
  assert.equal(waitNow(one, t0 + 600_000)!.ms, 40_000);
});

test("a clock never goes back before the moment the server spoke of", () => {
  assert.equal(waitNow(chat("a", {}, 40_000), t0 - 5_000)!.ms, 40_000);
});
