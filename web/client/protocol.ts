// The names under which the rest of web/ speaks of the wire. protocol.gen.ts is made from the schemas; this file only
// picks members out of its unions, so that a change of the schemas shows here first.
import type { ClientFrame, ServerFrame } from "./protocol.gen.js";

export type {
  Account, AgentStatus, AgentWelcome, AuthorRole, Chat, ClientFrame, ClosedChat, ClosedChats, Colleague, ConversationState,
  ConversationView, Entry, ErrorCode, HttpFailure, MessageEntry, QueueState, RefusalCode, ServerFrame, Site,
  StatusReason, Transcript, TransferQueue, VisitorWelcome, Wall, WallQueue,
} from "./protocol.gen.js";

export type ServerFrameOf<T extends ServerFrame["t"]> = Extract<ServerFrame, { t: T }>;

// A frame that is answered by its ref, before the ref is given to it.
type WithoutRef<F> = F extends { ref: number } ? Omit<F, "ref"> : never;
export type Wish = WithoutRef<ClientFrame>;

// Limits of heti.v1 that a client keeps by itself (protocol/limits.hpp has all of them).
export const subprotocol = "heti.v1";
export const textBytesMax = 16_000;
export const commentLengthMax = 2_000;
export const nameLengthMax = 100;
export const emailLengthMax = 200;
export const pageUrlLengthMax = 2_000;
export const pageTitleLengthMax = 300;
export const historyLimit = 100;
