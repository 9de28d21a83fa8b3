import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { AgentSession } from "../client/agent.js";
import { closeCode } from "../client/codes.js";
import type { Session } from "../client/session.js";
import { VisitorSession } from "../client/visitor.js";
import { fault, fixtures, protocolFolder } from "./schemas.js";
import { World } from "./world.js";

test("the generated types are those of the schemas", async () => {
  const { generate, target } = (await import(pathToFileURL(join(process.cwd(), "types.mjs")).href)) as {
    generate: () => Promise<string>; target: string;
  };
  assert.equal(readFileSync(target, "utf8"), await generate(), "run: npm run types");
});

test("the close codes are those of the protocol", () => {
  const header = readFileSync(join(protocolFolder, "close_code.hpp"), "utf8");
  const theirs = [...header.matchAll(/^ {2}\w+ = (\d{4}),/gm)].map((match) => Number(match[1])).sort();
  assert.ok(theirs.length > 10);
  assert.deepEqual(Object.values(closeCode).sort(), theirs);
});

const valid = fixtures("valid");
const server = valid.filter((fixture) => fixture.direction === "server");

test("there are fixtures for both directions", () => {
  assert.ok(server.length >= 16, `${server.length} frames of the server`);
  assert.ok(valid.length - server.length >= 13, `${valid.length - server.length} frames of clients`);
});

for (const fixture of valid) {
  test(`valid: ${fixture.name} fits its schema`, () => {
    assert.equal(fault(fixture.schema!, fixture.frame), null);
    assert.equal(fault(`${fixture.direction}_frame`, fixture.frame), null);
  });
}

for (const fixture of fixtures("http")) {
  test(`http: ${fixture.name} fits its schema`, () => assert.equal(fault(fixture.schema!, fixture.body), null));
}

for (const fixture of fixtures("invalid").filter((one) => one.seen_by_schema)) {
  test(`invalid: ${fixture.name} does not fit the schema of a client's frame`, () => {
    assert.notEqual(fault("client_frame", fixture.frame), null);
  });
}

async function session(world: World, role: "visitor" | "agent"): Promise<Session> {
  const made = role === "agent"
    ? new AgentSession(world.page("a"), { url: "wss://chat.example/ws/agent", name: "aino", ticket: async () => "t" })
    : new VisitorSession(world.page("a"), { heti: "chat.example", url: () => "wss://chat.example/ws/visitor", queue: "support", page: () => ({ url: "", title: "" }) });
  await made.connect();
  await world.timers.pass(0);
  return made;
}

// Every frame that a server may send is taken in, in every role it is for, and leaves the client able to go on.
for (const fixture of server) {
  for (const role of ["visitor", "agent"] as const) {
    if (fixture.role && fixture.role !== role) continue;
    test(`${role}: takes in ${fixture.name} and goes on`, async () => {
      const world = new World();
      const client = await session(world, role);
      world.heti.live.onmessage!({ data: JSON.stringify(fixture.frame) });
      await world.timers.pass(20_000);
      assert.equal(client.phase, "ready");
      for (const conversation of client.conversations.values()) {
        const seqs = conversation.entries.map((entry) => entry.seq);
        assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b));
        assert.ok(Array.isArray(client.lines(conversation, true)));
      }
    });
  }
}

test("every kind of entry of a conversation is taken in, in order", async () => {
  const world = new World();
  const client = await session(world, "visitor");
  const opened = server.find((one) => one.name === "opened_every_kind_of_entry")!.frame as { conversation: { id: string } };
  world.heti.live.onmessage!({ data: JSON.stringify(opened) });
  await world.timers.pass(0);
  const conversation = client.conversations.get(opened.conversation.id)!;
  assert.deepEqual(conversation.entries.map((entry) => entry.kind),
    ["message", "message", "assigned", "message", "left", "closed", "rated", "reopened"]);
  assert.equal(conversation.rating, 5);
});
