import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "../client/backoff.js";
import { afterClose } from "../client/codes.js";

test("the first try after a loss comes within half a second, whatever the dice say", () => {
  for (const random of [0, 0.25, 0.5, 0.999999]) assert.ok(backoffMs(0, random) < 500);
});

test("the ceiling doubles up to half a minute and stays there", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 40].map((attempt) => backoffMs(attempt, 1));
  assert.deepEqual(ceilings, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
});

test("the jitter is full: any moment below the ceiling", () => {
  assert.equal(backoffMs(4, 0), 0);
  assert.equal(backoffMs(4, 0.5), 4000);
});

test("codes from 4000 to 4499 bring the client back, codes from 4500 to 4999 do not, known or not", () => {
  for (const code of [4000, 4008, 4012, 4013, 4029, 4040, 4321, 4499]) assert.equal(afterClose(code).reconnect, true, `${code}`);
  for (const code of [4500, 4501, 4503, 4504, 4505, 4777, 4999]) assert.equal(afterClose(code).reconnect, false, `${code}`);
});

test("a lost line and a server that goes away bring the client back; a fault of the framing does not", () => {
  for (const code of [1001, 1005, 1006, 1011, 1012, 1013]) assert.equal(afterClose(code).reconnect, true, `${code}`);
  for (const code of [1000, 1002, 1007, 1008, 1009]) assert.equal(afterClose(code).reconnect, false, `${code}`);
});

test("a server that has too much to do is given more time than one that was merely restarted", () => {
  assert.ok(afterClose(4013).attemptMin > 0);
  assert.ok(afterClose(4029).attemptMin > 0);
  assert.equal(afterClose(4012).attemptMin, 0);
});
