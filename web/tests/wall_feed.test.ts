import assert from "node:assert/strict";
import { test } from "node:test";
import type { Wall, WallQueue } from "../client/protocol.js";
import { everyMs, staleMs } from "../wall/feed.js";
import { WallModel, ageWords } from "../wall/model.js";
import { FakeTimers, settle } from "./world.js";

const queueOf = (name: string, over: Partial<WallQueue> = {}): WallQueue => ({
  name, display_name: name, open: true, closing: false, waiting: 1, oldest_wait_ms: 10_000, oldest_unanswered_ms: 10_000, target_ms: 60_000, goal: 0.8,
  overdue: 0, predicted_breaches: 0, staffed: 1, free_slots: 1, min_agents: 1, good_today: 0, bad_today: 0, ...over,
});

// Heti behind the wall: somebody has waited in each queue since the world began.
class Heti {
  readonly timers = new FakeTimers();
  readonly began = this.timers.at;
  speed = 1;
  up = true;
  signedIn = true;
  lagMs = 0; // how long an answer is under way
  queues = ["support"];
  alarm: Partial<WallQueue> = {};
  asked = 0;
  askedAt: number[] = [];

  get at(): number {
    return this.began + (this.timers.at - this.began) * this.speed;
  }

  ask = async (): Promise<Wall | "signed_out"> => {
    this.asked += 1;
    this.askedAt.push(this.timers.at);
    const { at, speed } = this;
    if (!this.up) throw new Error("no answer");
    if (!this.signedIn) return "signed_out";
    const queues = this.queues.map((name, i) => queueOf(name, { oldest_wait_ms: 10_000 + at - this.began, oldest_unanswered_ms: 10_000 + at - this.began,
      target_ms: 3_000_000, ...(i === this.queues.length - 1 ? this.alarm : {}) }));
    if (this.lagMs > 0) await new Promise<void>((done) => this.timers.after(this.lagMs, done));
    return { at, clock_speed: speed, queues };
  };

  model(only: string[] = []): WallModel {
    return new WallModel({
      now: () => this.timers.now(), after: (ms, run) => this.timers.after(ms, run), random: () => 1, ask: this.ask,
      login: async () => ({ ok: true, account: { name: "aino", display_name: "Aino" } }), logout: async () => {},
    }, only, "en-GB", "Europe/Helsinki");
  }
}

async function started(heti: Heti, only: string[] = []): Promise<WallModel> {
  const model = heti.model(only);
  model.start();
  await settle();
  return model;
}

test("it asks every two seconds, and between the answers the wait counts on by itself", async () => {
  const heti = new Heti();
  const model = await started(heti);
  assert.equal(model.queues[0]!.wait.text, "0:10");
  await heti.timers.pass(1_000);
  assert.equal(heti.asked, 1);
  assert.equal(model.queues[0]!.wait.text, "0:11");
  await heti.timers.pass(60_000);
  assert.equal(heti.asked, 1 + 60_000 / everyMs);
  assert.equal(model.queues[0]!.wait.text, "1:11");
  assert.equal(model.oldWords, "");
});

test("after 2,000 answers there is one timer and one answer, as after the first", async () => {
  const heti = new Heti();
  const model = await started(heti);
  const held = () => [heti.timers.pending, Object.keys(model.feed.figures!).length, model.queues.length];
  const before = held();
  await heti.timers.pass(2_000 * everyMs);
  assert.equal(heti.asked, 2_001);
  assert.deepEqual(held(), before);
});

test("in a demo the wait counts on as many times as fast", async () => {
  const heti = new Heti();
  heti.speed = 60;
  const model = await started(heti);
  await heti.timers.pass(1_000);
  assert.equal(model.queues[0]!.wait.text, "1:10");
  assert.equal(model.clockSpeed, 60);
});

test("the wait never goes backwards for an answer that was under way for longer", async () => {
  const heti = new Heti();
  const model = await started(heti);
  let before = -1;
  for (let step = 0; step < 400; step += 1) {
    heti.lagMs = [0, 700, 50, 1_500][step % 4]!;
    await heti.timers.pass(250);
    const [minutes, seconds] = model.queues[0]!.wait.text.split(":").map(Number) as [number, number];
    assert.ok(minutes * 60 + seconds >= before, `${model.queues[0]!.wait.text} after ${before} s`);
    before = minutes * 60 + seconds;
    assert.ok(Math.abs(model.feed.hetiNow - heti.at) <= 1_500);
  }
});

