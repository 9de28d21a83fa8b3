// What a client knows of one conversation. No clock, no socket: frames go in, the picture changes, and nextHole() says
// which part of it is still to be fetched.
import { type ConversationState, type ConversationView, type Entry, type ServerFrameOf, historyLimit } from "./protocol.js";

export interface Conversation {
  readonly id: string;
  queue: string;
  state: ConversationState;
  lastSeq: number; // the highest seq the server has named
  entries: Entry[]; // ascending, each seq once
  floor: number; // entries up to this seq cannot be had any more
  agent?: string;
  visitorOnline: boolean;
  agentOnline: boolean;
  position?: number;
  rating?: number;
  canRate: boolean;
  visitor?: ConversationView["visitor"];
  opened: boolean; // an `opened` has been seen at least once
}

export function newConversation(id: string, state: ConversationState = "new"): Conversation {
  return {
    id, queue: "", state, lastSeq: 0, entries: [], floor: 0, visitorOnline: true, agentOnline: false, canRate: false,
    opened: false,
  };
}

// Positions have lost meaning: what is on the screen will come again under other numbers.
export function forgetEntries(conversation: Conversation): void {
  conversation.entries = [];
  conversation.lastSeq = 0;
  conversation.floor = 0;
}

export function applyOpened(conversation: Conversation, frame: ServerFrameOf<"opened">): Entry[] {
  const view = frame.conversation;
  conversation.queue = view.queue;
  conversation.state = view.state;
  conversation.agent = view.agent;
  conversation.visitorOnline = view.visitor_online;
  conversation.agentOnline = view.agent_online;
  conversation.position = view.position;
  conversation.rating = view.rating;
  conversation.canRate = view.can_rate;
  conversation.visitor = view.visitor;
  conversation.opened = true;
  conversation.lastSeq = Math.max(conversation.lastSeq, view.last_seq);
  return addEntries(conversation, frame.entries);
}

export function applyState(conversation: Conversation, frame: ServerFrameOf<"state">): void {
  conversation.state = frame.state;
  conversation.agent = frame.agent;
  conversation.visitorOnline = frame.visitor_online;
  conversation.agentOnline = frame.agent_online;
  conversation.canRate = frame.can_rate;
  conversation.position = frame.position;
}

// Answers with those that were new.
export function addEntries(conversation: Conversation, entries: readonly Entry[]): Entry[] {
  const fresh: Entry[] = [];
  for (const entry of entries) {
    const at = positionOf(conversation.entries, entry.seq);
    if (conversation.entries[at]?.seq === entry.seq) continue;
    conversation.entries.splice(at, 0, entry);
    conversation.lastSeq = Math.max(conversation.lastSeq, entry.seq);
    if (entry.kind === "rated") conversation.rating = entry.score;
    fresh.push(entry);
  }
  return fresh;
}

// `asked` is the request that the page answers. A page shorter than its limit reaches down to where the kept history
// ends; without this mark a hole that nobody can fill would be asked for again and again.
export function applyPage(conversation: Conversation, entries: readonly Entry[], asked: Hole): Entry[] {
  if (entries.length < asked.limit) {
    const lowest = entries[0]?.seq ?? asked.before;
    conversation.floor = Math.max(conversation.floor, lowest - 1);
  }
  return addEntries(conversation, entries);
}

export interface Hole {
  before: number;
  limit: number;
}

// The youngest hole first: a reader looks at the end.
export function nextHole(conversation: Conversation): Hole | null {
  const { entries, lastSeq, floor } = conversation;
  let above = lastSeq + 1;
  for (let i = entries.length - 1; i >= -1; i -= 1) {
    const below = i >= 0 ? entries[i]!.seq : floor;
    const missing = above - 1 - Math.max(below, floor);
    if (missing > 0) return { before: above, limit: Math.min(historyLimit, missing) };
    above = below;
  }
  return null;
}

// The last seq below which nothing is missing: what `open` says in `after`.
export function contiguousTo(conversation: Conversation): number {
  let seq = conversation.floor;
  for (const entry of conversation.entries) {
    if (entry.seq <= seq) continue;
    if (entry.seq !== seq + 1) break;
    seq = entry.seq;
  }
  return seq;
}

// For the visitor these are one thing: the other side is done.
export function hasEnded(state: ConversationState): boolean {
  return state === "wrapup" || state === "closed" || state === "final";
}

// Somebody may still speak without being asked.
export function isLive(state: ConversationState): boolean {
  return state === "new" || state === "queued" || state === "offered" || state === "assigned";
}

function positionOf(entries: readonly Entry[], seq: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
