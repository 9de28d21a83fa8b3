import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentSession } from "../client/agent.js";
import { waitNow } from "../client/chats.js";
import type { Chat } from "../client/protocol.js";
import { World } from "./world.js";

async function agent(world: World, over: { name?: string; ticket?: () => Promise<string | null> } = {}, page = "a"): Promise<AgentSession> {
  const session = new AgentSession(world.page(page, false), {
    url: "wss://chat.example/ws/agent", name: over.name ?? "aino", ticket: over.ticket ?? (async () => "ticket"),
  });
  await session.connect();
  await world.timers.pass(0);
  return session;
}

function chatOf(world: World, id: string, over: Partial<Chat> = {}): Chat {
  return {
    conversation: id, queue: "support", state: "assigned", agent: "aino", visitor: { id: "e".repeat(32) }, last_seq: 0, visitor_online: true,
    created: new Date(world.timers.at).toISOString(), as_of: new Date(world.timers.at + 5_000).toISOString(), ...over,
  };
}

test("my chats and the one offered to me are opened by themselves, the others when I look", async () => {
  const world = new World();
  const [mine, offered, other] = [world.heti.begin(), world.heti.begin(), world.heti.begin()];
  world.heti.chats = [
    chatOf(world, mine), chatOf(world, offered, { state: "offered", agent: undefined, offered_to: "aino", offer_ms: 20_000 }),
    chatOf(world, other, { agent: "bo" }),
  ];
  const aino = await agent(world);
  assert.deepEqual([...aino.conversations.keys()], [mine, offered]);
  aino.show(other);
  await world.timers.pass(0);
  assert.equal(aino.conversations.get(other)!.opened, true);
  assert.equal(aino.offerEnds.get(offered)! - aino.serverNow(), 20_000);
});

test("in a demo the server's time runs as many times as fast, and so do waits and offers", async () => {
  const world = new World();
  world.heti.clockSpeed = 60;
  const id = world.heti.begin();
  const wait = { sla: "first_response" as const, elapsed_ms: 1_000, running: true, target_ms: 60_000, breached: false };
  world.heti.chats = [chatOf(world, id, { state: "offered", agent: undefined, offered_to: "aino", offer_ms: 120_000, wait })];
  const aino = await agent(world);
  const before = aino.serverNow();
  assert.equal(aino.clockSpeed, 60);
  await world.timers.pass(1_500);
  assert.equal(aino.serverNow() - before, 90_000);
  assert.equal(aino.offerEnds.get(id)! - aino.serverNow(), 30_000);
  assert.deepEqual(waitNow(aino.chats.get(id)!, aino.serverNow()), { ms: 91_000, running: true, level: "breached" });

  // Another server, another clock.
  world.heti.clockSpeed = 1;
  world.heti.crash();
  await world.timers.pass(1_000);
  const again = aino.serverNow();
  assert.equal(aino.clockSpeed, 1);
  await world.timers.pass(1_000);
  assert.equal(aino.serverNow() - again, 1_000);
});

test("an offer is announced once, also if the list says it again", async () => {
  const world = new World();
  const aino = await agent(world);
  const id = world.heti.begin();
  let offers = 0;
  aino.onOffer = () => (offers += 1);
  const offer = chatOf(world, id, { state: "offered", agent: undefined, offered_to: "aino", offer_ms: 20_000 });
  for (let i = 0; i < 3; i += 1) world.heti.live.push({ t: "chat", chat: offer });
  await world.timers.pass(0);
  world.heti.chats = [offer];
  world.heti.crash();
  await world.timers.pass(1_000);
  assert.equal(offers, 1);
});

test("each dial asks for a fresh ticket", async () => {
  const world = new World();
  let tickets = 0;
  await agent(world, { ticket: async () => `t${++tickets}` });
  world.heti.crash();
  await world.timers.pass(1_000);
  const hellos = world.heti.heard.flatMap((frame) => (frame.t === "hello" && frame.role === "agent" ? [frame.ticket] : []));
  assert.deepEqual(hellos, ["t1", "t2"]);
});

test("a session that is over ends the trying; an unreachable server does not", async () => {
  const world = new World();
  const over = await agent(world, { ticket: async () => null });
  await world.timers.pass(60_000);
  assert.equal(over.phase, "stopped");
  assert.equal(world.heti.sockets.length, 0);

  let tries = 0;
  const aino = await agent(world, { ticket: async () => { tries += 1; throw new Error("unreachable"); } });
  await world.timers.pass(60_000);
  assert.ok(tries > 4);
  assert.equal(aino.phase, "waiting");
});

test("after a reconnect everything on the screen is subscribed again, from where it was", async () => {
  const world = new World();
  const id = world.heti.begin();
  world.heti.chats = [chatOf(world, id)];
  const aino = await agent(world);
  world.heti.say(id, "visitor", "one");
  await world.timers.pass(0);
  world.heti.crash();
  world.heti.say(id, "visitor", "two");
  await world.timers.pass(1_000);
  assert.deepEqual(aino.conversations.get(id)!.entries.map((entry) => entry.seq), [1, 2]);
  world.heti.say(id, "visitor", "three");
  await world.timers.pass(0);
  assert.equal(aino.conversations.get(id)!.entries.length, 3);
});

