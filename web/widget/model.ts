// What the widget shows, without how: the state of the site, the visitor's session, and whether the panel is open.
// A page that is merely open has no socket: the session connects when the panel opens, or when this browser has a live
// conversation or words that are not yet kept.
import { hasEnded, isLive } from "../client/conversation.js";
import { openingTime } from "../client/format.js";
import type { Ports, Store } from "../client/ports.js";
import type { Entry, QueueState, Site } from "../client/protocol.js";
import type { Line, SendResult } from "../client/session.js";
import { SiteWatch } from "../client/site.js";
import { VisitorSession } from "../client/visitor.js";
import type { Strings } from "./strings.js";

export interface WidgetOptions {
  base: string; // where widget.js came from, with a slash at the end
  queue: string;
  lang: string;
  strings: Strings;
}

// What the panel holds under its head.
export type View = "chat" | "ended" | "message_form" | "message_left" | "refused" | "unreachable";

export class WidgetModel {
  readonly strings: Strings;
  readonly lang: string;
  readonly session: VisitorSession;
  readonly watch: SiteWatch;
  isOpen = false;
  takesFocus = false; // false: the panel is open because it was open on the page before
  unread = 0;
  draft = "";
  confirming = false; // "End this chat?"
  rated: "no" | "sending" | "done" | "failed" = "no";
  private again = false; // the visitor wants to write again after an ended chat
  private readonly listeners = new Set<() => void>();
  private announced = false;

  constructor(private readonly ports: Ports, private readonly tab: Store, options: WidgetOptions) {
    this.strings = options.strings;
    this.lang = options.lang;
    const base = new URL(options.base);
    const visitor = {
      heti: base.host,
      queue: options.queue,
      url: () => socketUrl(base, this.watch.site?.websocket),
      page: () => ({ url: location.href, title: document.title }),
    };
    this.session = new VisitorSession(ports, visitor);
    this.session.subscribe(() => this.sessionChanged());
    this.session.onNews = (_conversation, entries) => this.news(entries);
    const url = new URL(`api/site?queue=${encodeURIComponent(options.queue)}`, base).href;
    this.watch = new SiteWatch({ timers: ports.timers, random: ports.random, fetch: fetchSite }, url, () => this.changed());
    if (VisitorSession.hasReason(ports.store, visitor)) void this.session.connect();
    if (tab.get(panelKey) === "open") this.open(false);
  }

