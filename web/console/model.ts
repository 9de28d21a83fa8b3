// What the console shows, without how. `changes` rings when something has changed; components read the model itself.
import { AgentSession } from "../client/agent.js";
import { browserPorts } from "../client/browser.js";
import { grouped, waitingCount } from "../client/chats.js";
import { closeCode } from "../client/codes.js";
import type { TransferTo } from "../client/colleagues.js";
import type { Conversation } from "../client/conversation.js";
import { stopwatch } from "../client/format.js";
import type { Account, AgentStatus, Chat, ClosedChat, Colleague, Entry, Transcript } from "../client/protocol.js";
import type { Answer, SendResult } from "../client/session.js";
import * as api from "./api.js";
import { Alerts } from "./alerts.js";
import { Bell, seconds } from "./live.js";
import { availability, loginWords, refusalWords, visitorName } from "./words.js";

export type Stage = "starting" | "unreachable" | "login" | "work";

const noticeMs = 6_000;

export class ConsoleModel {
  readonly changes = new Bell();
  stage: Stage = "starting";
  loginNote = "";
  account: Account | null = null;
  session: AgentSession | null = null;
  readonly alerts = new Alerts();

  selected: string | null = null;
  tab: "live" | "closed" | "team" = "live";
  closed: ClosedChat[] | "loading" | "failed" = "loading";
  transcript: Transcript | "loading" | "failed" | null = null; // of the selected closed chat
  notice = "";
  settingStatus: "online" | "away" | null = null;
  handing: string | null = null; // the chat that is being handed on, until the server has answered
  readonly drafts = new Map<string, string>();
  private readonly read = new Map<string, number>(); // conversation -> last seq that was on the screen
  private frozen: string[] | null = null; // the order of the list while the pointer is over it
  private noticeTimer = 0;
  private toldStatus: AgentStatus | null = null;

