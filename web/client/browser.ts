// The real ports.
import type { Locks, Ports, Store } from "./ports.js";

export function browserPorts(storage: "localStorage" | "sessionStorage"): Ports {
  return {
    timers: {
      now: () => Date.now(),
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    dial: (url, protocol) => new WebSocket(url, protocol) as unknown as ReturnType<Ports["dial"]>,
    store: openStore(storage),
    locks: storage === "localStorage" ? openLocks() : null,
    random: Math.random,
    name: randomName,
  };
}

// A browser may refuse storage (by throwing on the mere look at it) or be full: then memory has to do.
export function openStore(which: "localStorage" | "sessionStorage"): Store {
  let area: Storage | null = null;
  try {
    area = window[which];
    area.setItem("heti:try", "1");
    area.removeItem("heti:try");
  } catch {
    area = null;
  }
  const memory = new Map<string, string>();
  return {
    lasting: area !== null,
    get: (key) => memory.get(key) ?? area?.getItem(key) ?? null,
    set(key, value) {
      try {
        if (!area) throw new Error("no storage");
        area.setItem(key, value);
        memory.delete(key);
      } catch {
        memory.set(key, value);
      }
    },
    remove(key) {
      memory.delete(key);
      area?.removeItem(key);
    },
    keys: () => [...memory.keys(), ...(area ? Object.keys(area) : [])],
  };
}

function openLocks(): Locks | null {
  if (typeof navigator === "undefined" || !("locks" in navigator)) return null;
  return {
    take: (name, wait) =>
      new Promise((resolve) => {
        navigator.locks
          .request(name, { ifAvailable: !wait }, (lock) => {
            if (!lock) return resolve(null);
            return new Promise<void>((release) => resolve(release));
          })
          .catch(() => resolve(null)); // A sandboxed frame has the method and refuses it.
      }),
  };
}

function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join("");
}
