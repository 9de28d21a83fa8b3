#include "service/explain_json.hpp"

#include <boost/json.hpp>

#include "service/explain_print.hpp"
#include "service/explain_words.hpp"

namespace heti::explaining {

namespace json = boost::json;

std::string utc(Instant at) {
  std::string text = local_time(at, nullptr);  // "2026-06-01 06:00:01.000 +00:00"
  if (at == never) return text;
  text.replace(10, 1, 1, 'T');
  text.replace(23, std::string::npos, 1, 'Z');
  return text;
}

std::string_view name_of(ClockKind kind) {
  switch (kind) {
    case ClockKind::first_response: return "first_response";
    case ClockKind::reply: return "reply";
    case ClockKind::wait: return "wait";
  }
  return "?";
}

std::string_view key_of(core::Stage stage) {
  switch (stage) {
    case core::Stage::first: return "first";
    case core::Stage::reopen: return "reopen";
    case core::Stage::transfer: return "transfer";
    case core::Stage::requeue: return "requeue";
    case core::Stage::outbound: return "outbound";
  }
  return "?";
}

std::string_view key_of(core::Verdict verdict) {
  switch (verdict) {
    case core::Verdict::good: return "good";
    case core::Verdict::bad: return "bad";
    case core::Verdict::excluded: return "excluded";
  }
  return "?";
}

std::string_view key_of(core::EndReason reason) {
  switch (reason) {
    case core::EndReason::none: return "none";
    case core::EndReason::abandoned_short: return "abandoned_short";
    case core::EndReason::abandoned_within: return "abandoned_within";
    case core::EndReason::abandoned_after: return "abandoned_after";
    case core::EndReason::queue_closed: return "queue_closed";
    case core::EndReason::timeout: return "timeout";
    case core::EndReason::agent_closed: return "agent_closed";
    case core::EndReason::error: return "error";
    case core::EndReason::unanswered_turn: return "unanswered_turn";
  }
  return "?";
}

json::object place_of(const Line& line) { return {{"position", line.position.value()}, {"index", line.index + 1}}; }

json::object object_of(const Line& line, Millis since_the_last) {
  json::object out = place_of(line);
  out["at"] = utc(line.at);
  out["local"] = line.local;
  out["since_ms"] = since_the_last.count();
  out["event"] = line.name;
  out["says"] = line.says;
  if (line.text) out["text"] = *line.text;
  return out;
}

std::string_view key_of(core::RoutedBy rule) {
  switch (rule) {
    case core::RoutedBy::only_one: return "only_one";
    case core::RoutedBy::least_busy: return "least_busy";
    case core::RoutedBy::longest_idle: return "longest_idle";
    case core::RoutedBy::lowest_id: return "lowest_id";
    case core::RoutedBy::sticky: return "sticky";
    case core::RoutedBy::claimed: return "claimed";
    case core::RoutedBy::barred_but_only_one: return "barred_but_only_one";
    case core::RoutedBy::transferred: return "transferred";
    case core::RoutedBy::initiated: return "initiated";
  }
  return "?";
}

std::string_view key_of(core::OfferEnd result) {
  switch (result) {
    case core::OfferEnd::accepted: return "accepted";
    case core::OfferEnd::declined: return "declined";
    case core::OfferEnd::expired: return "expired";
    case core::OfferEnd::rescinded: return "rescinded";
    case core::OfferEnd::service: return "service";
  }
  return "?";
}

std::string_view key_of(core::Outcome outcome) {
  switch (outcome) {
    case core::Outcome::answered: return "answered";
    case core::Outcome::abandoned: return "abandoned";
    case core::Outcome::missed: return "missed";
    case core::Outcome::spam: return "spam";
    case core::Outcome::outbound: return "outbound";
  }
  return "?";
}

std::string_view key_of(core::ConversationState state) {
  switch (state) {
    case core::ConversationState::fresh: return "new";
    case core::ConversationState::queued: return "queued";
    case core::ConversationState::offered: return "offered";
    case core::ConversationState::assigned: return "assigned";
    case core::ConversationState::wrapup: return "wrapup";
    case core::ConversationState::closed: return "closed";
    case core::ConversationState::final: return "final";
    case core::ConversationState::offline_message: return "offline_message";
  }
  return "?";
}

std::string_view key_of(core::Sla sla) {
  return name_of(sla == core::Sla::first_response ? ClockKind::first_response : ClockKind::reply);
}

namespace {

json::value optional_utc(const std::optional<Instant>& at) {
  return at && *at != never ? json::value(utc(*at)) : json::value(nullptr);
}

class Writer {
 public:
  explicit Writer(const Life& life) : life_(life) {}

