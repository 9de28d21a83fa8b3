#include "tests/simulation/figures.hpp"

namespace heti::simulation {
namespace {

const char* word(core::Stage stage) {
  switch (stage) {
    case core::Stage::first: return "first";
    case core::Stage::reopen: return "reopen";
    case core::Stage::transfer: return "transfer";
    case core::Stage::requeue: return "requeue";
    case core::Stage::outbound: return "outbound";
  }
  return "?";
}

const char* word(core::Verdict verdict) {
  switch (verdict) {
    case core::Verdict::good: return "good";
    case core::Verdict::bad: return "bad";
    case core::Verdict::excluded: return "excluded";
  }
  return "?";
}

const char* word(core::Outcome outcome) {
  switch (outcome) {
    case core::Outcome::answered: return "answered";
    case core::Outcome::abandoned: return "abandoned";
    case core::Outcome::missed: return "missed";
    case core::Outcome::spam: return "spam";
    case core::Outcome::outbound: return "outbound";
  }
  return "?";
}

const char* word(core::EndReason reason) {
  switch (reason) {
    case core::EndReason::none: return "";
    case core::EndReason::abandoned_short: return " short";
    case core::EndReason::abandoned_within: return " within";
    case core::EndReason::abandoned_after: return " after";
    case core::EndReason::queue_closed: return " queue_closed";
    case core::EndReason::timeout: return " timeout";
    case core::EndReason::agent_closed: return " agent_closed";
    case core::EndReason::error: return " error";
    case core::EndReason::unanswered_turn: return " unanswered_turn";
  }
  return "?";
}

std::string ms(Millis time) { return std::to_string(time.count()) + " ms"; }
std::string ms(Instant at) { return std::to_string(to_ms(at)); }

std::string body(const Figure& f) {
  const std::string agent = std::to_string(f.agent);
  switch (f.measure) {
    case Measure::begun: return std::string("contact begun: ") + word(f.stage) + ", key " + ms(f.since);
    case Measure::wait: return std::string("wait: ") + word(f.stage) + " " + ms(f.time) + ", agent " + agent;
    case Measure::requeue:
      return std::string("back in line: ") + word(f.stage) + " since " + ms(f.since) + ", agent " + agent +
             " held it " + ms(f.time);
    case Measure::first_response: return "first response: " + ms(f.time);
    case Measure::reply: return "reply: " + ms(f.time);
    case Measure::verdict:
      return std::string("verdict of ") + (f.sla == core::Sla::reply ? "reply: " : "first response: ") +
             word(f.verdict) + " after " + ms(f.time) + ", clock since " + ms(f.since);
    case Measure::ended:
      return std::string("contact ended: ") + word(f.outcome) + word(f.reason) + ", waited " + ms(f.time);
    case Measure::wrapup: return "wrap-up of agent " + agent + ": " + ms(f.wrapup) + ", handled " + ms(f.time);
    case Measure::resolution: return "resolution: " + ms(f.time);
  }
  return "?";
}

}  // namespace

std::string told(const Figure& figure) { return body(figure) + ", at " + ms(figure.at); }

std::string told(const QueueFigures& q) {
  return "open " + std::to_string(q.open) + ", staffed " + std::to_string(q.staffed) + ", unstaffed " +
         std::to_string(q.unstaffed) + ", understaffed " + std::to_string(q.understaffed) + ", saturated " +
         std::to_string(q.saturated) + ", shortfall " + std::to_string(q.shortfall) + " ms";
}

}  // namespace heti::simulation
