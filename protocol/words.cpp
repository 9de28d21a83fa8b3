#include "protocol/words.hpp"

#include "protocol/close_code.hpp"
#include "service/base/check.hpp"

// Every switch is complete (the compiler sees to it); a value outside its enumeration is a bug of the program.
namespace heti::protocol {
namespace {
[[noreturn]] void no_such_word() {
  CHECK(!"a value outside its enumeration");
  std::abort();
}
}  // namespace

std::string_view to_string(Role value) {
  switch (value) {
    case Role::visitor: return "visitor";
    case Role::agent: return "agent";
  }
  no_such_word();
}

std::string_view to_string(ConversationState value) {
  switch (value) {
    case ConversationState::fresh: return "new";
    case ConversationState::queued: return "queued";
    case ConversationState::offered: return "offered";
    case ConversationState::assigned: return "assigned";
    case ConversationState::wrapup: return "wrapup";
    case ConversationState::closed: return "closed";
    case ConversationState::final: return "final";
    case ConversationState::offline_message: return "offline_message";
  }
  no_such_word();
}

std::string_view to_string(AuthorRole value) {
  switch (value) {
    case AuthorRole::visitor: return "visitor";
    case AuthorRole::agent: return "agent";
    case AuthorRole::bot: return "bot";
    case AuthorRole::automatic: return "auto";
    case AuthorRole::system: return "system";
  }
  no_such_word();
}

std::string_view to_string(ClosedBy value) {
  switch (value) {
    case ClosedBy::visitor: return "visitor";
    case ClosedBy::agent: return "agent";
    case ClosedBy::system: return "system";
  }
  no_such_word();
}

std::string_view to_string(CloseReason value) {
  switch (value) {
    case CloseReason::closed: return "closed";
    case CloseReason::abandoned: return "abandoned";
    case CloseReason::queue_closed: return "queue_closed";
    case CloseReason::spam: return "spam";
    case CloseReason::timeout: return "timeout";
  }
  no_such_word();
}

std::string_view to_string(AgentStatus value) {
  switch (value) {
    case AgentStatus::offline: return "offline";
    case AgentStatus::away: return "away";
    case AgentStatus::online: return "online";
    case AgentStatus::finishing: return "finishing";
    case AgentStatus::lost: return "lost";
  }
  no_such_word();
}

std::string_view to_string(StatusReason value) {
  switch (value) {
    case StatusReason::chosen: return "chosen";
    case StatusReason::connected: return "connected";
    case StatusReason::disconnected: return "disconnected";
    case StatusReason::reconnected: return "reconnected";
    case StatusReason::grace_over: return "grace_over";
    case StatusReason::offers_missed: return "offers_missed";
    case StatusReason::service: return "service";
    case StatusReason::removed: return "removed";
    case StatusReason::last_chat_closed: return "last_chat_closed";
    case StatusReason::supervisor: return "supervisor";
  }
  no_such_word();
}

std::string_view to_string(AfterHours value) {
  switch (value) {
    case AfterHours::message: return "message";
    case AfterHours::queue: return "queue";
    case AfterHours::refuse: return "refuse";
  }
  no_such_word();
}

std::string_view to_string(Sla value) {
  switch (value) {
    case Sla::first_response: return "first_response";
    case Sla::reply: return "reply";
  }
  no_such_word();
}

std::string_view to_string(CloseCode code) {
  switch (code) {
    case CloseCode::bye: return "bye";
    case CloseCode::going_away: return "going_away";
    case CloseCode::protocol_error: return "protocol_error";
    case CloseCode::invalid_text: return "invalid_text";
    case CloseCode::policy_violation: return "policy_violation";
    case CloseCode::frame_too_big: return "frame_too_big";
    case CloseCode::slow_consumer: return "slow_consumer";
    case CloseCode::draining: return "draining";
    case CloseCode::overloaded: return "overloaded";
    case CloseCode::rate_limited: return "rate_limited";
    case CloseCode::history_changed: return "history_changed";
    case CloseCode::auth_timeout: return "auth_timeout";
    case CloseCode::auth_failed: return "auth_failed";
    case CloseCode::forbidden: return "forbidden";
    case CloseCode::bad_frame: return "bad_frame";
  }
  no_such_word();
}

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_json: return "bad_json";
    case ErrorCode::bad_frame: return "bad_frame";
    case ErrorCode::unknown_event: return "unknown_event";
    case ErrorCode::too_big: return "too_big";
    case ErrorCode::auth_timeout: return "auth_timeout";
    case ErrorCode::auth_failed: return "auth_failed";
    case ErrorCode::forbidden: return "forbidden";
    case ErrorCode::rate_limited: return "rate_limited";
  }
  no_such_word();
}

std::string_view to_string(RefusalCode code) {
  switch (code) {
    case RefusalCode::not_found: return "not_found";
    case RefusalCode::not_allowed: return "not_allowed";
    case RefusalCode::wrong_state: return "wrong_state";
    case RefusalCode::queue_closed: return "queue_closed";
    case RefusalCode::already_assigned: return "already_assigned";
    case RefusalCode::conflict: return "conflict";
    case RefusalCode::resend_from: return "resend_from";
    case RefusalCode::agent_unavailable: return "agent_unavailable";
    case RefusalCode::too_long: return "too_long";
    case RefusalCode::empty: return "empty";
    case RefusalCode::rate_limited: return "rate_limited";
    case RefusalCode::try_later: return "try_later";
    case RefusalCode::overloaded: return "overloaded";
  }
  no_such_word();
}

CloseCode close_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_json:
    case ErrorCode::bad_frame:
    case ErrorCode::unknown_event: return CloseCode::bad_frame;
    case ErrorCode::too_big: return CloseCode::frame_too_big;
    case ErrorCode::auth_timeout: return CloseCode::auth_timeout;
    case ErrorCode::auth_failed: return CloseCode::auth_failed;
    case ErrorCode::forbidden: return CloseCode::forbidden;
    case ErrorCode::rate_limited: return CloseCode::rate_limited;
  }
  no_such_word();
}

}  // namespace heti::protocol
