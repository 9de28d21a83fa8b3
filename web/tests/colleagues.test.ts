import assert from "node:assert/strict";
import { test } from "node:test";
import { agentTargets, queueTargets } from "../client/colleagues.js";
import type { Chat, Colleague } from "../client/protocol.js";

const chat: Chat = {
  conversation: "1".repeat(32), queue: "support", state: "assigned", agent: "aino", visitor: { id: "e".repeat(32) }, last_seq: 0,
  visitor_online: true, created: "2026-06-01T06:00:00.000Z", as_of: "2026-06-01T06:00:00.000Z",
};

function colleague(name: string, over: Partial<Colleague> = {}): Colleague {
  return { name, display_name: name.toUpperCase(), status: "online", capacity: 2, busy: 0, queues: ["support"], ...over };
}

const everywhere = () => true;

test("colleagues who are there are offered, the free ones first, by name, and not who has the chat", () => {
  const team = [
    colleague("zoe"), colleague("full", { busy: 2 }), colleague("away", { status: "away" }), colleague("aino"), colleague("eero", { busy: 1 }),
    colleague("off", { status: "offline" }), colleague("lost", { status: "lost" }), colleague("leaving", { status: "finishing" }),
  ];
  const targets = agentTargets(chat, team, everywhere);
  assert.deepEqual(targets.map((one) => [one.colleague.name, one.free]),
    [["eero", true], ["zoe", true], ["away", false], ["full", false], ["leaving", false]]);
  assert.deepEqual(targets[0]!.to, { agent: "eero" });
});

test("who does not serve the line of the chat gets it through a queue of their own", () => {
  const team = [colleague("leena", { queues: ["sales", "returns"] }), colleague("eero", { queues: ["sales", "support"] })];
  const to = (takes: (queue: string) => boolean) => agentTargets(chat, team, takes).map((one) => one.to);
  assert.deepEqual(to(everywhere), [{ agent: "eero" }, { agent: "leena", queue: "sales" }]);
  assert.deepEqual(to((queue) => queue !== "sales"), [{ agent: "eero" }, { agent: "leena", queue: "returns" }]);
});

test("nothing is handed to a line that takes nothing", () => {
  const team = [colleague("eero", { queues: ["support", "sales"] }), colleague("leena")];
  const sales = (queue: string) => queue === "sales";
  assert.deepEqual(agentTargets(chat, team, sales).map((one) => one.to), [{ agent: "eero", queue: "sales" }]);
  const queues = ["support", "sales"].map((name) => ({ name, display_name: name, open: sales(name), staffed: 1 }));
  assert.deepEqual(queueTargets(chat, queues, sales), [{ name: "sales", to: { queue: "sales" } }]);
});

test("the line that it came from stands before the others", () => {
  const queues = ["returns", "support", "sales"].map((name) => ({ name, display_name: name.toUpperCase(), open: true, staffed: 1 }));
  assert.deepEqual(queueTargets(chat, queues, everywhere),
    [{ name: "SUPPORT", to: {} }, { name: "RETURNS", to: { queue: "returns" } }, { name: "SALES", to: { queue: "sales" } }]);
});
