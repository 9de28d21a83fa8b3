import assert from "node:assert/strict";
import { test } from "node:test";
import type { Site } from "../client/protocol.js";
import { SiteWatch } from "../client/site.js";
import { openingTime, stopwatch } from "../client/format.js";
import { FakeTimers } from "./world.js";

function setting(open: boolean, nextInMs: number | null) {
  const timers = new FakeTimers();
  const state = { open, next: nextInMs === null ? undefined : new Date(timers.at + nextInMs).toISOString(), asked: 0, down: false };
  const watch = new SiteWatch({
    timers, random: () => 0.5,
    fetch: async (): Promise<Site> => {
      state.asked += 1;
      if (state.down) throw new Error("down");
      return {
        queue: { name: "support", display_name: "Support", open: state.open, closing: false, after_hours: "message", next_change: state.next },
        wording: { title: "", greeting: "", closed: "", placeholder: "" }, websocket: "/ws/visitor",
      };
    },
  }, "/api/site?queue=support", () => {});
  return { timers, state, watch };
}

test("the page flips by itself at the moment of the change, and asks again a little later", async () => {
  const { timers, state, watch } = setting(true, 3_600_000);
  await watch.ask();
  await timers.pass(3_599_000);
  assert.equal(watch.site!.queue.open, true);
  assert.equal(state.asked, 1);
  await timers.pass(1_000);
  assert.equal(watch.site!.queue.open, false);
  assert.equal(state.asked, 1);
  state.open = false;
  state.next = undefined;
  await timers.pass(62_000);
  assert.equal(state.asked, 2);
  assert.equal(watch.site!.queue.open, false);
});

test("an open page asks nothing of the server for days", async () => {
  const { timers, state, watch } = setting(false, 3 * 86_400_000);
  await watch.ask();
  await timers.pass(3 * 86_400_000 - 1_000);
  assert.equal(state.asked, 1);
  await timers.pass(1_000);
  assert.equal(watch.site!.queue.open, true);
});

test("coming to the front asks again, but not within a minute", async () => {
  const { timers, state, watch } = setting(true, null);
  await watch.ask();
  watch.shown();
  await timers.pass(61_000);
  assert.equal(state.asked, 1);
  watch.shown();
  await timers.pass(0);
  assert.equal(state.asked, 2);
});

test("a local clock that is hours off does not flip the state", async () => {
  const { timers, state, watch } = setting(true, -3_600_000);
  await watch.ask();
  await timers.pass(30_000);
  assert.equal(watch.site!.queue.open, true);
  await timers.pass(90_000);
  assert.ok(state.asked > 1);
});

test("without an answer it tries again, more and more rarely", async () => {
  const { timers, state, watch } = setting(true, null);
  state.down = true;
  await watch.ask();
  assert.equal(watch.failed, true);
  await timers.pass(3_600_000);
  assert.ok(state.asked > 5 && state.asked < 40, `${state.asked}`);
  state.down = false;
  await timers.pass(300_000);
  assert.equal(watch.site!.queue.open, true);
});

const words = { today: "today", tomorrow: "tomorrow", at: (day: string, time: string) => `${day} at ${time}` };

test("the next opening is told in the reader's own zone", () => {
  const now = Date.parse("2026-06-05T16:00:00.000Z"); // a Friday
  const opens = "2026-06-08T05:00:00.000Z";
  assert.equal(openingTime(opens, now, words, "en", "Europe/Helsinki"), "Monday at 08:00");
  assert.equal(openingTime(opens, now, words, "en", "America/Los_Angeles"), "Sunday at 22:00");
  assert.equal(openingTime("2026-06-05T22:30:00.000Z", now, words, "en", "Europe/Helsinki"), "tomorrow at 01:30");
  assert.equal(openingTime("2026-06-05T20:30:00.000Z", now, words, "en", "Europe/Helsinki"), "today at 23:30");
  assert.equal(openingTime("2026-06-15T05:00:00.000Z", now, words, "en", "Europe/Helsinki"), "Monday, June 15 at 08:00");
});

test("a day is a day of the calendar, also across the change of the clocks", () => {
  const now = Date.parse("2026-03-28T21:59:00.000Z"); // 23:59 on Saturday in Helsinki; Sunday has 23 hours
  assert.equal(openingTime("2026-03-30T05:00:00.000Z", now, words, "en", "Europe/Helsinki"), "Monday at 08:00");
  assert.equal(openingTime("2026-03-29T05:00:00.000Z", now, words, "en", "Europe/Helsinki"), "tomorrow at 08:00");
});

test("a stopwatch counts on from minutes to hours", () => {
  assert.deepEqual([0, 7_999, 65_000, 750_000, 3_723_000, -5].map(stopwatch), ["0:00", "0:07", "1:05", "12:30", "1:02:03", "0:00"]);
});