  start(): void {
    void this.watch.ask();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.watch.shown();
      this.session.nudge();
      this.readAll();
    });
    addEventListener("online", () => this.session.nudge());
    addEventListener("pagehide", () => this.session.leaving());
    addEventListener("storage", (event) => {
      if (event.key === this.session.liveKey && event.newValue) this.session.otherTabStarted();
    });
  }

  // ---- What there is to see

  // Nothing at all until Heti has answered once: a page must not carry a button that does nothing.
  get visible(): boolean {
    return this.watch.site !== null || this.session.phase !== "idle";
  }

  get queue(): QueueState | null {
    return this.session.queueState ?? this.watch.site?.queue ?? null;
  }

  get wording(): Site["wording"] | null {
    return this.watch.site?.wording ?? null;
  }

  get title(): string {
    return this.wording?.title || this.queue?.display_name || this.strings.launch;
  }

  get live(): boolean {
    const { current, outbox } = this.session;
    return (current !== null && isLive(current.state)) || outbox.loose.length > 0;
  }

  // Open for somebody who comes now. A queue that is closing serves those who wait, and nobody else.
  get openForNew(): boolean {
    return this.queue?.open === true && !this.queue.closing;
  }

  get opening(): string {
    const { strings, lang, queue } = this;
    if (!queue || queue.open || !queue.next_change) return "";
    return openingTime(queue.next_change, this.ports.timers.now(), { ...strings, at: strings.dayAt }, lang);
  }

  get stateText(): string {
    const agent = this.session.current?.agent;
    if (agent && this.session.current?.state === "assigned") return this.strings.withAgent(agent);
    if (!this.queue) return "";
    if (this.openForNew) return this.strings.open;
    return this.opening ? this.strings.closedUntil(this.opening) : this.strings.closed;
  }

  get view(): View {
    const { current } = this.session;
    if (this.live) return "chat";
    if (!this.queue) return this.watch.failed ? "unreachable" : "chat";
    if (current?.state === "offline_message") return "message_left";
    if (current && current.opened && hasEnded(current.state) && !this.again && current.entries.length > 0) return "ended";
    if (this.session.outbox.failed.length > 0 || this.openForNew || this.queue.after_hours === "queue") return "chat";
    return this.queue.after_hours === "message" ? "message_form" : "refused";
  }

  // False: the browser keeps nothing for this site.
  get lasting(): boolean {
    return this.ports.store.lasting;
  }

  get lines(): Line[] {
    return this.session.lines(this.session.current, true);
  }

  // Where the visitor stands, in words; empty when there is nothing to say.
  get place(): string {
    const { current } = this.session;
    if (!current || (current.state !== "queued" && current.state !== "offered")) return "";
    if (!this.queue?.open && this.queue?.after_hours === "queue" && !this.queue.closing) return this.strings.waitingClosed;
    if (current.position === undefined) return this.strings.waiting;
    return current.position === 1 ? this.strings.next : this.strings.position(current.position);
  }

  get typist(): string | null {
    const { current } = this.session;
    const name = current ? this.session.whoTypes(current.id) : null;
    return name === null ? null : name || current?.agent || this.strings.agentFallback;
  }

  get canClose(): boolean {
    const state = this.session.current?.state;
    return state === "queued" || state === "offered" || state === "assigned";
  }

  // ---- What the visitor does

  open(byPerson = true): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.takesFocus = byPerson;
    this.tab.set(panelKey, "open");
    if (this.session.phase === "idle" || this.session.phase === "stopped") void this.session.connect();
    this.readAll();
    this.changed();
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.confirming = false;
    this.tab.remove(panelKey);
    if (!this.live && this.session.outbox.pending === 0) this.session.link.stop();
    this.changed();
  }

  send(): SendResult {
    const result = this.session.send(this.draft);
    if (result === "taken") {
      this.draft = "";
      this.session.historyReloaded = false;
      this.again = false;
      this.rated = "no";
    }
    this.changed();
    return result;
  }

  typed(text: string): void {
    this.draft = text;
    const { current } = this.session;
    if (text.trim() && current && isLive(current.state)) this.session.typing(current.id);
    this.changed();
  }

  leaveMessage(name: string, email: string, text: string): SendResult {
    const result = this.session.leaveMessage({ name, email }, text);
    if (result === "taken") this.draft = "";
    this.changed();
    return result;
  }

  ask(confirming: boolean): void {
    this.confirming = confirming;
    this.changed();
  }

  end(): void {
    this.confirming = false;
    void this.session.close();
    this.changed();
  }

  writeAgain(): void {
    this.again = true;
    this.changed();
  }

  rate(score: number, comment: string): void {
    this.rated = "sending";
    void this.session.rate(score, comment)?.then((answer) => {
      this.rated = answer.ok ? "done" : "failed";
      this.changed();
    });
    this.changed();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  // ---- Inside

  private changed(): void {
    if (this.announced) return;
    this.announced = true;
    queueMicrotask(() => {
      this.announced = false;
      for (const listener of this.listeners) listener();
    });
  }

  private sessionChanged(): void {
    const { queueState, startRefused, outbox } = this.session;
    if (queueState && queueState !== this.watch.site?.queue) this.watch.told(queueState);
    // The queue closed between the first word and its start: the words move into the message form.
    if (startRefused === "queue_closed" && this.queue?.after_hours === "message") {
      this.draft = outbox.failed.map((post) => post.text).join("\n\n");
      for (const post of [...outbox.failed]) this.session.discard(post.key);
      this.session.startRefused = null;
    }
    this.changed();
  }

  private news(entries: readonly Entry[]): void {
    const theirs = entries.filter((entry) => entry.kind === "message" && entry.author.role !== "visitor").length;
    if (!this.isOpen || document.visibilityState !== "visible") this.unread += theirs;
    if (entries.some((entry) => entry.kind === "reopened")) this.rated = "no";
  }

  private readAll(): void {
    if (this.isOpen && document.visibilityState === "visible" && this.unread > 0) {
      this.unread = 0;
      this.changed();
    }
  }
}

const panelKey = "heti:1:panel";

function socketUrl(base: URL, path = "/ws/visitor"): string {
  const url = new URL(path.replace(/^\//, ""), base);
  url.protocol = base.protocol === "http:" ? "ws:" : "wss:";
  return url.href;
}

async function fetchSite(url: string): Promise<Site> {
  const answer = await fetch(url, { credentials: "omit" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return (await answer.json()) as Site;
}
