// The transcript as it is to be shown: what is certain in its order, then what this page has said since.
import type { Conversation } from "./conversation.js";
import type { Outbox, Post } from "./outbox.js";
import type { Entry } from "./protocol.js";

export const lateMs = 10_000; // no tick by then: "not sent yet"

// `key` stays the same from the moment a line is written until it is an entry, so the screen need not move.
export type Line =
  | { kind: "entry"; key: string; entry: Entry }
  | { kind: "post"; key: string; post: Post; late: boolean };

// `keys`: "stream:n" -> key of the post that became this entry. `withLoose`: words without a conversation belong here.
export function linesOf(conversation: Conversation | null, outbox: Outbox, keys: ReadonlyMap<string, string>, withLoose: boolean,
                        now: number): Line[] {
  const lines: Line[] = [];
  const names = new Set<string>();
  const seqs = new Set<number>();
  for (const entry of conversation?.entries ?? []) {
    const name = entry.kind === "message" && entry.stream ? `${entry.stream}:${entry.n}` : "";
    if (name) names.add(name);
    seqs.add(entry.seq);
    lines.push({ kind: "entry", key: keys.get(name) ?? (name || `seq:${entry.seq}`), entry });
  }

  const posts: Post[] = [];
  for (const lane of outbox.lanes) {
    if (lane.conversation !== conversation?.id) continue;
    for (const post of lane.posts) {
      const shown = names.has(`${lane.stream}:${post.n}`) || (post.seq !== undefined && seqs.has(post.seq));
      // Confirmed posts of an earlier page come with the entries, or are not in this part of the history.
      if (!shown && (post.mark !== "sent" || !lane.adopted)) posts.push(post);
    }
  }
  for (const post of outbox.failed) {
    if (post.conversation === (conversation?.id ?? null) || (withLoose && post.conversation === null)) posts.push(post);
  }
  if (withLoose) posts.push(...outbox.loose);
  posts.sort((a, b) => a.at - b.at || a.n - b.n);
  for (const post of posts) {
    lines.push({ kind: "post", key: post.key, post, late: post.mark === "sending" && now - post.at >= lateMs });
  }
  return lines;
}