  json::object life() const {
    json::object out{{"conversation", to_string(life_.conversation)},
                     {"visitor", to_string(life_.visitor)},
                     {"queue", life_.queue},
                     {"timezone", life_.zone},
                     {"state", key_of(life_.state)},
                     {"stands", life_.stands},
                     {"as_of", utc(life_.as_of)},
                     {"first_response_target_ms", life_.first_response.count()},
                     {"reply_target_ms", life_.reply.count()},
                     {"archive_position", life_.archived.value()},
                     {"position", life_.tail.value()}};
    json::array events;
    for (LineNumber i = 0; i < life_.lines.size(); ++i) events.push_back(event(i));
    out["events"] = std::move(events);
    json::array contacts;
    for (const ContactLife& each : life_.contacts) contacts.push_back(contact(each));
    out["contacts"] = std::move(contacts);
    json::array broken;
    for (const std::string& sentence : disagreements(life_)) broken.emplace_back(sentence);
    out["disagreements"] = std::move(broken);
    return out;
  }

 private:
  json::object place(LineNumber number) const { return place_of(life_.lines[number]); }
  json::value place(const std::optional<LineNumber>& number) const {
    return number ? json::value(place(*number)) : json::value(nullptr);
  }

  json::object event(LineNumber number) const {
    const Line& line = life_.lines[number];
    return object_of(line, number == 0 ? Millis{0} : line.at - life_.lines[number - 1].at);
  }

  json::object contact(const ContactLife& of) const {
    json::object out{{"contact", of.id.value()}, {"stage", key_of(of.stage)}, {"begun_by", place(of.begun_by)}};
    if (of.ended_by) {
      out["ended"] = {{"by", place(*of.ended_by)},
                      {"outcome", key_of(of.outcome)},
                      {"reason", key_of(of.reason)},
                      {"waited_ms", of.waited.count()}};
    }
    json::array clocks;
    for (const Clock& each : of.clocks) clocks.push_back(clock(each));
    out["clocks"] = std::move(clocks);
    return out;
  }

  json::object clock(const Clock& of) const {
    json::object out{{"clock", name_of(of.kind)},          {"started", utc(of.started)},
                     {"started_by", place(of.started_by)}, {"stopped", optional_utc(of.stopped)},
                     {"stopped_by", place(of.stopped_by)}, {"stopped_how", of.stopped_how},
                     {"elapsed_ms", of.elapsed.count()}};
    if (of.target) {
      out["target_ms"] = of.target->count();
      out["broken_at"] = optional_utc(of.breaks_at);
    }
    if (of.kind == ClockKind::wait) {
      out["stage"] = key_of(of.stage);
      out["line"] = of.line;
      json::array offers;
      for (const OfferMade& each : of.offers) offers.push_back(offer(each));
      out["offers"] = std::move(offers);
    }
    json::array pauses;
    for (const Pause& pause : of.pauses) {
      pauses.push_back(json::object{{"why", pause.why == Pause::Why::closed ? "closed" : "verdict_held"},
                                    {"from", utc(pause.from)},
                                    {"to", optional_utc(pause.to)},
                                    {"began_by", place(pause.began)},
                                    {"ended_by", place(pause.ended)}});
    }
    out["pauses"] = std::move(pauses);
    if (of.judgement) {
      out["verdict"] = {{"verdict", key_of(of.judgement->verdict)},
                        {"by", place(of.judgement->line)},
                        {"at", utc(life_.lines[of.judgement->line].at)},
                        {"elapsed_ms", of.judgement->elapsed.count()},
                        {"why", of.judgement->why}};
    }
    return out;
  }

  json::object offer(const OfferMade& of) const {
    return {{"agent", of.agent},
            {"by", place(of.line)},
            {"rule", key_of(of.rule)},
            {"ended_by", place(of.ended)},
            {"result", of.result ? json::value(key_of(*of.result)) : json::value(nullptr)}};
  }

  const Life& life_;
};

}  // namespace

std::string to_json(const Life& life) { return json::serialize(Writer(life).life()); }

}  // namespace heti::explaining
