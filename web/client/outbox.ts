// What this page has said and the server has not confirmed: kept until it is, across reloads, crashes and lost sockets.
//
// A **lane** is one (stream, conversation) with its posts numbered 1, 2, 3 ... A page speaks in lanes of its own random
// stream; lanes that it found orphaned (of a page that is gone) it only finishes. **Loose** posts wait for a
// conversation; they have no number and were never sent. **Failed** posts were turned down for good, gave their number
// back, and wait for a person.
//
// Confirmed posts stay for a while too (recentMax, recentMs): when the server says that its history has changed, they
// are offered again under their old numbers, and the server tells which of them it still has.
import type { RefusalCode } from "./protocol.js";

export const pendingMax = 200;
export const recentMax = 50;
export const recentMs = 120_000;

export type Mark = "sending" | "sent" | "failed";

export interface Post {
  readonly key: string; // the page's own name for it, steady from the first key stroke to the last tick
  n: number; // 0: has no number
  text: string;
  at: number; // when the person pressed Enter, local clock
  mark: Mark;
  tries: number; // how often it went out
  sentAt: number; // when it went out last, 0: never. Not kept: it belongs to a socket
  ackedAt?: number;
  seq?: number;
  why?: RefusalCode | "stopped";
}

export interface Lane {
  readonly stream: string;
  readonly conversation: string;
  posts: Post[]; // ascending n, without holes
  last: number; // the highest n given away
  adopted: boolean;
  // Of the present socket, not kept:
  offered: number; // the highest n that went out
  pausedUntil: number;
  strikes: number; // refusals since something was confirmed
}

export interface FailedPost extends Post {
  conversation: string | null;
}

export interface About {
  name?: string;
  email?: string;
}

export class Outbox {
  lanes: Lane[] = [];
  loose: Post[] = [];
  failed: FailedPost[] = [];
  about: About = {}; // goes out with `start`, together with the loose posts
  private readonly current = new Map<string, string>(); // conversation -> the stream that new posts go to

  constructor(private readonly name: () => string) {}

  get pending(): number {
    return this.loose.length + this.lanes.reduce((sum, lane) => sum + unconfirmed(lane).length, 0);
  }

  add(conversation: string | null, text: string, now: number): Post {
    const post: Post = { key: this.name(), n: 0, text, at: now, mark: "sending", tries: 0, sentAt: 0 };
    if (conversation) this.number(this.ownLane(conversation), post);
    else this.loose.push(post);
    return post;
  }

  // The conversation for the loose posts is there.
  bind(conversation: string): void {
    const lane = this.loose.length > 0 ? this.ownLane(conversation) : null;
    for (const post of this.loose.splice(0)) this.number(lane!, post);
    this.about = {};
  }

  lane(conversation: string, stream: string): Lane | undefined {
    return this.lanes.find((lane) => lane.conversation === conversation && lane.stream === stream);
  }

  find(conversation: string, stream: string, n: number): Post | undefined {
    return this.lane(conversation, stream)?.posts.find((post) => post.n === n);
  }

  // All of the lane up to n is durable; `seq` is the place of n itself.
  confirm(conversation: string, stream: string, n: number, seq: number, now: number): boolean {
    const lane = this.lane(conversation, stream);
    if (!lane) return false;
    for (const post of lane.posts) {
      if (post.n > n) break;
      if (post.mark !== "sent") post.ackedAt = now;
      post.mark = "sent";
      if (post.n === n) post.seq = seq;
    }
    lane.strikes = 0;
    lane.pausedUntil = 0;
    this.prune(now);
    return true;
  }

  // Turned down for good. Its number was not used, so those behind it move up. Where the refusal was not about the text
  // but about the conversation, those behind it share its fate: they would only be refused one by one.
  reject(conversation: string, stream: string, n: number, why: RefusalCode): FailedPost[] {
    const lane = this.lane(conversation, stream);
    if (!lane?.posts.some((post) => post.n === n && post.mark === "sending")) return [];
    const ownFault = why === "too_long" || why === "empty";
    const out = unconfirmed(lane).filter((post) => (ownFault ? post.n === n : post.n >= n));
    lane.posts = lane.posts.filter((post) => !out.includes(post));
    for (const post of lane.posts) if (post.n > n) post.n -= 1;
    lane.last -= out.length;
    lane.offered = Math.min(lane.offered, n - 1);
    const failed = out.map((post): FailedPost => ({ ...post, n: 0, mark: "failed", why, conversation }));
    this.failed.push(...failed);
    return failed;
  }

  // The server expects n next. If n lies below what is unconfirmed here, its memory of the stream is gone, and the rest
  // goes on under a new stream, which starts at 1 for both; what was confirmed stays said, or it would be said twice.
  // If n lies above, the refusal was of an old numbering and says nothing.
  rewind(conversation: string, stream: string, n: number): void {
    const lane = this.lane(conversation, stream);
    const first = lane && unconfirmed(lane)[0]?.n;
    if (!lane || first === undefined || n > lane.last) return;
    if (n < first) this.restream(lane);
    else lane.offered = n - 1;
  }

