// The agent's side: the list of chats, the status, and the conversations that are open on the screen.
import type { TransferTo } from "./colleagues.js";
import type { Conversation } from "./conversation.js";
import type { Ports } from "./ports.js";
import type { AgentWelcome, Chat, ClientFrame, Colleague, QueueState, ServerFrame, ServerFrameOf, TransferQueue } from "./protocol.js";
import { type Answer, type SendResult, Session } from "./session.js";

export interface AgentOptions {
  url: string; // ws(s)://host/ws/agent
  name: string; // login name; whose outbox this is
  // A fresh ticket for the socket; null when the session is over and the person must log in again.
  ticket: () => Promise<string | null>;
}

const probeMs = 30_000;

export type Self = AgentWelcome["agent"];

export class AgentSession extends Session {
  self: Self | null = null;
  readonly queues = new Map<string, QueueState>();
  readonly chats = new Map<string, Chat>();
  readonly colleagues = new Map<string, Colleague>(); // by login name; I am one of them
  readonly transferQueues = new Map<string, TransferQueue>();
  supervisor = false; // may set the status of colleagues
  readonly offerEnds = new Map<string, number>(); // server time
  onOffer: (chat: Chat) => void = () => {};

  private memory: string | null = null;

  constructor(ports: Ports, private readonly options: AgentOptions) {
    super(ports, `heti:1:console:${options.name}:outbox:`, true);
  }

  // ---- What an agent does

  send(conversation: string, text: string): SendResult {
    return this.take(conversation, text);
  }

  retry(key: string): void {
    const failed = this.outbox.failed.find((post) => post.key === key);
    if (!failed?.conversation) {
      this.link.retryNow();
      return;
    }
    this.outbox.retry(key, failed.conversation, this.ports.timers.now());
    this.shelf.save();
    this.flush();
    this.changed();
  }

  setStatus(status: "online" | "away"): Promise<Answer> {
    return this.ask({ t: "status", status });
  }

  accept(conversation: string): Promise<Answer> {
    return this.ask({ t: "accept", conversation });
  }

  decline(conversation: string): Promise<Answer> {
    return this.ask({ t: "decline", conversation });
  }

  close(conversation: string, spam: boolean): Promise<Answer> {
    return this.ask({ t: "close", conversation, ...(spam ? { spam } : {}) });
  }

  done(conversation: string): Promise<Answer> {
    return this.ask({ t: "done", conversation });
  }

  transfer(conversation: string, to: TransferTo): Promise<Answer> {
    return this.ask({ t: "transfer", conversation, ...to });
  }

  setStatusOf(agent: string, status: "away" | "finishing" | "offline"): Promise<Answer> {
    return this.ask({ t: "set_status", agent, status });
  }

  // Does this line take a chat that is handed on? One that is closing still serves what waits in it already.
  takes(queue: string, from: string): boolean {
    return this.transferQueues.get(queue)?.open === true || (queue === from && this.queues.get(queue)?.closing === true);
  }

  // The person looks at a chat: its entries are pushed from now on, for as long as the socket lives.
  show(id: string): Conversation {
    const known = this.conversations.get(id);
    if (known?.opened) return known;
    const conversation = this.conversation(id);
    if (this.link.phase === "ready") this.open(id);
    return conversation;
  }

  // The person has turned away from a chat that is not in the list any more.
  forget(id: string): void {
    if (!this.chats.has(id)) this.conversations.delete(id);
  }

  isMine(chat: Chat): boolean {
    return chat.agent === this.options.name;
  }

  isOfferedToMe(chat: Chat): boolean {
    return chat.state === "offered" && chat.offered_to === this.options.name;
  }

  // ---- What the server says

  protected url(): string {
    return this.options.url;
  }

  protected async hello(): Promise<Extract<ClientFrame, { t: "hello" }> | "stop"> {
    const ticket = await this.options.ticket();
    return ticket === null ? "stop" : { t: "hello", role: "agent", ticket };
  }

  protected welcomed(welcome: ServerFrameOf<"welcome">): void {
    if (welcome.role !== "agent") return;
    this.self = welcome.agent;
    this.queues.clear();
    for (const queue of welcome.queues) this.queues.set(queue.name, queue);
    this.colleagues.clear();
    this.transferQueues.clear();
    const before = new Set([...this.chats.values()].filter((chat) => this.isOfferedToMe(chat)).map((chat) => chat.conversation));
    this.chats.clear();
    this.offerEnds.clear();
    const shown = [...this.conversations.keys()];
    for (const chat of welcome.chats) this.upsert(chat, before);
    // What was on the screen stays subscribed; upsert() has seen to my own.
    for (const id of shown) this.open(id);
  }

  protected knownHistory(): string | null {
    return this.memory;
  }

  protected rememberHistory(history: string): void {
    this.memory = history;
  }

  protected probe(): { conversation: string; everyMs: number } | null {
    const any = this.conversations.keys().next();
    return any.done ? null : { conversation: any.value, everyMs: probeMs };
  }

  protected other(frame: ServerFrame): void {
    switch (frame.t) {
      case "chat": {
        const old = this.chats.get(frame.chat.conversation);
        this.upsert(frame.chat, new Set(old && this.isOfferedToMe(old) ? [frame.chat.conversation] : []));
        break;
      }
      case "gone": {
        this.chats.delete(frame.conversation);
        this.offerEnds.delete(frame.conversation);
        const conversation = this.conversations.get(frame.conversation);
        if (conversation && conversation.state !== "final") conversation.state = "closed";
        break;
      }
      case "agent":
        if (this.self) {
          const { status, reason, capacity, busy } = frame;
          this.self = { ...this.self, status, reason, capacity, busy };
        }
        break;
      case "colleagues":
        this.supervisor = frame.supervisor;
        for (const colleague of frame.agents) this.colleagues.set(colleague.name, colleague);
        for (const queue of frame.queues) this.transferQueues.set(queue.name, queue);
        break;
      case "queue":
        this.queues.set(frame.queue.name, frame.queue);
        break;
    }
  }

  private upsert(chat: Chat, offeredBefore: ReadonlySet<string>): void {
    const id = chat.conversation;
    this.chats.set(id, chat);
    const conversation = this.conversations.get(id);
    if (conversation) {
      conversation.state = chat.state;
      conversation.agent = chat.agent_name;
      conversation.visitorOnline = chat.visitor_online;
      conversation.rating = chat.rating ?? conversation.rating;
    }
    const offered = this.isOfferedToMe(chat);
    if (offered && chat.offer_ms !== undefined) this.offerEnds.set(id, Date.parse(chat.as_of) + chat.offer_ms);
    else this.offerEnds.delete(id);
    if ((offered || this.isMine(chat)) && !conversation) this.show(id);
    if (offered && !offeredBefore.has(id)) this.onOffer(chat);
  }
}
