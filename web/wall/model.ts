// What the page shows, without how: the stage, the page of queues, light or dark.
import type { LoginResult } from "../console/api.js";
import type { Gate } from "../console/login.js";
import { Bell } from "../console/live.js";
import { loginWords } from "../console/words.js";
import { Feed, type FeedPorts } from "./feed.js";
import { type QueueView, viewOf } from "./figures.js";
import { words } from "./words.js";

export const pageMax = 8; // queues that can be read at once on a screen
const pageMs = 15_000;

export interface WallPorts extends FeedPorts {
  login(name: string, password: string): Promise<LoginResult>;
  logout(): Promise<void>;
}

export type Stage = "connecting" | "unreachable" | "login" | "wall";

export class WallModel implements Gate {
  readonly changes = new Bell();
  readonly feed: Feed;
  loginNote = "";
  pageMax = pageMax; // more on a phone, where one scrolls
  private everSeen = false;
  private page = 0;
  private turnAt = 0;

  // `only`: the names of the queues to show; empty for all of them.
  constructor(private readonly ports: WallPorts, private readonly only: readonly string[], readonly lang: string, private readonly zone?: string) {
    this.feed = new Feed(ports, () => this.heard());
  }

  start(): void {
    this.turnAt = this.ports.now() + pageMs;
    this.feed.start();
  }

  get stage(): Stage {
    if (this.feed.signedOut) return "login";
    if (this.feed.figures) return "wall";
    return this.feed.failures > 0 ? "unreachable" : "connecting";
  }

  get clockSpeed(): number {
    return this.feed.figures?.clock_speed ?? 1;
  }

  // Of all pages, in the order of the configuration: a queue has one place.
  get queues(): QueueView[] {
    const { figures, sinceMs, hetiNow } = this.feed;
    const shown = figures?.queues.filter((queue) => this.only.length === 0 || this.only.includes(queue.name)) ?? [];
    return shown.map((queue) => viewOf(queue, sinceMs, hetiNow, this.lang, this.zone));
  }

  get emptyWords(): string {
    return this.feed.figures?.queues.length ? words.noSuchQueues : words.noQueues;
  }

  // The page whose turn it is. Nine queues are five and four, not eight and one.
  turn(queues: readonly QueueView[]): { shown: QueueView[]; elsewhere: QueueView[]; page: number; pages: number; size: number } {
    const pages = Math.max(1, Math.ceil(queues.length / this.pageMax));
    const size = Math.ceil(queues.length / pages);
    const page = this.page % pages;
    const on = (_: QueueView, i: number) => Math.floor(i / size) === page;
    const away = queues.filter((queue, i) => !on(queue, i) && queue.verdict.tone === "bad");
    return { shown: queues.filter(on), elsewhere: away, page, pages, size };
  }

  tick(): void {
    if (this.ports.now() < this.turnAt) return;
    this.step(1);
  }

  // To another page by hand: it has its full time, too.
  step(by: number): void {
    const pages = Math.max(1, Math.ceil(this.queues.length / this.pageMax));
    this.page = (this.page + by + pages) % pages;
    this.turnAt = this.ports.now() + pageMs;
    this.changes.ring();
  }

  // "No answer from Heti since 14:32:05. These figures are 12 s old."
  get oldWords(): string {
    const { feed } = this;
    if (!feed.stale) return "";
    return words.old(sinceWords(feed.heardAt, this.ports.now(), this.lang, this.zone), ageWords(feed.ageMs));
  }

  get timeOfDay(): string {
    return new Intl.DateTimeFormat(this.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: this.zone }).format(this.feed.hetiNow);
  }

  async login(name: string, password: string): Promise<string> {
    const result = await this.ports.login(name, password);
    if (result.ok) this.feed.start();
    return loginWords(result);
  }

  async logout(): Promise<void> {
    this.feed.stop();
    this.everSeen = false;
    await this.ports.logout();
    this.feed.start();
  }

  private heard(): void {
    if (this.feed.figures) this.everSeen = true;
    this.loginNote = this.feed.signedOut && this.everSeen ? words.loggedOut : "";
    this.changes.ring();
  }
}

export function ageWords(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return words.seconds(seconds);
  if (seconds < 7_200) return words.minutes(Math.floor(seconds / 60));
  if (seconds < 172_800) return words.hours(Math.floor(seconds / 3600));
  return words.days(Math.floor(seconds / 86_400));
}

// With the day, once it was not today.
function sinceWords(at: number, now: number, lang: string, zone?: string): string {
  const day = (when: number) => new Intl.DateTimeFormat(lang, { day: "numeric", month: "long", timeZone: zone }).format(when);
  const time = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: zone }).format(at);
  return day(at) === day(now) ? time : `${day(at)}, ${time}`;
}
