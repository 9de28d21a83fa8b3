// Clients made from protocol/PROTOCOL.md alone, that write down what they saw. They share nothing with web/client.
import { createRequire } from 'node:module';
import { password, until, sleep } from './heti.mjs';

// The packages of the tests are those of web/.
const WebSocket = createRequire(new URL('../../web/package.json', import.meta.url))('ws');

export class Socket {
  frames = [];
  closed = null;

  static async open(url, headers = {}, protocols = ['heti.v1']) {
    const socket = new Socket();
    socket.ws = new WebSocket(url, protocols, { headers });
    socket.ws.on('message', (data) => {
      const frame = JSON.parse(data.toString());
      socket.frames.push(frame);
      socket.onFrame?.(frame);
    });
    socket.ws.on('close', (code) => {
      socket.closed = { code };
      socket.onClose?.(code);
    });
    await new Promise((done, failed) => {
      socket.ws.once('open', done);
      socket.ws.once('unexpected-response', (request, response) => {
        response.resume();
        failed(Object.assign(new Error(`HTTP ${response.statusCode}`), { status: response.statusCode }));
      });
      socket.ws.once('error', failed);
    });
    socket.ws.on('error', () => {});
    return socket;
  }

  send(frame) { this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame)); }

  wait(what, match, timeout = 10000) {
    return until(what, () => {
      const found = this.frames.find(match);
      if (!found && this.closed) throw new Error(`closed with ${this.closed.code} before ${what}`);
      return found ?? false;
    }, timeout);
  }

  async ask(frame) {
    this.lastRef = (this.lastRef ?? 0) + 1;
    const ref = this.lastRef;
    this.send({ ...frame, ref });
    return until(`answer to ${frame.t}`, () => {
      const answer = this.frames.find((f) => f.ref === ref);
      if (!answer && this.closed) throw new Error(`closed with ${this.closed.code} before the answer to ${frame.t}`);
      return answer ?? false;
    });
  }

  async end() {
    this.ws.close();
    await until('close', () => this.closed ?? false);
  }
}

export async function visitor(heti, { token, queue = 'support', origin = 'http://shop.example' } = {}) {
  const socket = await Socket.open(`ws://127.0.0.1:${heti.port}/ws/visitor`, { Origin: origin });
  socket.send({ t: 'hello', role: 'visitor', queue, ...(token ? { token } : {}) });
  socket.welcome = await socket.wait('welcome', (f) => f.t === 'welcome');
  return socket;
}

