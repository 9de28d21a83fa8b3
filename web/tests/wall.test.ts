import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { WallQueue } from "../client/protocol.js";
import { type Mark, type QueueView, type Tone, lengthOf, percent, viewOf } from "../wall/figures.js";
import { fault } from "./schemas.js";

const noon = Date.parse("2026-06-01T09:00:00.000Z"); // a Monday, 12:00 in Helsinki
const hour = 3_600_000;

// A queue on a quiet morning; undefined takes a figure away.
function queue(over: Partial<WallQueue> = {}): WallQueue {
  const figures: WallQueue = {
    name: "support", display_name: "Support", open: true, closing: false, next_change: noon + 4 * hour, waiting: 0, oldest_wait_ms: 0,
    oldest_unanswered_ms: 0, target_ms: 60_000, goal: 0.8, overdue: 0, predicted_breaches: 0, estimated_wait_ms: 20_000, staffed: 2,
    free_slots: 5, min_agents: 2, agents_required: 2, staffed_today: 1, service_level_today: 0.9, good_today: 9, bad_today: 1,
    next_hour: { arrivals: 12, agents_required: 2 }, ...over,
  };
  const left = Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)) as unknown as WallQueue;
  assert.equal(fault("http_wall_queue", left), null);
  return left;
}

const view = (over: Partial<WallQueue> = {}, sinceMs = 0) => viewOf(queue(over), sinceMs, noon, "en-GB", "Europe/Helsinki");
const waits = (ms: number, over: Partial<WallQueue> = {}) => ({ waiting: 1, oldest_wait_ms: ms, oldest_unanswered_ms: ms, ...over });
const detail = (shown: QueueView, key: string) => shown.details.find((one) => one.key === key)!;
const marks = (shown: QueueView): Mark[] => [
  shown.hours, shown.verdict, shown.waiting.mark, shown.wait.mark, shown.team.mark, ...shown.details.flatMap((one) => (one.mark ? [one.mark] : [])),
];

test("a calm queue is called calm, and nothing on it is alarming", () => {
  const shown = view();
  assert.deepEqual(shown.verdict, { tone: "good", word: "All well" });
  assert.deepEqual([shown.waiting.text, shown.wait.text, shown.team.text, shown.team.more], ["0", "–", "2", "2 required"]);
  assert.deepEqual(shown.hours, { tone: "good", word: "Open", more: "until 16:00" });
  for (const mark of marks(shown)) assert.ok(mark.tone === "good" || mark.tone === "quiet", mark.word);
});

test("the longest wait counts on by the clock of the figures, and turns at the target: at it still in time", () => {
  const at = (sinceMs: number) => view(waits(40_000), sinceMs).wait;
  assert.deepEqual([at(0).text, at(0).mark], ["0:40", { tone: "good", word: "In time" }]);
  assert.deepEqual([at(8_000).text, at(8_000).mark], ["0:48", { tone: "warn", word: "0:12 left" }]);
  assert.deepEqual([at(20_000).text, at(20_000).share, at(20_000).mark], ["1:00", 1, { tone: "warn", word: "0:00 left" }]);
  assert.deepEqual([at(20_001).text, at(20_001).mark], ["1:00", { tone: "bad", word: "Late by 0:00" }]);
  assert.deepEqual([at(95_000).text, at(95_000).share, at(95_000).mark], ["2:15", 1.5, { tone: "bad", word: "Late by 1:15" }]);
});

test("late: the number that waits says so too, also before the server has", () => {
  assert.deepEqual(view(waits(60_000), 1).waiting.mark, { tone: "bad", word: "1 past target" });
  const shown = view(waits(74_000, { waiting: 3, overdue: 2, predicted_breaches: 2.6 }));
  assert.deepEqual(shown.waiting.mark, { tone: "bad", word: "2 past target" });
  assert.deepEqual(shown.verdict, { tone: "bad", word: "2 past target" });
  assert.deepEqual(view(waits(74_000, { overdue: 1 })).verdict, { tone: "bad", word: "Late by 0:14" });
});

test("who was accepted and has no answer yet still waits", () => {
  const shown = view({ waiting: 0, oldest_wait_ms: 0, oldest_unanswered_ms: 50_000 });
  assert.deepEqual([shown.waiting.text, shown.waiting.mark.word, shown.wait.text], ["0", "Taken, no answer", "0:50"]);
  assert.equal(shown.verdict.tone, "warn");
});