  start(): void {
    void this.begin();
    setInterval(() => seconds.ring(), 1_000);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.session?.nudge();
      this.markRead();
    });
    addEventListener("online", () => this.session?.nudge());
    addEventListener("pagehide", () => this.session?.leaving());
    addEventListener("keydown", (event) => this.key(event));
  }

  // ---- Coming and going

  private async begin(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        const account = await api.me();
        if (account) this.work(account);
        else this.toLogin("");
        return;
      } catch {
        this.stage = "unreachable";
        this.changed();
        await new Promise((again) => setTimeout(again, Math.min(10_000, 1_000 * 2 ** tries) * (0.5 + Math.random() / 2)));
      }
    }
  }

  async login(name: string, password: string): Promise<string> {
    const result = await api.login(name, password);
    if (result.ok) this.work(result.account);
    return loginWords(result);
  }

  async logout(): Promise<void> {
    this.session?.link.stop();
    await api.logout();
    this.toLogin("");
  }

  private work(account: Account): void {
    if (this.account?.name !== account.name) this.drafts.clear();
    this.account = account;
    const scheme = location.protocol === "http:" ? "ws:" : "wss:";
    const session = new AgentSession(browserPorts("sessionStorage"), {
      url: `${scheme}//${location.host}/ws/agent`, name: account.name, ticket: api.ticket,
    });
    session.subscribe(() => this.sessionChanged());
    session.onOffer = (chat) => this.offered(chat);
    session.onNews = (conversation, entries) => this.news(conversation, entries);
    this.session = session;
    this.stage = "work";
    this.changed();
    void session.connect();
  }

  private toLogin(note: string): void {
    this.session = null;
    this.selected = null;
    this.transcript = null;
    this.stage = "login";
    this.loginNote = note;
    document.title = "Heti console";
    this.changed();
  }

  // ---- What there is to see

  get chat(): Chat | null {
    return (this.selected && this.session?.chats.get(this.selected)) || null;
  }

  get conversation(): Conversation | null {
    return (this.selected && this.session?.conversations.get(this.selected)) || null;
  }

  // The offer that runs out first.
  get offer(): Chat | null {
    const { session } = this;
    if (!session) return null;
    const mine = [...session.chats.values()].filter((chat) => session.isOfferedToMe(chat));
    mine.sort((a, b) => (session.offerEnds.get(a.conversation) ?? 0) - (session.offerEnds.get(b.conversation) ?? 0));
    return mine[0] ?? null;
  }

  // Nothing may move under the pointer: while it is over the list, what is there keeps its place, and what is new comes
  // last in its group.
  get list(): ReturnType<typeof grouped> {
    const { session, account, frozen } = this;
    if (!session || !account) return [];
    const parts = grouped(session.chats.values(), account.name, session.serverNow());
    if (!frozen) return parts;
    const place = (chat: Chat) => (frozen.indexOf(chat.conversation) + 1 || Infinity);
    for (const part of parts) part.chats.sort((a, b) => place(a) - place(b));
    return parts;
  }

  get order(): string[] {
    return this.list.flatMap((part) => part.chats.map((chat) => chat.conversation));
  }

  freeze(on: boolean): void {
    this.frozen = on ? this.order : null;
    this.changed();
  }

  // How many words of the visitor have not been on the screen yet; only for chats that are this agent's business.
  unread(chat: Chat): number {
    const { session } = this;
    if (!session || (!session.isMine(chat) && !session.isOfferedToMe(chat))) return 0;
    const read = this.read.get(chat.conversation) ?? 0;
    const known = session.conversations.get(chat.conversation);
    if (!known?.opened) return chat.preview_role === "visitor" && chat.last_seq > read ? 1 : 0;
    let count = 0;
    for (const entry of known.entries) {
      if (entry.seq <= read || entry.kind !== "message") continue;
      count = entry.author.role === "visitor" ? count + 1 : 0; // Who has answered has read what came before.
    }
    return count;
  }

  // ---- What the agent does

  select(id: string): void {
    if (this.selected && this.selected !== id) this.session?.forget(this.selected);
    this.tab = "live";
    this.selected = id;
    this.transcript = null;
    this.session?.show(id);
    this.markRead();
    this.changed();
  }

  async showClosed(): Promise<void> {
    this.tab = "closed";
    this.closed = Array.isArray(this.closed) ? this.closed : "loading";
    this.changed();
    this.closed = await api.closedChats().catch(() => "failed" as const);
    this.changed();
  }

  showTeam(): void {
    this.tab = "team";
    this.changed();
  }

  showLive(): void {
    this.tab = "live";
    this.changed();
  }

  async openClosed(id: string): Promise<void> {
    if (this.selected) this.session?.forget(this.selected);
    this.selected = id;
    this.transcript = "loading";
    this.changed();
    const answer = await api.transcript(id).catch(() => "failed" as const);
    if (this.selected === id) this.transcript = answer;
    this.changed();
  }

  async setStatus(status: "online" | "away"): Promise<void> {
    this.settingStatus = status;
    this.changed();
    this.report(await this.session!.setStatus(status), "The status was not changed");
    this.settingStatus = null;
    this.changed();
  }

  async accept(): Promise<void> {
    const id = this.offer?.conversation;
    if (!id) return;
    this.alerts.taken();
    this.select(id);
    this.report(await this.session!.accept(id), "The chat could not be accepted");
  }

  async decline(): Promise<void> {
    const id = this.offer?.conversation;
    if (!id) return;
    this.alerts.taken();
    this.report(await this.session!.decline(id), "The chat could not be declined");
  }

  async closeChat(spam: boolean): Promise<void> {
    if (this.selected) this.report(await this.session!.close(this.selected, spam), "The chat could not be closed");
  }

  // `words` say where it goes: "Offered to Eero". Answers whether it went.
  async transfer(to: TransferTo, words: string): Promise<boolean> {
    const id = this.selected;
    if (!id || this.handing) return false;
    this.handing = id;
    this.changed();
    const answer = await this.session!.transfer(id, to);
    this.handing = null;
    if (answer.ok) this.say(words);
    this.report(answer, "The chat was not handed on");
    this.changed();
    return answer.ok;
  }

  async setStatusOf(colleague: Colleague, status: "away" | "finishing" | "offline"): Promise<void> {
    this.report(await this.session!.setStatusOf(colleague.name, status), `The status of ${colleague.display_name} was not changed`);
  }

  async done(): Promise<void> {
    const id = this.selected;
    if (!id) return;
    const answer = await this.session!.done(id);
    this.report(answer, "The wrap-up could not be ended");
    if (answer.ok && this.selected === id) this.selected = null;
    this.changed();
  }

  send(): SendResult {
    const id = this.selected!;
    const result = this.session!.send(id, this.drafts.get(id) ?? "");
    if (result === "taken") this.drafts.delete(id);
    this.changed();
    return result;
  }

  typed(text: string): void {
    const id = this.selected!;
    this.drafts.set(id, text);
    if (text.trim()) this.session!.typing(id);
    this.changed();
  }

  say(notice: string): void {
    this.notice = notice;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = window.setTimeout(() => {
      this.notice = "";
      this.changed();
    }, noticeMs);
    this.changed();
  }

  changed(): void {
    this.changes.ring();
  }

  // ---- Inside

  private report(answer: Answer, what: string): void {
    if (!answer.ok) this.say(`${what}: ${refusalWords(answer.code)}`);
  }

  private sessionChanged(): void {
    const { session } = this;
    if (!session) return;
    if (session.phase === "stopped" && session.link.stopCode === closeCode.authFailed) {
      this.toLogin("You have been logged out. Please log in again.");
      return;
    }
    if (session.historyReloaded) {
      session.historyReloaded = false;
      this.say("The history was reloaded.");
    }
    this.toldByASupervisor(session);
    if (this.tab === "team" && session.phase === "ready" && session.colleagues.size > 0 && !session.supervisor) this.tab = "live";
    if (!this.offer) this.alerts.taken();
    this.markRead();
    const waiting = waitingCount(session.chats.values());
    document.title = waiting > 0 ? `(${waiting}) Heti console` : "Heti console";
    this.changed();
  }

  // Nobody is sent away in silence.
  private toldByASupervisor({ self }: AgentSession): void {
    const status = self?.reason === "supervisor" ? self.status : null;
    if (status && status !== this.toldStatus) this.say(`A supervisor has changed your status to ${availability(status)}`);
    this.toldStatus = status;
  }

  private offered(chat: Chat): void {
    const left = this.session!.offerEnds.get(chat.conversation);
    const time = left ? `${stopwatch(left - this.session!.serverNow())} to accept` : "";
    this.alerts.offer(`New chat: ${visitorName(chat.visitor)}`, [chat.preview ?? "", time].filter(Boolean).join("\n"), () => this.select(chat.conversation));
    if (!this.selected) this.select(chat.conversation);
  }

  private news(conversation: Conversation, entries: readonly Entry[]): void {
    const rated = entries.find((entry) => entry.kind === "rated");
    if (rated?.kind === "rated" && conversation.id !== this.selected) this.say(`A visitor gave ${rated.score} of 5`);
  }

  private markRead(): void {
    const { conversation } = this;
    if (!conversation || document.visibilityState !== "visible" || this.tab !== "live") return;
    if ((this.read.get(conversation.id) ?? 0) < conversation.lastSeq) this.read.set(conversation.id, conversation.lastSeq);
  }

  private key(event: KeyboardEvent): void {
    if (this.stage !== "work" || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.offer) {
      event.preventDefault();
      void this.accept();
    }
    const digit = /^Digit([1-9])$/.exec(event.code);
    if (digit && event.altKey && !event.ctrlKey && !event.metaKey) {
      const id = this.order[Number(digit[1]) - 1];
      event.preventDefault();
      if (id) this.select(id);
    }
  }
}
