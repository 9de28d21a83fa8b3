// Faults of the machine under a running Heti: its wall clock, its disk, its memory, its share of the CPU. And what the
// tests of faults look at from outside.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binary, output, until } from './heti.mjs';

const here = dirname(fileURLToPath(import.meta.url));
// Long doses, by hand.
export const full = Boolean(process.env.TEST_DOSE_FULL);

// fault_shim.c, built, with the file in which its orders stand.
export class Shim {
  #directory = mkdtempSync(join(tmpdir(), 'heti-shim-'));
  constructor() {
    const library = join(this.#directory, 'fault_shim.so');
    const built = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, join(here, 'fault_shim.c'), '-ldl'], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`fault_shim.c: ${built.error ?? built.stderr}`);
    const orders = join(this.#directory, 'orders');
    writeFileSync(orders, Buffer.alloc(16));
    this.file = openSync(orders, 'r+');
    this.env = { LD_PRELOAD: library, FAULT_SHIM: orders };
  }

  #order(at, value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    writeSync(this.file, bytes, 0, 8, at);
  }
  set clockAhead(ms) { this.#order(0, ms); }
  set syncTakes(ms) { this.#order(8, ms); }

  close() {
    closeSync(this.file);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

// A control group (version 1) of one controller, with limits of its own. Gives {skip} with the reason where there is none.
export function controlGroup(controller, limits) {
  const path = `/sys/fs/cgroup/${controller}/heti-test-${process.pid}`;
  try {
    mkdirSync(path);
  } catch (error) {
    return { skip: `no control group of ${controller} can be made here: ${error.message}`, close() {} };
  }
  try {
    for (const [name, value] of Object.entries(limits)) writeFileSync(join(path, name), String(value));
  } catch (error) {
    rmdirSync(path);
    return { skip: `the ${controller} controller takes no limit here: ${error.message}`, close() {} };
  }
  return {
    skip: false,
    take(pid) { writeFileSync(join(path, 'cgroup.procs'), String(pid)); },
    read(name) { return readFileSync(join(path, name), 'utf8').trim(); },
    async close() {
      // The kernel lets go of the last process a moment after its parent has heard of the end.
      await until('the group is empty', () => {
        try {
          rmdirSync(path);
          return true;
        } catch (error) {
          if (error.code !== 'EBUSY') throw error;
          return false;
        }
      });
    },
  };
}

// A start that is meant to be refused: what came of it within a few seconds. Serving on is no refusal.
export function refusedStart(heti, { env = {}, program = binary } = {}) {
  const ended = spawnSync(program, ['run'], { env: { ...heti.env, ...env }, encoding: 'utf8', timeout: 5000 });
  return { code: ended.status, said: ended.stderr, served: ended.error?.code === 'ETIMEDOUT' };
}

export const descriptors = (heti) => readdirSync(`/proc/${heti.process.pid}/fd`).length;
export const logOf = (heti) => readFileSync(join(output, `${heti.name}.log`), 'utf8');

// What /readyz says of one check, such as "clock": {status of the whole, line}.
export async function readiness(heti, check) {
  const answer = await fetch(`${heti.metricsUrl}/readyz?verbose`);
  const line = (await answer.text()).split('\n').find((text) => text.includes(check));
  return { status: answer.status, line };
}

// Everything that stands in a conversation, from its first line.
export async function wholeOf(socket, conversation) {
  const opened = await socket.ask({ t: 'open', conversation, after: 0 });
  let { entries } = opened;
  while (entries.length > 0 && entries[0].seq > 1) {
    const page = await socket.ask({ t: 'history', conversation, before: entries[0].seq, limit: 200 });
    entries = [...page.entries, ...entries];
  }
  return entries;
}

// Somebody who talks in one stream of one conversation and goes by the book: what is refused for now is said again
// after the time that was asked for, what comes unacknowledged out of a lost connection is said again in the next.
export class Talker {
  acked = 0;
  said = 0;
  told = new Map(); // refusal code -> how often
  constructor(conversation, { stream = 's', text = (n) => `line ${n}` } = {}) {
    Object.assign(this, { conversation, stream, text });
  }

  use(socket) {
    this.socket = socket;
    socket.keepsFrames = false;
    socket.onFrame = (frame) => this.take(frame, socket);
    return this;
  }

  say(count = 1) { for (let i = 0; i < count; i++) this.#send(++this.said); }
  repeat() { for (let n = this.acked + 1; n <= this.said; n++) this.#send(n); }
  get unacked() { return this.said - this.acked; }

  #send(n) { this.socket.send({ t: 'post', conversation: this.conversation, stream: this.stream, n, text: this.text(n) }); }

  take(frame, socket) {
    if (frame.stream !== this.stream) return;
    if (frame.t === 'acked') {
      this.acked = Math.max(this.acked, frame.n);
      this.ackedAt = performance.now();
    } else if (frame.t === 'refused') {
      this.told.set(frame.code, (this.told.get(frame.code) ?? 0) + 1);
      // One answer to a row of refusals: from the first unacknowledged on.
      this.again ??= setTimeout(() => {
        this.again = null;
        if (this.socket === socket && !socket.closed) this.repeat();
      }, frame.retry_after_ms ?? 50);
    }
  }

  // Nothing that it said is missing, doubled or out of its place.
  lines(entries) { return entries.filter((entry) => entry.stream === this.stream).map((entry) => entry.n); }
}
export const upTo = (count) => Array.from({ length: count }, (_, i) => i + 1);