test("what is likely to be late is said before it is", () => {
  assert.deepEqual(view(waits(5_000, { waiting: 4, predicted_breaches: 1.6 })).waiting.mark, { tone: "warn", word: "2 likely late" });
  assert.equal(view(waits(5_000, { predicted_breaches: 0.49 })).waiting.mark.tone, "good");
});

test("nobody there, too few, fewer than the load needs, all busy, room", () => {
  const team = (over: Partial<WallQueue>) => view(over).team.mark;
  assert.deepEqual(team({ staffed: 0, free_slots: 0 }), { tone: "bad", word: "Nobody is there" });
  assert.deepEqual(view({ staffed: 0, free_slots: 0 }).verdict, { tone: "bad", word: "Nobody is there" });
  assert.deepEqual(team({ staffed: 0, free_slots: 0, min_agents: 0 }), { tone: "quiet", word: "None required" });
  assert.deepEqual(team({ staffed: 0, free_slots: 0, min_agents: 0, waiting: 1 }), { tone: "bad", word: "Nobody is there" });
  assert.deepEqual(team({ staffed: 1 }), { tone: "warn", word: "1 agent short" });
  assert.deepEqual(team({ agents_required: 4 }), { tone: "warn", word: "Load needs 4" });
  assert.deepEqual(team({ agents_required: undefined, free_slots: 0 }), { tone: "quiet", word: "All are busy" });
  assert.deepEqual(team({ free_slots: 0, waiting: 1 }), { tone: "warn", word: "All are busy" });
  assert.deepEqual(team({}), { tone: "good", word: "Room for 5" });
  // Nobody there is what can be acted upon, so it comes before the wait that follows from it.
  assert.equal(view(waits(90_000, { overdue: 1, staffed: 0, free_slots: 0 })).verdict.word, "Nobody is there");
});

test("closed: the clock stands, nobody is needed, and it says when it opens", () => {
  const night = { open: false, staffed: 0, free_slots: 0, next_change: noon + 20 * hour, estimated_wait_ms: undefined, next_hour: undefined };
  const empty = view(night, 60_000);
  assert.deepEqual(empty.verdict, { tone: "quiet", word: "Closed" });
  assert.deepEqual(empty.hours, { tone: "quiet", word: "Closed", more: "opens tomorrow 08:00" });
  assert.deepEqual(empty.team.mark, { tone: "quiet", word: "None needed now" });
  const frozen = view({ ...night, ...waits(9_000) }, 60_000);
  assert.deepEqual([frozen.wait.text, frozen.wait.mark], ["0:09", { tone: "quiet", word: "Clock stands" }]);
  assert.deepEqual(frozen.waiting.mark, { tone: "quiet", word: "Kept in line" });
  assert.equal(frozen.verdict.tone, "quiet");
  assert.deepEqual(view({ ...night, ...waits(61_000) }).wait.mark, { tone: "warn", word: "Late, clock stands" });
  assert.equal(view({ ...night, next_change: undefined }).hours.more, "");
});

test("closing: who waits is still served, so somebody has to be there", () => {
  const closing = { open: false, closing: true, next_change: noon + 20 * hour };
  assert.deepEqual(view({ ...closing, ...waits(9_000) }, 5_000).wait.text, "0:09");
  assert.deepEqual(view({ ...closing, ...waits(9_000) }).waiting.mark, { tone: "warn", word: "Still being served" });
  assert.deepEqual(view({ ...closing, ...waits(61_000) }).wait.mark, { tone: "bad", word: "Late, clock stands" });
  assert.deepEqual(view({ ...closing, ...waits(9_000), staffed: 0, free_slots: 0 }).verdict, { tone: "bad", word: "Nobody is there" });
  assert.deepEqual(view({ ...closing, staffed: 0, free_slots: 0 }).verdict, { tone: "warn", word: "Closing" });
});

test("where there is no figure there is a dash, never 0 % and never nothing", () => {
  const shown = view({
    estimated_wait_ms: undefined, agents_required: undefined, staffed_today: undefined, service_level_today: undefined, good_today: 0,
    bad_today: 0, next_hour: undefined,
  });
  for (const one of shown.details) {
    assert.equal(one.text, "–", one.key);
    assert.notEqual(one.more, "", one.key);
  }
  assert.deepEqual(detail(shown, "level").mark, { tone: "quiet", word: "No answers yet" });
  // A real 0 is a 0.
  const bad = view({ service_level_today: 0, good_today: 0, bad_today: 3, staffed_today: 0 });
  assert.deepEqual([detail(bad, "level").text, detail(bad, "level").more, detail(bad, "staffed").text], ["0 %", "0 of 3", "0 %"]);
});

