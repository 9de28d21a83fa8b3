#include "service/monitor/words.hpp"

#include <cstdlib>

#include "service/base/check.hpp"

namespace heti::monitor {

using core::Author;
using core::EndReason;
using core::OfferEnd;
using core::Outcome;
using core::Sla;
using core::Stage;
using core::Verdict;

Ended ended_as(Outcome outcome, EndReason reason) {
  switch (outcome) {
    case Outcome::answered: return Ended::answered;
    case Outcome::spam: return Ended::spam;
    case Outcome::outbound: return Ended::answered;  // Never asked for: begun by us, it is not counted.
    case Outcome::abandoned:
    case Outcome::missed: break;
  }
  switch (reason) {
    case EndReason::abandoned_short: return Ended::abandoned_short;
    case EndReason::abandoned_within: return Ended::abandoned_within;
    case EndReason::abandoned_after: return Ended::abandoned_after;
    case EndReason::queue_closed: return Ended::missed_queue_closed;
    case EndReason::timeout: return Ended::missed_timeout;
    case EndReason::agent_closed: return Ended::missed_agent_closed;
    case EndReason::error: return Ended::missed_error;
    case EndReason::none:
    case EndReason::unanswered_turn: break;
  }
  CHECK(false && "a contact without an answer ended without a reason");
  std::abort();
}

std::string_view word(Ended value) {
  switch (value) {
    case Ended::answered: return "answered";
    case Ended::abandoned_short: return "abandoned_short";
    case Ended::abandoned_within: return "abandoned_within";
    case Ended::abandoned_after: return "abandoned_after";
    case Ended::missed_queue_closed: return "missed_queue_closed";
    case Ended::missed_timeout: return "missed_timeout";
    case Ended::missed_agent_closed: return "missed_agent_closed";
    case Ended::missed_error: return "missed_error";
    case Ended::spam: return "spam";
  }
  std::abort();
}

std::string_view word(Stage value) {
  switch (value) {
    case Stage::first: return "first";
    case Stage::reopen: return "reopen";
    case Stage::transfer: return "transfer";
    case Stage::requeue: return "requeue";
    case Stage::outbound: return "outbound";
  }
  std::abort();
}

std::string_view word(Sla value) {
  switch (value) {
    case Sla::first_response: return "first_response";
    case Sla::reply: return "reply";
  }
  std::abort();
}

std::string_view word(Verdict value) {
  switch (value) {
    case Verdict::good: return "good";
    case Verdict::bad: return "bad";
    case Verdict::excluded: return "excluded";
  }
  std::abort();
}

std::string_view word(FirstContactVerdict value) {
  switch (value) {
    case FirstContactVerdict::resolved: return "resolved";
    case FirstContactVerdict::repeat: return "repeat";
  }
  std::abort();
}

std::optional<std::string_view> word(Author value) {
  switch (value) {
    case Author::visitor: return "visitor";
    case Author::agent: return "agent";
    case Author::bot: return "bot";
    case Author::automatic: return "auto";
    case Author::note: return "note";
    case Author::system: return std::nullopt;
  }
  std::abort();
}

OfferEnd counted_as(OfferEnd end) { return end == OfferEnd::service ? OfferEnd::rescinded : end; }

std::string_view word(OfferEnd value) {
  switch (value) {
    case OfferEnd::accepted: return "accepted";
    case OfferEnd::declined: return "declined";
    case OfferEnd::expired: return "expired";
    case OfferEnd::rescinded: return "rescinded";
    case OfferEnd::service: break;
  }
  std::abort();
}

}  // namespace heti::monitor
