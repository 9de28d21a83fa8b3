// What both faces share on top of a Link: conversations, posts, requests by ref, typing signs, the server's clock.
// VisitorSession and AgentSession add what only they may do.
import { type Answer, Asks, answerMs, isTemporary, retryMs } from "./asks.js";
import { type Conversation, type Hole, addEntries, applyOpened, applyPage, applyState, contiguousTo, forgetEntries, newConversation, nextHole } from "./conversation.js";
import { type Line, linesOf } from "./lines.js";
import { Link, type LinkPhase } from "./link.js";
import { type Lane, Outbox, pendingMax, unconfirmed } from "./outbox.js";
import type { Ports } from "./ports.js";
import type { ClientFrame, Entry, ServerFrame, ServerFrameOf, Wish } from "./protocol.js";
import { Shelf, beatMs } from "./shelf.js";
import { clean, tooLong } from "./text.js";
import { TypingIn, TypingOut } from "./typing.js";

const inFlightMax = 16; // posts of a lane on their way at once
const pauseMaxMs = 30_000; // the longest pause of a lane that is refused again and again
const tickMs = 1_000;
const nudgeMs = 15_000; // a socket that has been silent for less is believed in
const adoptEveryMs = 30_000; // another tab may die while this one lives

export type { Answer } from "./asks.js";
export type { Line } from "./lines.js";

// Whether a text was taken into the outbox. Nothing else can be said at once; the tick comes later.
export type SendResult = "taken" | "empty" | "too_long" | "full";

export abstract class Session {
  readonly link: Link;
  readonly outbox: Outbox;
  readonly conversations = new Map<string, Conversation>();
  clockSpeed = 1; // of the server's clock; more in a demo
  everReady = false; // there was a connection to lose
  historyReloaded = false; // what was on the screen has been fetched anew, under other positions
  // Entries that came in after the conversation was first shown: for unread marks and sounds.
  onNews: (conversation: Conversation, entries: Entry[]) => void = () => {};

  protected readonly shelf: Shelf;
  private readonly typingIn = new TypingIn();
  private readonly typingOut = new TypingOut();
  private readonly listeners = new Set<() => void>();
  private readonly asks: Asks;
  private readonly filling = new Set<string>(); // conversations with a history request under way
  private readonly keys = new Map<string, string>(); // "stream:n" -> key of the post that became this entry
  private greetings = 0;
  private greetedAt = 0; // the last welcome, by the server's clock and by ours
  private heardAt = 0;
  private announced = false;
  private probed = false;
  private cancelTick: (() => void) | null = null;
  private nextBeat = 0;
  private nextAdoption = 0;

  constructor(protected readonly ports: Ports, shelfPrefix: string, oneTab: boolean) {
    this.outbox = new Outbox(ports.name);
    this.shelf = new Shelf(ports, shelfPrefix, this.outbox, oneTab);
    this.link = new Link(ports, {
      url: () => this.url(),
      hello: () => this.hello(),
      ready: (welcome) => this.greeted(welcome),
      frame: (frame) => this.receive(frame),
      lost: () => this.lost(),
      phaseChanged: () => this.phaseChanged(),
    });
    this.asks = new Asks(ports.timers, (frame) => this.link.send(frame));
  }

  protected abstract url(): string;
  protected abstract hello(): Promise<Extract<ClientFrame, { t: "hello" }> | "stop">;
  protected abstract welcomed(welcome: ServerFrameOf<"welcome">): void;
  protected abstract knownHistory(): string | null;
  protected abstract rememberHistory(history: string): void;
  // Silence for this long is worth a question: is the line still there? Null: nobody would miss it.
  protected abstract probe(): { conversation: string; everyMs: number } | null;
  protected abstract other(frame: ServerFrame): void;
  // A post was turned down for good. Visitors may begin a new conversation with it.
  protected postFailed(_key: string): void {}
  // Posts of a page that is gone have come in.
  protected adopted(): void {}

