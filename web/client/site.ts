// What a page that is merely open knows: whether the queue is open, and when that changes. One small cacheable answer
// instead of a socket. The page flips by itself at the change, and asks again when it comes to the front.
import type { Timers } from "./ports.js";
import type { QueueState, Site } from "./protocol.js";

export interface SitePorts {
  timers: Timers;
  random(): number;
  fetch(url: string): Promise<Site>; // rejects when there is no answer
}

const freshMs = 60_000; // the answer may be this old (its Cache-Control says so)
const jitterMs = 60_000; // pages that flip together must not ask together
const clockOffMs = 120_000; // a change that lies further in the past than this tells that the local clock is wrong
const againMaxMs = 300_000;
const sleepMaxMs = 12 * 3_600_000; // timers cannot count further than 24 days; no need to try

export class SiteWatch {
  site: Site | null = null;
  failed = false;
  private askedAt = -Infinity;
  private failures = 0;
  private cancel: (() => void) | null = null;
  private asking = false;

  constructor(private readonly ports: SitePorts, private readonly url: string, private readonly changed: () => void) {}

  async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      this.site = await this.ports.fetch(this.url);
      this.failed = false;
      this.failures = 0;
    } catch {
      this.failed = this.site === null;
      this.failures += 1;
    }
    this.asking = false;
    this.askedAt = this.ports.timers.now();
    this.plan();
    this.changed();
  }

  // The page came to the front.
  shown(): void {
    if (this.ports.timers.now() - this.askedAt > freshMs) void this.ask();
    else this.plan(); // A page that slept may have slept through the change.
  }

  // The socket says the same thing, sooner.
  told(queue: QueueState): void {
    if (!this.site) return;
    this.site = { ...this.site, queue };
    this.plan();
    this.changed();
  }

  private plan(): void {
    this.cancel?.();
    const wait = this.nextMs();
    this.cancel = wait === null ? null : this.ports.timers.after(wait.ms, wait.then);
  }

  private nextMs(): { ms: number; then: () => void } | null {
    if (!this.site) {
      const ms = Math.min(againMaxMs, 5_000 * 2 ** Math.min(this.failures, 10));
      return { ms: ms * (0.5 + this.ports.random() / 2), then: () => void this.ask() };
    }
    const change = this.site.queue.next_change;
    if (!change) return null;
    const ms = Date.parse(change) - this.ports.timers.now();
    if (ms > sleepMaxMs) return { ms: sleepMaxMs, then: () => this.plan() };
    if (ms > -clockOffMs) return { ms: Math.max(0, ms), then: () => this.flip() };
    return { ms: freshMs + this.ports.random() * jitterMs, then: () => void this.ask() };
  }

  // What comes after this change is not known yet; the next answer tells, a little later than the page's neighbours.
  private flip(): void {
    const queue = this.site!.queue;
    this.site = { ...this.site!, queue: { ...queue, open: !queue.open, closing: false, next_change: undefined } };
    this.cancel = this.ports.timers.after(1_000 + this.ports.random() * jitterMs, () => void this.ask());
    this.changed();
  }
}
