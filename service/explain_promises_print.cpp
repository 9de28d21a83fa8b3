// The list of promises as text for a person, and as JSON for a program.
#include <spdlog/fmt/fmt.h>

#include <boost/json.hpp>

#include "service/explain_json.hpp"
#include "service/explain_promises.hpp"
#include "service/explain_words.hpp"

namespace heti::explaining {
namespace {

namespace json = boost::json;

std::string_view in_words(core::Sla sla) { return sla == core::Sla::first_response ? "first response" : "reply"; }

std::string_view happened(core::Verdict verdict) {
  switch (verdict) {
    case core::Verdict::good: return "kept";
    case core::Verdict::bad: return "broke";
    case core::Verdict::excluded: return "left out";
  }
  return "?";
}

std::string place(const Line& line) { return fmt::format("{}.{}", line.position.value(), line.index + 1); }

void write(std::string& out, const JudgedPromise& promise, core::Verdict verdict) {
  const date::time_zone* zone = zone_named(promise.zone);
  const auto item = [&out](std::string_view what, const std::string& text) {
    out += fmt::format("  {:<9} {}\n", what, text);
  };
  const auto at = [&](Instant instant) { return local_time(instant, zone); };
  out += fmt::format("conversation {}, contact {}\n", to_string(promise.conversation), promise.contact.value());
  item("promise",
       fmt::format("{} within {}, queue {}", in_words(promise.sla), duration(promise.target), promise.queue));
  item("started",
       fmt::format("{}  {} ({})", at(promise.started), promise.events.front().name, place(promise.events.front())));
  for (const Pause& pause : promise.pauses) {
    const bool closed = pause.why == Pause::Why::closed;
    item(closed ? "paused" : "held",
         fmt::format("{}  until {}, {}: {}", at(pause.from), at(*pause.to), duration(*pause.to - pause.from),
                     closed ? "the queue was closed" : "the visitor was away, so the verdict was held; the clock ran"));
  }
  std::string decided = fmt::format("{}  at {} ({})", at(promise.decided), duration(promise.elapsed),
                                    place(promise.events[promise.verdict]));
  if (!promise.why.empty()) decided += ": " + promise.why;
  item(happened(verdict), decided);
  std::size_t widest = 0;
  for (const Line& line : promise.events) widest = std::max(widest, place(line).size());
  for (const Line& line : promise.events) {
    out += fmt::format("    {:>{}}  {}  {}\n", place(line), widest, line.local, line.says);
  }
  out += '\n';
}

json::object object_of(const JudgedPromise& promise, core::Verdict verdict) {
  json::array pauses;
  for (const Pause& pause : promise.pauses) {
    pauses.push_back(json::object{{"why", pause.why == Pause::Why::closed ? "closed" : "verdict_held"},
                                  {"from", utc(pause.from)},
                                  {"to", utc(*pause.to)}});
  }
  json::array events;
  for (LineNumber i = 0; i < promise.events.size(); ++i) {
    const Line& line = promise.events[i];
    events.push_back(explaining::object_of(line, i == 0 ? Millis{0} : line.at - promise.events[i - 1].at));
  }
  return {{"conversation", to_string(promise.conversation)},
          {"contact", promise.contact.value()},
          {"queue", promise.queue},
          {"timezone", promise.zone},
          {"sla", key_of(promise.sla)},
          {"verdict", key_of(verdict)},
          {"target_ms", promise.target.count()},
          {"started", utc(promise.started)},
          {"started_by", place_of(promise.events.front())},
          {"pauses", std::move(pauses)},
          {"decided", utc(promise.decided)},
          {"decided_by", place_of(promise.events[promise.verdict])},
          {"elapsed_ms", promise.elapsed.count()},
          {"why", promise.why},
          {"events", std::move(events)}};
}

}  // namespace

std::string to_text(const PromiseList& list) {
  std::string out;
  for (const JudgedPromise& promise : list.promises) write(out, promise, list.verdict);
  std::size_t widest = 5;
  for (const PromiseCount& count : list.counts) widest = std::max(widest, count.queue.size());
  out += fmt::format("{:<{}}  {:>14}  {:>7}  {}\n", "queue", widest, "first response", "reply", "since");
  std::uint64_t all = 0;
  for (const PromiseCount& count : list.counts) {
    out += fmt::format("{:<{}}  {:>14}  {:>7}  {}\n", count.queue, widest, count.first_response, count.reply,
                       local_time(count.since, zone_named(count.zone)));
    all += count.first_response + count.reply;
  }
  out += fmt::format("{} {}, as of {}, batch {}\n", all, key_of(list.verdict), local_time(list.as_of, nullptr),
                     list.tail.value());
  for (const std::string& sentence : list.disagreements) out += fmt::format("\nTHIS DOES NOT AGREE: {}\n", sentence);
  return out;
}

std::string to_json(const PromiseList& list) {
  json::object out{{"verdict", key_of(list.verdict)}, {"as_of", utc(list.as_of)}, {"position", list.tail.value()}};
  json::array promises;
  for (const JudgedPromise& promise : list.promises) promises.push_back(object_of(promise, list.verdict));
  out["promises"] = std::move(promises);
  json::array counts;
  std::uint64_t all = 0;
  for (const PromiseCount& count : list.counts) {
    counts.push_back(json::object{{"queue", count.queue},
                                  {"timezone", count.zone},
                                  {"since", utc(count.since)},
                                  {"first_response", count.first_response},
                                  {"reply", count.reply}});
    all += count.first_response + count.reply;
  }
  out["counts"] = std::move(counts);
  out["total"] = all;
  out["disagreements"] = json::array(list.disagreements.begin(), list.disagreements.end());
  return json::serialize(out);
}

}  // namespace heti::explaining