  // The number was used for another text, which only happens if our count is wrong.
  restream(lane: Lane): void {
    const posts = unconfirmed(lane);
    lane.posts = lane.posts.filter((post) => post.mark === "sent");
    lane.last = Math.max(0, ...lane.posts.map((post) => post.n));
    this.current.set(lane.conversation, this.name());
    const fresh = this.ownLane(lane.conversation);
    fresh.strikes = lane.strikes;
    fresh.pausedUntil = lane.pausedUntil;
    for (const post of posts) this.number(fresh, post);
  }

  // The server's history is another one: what was confirmed lately is open again. Older confirmed posts must not lie
  // between, or the numbers would have a hole.
  reoffer(now: number): void {
    this.prune(now);
    for (const lane of this.lanes) {
      for (const post of lane.posts) {
        post.mark = "sending";
        delete post.seq;
        delete post.ackedAt;
      }
    }
  }

  // A new socket knows nothing of what went out on the old one.
  unsend(): void {
    for (const lane of this.lanes) {
      lane.offered = (unconfirmed(lane)[0]?.n ?? lane.last + 1) - 1;
      lane.pausedUntil = 0;
      lane.strikes = 0;
      for (const post of lane.posts) post.sentAt = 0;
    }
  }

  // A person wants a failed post sent after all. Without a conversation it becomes loose.
  retry(key: string, conversation: string | null, now: number): Post | null {
    const found = this.failed.find((post) => post.key === key);
    if (!found) return null;
    this.failed = this.failed.filter((post) => post !== found);
    const post: Post = { key, n: 0, text: found.text, at: now, mark: "sending", tries: 0, sentAt: 0 };
    if (conversation) this.number(this.ownLane(conversation), post);
    else this.loose.push(post);
    return post;
  }

  discard(key: string): void {
    this.failed = this.failed.filter((post) => post.key !== key);
  }

  // Loose posts that were turned down before they had a conversation.
  failLoose(why: RefusalCode): void {
    for (const post of this.loose.splice(0)) this.failed.push({ ...post, mark: "failed", why, conversation: null });
  }

  // Takes over what another page has left. Posts that are here already (the other page had taken them over before) are
  // not taken twice.
  adopt(other: Kept): void {
    for (const theirs of other.lanes) {
      let lane = this.lane(theirs.conversation, theirs.stream);
      if (!lane) {
        lane = { ...theirs, posts: [], adopted: true, offered: 0, pausedUntil: 0, strikes: 0 };
        this.lanes.push(lane);
      }
      const known = new Set(lane.posts.map((post) => post.n));
      lane.posts.push(...theirs.posts.filter((post) => !known.has(post.n)).map((post) => ({ ...post, sentAt: 0 })));
      lane.posts.sort((a, b) => a.n - b.n);
      lane.last = Math.max(lane.last, theirs.last);
      lane.offered = (unconfirmed(lane)[0]?.n ?? lane.last + 1) - 1;
    }
    const has = (list: Post[], key: string) => list.some((post) => post.key === key);
    for (const post of other.loose) if (!has(this.loose, post.key)) this.loose.push({ ...post, sentAt: 0 });
    for (const post of other.failed) if (!has(this.failed, post.key)) this.failed.push({ ...post });
    this.about = { ...other.about, ...this.about };
    // Adopted lanes are older than anything said here: they are sent first.
    this.lanes.sort((a, b) => Number(b.adopted) - Number(a.adopted));
  }

  keep(): Kept {
    const { lanes, loose, failed, about } = this;
    return {
      lanes: lanes.filter((lane) => lane.posts.length > 0 || !lane.adopted)
        .map(({ stream, conversation, posts, last }) => ({ stream, conversation, posts, last })),
      loose, failed, about,
    };
  }

  prune(now: number): void {
    for (const lane of this.lanes) {
      const sent = lane.posts.filter((post) => post.mark === "sent");
      const drop = sent.filter((post, i) => i < sent.length - recentMax || now - (post.ackedAt ?? now) > recentMs);
      if (drop.length > 0) lane.posts = lane.posts.filter((post) => !drop.includes(post));
    }
    this.lanes = this.lanes.filter((lane) => lane.posts.length > 0 || !lane.adopted);
  }

  private ownLane(conversation: string): Lane {
    let stream = this.current.get(conversation);
    if (!stream) this.current.set(conversation, (stream = this.name()));
    let lane = this.lane(conversation, stream);
    if (!lane) {
      lane = { stream, conversation, posts: [], last: 0, adopted: false, offered: 0, pausedUntil: 0, strikes: 0 };
      this.lanes.push(lane);
    }
    return lane;
  }

  private number(lane: Lane, post: Post): void {
    lane.last += 1;
    post.n = lane.last;
    post.mark = "sending";
    lane.posts.push(post);
  }
}

export function unconfirmed(lane: Lane): Post[] {
  return lane.posts.filter((post) => post.mark === "sending");
}

// The part that outlives the page.
export interface Kept {
  lanes: Pick<Lane, "stream" | "conversation" | "posts" | "last">[];
  loose: Post[];
  failed: FailedPost[];
  about: About;
}
