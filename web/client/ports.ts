// What the SDK needs from the world, as narrow as it can be: tests put a hand-driven twin in the place of each
// (tests/world.ts), browser.ts has the real ones.

export interface Timers {
  now(): number; // milliseconds since the epoch, by the local clock
  after(ms: number, run: () => void): () => void; // the answer cancels
}

// The part of WebSocket that is used. One owner sets the handlers before the first event.
export interface Socket {
  readonly protocol: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export interface Store {
  // False: what is kept here ends with the page (the browser refuses storage).
  readonly lasting: boolean;
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(): string[];
}

// A lock that ends with the page that holds it. take() answers with the release, or null if another page holds it and
// `wait` is false.
export interface Locks {
  take(name: string, wait: boolean): Promise<(() => void) | null>;
}

export interface Ports {
  timers: Timers;
  dial(url: string, protocol: string): Socket;
  store: Store;
  locks: Locks | null; // null: the browser has none here (no secure context)
  random(): number; // 0 <= x < 1, for jitter
  name(): string; // 20 random characters of [0-9a-z], never the same twice
}
