// A world driven by hand: time moves when a test says so, storage and locks are maps, and sockets end at a small Heti
// that keeps the rules of the wire (stream and n, seq, history) as the real one does.
import type { Locks, Ports, Socket, Store } from "../client/ports.js";
import { checkClientFrame, checkServerFrame } from "./schemas.js";
import type { ClientFrame, ConversationState, Entry, RefusalCode, ServerFrame } from "../client/protocol.js";

// What it says and what it hears is checked against the schemas of the protocol, so neither it nor the SDK can drift.
export class FakeTimers {
  at = Date.parse("2026-06-01T06:00:00.000Z");
  private readonly due: { at: number; run: () => void; id: number }[] = [];
  private ids = 0;

  now(): number {
    return this.at;
  }

  get pending(): number {
    return this.due.length;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.at + ms, run, id: ++this.ids };
    this.due.push(timer);
    return () => {
      const i = this.due.indexOf(timer);
      if (i >= 0) this.due.splice(i, 1);
    };
  }

  // Runs everything that falls due, in order, and lets promises settle in between.
  async pass(ms: number): Promise<void> {
    const end = this.at + ms;
    await settle();
    for (;;) {
      this.due.sort((a, b) => a.at - b.at || a.id - b.id);
      const next = this.due[0];
      if (!next || next.at > end) break;
      this.due.shift();
      this.at = Math.max(this.at, next.at);
      next.run();
      await settle();
    }
    this.at = end;
    await settle();
  }
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await Promise.resolve();
}

export class FakeStore implements Store {
  lasting = true;
  readonly map = new Map<string, string>();
  get = (key: string) => this.map.get(key) ?? null;
  set = (key: string, value: string) => void this.map.set(key, value);
  remove = (key: string) => void this.map.delete(key);
  keys = () => [...this.map.keys()];
}

// The locks of one browser; each page has its own view, and killing a page frees what it held.
export class FakeLocks {
  readonly held = new Map<string, string>(); // lock -> page
  private readonly waiting: { name: string; page: string; grant: () => void }[] = [];

  of(page: string): Locks {
    return {
      take: (name, wait) =>
        new Promise((resolve) => {
          const grant = () => {
            this.held.set(name, page);
            resolve(() => this.free(name));
          };
          if (!this.held.has(name)) grant();
          else if (wait) this.waiting.push({ name, page, grant });
          else resolve(null);
        }),
    };
  }

  pageDied(page: string): void {
    for (const [name, holder] of [...this.held]) if (holder === page) this.free(name);
  }

  private free(name: string): void {
    this.held.delete(name);
    const i = this.waiting.findIndex((one) => one.name === name);
    if (i >= 0) this.waiting.splice(i, 1)[0]!.grant();
  }
}

interface Stored {
  state: ConversationState;
  entries: Entry[];
  marks: Map<string, { last: number; texts: string[]; seqs: number[] }>;
}

// The server. Posts are durable at once unless `hold` is set: then answers wait for release().
export class FakeHeti {
  history = "h1";
  clockSpeed = 1; // of the clock that welcome tells of
  up = true;
  deaf = false; // sockets stay open, but what is sent is not heard
  mute = false; // what is sent is heard and kept, but no answer comes out
  refusePosts: RefusalCode | null = null;
  refuseTransfers: RefusalCode | null = null;
  refuseOpens = 0; // so many of the next opens are refused with try_later
  startState: ConversationState = "queued";
  readonly conversations = new Map<string, Stored>();
  readonly sockets: FakeSocket[] = [];
  readonly heard: ClientFrame[] = []; // every frame of every socket, in order
  presentId: string | null = null;
  private ids = 0;

  constructor(private readonly timers: FakeTimers) {}

  dial = (url: string, protocol: string): Socket => {
    const socket = new FakeSocket(this, url, protocol);
    this.sockets.push(socket);
    void Promise.resolve().then(() => {
      if (this.up) socket.onopen?.();
      else socket.end(1006);
    });
    return socket;
  };

  get live(): FakeSocket {
    const socket = this.sockets.filter((one) => one.open).at(-1);
    if (!socket) throw new Error("no socket is open");
    return socket;
  }

  posts(): Extract<ClientFrame, { t: "post" }>[] {
    return this.heard.filter((frame): frame is Extract<ClientFrame, { t: "post" }> => frame.t === "post");
  }

  texts(id: string): string[] {
    return this.conversations.get(id)!.entries.flatMap((entry) => (entry.kind === "message" ? [entry.text] : []));
  }

  begin(state = this.startState): string {
    const id = String(++this.ids).padStart(32, "0");
    this.conversations.set(id, { state, entries: [], marks: new Map() });
    this.presentId = id;
    return id;
  }

  say(id: string, role: "agent" | "visitor", text: string, extra: { stream?: string; n?: number } = {}): Entry {
    const stored = this.conversations.get(id)!;
    const entry: Entry = {
      seq: stored.entries.length + 1, at: new Date(this.timers.at).toISOString(), kind: "message",
      author: { role, name: role === "agent" ? "Aino" : undefined }, text, ...extra,
    };
    stored.entries.push(entry);
    for (const socket of this.sockets) if (socket.opened.has(id)) socket.push({ t: "entry", conversation: id, entry });
    return entry;
  }

  // The last entries are lost, as after a restored backup: another history.
  rewindTo(id: string, seq: number): void {
    const stored = this.conversations.get(id)!;
    stored.entries.length = seq;
    for (const mark of stored.marks.values()) {
      mark.last = mark.seqs.filter((one) => one <= seq).length;
      mark.texts.length = mark.seqs.length = mark.last;
    }
    this.history = `h${Number(this.history.slice(1)) + 1}`;
  }

