import assert from "node:assert/strict";
import { test } from "node:test";
import { VisitorSession } from "../client/visitor.js";
import { World } from "./world.js";

const options = { heti: "chat.example", url: () => "wss://chat.example/ws/visitor", queue: "support", page: () => ({ url: "https://shop.example/", title: "Shop" }) };

async function visitor(world: World, page = "a", withLocks = true): Promise<VisitorSession> {
  const session = new VisitorSession(world.page(page, withLocks), options);
  await session.connect();
  await world.timers.pass(0);
  return session;
}

// What the visitor sees: each message with its mark.
function shown(session: VisitorSession): string[] {
  return session.lines(session.current, true).flatMap((line) => {
    if (line.kind === "post") return [`${line.post.text} ${line.late ? "late" : line.post.mark}`];
    return line.entry.kind === "message" ? [`${line.entry.text} ${line.entry.author.role === "visitor" ? "sent" : line.entry.author.role}`] : [];
  });
}

test("the first words start a conversation, and get their tick when the server has them", async () => {
  const world = new World();
  const alice = await visitor(world);
  assert.equal(alice.phase, "ready");
  assert.equal(world.heti.conversations.size, 0);
  alice.send("hello");
  assert.deepEqual(shown(alice), ["hello sending"]);
  await world.timers.pass(0);
  assert.deepEqual(shown(alice), ["hello sent"]);
  assert.deepEqual(world.heti.texts(alice.current!.id), ["hello"]);
});

test("words said before the socket is up are kept and sent when it is", async () => {
  const world = new World();
  world.heti.up = false;
  const alice = await visitor(world);
  alice.send("one");
  alice.send("two");
  world.heti.up = true;
  await world.timers.pass(2_000);
  assert.deepEqual(shown(alice), ["one sent", "two sent"]);
});

test("posts are numbered 1, 2, 3 in one stream", async () => {
  const world = new World();
  const alice = await visitor(world);
  for (const text of ["a", "b", "c"]) alice.send(text);
  await world.timers.pass(0);
  const posts = world.heti.posts();
  assert.deepEqual(posts.map((post) => post.n), [1, 2, 3]);
  assert.equal(new Set(posts.map((post) => post.stream)).size, 1);
});

test("after a crash of the server everything unconfirmed goes out again under the same numbers, and is kept once", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  world.heti.mute = true; // The server takes the words down but dies before it answers.
  alice.send("two");
  const { conversation } = world.heti.posts().at(-1)!;
  assert.deepEqual(world.heti.texts(conversation), ["one", "two"]);
  world.heti.mute = false;
  world.heti.crash();
  alice.send("three");
  await world.timers.pass(1_000);
  assert.equal(alice.phase, "ready");
  assert.deepEqual(world.heti.texts(conversation), ["one", "two", "three"]);
  assert.deepEqual(shown(alice), ["one sent", "two sent", "three sent"]);
});

test("no tick within ten seconds reads: not sent yet", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  world.heti.up = false;
  world.heti.crash();
  alice.send("two");
  await world.timers.pass(9_900);
  assert.deepEqual(shown(alice), ["one sent", "two sending"]);
  await world.timers.pass(200);
  assert.deepEqual(shown(alice), ["one sent", "two late"]);
});

test("a socket that stays open but says nothing any more is given up ten seconds after a post", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(20_000);
  world.heti.deaf = true;
  alice.send("two");
  await world.timers.pass(5_000);
  const before = world.heti.sockets.length;
  world.heti.deaf = false; // The server is well; it is that one socket that is dead.
  world.heti.live.onmessage = null;
  await world.timers.pass(7_000);
  assert.ok(world.heti.sockets.length > before);
  assert.deepEqual(shown(alice), ["one sent", "two sent"]);
});

test("a quiet live conversation asks once a minute whether the line still stands, and leaves a dead one", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(62_000);
  assert.ok(world.heti.heard.some((frame) => frame.t === "history" && frame.before === 1));
  const sockets = world.heti.sockets.length;
  world.heti.live.onmessage = null;
  await world.timers.pass(75_000);
  assert.ok(world.heti.sockets.length > sockets);
});

test("resend_from moves the sender back and nothing is doubled", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  const { conversation, stream } = world.heti.posts()[0]!;
  const lane = alice.outbox.lane(conversation, stream)!;
  alice.send("two");
  alice.send("three");
  lane.offered = 3;
  await world.timers.pass(0);
  world.heti.live.push({ t: "refused", code: "resend_from", conversation, stream, n: 3, resend_from: 2 });
  await world.timers.pass(0);
  assert.deepEqual(world.heti.texts(conversation), ["one", "two", "three"]);
  assert.deepEqual(shown(alice), ["one sent", "two sent", "three sent"]);
});

