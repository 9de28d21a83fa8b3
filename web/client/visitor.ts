// The visitor's side: at most one conversation that is not final, a token that says who this browser is, and words that
// wait until there is a conversation to put them in.
import { isTemporary, retryMs } from "./asks.js";
import { type Conversation, forgetEntries, hasEnded, isLive } from "./conversation.js";
import type { About } from "./outbox.js";
import type { Ports } from "./ports.js";
import {
  type ClientFrame, type QueueState, type RefusalCode, type ServerFrame, type ServerFrameOf, commentLengthMax, emailLengthMax,
  nameLengthMax, pageTitleLengthMax, pageUrlLengthMax,
} from "./protocol.js";
import { type Answer, type SendResult, Session } from "./session.js";
import { Shelf } from "./shelf.js";
import { closeCode } from "./codes.js";
import { cut } from "./text.js";

export interface VisitorOptions {
  heti: string; // the host of Heti: whose token and words these are
  url: () => string; // ws(s)://host/ws/visitor
  queue: string;
  page: () => { url: string; title: string };
}

const probeMs = 60_000;

// Keys in the site's own storage. One visitor per Heti and queue.
function keysOf(options: Pick<VisitorOptions, "heti" | "queue">) {
  const prefix = `heti:1:${options.heti}:${options.queue}:`;
  return { token: `${prefix}token`, history: `${prefix}history`, live: `${prefix}live`, outbox: `${prefix}outbox:` };
}

export class VisitorSession extends Session {
  queueState: QueueState | null = null;
  current: Conversation | null = null;
  name = "";
  // `start` was turned down for good: the words that waited for it are failed posts now.
  startRefused: RefusalCode | null = null;

  private readonly names: ReturnType<typeof keysOf>;
  private starting = false;
  private memory: string | null = null; // history, as this page knew it
  private tokenLock: (() => void) | null = null;

  constructor(ports: Ports, private readonly options: VisitorOptions) {
    super(ports, keysOf(options).outbox, false);
    this.names = keysOf(options);
  }

  // Does this browser have something to come back for? A page without it opens no socket.
  static hasReason(store: Ports["store"], options: Pick<VisitorOptions, "heti" | "queue">): boolean {
    const names = keysOf(options);
    return store.get(names.live) !== null || Shelf.anything(store, names.outbox);
  }

  get liveKey(): string {
    return this.names.live;
  }

  // ---- What a visitor does

  send(text: string): SendResult {
    const target = this.current && this.current.state !== "final" ? this.current.id : null;
    const result = this.take(target, text);
    if (result === "taken" && !target) this.start();
    return result;
  }

  // After hours: who it is from, and the text. It is kept when its post has its tick.
  leaveMessage(about: About, text: string): SendResult {
    this.outbox.about = {
      ...(about.name ? { name: cut(about.name.trim(), nameLengthMax) } : {}),
      ...(about.email ? { email: cut(about.email.trim(), emailLengthMax) } : {}),
    };
    const result = this.take(null, text);
    if (result === "taken") this.start();
    return result;
  }

  retry(key: string): void {
    const failed = this.outbox.failed.find((post) => post.key === key);
    if (!failed) {
      this.link.retryNow();
      return;
    }
    const target = failed.conversation === this.current?.id && this.current?.state !== "final" ? failed.conversation : null;
    this.startRefused = null;
    this.outbox.retry(key, target, this.ports.timers.now());
    this.shelf.save();
    if (this.link.phase !== "ready") this.link.retryNow();
    if (target) this.flush();
    else this.start();
    this.changed();
  }

  close(): Promise<Answer> | null {
    return this.current ? this.ask({ t: "close", conversation: this.current.id }, true) : null;
  }

  rate(score: number, comment: string): Promise<Answer> | null {
    if (!this.current) return null;
    const text = cut(comment.trim(), commentLengthMax);
    return this.ask({ t: "rate", conversation: this.current.id, score, ...(text ? { comment: text } : {}) }, true);
  }

  // Another tab of this visitor has begun a conversation.
  otherTabStarted(): void {
    const id = this.ports.store.get(this.names.live);
    if (!id || id === this.current?.id) return;
    if (this.link.phase === "ready") this.adoptCurrent(id);
    else void this.connect();
  }

  // ---- What the server says

  protected override adopted(): void {
    this.start();
  }

  protected override phaseChanged(): void {
    if (this.link.phase === "idle" || this.link.phase === "stopped") this.freeToken();
    super.phaseChanged();
  }

