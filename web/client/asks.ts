// Requests that are answered by their ref. Each settles exactly once: with its answer, or as "lost" when the socket goes
// or nothing comes. One that is to be kept outlives the socket and is asked again on the next.
import type { Timers } from "./ports.js";
import type { ClientFrame, RefusalCode, ServerFrameOf, Wish } from "./protocol.js";

export type Answer =
  | { ok: true; frame: ServerFrameOf<"ok"> | ServerFrameOf<"opened"> | ServerFrameOf<"page"> }
  | { ok: false; code: RefusalCode | "lost"; retryAfterMs: number };

export const answerMs = 10_000; // without an answer by then it is given up
export const retryMs = 2_000; // where a refusal names no time

// Refusals that say: not now.
export function isTemporary(code: RefusalCode | "lost"): boolean {
  return code === "rate_limited" || code === "try_later" || code === "overloaded";
}

interface Ask {
  frame: ClientFrame & { ref: number };
  keep: boolean;
  until: number;
  settle: (answer: Answer) => void;
}

export class Asks {
  private readonly open = new Map<number, Ask>();
  private refs = 0;

  // `send` answers false while there is no socket.
  constructor(private readonly timers: Timers, private readonly send: (frame: ClientFrame) => boolean) {}

  ask(wish: Wish, keep: boolean): Promise<Answer> {
    return new Promise((settle) => {
      const frame = { ...wish, ref: ++this.refs } as Ask["frame"];
      if (!this.send(frame) && !keep) return settle({ ok: false, code: "lost", retryAfterMs: 0 });
      this.open.set(frame.ref, { frame, keep, until: this.timers.now() + answerMs, settle });
    });
  }

  answered(ref: number, answer: Answer): void {
    const ask = this.open.get(ref);
    if (!ask) return;
    if (!answer.ok && ask.keep && isTemporary(answer.code)) {
      this.timers.after(answer.retryAfterMs || retryMs, () => {
        if (this.open.has(ref)) this.send(ask.frame);
      });
      return;
    }
    this.open.delete(ref);
    ask.settle(answer);
  }

  // A new socket: what is kept goes out again.
  again(): void {
    for (const ask of this.open.values()) if (ask.keep) this.send(ask.frame);
  }

  // The socket is gone (no time given), or time has passed.
  giveUp(now = Infinity): void {
    for (const [ref, ask] of this.open) {
      if (ask.keep || now < ask.until) continue;
      this.open.delete(ref);
      ask.settle({ ok: false, code: "lost", retryAfterMs: 0 });
    }
  }
}