test("try_later holds the words back and offers them again after the time that the server names", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  world.heti.refusePosts = "try_later";
  alice.send("two");
  await world.timers.pass(3_000);
  assert.deepEqual(shown(alice), ["one sent", "two sending"]);
  world.heti.refusePosts = null;
  await world.timers.pass(30_000);
  assert.deepEqual(shown(alice), ["one sent", "two sent"]);
});

test("another history: what was confirmed lately is offered again, and what the server still has stays single", async () => {
  const world = new World();
  const alice = await visitor(world);
  for (const text of ["one", "two", "three"]) alice.send(text);
  await world.timers.pass(1_000);
  const id = alice.current!.id;
  world.heti.rewindTo(id, 1);
  assert.deepEqual(world.heti.texts(id), ["one"]);
  world.heti.crash(4040);
  await world.timers.pass(1_000);
  assert.deepEqual(world.heti.texts(id), ["one", "two", "three"]);
  assert.deepEqual(shown(alice), ["one sent", "two sent", "three sent"]);
  assert.equal(alice.historyReloaded, true);
});

test("a server that has forgotten the stream altogether gets the unconfirmed words under a new one", async () => {
  const world = new World();
  const alice = await visitor(world);
  for (const text of ["one", "two"]) alice.send(text);
  await world.timers.pass(200_000); // Too long ago to be offered again.
  const id = alice.current!.id;
  world.heti.conversations.get(id)!.marks.clear();
  alice.send("three");
  await world.timers.pass(5_000);
  assert.deepEqual(world.heti.texts(id), ["one", "two", "three"]);
});

test("a reload takes the unsent words of the page before it along, under their old numbers", async () => {
  const world = new World();
  const alice = await visitor(world, "a");
  alice.send("one");
  await world.timers.pass(0);
  world.heti.deaf = true;
  alice.send("two");
  const stream = world.heti.posts()[0]!.stream;
  world.heti.crash();
  alice.link.stop();
  world.locks.pageDied("a");
  world.heti.deaf = false;
  const again = await visitor(world, "b");
  await world.timers.pass(1_000);
  assert.deepEqual(world.heti.texts(again.current!.id), ["one", "two"]);
  assert.deepEqual(shown(again), ["one sent", "two sent"]);
  const resent = world.heti.posts().at(-1)!;
  assert.deepEqual([resent.stream, resent.n], [stream, 2]);
  again.send("three");
  await world.timers.pass(0);
  assert.deepEqual(world.heti.texts(again.current!.id), ["one", "two", "three"]);
});

test("words that never had a conversation survive the page, too", async () => {
  const world = new World();
  world.heti.up = false;
  const alice = await visitor(world, "a");
  alice.send("hello?");
  await world.timers.pass(100);
  alice.link.stop();
  world.locks.pageDied("a");
  assert.equal(VisitorSession.hasReason(world.store, options), true);
  world.heti.up = true;
  const again = await visitor(world, "b");
  await world.timers.pass(1_000);
  assert.deepEqual(shown(again), ["hello? sent"]);
  assert.equal(world.heti.conversations.size, 1);
});

test("two living tabs keep out of each other's words and share one token", async () => {
  const world = new World();
  const [one, two] = await Promise.all([visitor(world, "a"), visitor(world, "b")]);
  await world.timers.pass(100);
  const hellos = world.heti.heard.filter((frame) => frame.t === "hello");
  assert.equal(hellos.filter((hello) => !("token" in hello)).length, 1, "only the first tab may be a stranger");
  one.send("from one");
  two.send("from two");
  await world.timers.pass(1_000);
  const id = one.current!.id;
  assert.equal(two.current!.id, id);
  assert.deepEqual(world.heti.texts(id).sort(), ["from one", "from two"]);
  assert.equal(new Set(world.heti.posts().map((post) => post.stream)).size, 2);
  assert.deepEqual(shown(one).sort(), shown(two).sort());
});

test("a tab that lives takes over the words of a tab that died, without a reload", async () => {
  const world = new World();
  const one = await visitor(world, "a");
  one.send("hi");
  await world.timers.pass(0);
  const two = await visitor(world, "b");
  await world.timers.pass(0);
  world.heti.deaf = true;
  one.send("last words");
  one.link.stop();
  world.locks.pageDied("a");
  world.heti.deaf = false;
  await world.timers.pass(61_000);
  assert.deepEqual(world.heti.texts(two.current!.id), ["hi", "last words"]);
});