  protected url(): string {
    return this.options.url();
  }

  // Two tabs that both meet Heti for the first time must not become two visitors: the first one to hold the lock gets
  // the token, the other one finds it in the store.
  protected async hello(): Promise<Extract<ClientFrame, { t: "hello" }>> {
    const { store, locks } = this.ports;
    if (store.get(this.names.token) === null && locks && !this.tokenLock) {
      this.tokenLock = await locks.take(this.names.token, true);
      if (store.get(this.names.token) !== null) this.freeToken();
    }
    const token = store.get(this.names.token);
    return { t: "hello", role: "visitor", ...(token ? { token } : {}), queue: this.options.queue };
  }

  protected welcomed(welcome: ServerFrameOf<"welcome">): void {
    if (welcome.role !== "visitor") return;
    this.ports.store.set(this.names.token, welcome.token);
    this.freeToken();
    this.queueState = welcome.queue;
    this.name = welcome.name ?? "";
    if (welcome.conversation) this.adoptCurrent(welcome.conversation.id);
    else if (this.current) this.vanished(this.current);
    else this.remember();
    this.starting = false;
    this.start();
  }

  protected knownHistory(): string | null {
    return this.memory ?? this.ports.store.get(this.names.history);
  }

  protected rememberHistory(history: string): void {
    this.memory = history;
    this.ports.store.set(this.names.history, history);
  }

  protected probe(): { conversation: string; everyMs: number } | null {
    return this.current && isLive(this.current.state) ? { conversation: this.current.id, everyMs: probeMs } : null;
  }

  protected other(frame: ServerFrame): void {
    if (frame.t === "queue") this.queueState = frame.queue;
    else if (frame.t === "opened") this.remember();
    else if (frame.t === "state") this.remember();
    else if (frame.t === "entry" && !this.conversations.has(frame.conversation)) this.adoptCurrent(frame.conversation);
  }

  // A conversation that has become final while the panel stood open takes no more words. A post that was refused on its
  // very first try is surely not in it, so it may begin a new conversation. After several tries it might be in, and only
  // the visitor may say it again.
  protected override postFailed(key: string): void {
    const post = this.outbox.failed.find((one) => one.key === key);
    const gone = post && (post.why === "not_found" || post.why === "wrong_state");
    if (!gone || post.tries > 1) return;
    if (this.current && this.current.id === post.conversation) this.vanished(this.current);
    this.outbox.retry(key, null, post.at);
    this.start();
  }

  protected override vanished(conversation: Conversation): void {
    super.vanished(conversation);
    this.remember();
  }

  private adoptCurrent(id: string): void {
    if (this.current && this.current.id !== id) forgetEntries(this.current);
    this.current = this.conversation(id);
    this.open(id);
  }

  // Asks for a conversation if words are waiting for one. `start` gives the present one, if there is one.
  private start(): void {
    if (this.starting || this.outbox.loose.length === 0 || this.link.phase !== "ready") return;
    this.starting = true;
    const page = this.options.page();
    void this.ask({
      t: "start",
      page_url: cut(page.url, pageUrlLengthMax), page_title: cut(page.title, pageTitleLengthMax),
      ...this.outbox.about,
    }).then((answer) => {
      this.starting = false;
      if (answer.ok && answer.frame.t === "opened") {
        this.current = this.conversation(answer.frame.conversation.id);
        this.outbox.bind(this.current.id);
        this.remember();
        this.shelf.save();
        this.flush();
      } else if (!answer.ok && answer.code !== "lost" && !isTemporary(answer.code)) {
        this.startRefused = answer.code;
        this.outbox.failLoose(this.startRefused);
        this.shelf.save();
      } else if (!answer.ok) {
        this.ports.timers.after(answer.retryAfterMs || retryMs, () => this.start());
      }
      this.changed();
    });
  }

  private remember(): void {
    const { store } = this.ports;
    if (this.current && isLive(this.current.state)) store.set(this.names.live, this.current.id);
    else if (!this.current || hasEnded(this.current.state) || this.current.state === "offline_message") {
      store.remove(this.names.live);
    }
  }

  private freeToken(): void {
    this.tokenLock?.();
    this.tokenLock = null;
  }

  // The token is not accepted any more. Only a person may go on from here, as somebody new.
  forgetMe(): void {
    if (this.link.phase !== "stopped" || this.link.stopCode !== closeCode.authFailed) return;
    this.ports.store.remove(this.names.token);
    this.ports.store.remove(this.names.live);
    this.current = null;
    this.link.start();
  }
}