  crash(code = 1006): void {
    for (const socket of this.sockets) if (socket.open) socket.end(code);
  }

  receive(socket: FakeSocket, frame: ClientFrame): void {
    this.heard.push(frame);
    if (this.deaf) return;
    switch (frame.t) {
      case "hello":
        socket.push(this.welcome(frame));
        break;
      case "start":
        if (!this.presentId) this.begin();
        this.open(socket, frame.ref, this.presentId!, 0);
        break;
      case "open":
        if (this.refuseOpens > 0) {
          this.refuseOpens -= 1;
          socket.push({ t: "refused", code: "try_later", ref: frame.ref, retry_after_ms: 500 });
          break;
        }
        this.open(socket, frame.ref, frame.conversation, frame.after);
        break;
      case "history": {
        const entries = (this.conversations.get(frame.conversation)?.entries ?? []).filter((one) => one.seq < frame.before);
        socket.push({ t: "page", ref: frame.ref, conversation: frame.conversation, entries: entries.slice(-(frame.limit ?? 100)) });
        break;
      }
      case "post":
        this.post(socket, frame);
        break;
      case "typing":
        break;
      case "transfer":
        socket.push(this.refuseTransfers ? { t: "refused", code: this.refuseTransfers, ref: frame.ref } : { t: "ok", ref: frame.ref });
        break;
      default:
        socket.push({ t: "ok", ref: frame.ref });
    }
  }

  chats: Extract<ServerFrame, { t: "chat" }>["chat"][] = [];

  private welcome(hello: Extract<ClientFrame, { t: "hello" }>): ServerFrame {
    const server_time = new Date(this.timers.at + 5_000).toISOString();
    const demo = this.clockSpeed > 1 ? { clock_speed: this.clockSpeed } : {};
    if (hello.role === "agent") {
      const agent = { name: "aino", display_name: "Aino", status: "online" as const, capacity: 3, busy: 0 };
      return { t: "welcome", role: "agent", history: this.history, server_time, agent, queues: [], chats: this.chats, ...demo };
    }
    const present = this.presentId ? this.conversations.get(this.presentId) : undefined;
    return {
      t: "welcome", role: "visitor", token: `${(hello.token ?? "token").split("+")[0]}+${this.sockets.length}`, visitor: "f".repeat(32),
      history: this.history, server_time,
      queue: { name: "support", display_name: "Support", open: true, closing: false, after_hours: "message" },
      ...(present ? { conversation: { id: this.presentId!, state: present.state, last_seq: present.entries.length } } : {}),
      ...demo,
    };
  }

  private open(socket: FakeSocket, ref: number, id: string, after: number): void {
    const stored = this.conversations.get(id);
    if (!stored) return socket.push({ t: "refused", code: "not_found", ref });
    socket.opened.add(id);
    socket.push({
      t: "opened", ref, entries: stored.entries.filter((entry) => entry.seq > after),
      conversation: {
        id, queue: "support", state: stored.state, last_seq: stored.entries.length, visitor_online: true, agent_online: true,
        can_rate: false,
      },
    });
  }

  private post(socket: FakeSocket, frame: Extract<ClientFrame, { t: "post" }>): void {
    const { conversation, stream, n, text } = frame;
    const stored = this.conversations.get(conversation);
    const refuse = (code: RefusalCode, resend_from?: number) =>
      socket.push({ t: "refused", code, conversation, stream, n, ...(resend_from ? { resend_from } : {}) });
    if (!stored) return refuse("not_found");
    let mark = stored.marks.get(stream);
    if (!mark) stored.marks.set(stream, (mark = { last: 0, texts: [], seqs: [] }));
    if (n <= mark.last) {
      if (mark.texts[n - 1] !== text) return refuse("conflict");
      return socket.push({ t: "acked", conversation, stream, n, seq: mark.seqs[n - 1]! });
    }
    if (n > mark.last + 1) return refuse("resend_from", mark.last + 1);
    if (stored.state === "final") return refuse("wrong_state");
    if (this.refusePosts) return refuse(this.refusePosts);
    mark.last = n;
    mark.texts.push(text);
    mark.seqs.push(stored.entries.length + 1);
    this.say(conversation, "visitor", text, { stream, n });
    socket.push({ t: "acked", conversation, stream, n, seq: stored.entries.length });
  }
}

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  open = true;
  readonly opened = new Set<string>();

  constructor(private readonly heti: FakeHeti, readonly url: string, readonly protocol: string) {}

  send(text: string): void {
    if (!this.open) throw new Error("sent on a closed socket");
    const frame = JSON.parse(text) as ClientFrame;
    checkClientFrame(frame);
    if (this.heti.up) this.heti.receive(this, frame);
  }

  close(): void {
    this.open = false;
  }

  end(code: number): void {
    this.open = false;
    this.onclose?.({ code });
  }

  push(frame: ServerFrame): void {
    if (!this.open || this.heti.deaf || this.heti.mute) return;
    const data = JSON.stringify(frame);
    checkServerFrame(JSON.parse(data));
    void Promise.resolve().then(() => this.open && this.onmessage?.({ data }));
  }
}

export class World {
  readonly timers = new FakeTimers();
  readonly store = new FakeStore();
  readonly locks = new FakeLocks();
  readonly heti = new FakeHeti(this.timers);
  jitter = 0.5;
  private names = 0;

  // The ports of one page (one tab) of this browser.
  page(name: string, withLocks = true): Ports {
    return {
      timers: this.timers, dial: this.heti.dial, store: this.store, locks: withLocks ? this.locks.of(name) : null,
      random: () => this.jitter, name: () => `${name}${++this.names}`,
    };
  }
}