test("Heti falls silent: the figures say since when they are old, stand still, and are asked for less and less often", async () => {
  const heti = new Heti();
  const model = await started(heti);
  heti.up = false;
  await heti.timers.pass(staleMs);
  assert.equal(model.oldWords, "");
  const frozen = model.queues[0]!.wait.text;
  await heti.timers.pass(6_000);
  assert.equal(model.oldWords, "No answer from Heti since 09:00:00. These figures are 12 s old.");
  assert.equal(model.queues[0]!.wait.text, frozen);
  assert.equal(model.stage, "wall");
  await heti.timers.pass(600_000);
  const pauses = heti.askedAt.slice(1).map((at, i) => at - heti.askedAt[i]!);
  assert.deepEqual(pauses.slice(0, 6), [2_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  assert.match(model.oldWords, /10 min old/);
  await heti.timers.pass(86_400_000);
  assert.match(model.oldWords, /since 1 June, 09:00:00\. These figures are 24 h old/);

  heti.up = true;
  await heti.timers.pass(15_000);
  assert.equal(model.oldWords, "");
  assert.equal(model.queues[0]!.waiting.text, "1");
});

test("the page comes to the front: it asks at once, but never twice at a time", async () => {
  const heti = new Heti();
  const model = await started(heti);
  await heti.timers.pass(500);
  heti.lagMs = 300;
  for (let i = 0; i < 5; i += 1) model.feed.soon();
  await heti.timers.pass(300);
  assert.equal(heti.asked, 2);
  await heti.timers.pass(20_000);
  const pauses = heti.askedAt.slice(2).map((at, i) => at - heti.askedAt[i + 1]!);
  assert.ok(pauses.every((pause) => pause === 2_300), pauses.join());
});

test("a session that is over leads to the login, and back as soon as there is one again", async () => {
  const heti = new Heti();
  heti.signedIn = false;
  const model = await started(heti);
  assert.deepEqual([model.stage, model.loginNote], ["login", ""]);
  heti.signedIn = true;
  assert.equal(await model.login("aino", "secret"), "");
  await settle();
  assert.equal(model.stage, "wall");
  heti.signedIn = false;
  await heti.timers.pass(2_000);
  assert.deepEqual([model.stage, model.loginNote, model.feed.figures], ["login", "The session is over. Please log in again.", null]);
  heti.signedIn = true; // in another tab
  await heti.timers.pass(30_000);
  assert.equal(model.stage, "wall");
});

test("never an answer: it says so, and goes on trying", async () => {
  const heti = new Heti();
  heti.up = false;
  const model = await started(heti);
  assert.equal(model.stage, "unreachable");
  heti.up = true;
  await heti.timers.pass(2_000);
  assert.equal(model.stage, "wall");
});

test("eight queues are one page, nine are two that take turns; an alarm on the other one is named", async () => {
  const heti = new Heti();
  heti.queues = Array.from({ length: 8 }, (_, i) => `q${i}`);
  const model = await started(heti);
  assert.deepEqual([model.turn(model.queues).pages, model.turn(model.queues).shown.length], [1, 8]);
  heti.queues.push("q8");
  heti.alarm = { staffed: 0, free_slots: 0 };
  await heti.timers.pass(2_000);
  const names = () => model.turn(model.queues).shown.map((one) => one.name).join(" ");
  assert.equal(names(), "q0 q1 q2 q3 q4");
  assert.deepEqual(model.turn(model.queues).elsewhere.map((one) => [one.name, one.verdict.word]), [["q8", "Nobody is there"]]);
  const seen: string[] = [];
  for (let second = 0; second < 45; second += 1) {
    await heti.timers.pass(1_000);
    model.tick();
    seen.push(names());
  }
  const turns = seen.filter((page, i) => i > 0 && page !== seen[i - 1]);
  assert.deepEqual(turns, ["q5 q6 q7 q8", "q0 q1 q2 q3 q4", "q5 q6 q7 q8"]);
  assert.deepEqual(model.turn(model.queues).elsewhere, []);
  model.step(-1);
  assert.equal(names(), "q0 q1 q2 q3 q4");
  heti.queues = ["q0"]; // the settings have changed while the second page was shown
  model.step(1);
  await heti.timers.pass(2_000);
  assert.equal(names(), "q0");
});

test("the address picks queues", async () => {
  const heti = new Heti();
  heti.queues = ["support", "sales"];
  const model = await started(heti, ["sales"]);
  assert.deepEqual(model.queues.map((one) => one.name), ["sales"]);
  const none = await started(heti, ["other"]);
  assert.deepEqual([none.queues, none.emptyWords], [[], "None of the queues in the address is one of this account's."]);
});

test("an age is told as precisely as anybody cares for", () => {
  assert.deepEqual([7_000, 119_999, 120_000, 7_199_999, 7_200_000, 172_800_000].map(ageWords), ["7 s", "119 s", "2 min", "119 min", "2 h", "2 days"]);
});
