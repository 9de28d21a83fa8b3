import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentSession } from "../client/agent.js";
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