export async function post(heti, path, body, headers = {}) {
  return fetch(`${heti.url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: heti.url, ...headers },
    body: JSON.stringify(body),
  });
}

export async function login(heti, name = 'aino', secret = password) {
  const answer = await post(heti, '/api/login', { name, password: secret });
  if (answer.status !== 200) throw Object.assign(new Error(`login ${answer.status}`), { status: answer.status, answer });
  return answer.headers.get('set-cookie').split(';')[0];
}

export async function agent(heti, { name = 'aino', cookie } = {}) {
  const session = cookie ?? (await login(heti, name));
  const ticket = (await (await post(heti, '/api/ticket', {}, { Cookie: session })).json()).ticket;
  const socket = await Socket.open(`ws://127.0.0.1:${heti.port}/ws/agent`, { Origin: heti.url });
  socket.cookie = session;
  socket.send({ t: 'hello', role: 'agent', ticket });
  socket.welcome = await socket.wait('welcome', (f) => f.t === 'welcome');
  return socket;
}

// A client that keeps going: reconnects, resends what was not acknowledged, opens its conversation again after the
// last number it has, and keeps a history of what it sent, what was acknowledged and what it saw.
export class Durable {
  entries = new Map(); // seq -> entry as first seen
  faults = []; // anything that a person would call lost, doubled or out of order
  acked = new Map(); // n -> seq
  sent = new Map(); // n -> text
  lastSeq = 0;
  nextN = 1;
  reconnects = 0;
  pages = 0; // of history that a resume needed

  constructor(connect, { conversation, stream }) {
    this.connect = connect;
    this.conversation = conversation;
    this.stream = stream;
    this.stopped = false;
  }

  get unacked() { return [...this.sent.keys()].filter((n) => !this.acked.has(n)); }

  async run() {
    let pause = 20;
    while (!this.stopped) {
      try {
        const socket = await this.connect();
        pause = 20;
        await this.resume(socket);
        this.socket = socket;
        this.onReady?.();
        await until('the end of the socket', () => socket.closed ?? this.stopped, 1e9);
        this.socket = null;
        this.reconnects += 1;
      } catch (error) {
        this.socket = null;
        this.lastError = error;
        await sleep(pause);
        pause = Math.min(pause * 2, 300);
      }
    }
  }

  async resume(socket) {
    socket.onFrame = (frame) => this.take(frame, socket);
    socket.frames.length = 0;
    this.early = [];
    const opened = await socket.ask({ t: 'open', conversation: this.conversation, after: this.lastSeq });
    if (opened.t !== 'opened') throw new Error(`open: ${JSON.stringify(opened)}`);
    // What memory no longer holds comes page by page from the archive, latest page first.
    let missing = [];
    let first = opened.entries[0]?.seq ?? opened.conversation.last_seq + 1;
    while (first > this.lastSeq + 1) {
      const page = await socket.ask({ t: 'history', conversation: this.conversation, before: first, limit: 200 });
      if (page.t === 'page' && page.entries.length === 0) this.faults.push(`nothing before ${first}, after ${this.lastSeq}`);
      if (!page.entries?.length) throw new Error(`history before ${first}: ${JSON.stringify(page)}`);
      this.pages += 1;
      missing = [...page.entries, ...missing];
      first = missing[0].seq;
    }
    for (const entry of missing) if (entry.seq > this.lastSeq) this.see(entry);
    for (const entry of opened.entries) this.see(entry);
    this.live = socket;
    for (const entry of this.early ?? []) if (entry.seq > this.lastSeq) this.see(entry);
    this.early = [];
    for (const n of this.unacked) this.offer(socket, n);
  }

  take(frame, socket) {
    if (frame.t === 'entry' && frame.conversation === this.conversation) {
      if (this.live === socket) this.see(frame.entry);
      else (this.early ??= []).push(frame.entry);
    } else if (frame.t === 'acked' && frame.conversation === this.conversation && frame.stream === this.stream) {
      for (const n of this.sent.keys()) if (n <= frame.n && !this.acked.has(n)) this.acked.set(n, n === frame.n ? frame.seq : 0);
    } else if (frame.t === 'refused') {
      if (frame.code === 'resend_from') for (const n of this.unacked) this.offer(socket, n);
      else if (frame.code !== 'try_later') this.faults.push(`refused: ${JSON.stringify(frame)}`);
    }
  }

  see(entry) {
    const known = this.entries.get(entry.seq);
    if (known) {
      this.faults.push(`seq ${entry.seq} came twice`);
      return;
    }
    if (entry.seq !== this.lastSeq + 1) this.faults.push(`seq ${entry.seq} came after ${this.lastSeq}`);
    this.entries.set(entry.seq, entry);
    this.lastSeq = Math.max(this.lastSeq, entry.seq);
    this.onEntry?.(entry);
  }

  offer(socket, n) {
    if (socket.ws.readyState !== 1) return;
    socket.send({ t: 'post', conversation: this.conversation, stream: this.stream, n, text: this.sent.get(n) });
  }

  say(text) {
    const n = this.nextN++;
    this.sent.set(n, text);
    if (this.socket) this.offer(this.socket, n);
    return n;
  }

  stop() {
    this.stopped = true;
    this.socket?.ws.close();
  }
}

// What a whole conversation must be, for every participant: one order without gap, and each post exactly once, in each
// sender's own order. Gives a list of faults.
export function judge(participants) {
  const faults = [];
  for (const [name, p] of Object.entries(participants)) faults.push(...p.faults.map((f) => `${name}: ${f}`));
  const all = Object.values(participants);
  const longest = all.reduce((a, b) => (a.lastSeq >= b.lastSeq ? a : b));
  for (const [name, p] of Object.entries(participants)) {
    if (p.lastSeq !== longest.lastSeq) faults.push(`${name} ends at ${p.lastSeq}, the longest at ${longest.lastSeq}`);
    for (let seq = 1; seq <= p.lastSeq; seq++) {
      const mine = JSON.stringify(p.entries.get(seq));
      if (mine === undefined) faults.push(`${name} misses seq ${seq}`);
      else if (mine !== JSON.stringify(longest.entries.get(seq))) faults.push(`${name} sees another seq ${seq}`);
    }
    const own = [...longest.entries.values()].filter((e) => e.stream === p.stream).sort((a, b) => a.seq - b.seq);
    own.forEach((entry, i) => {
      if (entry.n !== i + 1) faults.push(`${name}: n ${entry.n} stands in place ${i + 1}`);
      if (entry.text !== p.sent.get(entry.n)) faults.push(`${name}: n ${entry.n} has another text`);
    });
    for (const [n, seq] of p.acked) {
      const found = own.filter((e) => e.n === n);
      if (found.length !== 1) faults.push(`${name}: acknowledged n ${n} is there ${found.length} times`);
      else if (seq !== 0 && found[0].seq !== seq) faults.push(`${name}: n ${n} acknowledged as ${seq}, stands at ${found[0].seq}`);
    }
  }
  return faults;
}