test("a share is cut, not rounded: what is under the goal never reads as the goal", () => {
  assert.deepEqual([percent(0.7999), percent(0.8), percent(0.29), percent(0.57), percent(1), percent(0.9999), percent(0)],
    ["79 %", "80 %", "29 %", "57 %", "100 %", "99 %", "0 %"]);
  assert.deepEqual(detail(view({ service_level_today: 0.7999 }), "level").mark, { tone: "warn", word: "Under goal, 80 %" });
  assert.deepEqual(detail(view({ service_level_today: 0.8 }), "level").mark, { tone: "good", word: "Goal 80 % met" });
});

test("lengths never grow wider than their place", () => {
  assert.deepEqual([0, 999, 59_999, 60_000, 3_599_000, 3_600_000, 86_399_000, 99 * hour, 100 * hour].map(lengthOf),
    ["0:00", "0:00", "0:59", "1:00", "59:59", "1 h 00", "23 h 59", "99 h 00", "100 h"]);
});

// Numbers that are always the same ones, from a seed.
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test("in every state each colour comes with a word, a tone has one sign, and no figure is empty", () => {
  const roll = dice(7);
  const pick = <T>(...from: T[]): T => from[Math.floor(roll() * from.length)]!;
  const seen = new Map<Tone, Set<string>>();
  for (let n = 0; n < 4_000; n += 1) {
    const open = roll() < 0.6;
    const ms = pick(0, 1, 30_000, 48_000, 60_000, 60_001, 400_000, 5_000_000);
    const shown = view({
      open, closing: !open && roll() < 0.5, next_change: pick(undefined, noon + 1, noon + hour, noon + 30 * hour, noon + 300 * hour), waiting: pick(0, 1, 2, 150),
      oldest_wait_ms: pick(0, ms), oldest_unanswered_ms: ms, target_ms: pick(60_000, 1, 7_200_000), overdue: pick(0, 0, 1, 9), predicted_breaches: pick(0, 0.4, 0.6, 12.5),
      estimated_wait_ms: pick(undefined, 0, 90_000), staffed: pick(0, 1, 2, 30), free_slots: pick(0, 1, 9), min_agents: pick(0, 1, 2, 3), agents_required: pick(undefined, 0, 2, 9),
      staffed_today: pick(undefined, 0, 0.5, 1), service_level_today: pick(undefined, 0, 0.79, 0.8, 1), next_hour: pick(undefined, { arrivals: pick(0, 0.3, 1, 55.5), agents_required: pick(0, 3) }),
    }, pick(0, 2_000, 100_000));
    for (const { tone, word } of marks(shown)) {
      assert.match(word, /\S/);
      seen.set(tone, (seen.get(tone) ?? new Set()).add(word.replace(/\d+(:\d\d)?( h( \d\d)?)?/g, "#")));
    }
    for (const { text } of [shown.waiting, shown.wait, shown.team, ...shown.details]) assert.match(text, /^[\d–<]/);
    for (const figure of [shown.waiting, shown.wait, shown.team, ...shown.details]) assert.doesNotMatch(figure.text + figure.more, /NaN|undefined|Infinity/);
    if (!open && shown.team.mark.tone === "bad") assert.equal(shown.hours.word, "Closing");
    // Whatever is worst is what the whole is called.
    const worst = [shown.team.mark, shown.wait.mark, shown.waiting.mark].some((mark) => mark.tone === "bad");
    assert.equal(shown.verdict.tone === "bad", worst);
  }
  const both = [...seen.get("good")!].filter((word) => seen.get("bad")!.has(word));
  assert.deepEqual(both, [], "a word that is calm once and an alarm another time says nothing without its colour");
  assert.deepEqual([...seen.keys()].sort(), ["bad", "good", "quiet", "warn"]);
  const signs = readFileSync("wall/signs.tsx", "utf8");
  const shapes = [...seen.keys()].map((tone) => new RegExp(`^  ${tone}: <(.*)/>,$`, "m").exec(signs)?.[1]);
  assert.equal(new Set(shapes).size, 4, "each tone has a shape of its own");
});
