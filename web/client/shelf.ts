// Where an outbox outlives its page. Each page keeps its own record, so two tabs of one visitor never write the same
// key; a page that starts takes over the records of pages that are gone.
//
// Gone is told by a lock that each page holds as long as it lives. Where the browser has no locks (a page without TLS),
// a page renews `beat` in its record and signs off in it when it is left; a record with an old beat belongs to a dead
// page. Taking over a page that still lives (its timers slept) does no harm: both offer the same posts under the same
// numbers, and the server keeps each once. A store that belongs to one tab (sessionStorage) knows no living strangers.
import type { Ports } from "./ports.js";
import type { Kept, Outbox } from "./outbox.js";

const version = 1;
export const beatMs = 5_000;
export const beatOldMs = 30_000;

interface RecordOnShelf extends Kept {
  v: number;
  beat: number;
  left: boolean;
}

export class Shelf {
  private readonly page: string;
  private written = "";
  private adopting = false;

  // `prefix` names whose posts these are, for instance "heti:1:https://chat.example:support:outbox:".
  constructor(private readonly ports: Ports, private readonly prefix: string, private readonly outbox: Outbox,
              private readonly oneTab: boolean) {
    this.page = ports.name();
    void ports.locks?.take(prefix + this.page, true); // Never released: it ends with the page.
  }

  save(): void {
    const kept = this.outbox.keep();
    const empty = kept.lanes.every((lane) => lane.posts.length === 0) && kept.loose.length + kept.failed.length === 0;
    const key = this.prefix + this.page;
    if (empty) {
      if (this.written) this.ports.store.remove(key);
      this.written = "";
      return;
    }
    this.write({ v: version, beat: this.ports.timers.now(), left: false, ...kept });
  }

  // Only where there are no locks: says that this page lives.
  beat(): void {
    if (!this.ports.locks && this.written) this.save();
  }

  // The page is being left. It may come back out of the browser's cache; then save() takes the word back.
  leave(): void {
    if (this.written) this.write({ v: version, beat: this.ports.timers.now(), left: true, ...this.outbox.keep() });
  }

  // Is there anything left behind that is not confirmed? Cheap enough to ask on every page load.
  static anything(store: Ports["store"], prefix: string): boolean {
    return store.keys().some((key) => {
      const record = key.startsWith(prefix) ? parse(store.get(key)) : null;
      return record !== null &&
        (record.loose.length > 0 || record.lanes.some((lane) => lane.posts.some((post) => post.mark === "sending")));
    });
  }

  // Takes over the records of pages that are gone; answers how many. Each is written into our own record before the old
  // one is removed, so a crash in between leaves two copies of the same numbers, which is one message.
  async adopt(): Promise<number> {
    if (this.adopting) return 0;
    this.adopting = true;
    let taken = 0;
    for (const key of this.ports.store.keys().sort()) {
      if (!key.startsWith(this.prefix) || key === this.prefix + this.page) continue;
      const release = this.ports.locks ? await this.ports.locks.take(key, false) : null;
      if (this.ports.locks && !release) continue;
      const record = parse(this.ports.store.get(key));
      const gone = this.ports.locks !== null ||
        (record !== null && (this.oneTab || record.left || this.ports.timers.now() - record.beat > beatOldMs));
      if (record && gone) {
        this.outbox.adopt(record);
        this.save();
        taken += 1;
      }
      if (gone || !record) this.ports.store.remove(key);
      release?.();
    }
    this.adopting = false;
    return taken;
  }

  private write(record: RecordOnShelf): void {
    this.written = JSON.stringify(record);
    this.ports.store.set(this.prefix + this.page, this.written);
  }
}

function parse(text: string | null): RecordOnShelf | null {
  try {
    const record = JSON.parse(text ?? "null") as RecordOnShelf | null;
    const sound = record?.v === version && Array.isArray(record.lanes) && Array.isArray(record.loose) && Array.isArray(record.failed);
    return sound ? record : null;
  } catch {
    return null;
  }
}
