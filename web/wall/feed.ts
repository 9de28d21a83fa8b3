// Asks for the figures again and again, and knows how old they are. It keeps the last answer and nothing else, so a
// screen may hang there for weeks.
import type { Wall } from "../client/protocol.js";

export interface FeedPorts {
  now(): number; // milliseconds, by the local clock
  after(ms: number, run: () => void): () => void; // the answer cancels
  random(): number;
  ask(): Promise<Wall | "signed_out">; // rejects when there is no answer, also after a while of silence
}

export const everyMs = 2_000;
const againMaxMs = 15_000;
const signedOutMs = 30_000; // somebody may have logged in beside us
export const staleMs = 6_000; // two answers missed, and time for a third
const jitterMs = 2_000; // an answer that is behind by less was under way for longer than the one before

export class Feed {
  figures: Wall | null = null;
  signedOut = false;
  failures = 0; // in a row
  heardAt = 0; // when the figures came in, by the local clock
  private clock = { at: 0, heardAt: 0 }; // Heti's clock and ours at one moment
  private cancel: (() => void) | null = null;
  private asking = false;
  private running = false;

  constructor(private readonly ports: FeedPorts, private readonly changed: () => void) {}

  start(): void {
    this.running = true;
    this.signedOut = false;
    void this.ask();
  }

  stop(): void {
    this.running = false;
    this.figures = null;
    this.cancel?.();
    this.cancel = null;
  }

  // The page has come to the front, or the network is back.
  soon(): void {
    if (this.running) void this.ask();
  }

  get ageMs(): number {
    return Math.max(0, this.ports.now() - this.heardAt);
  }

  get stale(): boolean {
    return this.figures !== null && this.ageMs > staleMs;
  }

  // Heti's clock as it must be now. Once the figures are old it stands: what runs on by itself would be made up.
  get hetiNow(): number {
    const until = Math.min(this.ports.now(), this.heardAt + staleMs);
    return this.clock.at + Math.max(0, until - this.clock.heardAt) * (this.figures?.clock_speed ?? 1);
  }

  // How long Heti's clock has run since the figures were true.
  get sinceMs(): number {
    return this.figures ? Math.max(0, this.hetiNow - this.figures.at) : 0;
  }

  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    this.cancel?.();
    this.cancel = null;
    let answer: Wall | "signed_out" | null = null;
    try {
      answer = await this.ports.ask();
    } catch {
      // No answer: what was known stays, and ages.
    }
    this.asking = false;
    if (!this.running) return;
    if (answer === null) {
      this.failures += 1;
    } else {
      this.failures = 0;
      this.signedOut = answer === "signed_out";
      if (answer === "signed_out") this.figures = null;
      else this.take(answer);
    }
    this.cancel = this.ports.after(this.pauseMs(), () => void this.ask());
    this.changed();
  }

  private pauseMs(): number {
    if (this.signedOut) return signedOutMs;
    if (this.failures < 2) return everyMs;
    return Math.min(againMaxMs, everyMs * 2 ** Math.min(this.failures - 1, 10)) * (0.5 + this.ports.random() / 2);
  }

  // A clock on the wall never goes backwards for a slow answer: it loses a tenth of what it is ahead, and steps only
  // where Heti's own clock has stepped.
  private take(wall: Wall): void {
    const now = this.ports.now();
    const before = this.figures;
    const expected = this.clock.at + Math.max(0, now - this.clock.heardAt) * wall.clock_speed;
    const behind = expected - wall.at;
    const known = before !== null && before.clock_speed === wall.clock_speed && behind > 0 && behind <= jitterMs * wall.clock_speed;
    this.clock = { at: known ? expected - behind / 10 : wall.at, heardAt: now };
    this.figures = wall;
    this.heardAt = now;
  }
}
