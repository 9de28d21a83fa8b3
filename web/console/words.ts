// What the console says about the words of the wire.
import type { LoginResult } from "./api.js";
import type { AgentStatus, AgentWelcome, Chat, ClosedChat, Colleague, ConversationState, Entry, RefusalCode } from "../client/protocol.js";

export function visitorName(visitor: { id: string; name?: string }): string {
  return visitor.name?.trim() || `Visitor ${visitor.id.slice(0, 4)}`;
}

export function statusWords(self: AgentWelcome["agent"]): string {
  const why: Partial<Record<NonNullable<typeof self.reason>, string>> = {
    offers_missed: "two offers missed", connected: "just signed in", service: "Heti was restarted", supervisor: "set by a supervisor",
    grace_over: "the connection was lost",
  };
  const reason = self.reason ? why[self.reason] : undefined;
  const status = self.status === "finishing" ? "Finishing: no new chats" : availability(self.status);
  return reason && self.status !== "online" && self.status !== "finishing" ? `${status}: ${reason}` : status;
}

export function availability(status: AgentStatus): string {
  return { online: "Ready", away: "Away", finishing: "Finishing", lost: "Connection lost", offline: "Offline" }[status];
}

export function chatsOf(colleague: Colleague): string {
  return `${colleague.busy} of ${colleague.capacity} chats`;
}

export function refusalWords(code: RefusalCode | "lost"): string {
  const words: Record<RefusalCode | "lost", string> = {
    lost: "the connection was lost", not_found: "it is not there any more", not_allowed: "you may not do that",
    wrong_state: "it is not in a state for that any more", queue_closed: "the queue is closed", already_assigned: "somebody else was first",
    agent_unavailable: "that colleague cannot take this chat now",
    conflict: "it was sent twice with different words", resend_from: "please send it again", too_long: "the text is too long", empty: "the text is empty",
    rate_limited: "too many at once", try_later: "Heti takes nothing at the moment", overloaded: "there is no room at the moment",
  };
  return words[code];
}

export function loginWords(result: LoginResult): string {
  if (result.ok) return "";
  if (result.why === "wrong_password") return "The name or the password is not right.";
  if (result.why === "later") {
    return `Too many tries. Please wait ${result.retryAfterS > 0 ? `${result.retryAfterS} seconds` : "a moment"} and try again.`;
  }
  return "Heti cannot be reached. Please try again.";
}

// Empty on a clock that runs as everybody's does.
export function demoWords(clockSpeed: number): string {
  return clockSpeed > 1 ? `Demo: this clock runs ${clockSpeed} times as fast` : "";
}

export function stateWords(state: ConversationState): string {
  return {
    new: "Just opened", queued: "Waiting", offered: "Being offered", assigned: "Active", wrapup: "Wrap-up", closed: "Closed", final: "Closed",
    offline_message: "Message",
  }[state];
}

export function happened(entry: Entry): string {
  switch (entry.kind) {
    case "assigned": return `${entry.agent} joined the chat`;
    case "left": return `${entry.agent} left the chat`;
    case "reopened": return "The visitor wrote again";
    case "rated": return `The visitor gave ${entry.score} of 5`;
    case "closed": {
      const by = { visitor: "The visitor ended the chat", agent: "The agent ended the chat", system: "The chat was ended" }[entry.by];
      const why = { closed: "", spam: " as spam", abandoned: ": the visitor had gone", queue_closed: ": the queue closed", timeout: ": nothing was said" };
      return by + why[entry.reason];
    }
    case "message": return "";
  }
}

// The line under the name in the list.
export function previewWords(chat: Chat | ClosedChat, me: string): string {
  if (!chat.preview) return chat.visitor.page_title ?? "";
  if (chat.preview_role !== "agent") return chat.preview;
  return `${chat.agent === me ? "You" : (chat.agent_name ?? "Agent")}: ${chat.preview}`;
}