test("without locks a page that signed off is taken over at once, and one that fell silent after half a minute", async () => {
  for (const signedOff of [true, false]) {
    const world = new World();
    world.heti.up = false;
    const one = await visitor(world, "a", false);
    one.send("hello?");
    await world.timers.pass(100);
    if (signedOff) one.leaving();
    one.link.stop();
    world.heti.up = true;
    const two = await visitor(world, "b", false);
    await world.timers.pass(1_000);
    assert.deepEqual(shown(two), signedOff ? ["hello? sent"] : []);
    await world.timers.pass(62_000);
    assert.deepEqual(shown(two), ["hello? sent"]);
    assert.equal(world.heti.conversations.size, 1);
  }
});

test("a hole in the sequence is filled from history", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  const id = alice.current!.id;
  world.heti.live.opened.clear(); // These two are not pushed.
  world.heti.say(id, "agent", "two");
  world.heti.say(id, "agent", "three");
  world.heti.live.opened.add(id);
  world.heti.say(id, "agent", "four");
  await world.timers.pass(0);
  assert.deepEqual(shown(alice), ["one sent", "two agent", "three agent", "four agent"]);
});

test("what was missed while the line was down comes with the reconnect, and only that", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  const id = alice.current!.id;
  world.heti.crash();
  world.heti.say(id, "agent", "two");
  await world.timers.pass(1_000);
  const opens = world.heti.heard.filter((frame) => frame.t === "open");
  assert.equal(opens.at(-1)!.after, 1);
  assert.deepEqual(shown(alice), ["one sent", "two agent"]);
});

test("an open that is refused for the moment is asked again", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  const id = alice.current!.id;
  world.heti.refuseOpens = 2;
  world.heti.crash();
  world.heti.say(id, "agent", "two");
  await world.timers.pass(3_000);
  assert.deepEqual(shown(alice), ["one sent", "two agent"]);
  world.heti.say(id, "agent", "three");
  await world.timers.pass(0);
  assert.deepEqual(shown(alice).at(-1), "three agent");
});

test("a line keeps its key from the first moment to the tick, so the screen need not move", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  const before = alice.lines(alice.current, true)[0]!.key;
  await world.timers.pass(0);
  const line = alice.lines(alice.current, true)[0]!;
  assert.equal(line.kind, "entry");
  assert.equal(line.key, before);
});

test("a conversation that became final takes no more words; the refused ones begin a new one", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  const old = alice.current!.id;
  world.heti.conversations.get(old)!.state = "final";
  world.heti.presentId = null;
  alice.send("two");
  alice.send("three");
  await world.timers.pass(1_000);
  assert.notEqual(alice.current!.id, old);
  assert.deepEqual(world.heti.texts(alice.current!.id), ["two", "three"]);
  assert.deepEqual(world.heti.texts(old), ["one"]);
});

test("a post that went out twice and is then refused for good waits for a person, for it might be in", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  const old = alice.current!.id;
  world.heti.deaf = true;
  alice.send("two");
  world.heti.deaf = false;
  world.heti.conversations.get(old)!.state = "final";
  world.heti.presentId = null;
  world.heti.crash();
  await world.timers.pass(2_000);
  assert.deepEqual(shown(alice), ["one sent", "two failed"]);
  const failed = alice.outbox.failed[0]!;
  alice.retry(failed.key);
  await world.timers.pass(1_000);
  assert.deepEqual(world.heti.texts(alice.current!.id), ["two"]);
});

test("a text of more than 16,000 bytes never leaves the page, nor does a blank one", async () => {
  const world = new World();
  const alice = await visitor(world);
  assert.equal(alice.send("ä".repeat(8_001)), "too_long");
  assert.equal(alice.send("  \n "), "empty");
  assert.equal(alice.send("ä".repeat(8_000)), "taken");
});

test("half an emoji and a NUL are mended before they go out: the server would close the socket on them", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("a\0b \ud83d");
  await world.timers.pass(0);
  assert.equal(world.heti.posts()[0]!.text, "ab \ufffd");
});

test("a close that says do not come back stops the link until a person asks", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  world.heti.crash(4505);
  await world.timers.pass(120_000);
  assert.equal(alice.phase, "stopped");
  assert.equal(world.heti.sockets.length, 1);
  alice.link.retryNow();
  await world.timers.pass(100);
  assert.equal(alice.phase, "ready");
});

test("a live conversation is remembered for the next page, an ended one is not", async () => {
  const world = new World();
  assert.equal(VisitorSession.hasReason(world.store, options), false);
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  assert.equal(VisitorSession.hasReason(world.store, options), true);
  await world.timers.pass(130_000);
  world.heti.live.push({
    t: "state", conversation: alice.current!.id, state: "wrapup", visitor_online: true, agent_online: true, can_rate: true,
  });
  await world.timers.pass(0);
  assert.equal(VisitorSession.hasReason(world.store, options), false);
});