  get phase(): LinkPhase {
    return this.link.phase;
  }

  serverNow(): number {
    return this.greetedAt + (this.ports.timers.now() - this.heardAt) * this.clockSpeed;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async connect(): Promise<void> {
    await this.adopt();
    this.link.start();
  }

  // One call for however many changes happen in one turn of the event loop.
  changed(): void {
    if (this.announced) return;
    this.announced = true;
    void Promise.resolve().then(() => {
      this.announced = false;
      for (const listener of this.listeners) listener();
    });
  }

  // The page came back to the front, or the network did: do not sit out the back-off, and do not trust an old socket.
  nudge(): void {
    if (this.link.phase === "waiting") this.link.retryNow();
    else if (this.link.phase === "ready" && this.silentMs() > nudgeMs) this.sendProbe();
  }

  // The page is being left, and may come back.
  leaving(): void {
    this.shelf.leave();
  }

  // ---- Saying something

  protected take(conversation: string | null, raw: string): SendResult {
    const text = clean(raw);
    if (text === "") return "empty";
    if (tooLong(text)) return "too_long";
    if (this.outbox.pending >= pendingMax) return "full";
    this.outbox.add(conversation, text, this.ports.timers.now());
    if (conversation) this.typingOut.reset(conversation);
    this.shelf.save();
    this.flush();
    this.changed();
    return "taken";
  }

  discard(key: string): void {
    this.outbox.discard(key);
    this.shelf.save();
    this.changed();
  }

  typing(conversation: string): void {
    if (this.link.phase === "ready" && this.typingOut.due(conversation, this.ports.timers.now())) {
      this.link.send({ t: "typing", conversation });
    }
  }

  whoTypes(conversation: string): string | null {
    return this.typingIn.who(conversation, this.ports.timers.now());
  }

  // Resolves always: with the answer, or "lost".
  ask(wish: Wish, keep = false): Promise<Answer> {
    return this.asks.ask(wish, keep);
  }

  lines(conversation: Conversation | null, withLoose: boolean): Line[] {
    return linesOf(conversation, this.outbox, this.keys, withLoose, this.ports.timers.now());
  }

  // ---- Conversations

  open(id: string): void {
    const conversation = this.conversation(id);
    void this.ask({ t: "open", conversation: id, after: contiguousTo(conversation) }).then((answer) => {
      if (answer.ok) return;
      if (answer.code === "not_found" || answer.code === "not_allowed") return this.vanished(conversation);
      // Not now. (After a loss of the socket the next welcome opens it; this one then finds nothing to do.)
      const turn = this.greetings;
      this.ports.timers.after(answer.retryAfterMs || retryMs, () => {
        const wanted = this.conversations.get(id) === conversation && turn === this.greetings;
        if (wanted && this.link.phase === "ready") this.open(id);
      });
    });
  }

  protected vanished(conversation: Conversation): void {
    conversation.state = "final";
    this.changed();
  }

  protected conversation(id: string): Conversation {
    let conversation = this.conversations.get(id);
    if (!conversation) this.conversations.set(id, (conversation = newConversation(id)));
    return conversation;
  }

  private fill(conversation: Conversation): void {
    const hole: Hole | null = conversation.opened ? nextHole(conversation) : null;
    if (!hole || this.filling.has(conversation.id) || this.link.phase !== "ready") return;
    this.filling.add(conversation.id);
    void this.ask({ t: "history", conversation: conversation.id, ...hole }).then((answer) => {
      this.filling.delete(conversation.id);
      if (answer.ok && answer.frame.t === "page") {
        applyPage(conversation, answer.frame.entries, hole);
        this.changed();
        this.fill(conversation);
      } else if (!answer.ok && answer.code !== "lost") {
        this.ports.timers.after(answer.retryAfterMs || retryMs, () => this.fill(conversation));
      }
    });
  }

  // ---- Frames in

  private greeted(welcome: ServerFrameOf<"welcome">): void {
    this.everReady = true;
    this.greetings += 1;
    this.heardAt = this.ports.timers.now();
    this.greetedAt = Date.parse(welcome.server_time);
    this.clockSpeed = welcome.clock_speed ?? 1;
    const known = this.knownHistory();
    if (known !== null && known !== welcome.history) {
      for (const conversation of this.conversations.values()) forgetEntries(conversation);
      this.outbox.reoffer(this.ports.timers.now());
      this.historyReloaded = this.conversations.size > 0;
    }
    this.rememberHistory(welcome.history);
    this.outbox.unsend();
    this.filling.clear();
    this.welcomed(welcome);
    this.asks.again();
    this.shelf.save();
    this.flush();
    this.changed();
  }

  private receive(frame: ServerFrame): void {
    switch (frame.t) {
      case "opened": {
        const conversation = this.conversation(frame.conversation.id);
        const first = !conversation.opened;
        const fresh = applyOpened(conversation, frame);
        this.noteOwn(conversation, fresh);
        if (!first && fresh.length > 0) this.onNews(conversation, fresh);
        this.asks.answered(frame.ref, { ok: true, frame });
        this.other(frame);
        this.fill(conversation);
        break;
      }
      case "page":
        this.asks.answered(frame.ref, { ok: true, frame });
        break;
      case "ok":
        this.asks.answered(frame.ref, { ok: true, frame });
        break;
      case "entry": {
        const conversation = this.conversations.get(frame.conversation);
        if (!conversation) {
          this.other(frame);
          break;
        }
        const fresh = addEntries(conversation, [frame.entry]);
        this.noteOwn(conversation, fresh);
        if (frame.entry.kind === "message") this.typingIn.clear(frame.conversation);
        if (fresh.length > 0) this.onNews(conversation, fresh);
        this.other(frame);
        this.fill(conversation);
        break;
      }
      case "acked":
        this.outbox.confirm(frame.conversation, frame.stream, frame.n, frame.seq, this.ports.timers.now());
        this.shelf.save();
        this.flush();
        break;
      case "refused":
        this.refused(frame);
        break;
      case "state": {
        applyState(this.conversation(frame.conversation), frame);
        this.other(frame);
        break;
      }
      case "typing":
        this.typingIn.seen(frame.conversation, frame.name ?? "", this.ports.timers.now());
        break;
      default:
        this.other(frame);
    }
    this.changed();
  }

  private noteOwn(conversation: Conversation, entries: Entry[]): void {
    let any = false;
    for (const entry of entries) {
      if (entry.kind !== "message" || !entry.stream || !entry.n) continue;
      const post = this.outbox.find(conversation.id, entry.stream, entry.n);
      if (!post) continue;
      this.keys.set(`${entry.stream}:${entry.n}`, post.key);
      any = this.outbox.confirm(conversation.id, entry.stream, entry.n, entry.seq, this.ports.timers.now()) || any;
    }
    if (any) this.shelf.save();
  }

  private refused(frame: ServerFrameOf<"refused">): void {
    const { code } = frame;
    if ("ref" in frame) {
      this.asks.answered(frame.ref, { ok: false, code, retryAfterMs: frame.retry_after_ms ?? 0 });
      return;
    }
    const lane = this.outbox.lane(frame.conversation, frame.stream);
    if (!lane) return;
    if (isTemporary(code)) {
      this.pause(lane, frame.retry_after_ms);
      lane.offered = Math.min(lane.offered, frame.n - 1);
    } else if (code === "resend_from" && frame.resend_from !== undefined) {
      // Going back and forth without anything being confirmed gets slower each time.
      lane.strikes += 1;
      if (lane.strikes > inFlightMax) this.pause(lane, undefined);
      this.outbox.rewind(lane.conversation, lane.stream, frame.resend_from);
    } else if (code === "conflict") {
      this.outbox.restream(lane);
    } else {
      for (const failed of this.outbox.reject(lane.conversation, lane.stream, frame.n, code)) this.postFailed(failed.key);
    }
    this.shelf.save();
    this.flush();
  }

  // ---- Frames out

  protected flush(): void {
    const now = this.ports.timers.now();
    for (const lane of this.outbox.lanes) {
      if (this.link.phase !== "ready") return;
      if (now < lane.pausedUntil) continue;
      const open = unconfirmed(lane);
      const first = open[0]?.n ?? 0;
      const due = open.filter((post) => post.n > lane.offered && post.n < first + inFlightMax);
      if (due.length === 0) continue;
      for (const post of due) {
        post.tries += 1;
        post.sentAt = now;
        lane.offered = post.n;
      }
      this.shelf.save(); // Before they go out: a page that dies now must not give their numbers to others.
      for (const { n, text } of due) {
        this.link.send({ t: "post", conversation: lane.conversation, stream: lane.stream, n, text });
      }
    }
  }

  private pause(lane: Lane, ms: number | undefined): void {
    const slow = Math.min(pauseMaxMs, retryMs * 2 ** Math.min(lane.strikes, 8));
    lane.strikes += 1;
    lane.pausedUntil = this.ports.timers.now() + (ms ?? slow) + Math.floor(this.ports.random() * 250);
  }

  // ---- Time and loss

  protected phaseChanged(): void {
    if (this.link.phase === "idle") {
      this.cancelTick?.();
      this.cancelTick = null;
    } else if (!this.cancelTick) {
      this.tickLater();
    }
    this.changed();
  }

  private lost(): void {
    this.probed = false;
    this.asks.giveUp();
  }

  private tickLater(): void {
    this.cancelTick = this.ports.timers.after(tickMs, () => {
      this.tick(this.ports.timers.now());
      if (this.cancelTick) this.tickLater();
    });
  }

  private tick(now: number): void {
    if (this.typingIn.expire(now)) this.changed();
    this.asks.giveUp(now);
    if (now >= this.nextBeat) {
      this.nextBeat = now + beatMs;
      this.outbox.prune(now);
      this.shelf.beat();
    }
    if (now >= this.nextAdoption) {
      this.nextAdoption = now + adoptEveryMs;
      void this.adopt();
    }
    if (this.outbox.pending > 0) {
      this.changed(); // "not sent yet" may be due
      this.chase(now);
      this.flush();
    }
    const probe = this.probe();
    if (this.link.phase === "ready" && probe && this.silentMs() > probe.everyMs) this.sendProbe();
  }

  private async adopt(): Promise<void> {
    if ((await this.shelf.adopt()) === 0) return;
    this.adopted();
    this.flush();
    this.changed();
  }

  // Posts that went out and got no answer in ten seconds: if nothing at all came since, the socket is dead; otherwise
  // they are offered again, which costs nothing.
  private chase(now: number): void {
    for (const lane of this.outbox.lanes) {
      const first = unconfirmed(lane).find((post) => post.sentAt > 0);
      if (!first || now - first.sentAt < answerMs || now < lane.pausedUntil) continue;
      if (this.link.lastHeard < first.sentAt) return this.link.giveUp();
      lane.offered = first.n - 1;
    }
  }

  private silentMs(): number {
    return this.ports.timers.now() - this.link.lastHeard;
  }

  // A browser cannot send a ping. An empty page of history is the cheapest question that gets an answer.
  private sendProbe(): void {
    const probe = this.probe();
    if (this.probed || !probe) return;
    this.probed = true;
    void this.ask({ t: "history", conversation: probe.conversation, before: 1, limit: 1 }).then(() => {
      this.probed = false;
      if (this.link.phase === "ready" && this.silentMs() >= answerMs) this.link.giveUp();
    });
  }
}
