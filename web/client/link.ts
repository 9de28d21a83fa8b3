// One connection that wants to stay: dials, says hello, waits for welcome, comes back after a loss. It knows nothing of
// conversations; Session sits on top. Phases:
//
//   idle -> connecting -> greeting -> ready          (dial, hello sent, welcome received)
//             ^                         |
//             +------- waiting <--------+             (lost; back-off runs)
//                                       +-> stopped   (a close code says: not by yourself)
import { afterClose, closeCode } from "./codes.js";
import { backoffMs } from "./backoff.js";
import type { Ports, Socket } from "./ports.js";
import { type ClientFrame, type ServerFrame, type ServerFrameOf, subprotocol } from "./protocol.js";

export type LinkPhase = "idle" | "connecting" | "greeting" | "ready" | "waiting" | "stopped";
type Hello = Extract<ClientFrame, { t: "hello" }>;
type Welcome = ServerFrameOf<"welcome">;

export interface LinkUser {
  url(): string;
  // Called before each dial: an agent fetches a ticket here. "stop" ends the trying, as close 4503 would; a rejected
  // promise counts as a lost connection.
  hello(): Promise<Hello | "stop">;
  ready(welcome: Welcome): void;
  frame(frame: ServerFrame): void;
  lost(): void; // the socket that was ready, or nearly so, is gone
  phaseChanged(): void;
}

// A dial or a greeting that takes longer is given up. A link that was ready for this long starts its back-off anew;
// sooner would let a server that closes every socket at once be called twice a second for ever.
const dialMs = 10_000;
const steadyMs = 5_000;
const unsteadyAttemptMax = 1; // at most a second

export class Link {
  phase: LinkPhase = "idle";
  stopCode = 0; // the close code, while stopped
  lastHeard = 0; // local time of the last frame

  private socket: Socket | null = null;
  private turn = 0; // counts dials: what belongs to an older one is ignored
  private attempt = 0;
  private readyAt = 0;
  private cancelTimer: (() => void) | null = null;

  constructor(private readonly ports: Ports, private readonly user: LinkUser) {}

  start(): void {
    if (this.phase === "idle" || this.phase === "stopped") {
      this.attempt = 0;
      void this.dial();
    }
  }

  // A person does not want to wait for the back-off.
  retryNow(): void {
    if (this.phase === "waiting") void this.dial();
    else this.start();
  }

  stop(): void {
    this.drop(closeCode.bye);
    this.set("idle");
  }

  send(frame: ClientFrame): boolean {
    if (this.phase !== "ready" || !this.socket) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  // The socket looks open but nothing comes through it: treat it as lost.
  giveUp(): void {
    if (this.phase === "ready") this.lost(1006);
  }

  private async dial(): Promise<void> {
    const turn = ++this.turn;
    this.timer(null);
    this.set("connecting");
    let hello: Hello | "stop";
    try {
      hello = await this.user.hello();
    } catch {
      if (turn === this.turn) this.lost(1006);
      return;
    }
    if (turn !== this.turn) return;
    if (hello === "stop") return this.halt(closeCode.authFailed);

    const socket = this.ports.dial(this.user.url(), subprotocol);
    this.socket = socket;
    this.timer(this.ports.timers.after(dialMs, () => this.lost(1006)));
    socket.onopen = () => {
      if (turn !== this.turn) return;
      this.set("greeting");
      socket.send(JSON.stringify(hello));
    };
    socket.onmessage = (event) => {
      if (turn === this.turn) this.receive(event.data);
    };
    socket.onclose = (event) => {
      if (turn === this.turn) this.lost(event.code);
    };
  }

  private receive(data: unknown): void {
    const frame = parse(data);
    if (!frame) return;
    this.lastHeard = this.ports.timers.now();
    if (frame.t === "welcome") {
      this.timer(null);
      this.readyAt = this.lastHeard;
      this.set("ready");
      this.user.ready(frame);
    } else {
      this.user.frame(frame);
    }
  }

  private lost(code: number): void {
    // A server that greeted us is there: what it takes to come back begins anew, a little later if it fell at once, so
    // that a row of short outages never adds up to half a minute of silence.
    if (this.phase === "ready") {
      const steady = this.ports.timers.now() - this.readyAt >= steadyMs;
      this.attempt = steady ? 0 : Math.min(this.attempt, unsteadyAttemptMax);
    }
    this.drop(closeCode.bye);
    const next = afterClose(code);
    if (next.reconnect) this.wait(next.attemptMin);
    else this.halt(code);
  }

  private wait(attemptMin: number): void {
    this.attempt = Math.max(this.attempt, attemptMin);
    const ms = backoffMs(this.attempt, this.ports.random());
    this.attempt += 1;
    this.timer(this.ports.timers.after(ms, () => void this.dial()));
    this.set("waiting");
  }

  private halt(code: number): void {
    this.stopCode = code;
    this.set("stopped");
  }

  // Cuts the present socket off, whatever it is doing. Its own close event comes later and is not ours any more.
  private drop(code: number): void {
    this.turn += 1;
    this.timer(null);
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(code);
    }
    if (this.phase !== "idle") this.user.lost();
  }

  private timer(cancel: (() => void) | null): void {
    this.cancelTimer?.();
    this.cancelTimer = cancel;
  }

  private set(phase: LinkPhase): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.user.phaseChanged();
  }
}

// Something that is no frame at all is passed over, like a frame whose `t` a later server has invented.
function parse(data: unknown): ServerFrame | null {
  try {
    const value: unknown = JSON.parse(String(data));
    return value !== null && typeof value === "object" && "t" in value ? (value as ServerFrame) : null;
  } catch {
    return null;
  }
}
