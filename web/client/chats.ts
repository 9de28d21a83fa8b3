// The order of the console's list, and what a wait looks like at a moment. Pure: the server's time comes in.
import type { Chat } from "./protocol.js";

export type Group = "offered" | "mine" | "waiting" | "others" | "messages";
export const groups: readonly Group[] = ["offered", "mine", "waiting", "others", "messages"];

export function groupOf(chat: Chat, me: string): Group {
  if (chat.state === "offline_message") return "messages";
  if (chat.state === "offered" && chat.offered_to === me) return "offered";
  if (chat.agent === me) return "mine";
  if (chat.agent !== undefined) return "others";
  return "waiting"; // new, queued, or offered to somebody else: nobody has it
}

export interface WaitNow {
  ms: number;
  level: "fine" | "near" | "breached";
  running: boolean;
}

const nearShare = 0.8;

// The clock runs on between two words of the server, and stands where the server says that it stands.
export function waitNow(chat: Chat, serverNow: number): WaitNow | null {
  const wait = chat.wait;
  if (!wait) return null;
  const ms = wait.elapsed_ms + (wait.running ? Math.max(0, serverNow - Date.parse(chat.as_of)) : 0);
  const breached = wait.breached || ms > wait.target_ms;
  return { ms, running: wait.running, level: breached ? "breached" : ms >= nearShare * wait.target_ms ? "near" : "fine" };
}

// Largest wait first. All running clocks run at one pace, so this order changes only when something happens, not while
// somebody reads the list; chats without a wait keep the order of their creation.
export function grouped(chats: Iterable<Chat>, me: string, serverNow: number): { group: Group; chats: Chat[] }[] {
  const rows = [...chats].filter((chat) => chat.state !== "final")
    .map((chat) => ({ chat, group: groupOf(chat, me), ms: waitNow(chat, serverNow)?.ms ?? -1 }));
  rows.sort((a, b) => b.ms - a.ms || a.chat.created.localeCompare(b.chat.created) || a.chat.conversation.localeCompare(b.chat.conversation));
  return groups.map((group) => ({ group, chats: rows.filter((row) => row.group === group).map((row) => row.chat) }))
    .filter((part) => part.chats.length > 0);
}

// How many visitors stand in line and have nobody.
export function waitingCount(chats: Iterable<Chat>): number {
  let n = 0;
  for (const chat of chats) if (chat.state === "queued" || chat.state === "offered") n += 1;
  return n;
}