test("what an agent said survives a reload of the console, and is nobody else's to send", async () => {
  const world = new World();
  const id = world.heti.begin();
  world.heti.chats = [chatOf(world, id)];
  const aino = await agent(world);
  world.heti.deaf = true;
  aino.send(id, "moment, please");
  aino.link.stop();
  world.heti.deaf = false;
  const bo = await agent(world, { name: "bo" }, "b");
  await world.timers.pass(5_000);
  bo.link.stop();
  assert.deepEqual(world.heti.texts(id), []);
  await agent(world, {}, "c");
  await world.timers.pass(1_000);
  assert.deepEqual(world.heti.texts(id), ["moment, please"]);
});

test("the status is what the server says, with its reason", async () => {
  const world = new World();
  const aino = await agent(world);
  assert.equal(aino.self!.status, "online");
  void aino.setStatus("away");
  assert.equal(aino.self!.status, "online");
  world.heti.live.push({ t: "agent", status: "away", reason: "offers_missed", capacity: 3, busy: 1 });
  await world.timers.pass(0);
  assert.deepEqual([aino.self!.status, aino.self!.reason, aino.self!.busy, aino.self!.display_name], ["away", "offers_missed", 1, "Aino"]);
});

test("colleagues begin with each welcome, and those that changed take the place of the old", async () => {
  const world = new World();
  const aino = await agent(world);
  const eero = { name: "eero", display_name: "Eero", status: "online" as const, capacity: 3, busy: 0, queues: ["support"] };
  const leena = { ...eero, name: "leena", display_name: "Leena" };
  const support = { name: "support", display_name: "Support", open: true, staffed: 1 };
  world.heti.live.push({ t: "colleagues", agents: [eero, leena], queues: [support, { ...support, name: "sales" }], supervisor: true });
  world.heti.live.push({ t: "colleagues", agents: [{ ...eero, busy: 3 }], queues: [{ ...support, open: false }], supervisor: true });
  await world.timers.pass(0);
  assert.deepEqual([...aino.colleagues.values()].map((one) => [one.name, one.busy]), [["eero", 3], ["leena", 0]]);
  assert.deepEqual([aino.takes("support", "support"), aino.takes("sales", "support"), aino.takes("nowhere", "support")], [false, true, false]);
  assert.equal(aino.supervisor, true);
  world.heti.crash();
  await world.timers.pass(1_000);
  assert.equal(aino.colleagues.size + aino.transferQueues.size, 0);
});

test("a line that is closing takes back its own chats and no others", async () => {
  const world = new World();
  const aino = await agent(world);
  world.heti.live.push({ t: "queue", queue: { name: "support", display_name: "Support", open: false, closing: true, after_hours: "message" } });
  world.heti.live.push({ t: "colleagues", agents: [], queues: [{ name: "support", display_name: "Support", open: false, staffed: 0 }], supervisor: false });
  await world.timers.pass(0);
  assert.deepEqual([aino.takes("support", "support"), aino.takes("support", "sales")], [true, false]);
});

test("a chat is handed on by the names of its goal, and a refusal is told", async () => {
  const world = new World();
  const aino = await agent(world);
  const id = world.heti.begin();
  const answers = [aino.transfer(id, { agent: "eero" }), aino.transfer(id, { queue: "sales" }), aino.transfer(id, {}), aino.setStatusOf("eero", "finishing")];
  await world.timers.pass(0);
  for (const answer of answers) assert.equal((await answer).ok, true);
  const wishes = world.heti.heard.filter((frame) => frame.t === "transfer" || frame.t === "set_status").map(({ ref: _ref, ...wish }) => wish);
  assert.deepEqual(wishes, [
    { t: "transfer", conversation: id, agent: "eero" }, { t: "transfer", conversation: id, queue: "sales" }, { t: "transfer", conversation: id },
    { t: "set_status", agent: "eero", status: "finishing" },
  ]);
  world.heti.refuseTransfers = "agent_unavailable";
  const refused = aino.transfer(id, { agent: "eero" });
  await world.timers.pass(0);
  assert.deepEqual(await refused, { ok: false, code: "agent_unavailable", retryAfterMs: 0 });
});

test("a chat that is gone leaves the list, and its transcript stays until the person turns away", async () => {
  const world = new World();
  const id = world.heti.begin();
  world.heti.chats = [chatOf(world, id)];
  const aino = await agent(world);
  world.heti.live.push({ t: "gone", conversation: id });
  await world.timers.pass(0);
  assert.equal(aino.chats.size, 0);
  assert.equal(aino.conversations.get(id)!.state, "closed");
  aino.forget(id);
  assert.equal(aino.conversations.size, 0);
});