test("a rating given while the line is down arrives after the reconnect", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  world.heti.up = false;
  world.heti.crash();
  let answer: unknown = null;
  void alice.rate(5, "  quick!  ")!.then((one) => (answer = one));
  await world.timers.pass(1_000);
  assert.equal(answer, null);
  world.heti.up = true;
  await world.timers.pass(40_000);
  assert.deepEqual(answer && (answer as { ok: boolean }).ok, true);
  const rate = world.heti.heard.find((frame) => frame.t === "rate");
  assert.deepEqual(rate && "comment" in rate ? [rate.score, rate.comment] : null, [5, "quick!"]);
});

test("a typing sign goes out at most once in three seconds", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  const id = alice.current!.id;
  for (let i = 0; i < 70; i += 1) {
    alice.typing(id);
    await world.timers.pass(100);
  }
  assert.equal(world.heti.heard.filter((frame) => frame.t === "typing").length, 3);
});

test("a typing sign is shown for six seconds, and no longer than until the message", async () => {
  const world = new World();
  const alice = await visitor(world);
  alice.send("one");
  await world.timers.pass(0);
  const id = alice.current!.id;
  world.heti.live.push({ t: "typing", conversation: id, role: "agent", name: "Aino" });
  await world.timers.pass(5_900);
  assert.equal(alice.whoTypes(id), "Aino");
  await world.timers.pass(1_100);
  assert.equal(alice.whoTypes(id), null);
  world.heti.live.push({ t: "typing", conversation: id, role: "agent", name: "Aino" });
  await world.timers.pass(10);
  world.heti.say(id, "agent", "here I am");
  await world.timers.pass(10);
  assert.equal(alice.whoTypes(id), null);
});

test("the server's clock is known from the welcome", async () => {
  const world = new World();
  const alice = await visitor(world);
  assert.equal(alice.serverNow() - world.timers.now(), 5_000);
});

test("frames that a later server may invent are passed over", async () => {
  const world = new World();
  const alice = await visitor(world);
  for (const data of ["null", "[]", "{", '{"t":"fanfare","x":1}', "7"]) world.heti.live.onmessage!({ data });
  alice.send("one");
  await world.timers.pass(0);
  assert.deepEqual(shown(alice), ["one sent"]);
});

// The promise itself, from a printed seed: kills, silent losses and reloads at random moments, and every word that was
// said is kept once, in the order of its sender.
for (let seed = 1; seed <= 100; seed += 1) {
  test(`whatever breaks, each word is kept once and in order (seed ${seed})`, async () => {
    const world = new World();
    let dice = seed * 2654435761;
    const roll = (sides: number) => {
      dice = (Math.imul(dice ^ (dice >>> 15), 2246822519) + 3266489917) >>> 0;
      return Math.floor((dice / 2 ** 32) * sides);
    };
    let page = 0;
    let alice = await visitor(world, "p0");
    const said: string[] = [];
    for (let step = 0; step < 60; step += 1) {
      world.jitter = roll(1000) / 1000;
      const what = roll(12);
      if (what < 6) {
        said.push(`w${said.length}`);
        alice.send(said.at(-1)!);
      } else if (what === 6) {
        world.heti.crash([1006, 4008, 4012, 4013][roll(4)]!);
      } else if (what === 7) {
        if (roll(2) === 0) world.heti.deaf = !world.heti.deaf;
        else world.heti.mute = !world.heti.mute;
      } else if (what === 8) {
        world.heti.up = !world.heti.up;
        if (!world.heti.up) world.heti.crash();
      } else if (what === 9) {
        alice.link.stop();
        world.locks.pageDied(`p${page}`);
        alice = await visitor(world, `p${++page}`);
      } else {
        await world.timers.pass(roll(15_000));
      }
      if (roll(3) === 0) await world.timers.pass(roll(50));
    }
    world.heti.up = true;
    world.heti.deaf = world.heti.mute = false;
    await world.timers.pass(120_000);
    assert.equal(alice.outbox.pending, 0);
    const id = alice.current?.id;
    if (said.length > 0) assert.deepEqual(world.heti.texts(id!), said);
    assert.deepEqual(shown(alice), said.map((text) => `${text} sent`));
  });
}

test("a row of short outages never adds up to a long silence", async () => {
  const world = new World();
  const alice = await visitor(world);
  for (let outage = 0; outage < 8; outage++) {
    world.heti.up = false;
    world.heti.crash();
    await world.timers.pass(1_500);
    world.heti.up = true;
    await world.timers.pass(4_000);
    assert.equal(alice.phase, "ready", `outage ${outage}`);
  }
});
