#include "tests/demo_day/sheet.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>

namespace heti::demo_day {
namespace {

using Labels = std::map<std::string, std::string>;
using core::EndReason;
using core::Outcome;
using core::Stage;
using simulation::Figure;
using simulation::Measure;

constexpr double whole = 1e-6;       // a count is that near to an integer
constexpr double near_milli = 1e-6;  // and a time, in seconds, to a millisecond

const char* outcome_of(const Figure& f) {
  if (f.outcome == Outcome::spam) return "spam";
  switch (f.reason) {
    case EndReason::abandoned_short: return "abandoned_short";
    case EndReason::abandoned_within: return "abandoned_within";
    case EndReason::abandoned_after: return "abandoned_after";
    case EndReason::queue_closed: return "missed_queue_closed";
    case EndReason::timeout: return "missed_timeout";
    case EndReason::agent_closed: return "missed_agent_closed";
    case EndReason::error: return "missed_error";
    case EndReason::none:
    case EndReason::unanswered_turn: break;
  }
  return "answered";
}

const std::map<Stage, std::string> stages{{Stage::first, "first"},
                                          {Stage::reopen, "reopen"},
                                          {Stage::transfer, "transfer"},
                                          {Stage::requeue, "requeue"},
                                          {Stage::outbound, "outbound"}};

struct Sum {
  std::int64_t count = 0;
  std::int64_t millis = 0;
  void add(Millis time) {
    ++count;
    millis += time.count();
  }
};

class Writer {
 public:
  explicit Writer(const Metrics& metrics) : metrics_(metrics) {}

  void count(const std::string& name, const Labels& labels, std::int64_t found) { add(name, labels, found, false); }
  void time(const std::string& name, const Labels& labels, std::int64_t found) { add(name, labels, found, true); }
  void histogram(const std::string& name, const Labels& labels, const Sum& sum) {
    count(name + "_count", labels, sum.count);
    time(name + "_sum", labels, sum.millis);
  }
  std::vector<Row> rows;

 private:
  void add(const std::string& name, const Labels& labels, std::int64_t found, bool is_time) {
    std::string told = name;
    for (const auto& [label, value] : labels) told.append(" ").append(label).append(" ").append(value);
    rows.push_back(
        {.name = told, .found = found, .exported = metrics_.value(name, labels, is_time), .is_time = is_time});
  }
  const Metrics& metrics_;
};

void write_contacts(Writer& out, const std::vector<Figure>& figures) {
  std::map<std::string, std::int64_t> begun{{"first", 0}, {"reopen", 0}};
  std::map<std::string, std::int64_t> ended{{"answered", 0},        {"abandoned_short", 0},     {"abandoned_within", 0},
                                            {"abandoned_after", 0}, {"missed_queue_closed", 0}, {"missed_timeout", 0},
                                            {"missed_error", 0},    {"missed_agent_closed", 0}, {"spam", 0}};
  std::map<std::pair<std::string, std::string>, std::int64_t> verdicts;
  for (const char* sla : {"first_response", "reply"}) {
    for (const char* verdict : {"good", "bad", "excluded"}) verdicts[{sla, verdict}] = 0;
  }
  std::int64_t transfers = 0;
  std::int64_t requeues = 0;
  std::int64_t unanswered = 0;
  for (const Figure& f : figures) {
    if (f.measure == Measure::begun) ++begun[stages.at(f.stage)];
    if (f.measure == Measure::requeue) ++(f.stage == Stage::transfer ? transfers : requeues);
    if (f.measure == Measure::ended) {
      ++ended[outcome_of(f)];
      if (f.reason == EndReason::unanswered_turn) ++unanswered;
    }
    if (f.measure != Measure::verdict) continue;
    const char* verdict = f.verdict == core::Verdict::good  ? "good"
                          : f.verdict == core::Verdict::bad ? "bad"
                                                            : "excluded";
    ++verdicts[{f.sla == core::Sla::reply ? "reply" : "first_response", verdict}];
  }
  for (const auto& [stage, found] : begun) out.count("heti_contacts_total", {{"stage", stage}}, found);
  for (const auto& [outcome, found] : ended) out.count("heti_contacts_ended_total", {{"outcome", outcome}}, found);
  for (const auto& [what, found] : verdicts) {
    out.count("heti_sla_verdicts_total", {{"sla", what.first}, {"verdict", what.second}}, found);
  }
  out.count("heti_transfers_total", {}, transfers);
  out.count("heti_requeues_total", {}, requeues);
  out.count("heti_unanswered_turns_total", {}, unanswered);
  out.count("heti_reopened_total", {}, begun["reopen"]);
}

void write_times(Writer& out, const std::vector<Figure>& figures) {
  std::map<std::string, Sum> waits{{"first", {}}, {"reopen", {}}, {"transfer", {}}, {"requeue", {}}};
  Sum first;
  Sum reply;
  Sum abandon;
  Sum handle;
  Sum wrapup;
  for (const Figure& f : figures) {
    if (f.measure == Measure::wait) waits[stages.at(f.stage)].add(f.time);
    if (f.measure == Measure::first_response) first.add(f.time);
    if (f.measure == Measure::reply) reply.add(f.time);
    if (f.measure == Measure::ended && f.outcome == Outcome::abandoned) abandon.add(f.time);
    if (f.measure == Measure::requeue || f.measure == Measure::wrapup) handle.add(f.time);
    if (f.measure == Measure::wrapup) wrapup.add(f.wrapup);
  }
  for (const auto& [stage, sum] : waits) out.histogram("heti_wait_seconds", {{"stage", stage}}, sum);
  out.histogram("heti_first_response_seconds", {}, first);
  out.histogram("heti_reply_seconds", {}, reply);
  out.histogram("heti_abandon_seconds", {}, abandon);
  out.histogram("heti_handle_seconds", {}, handle);
  out.histogram("heti_wrapup_seconds", {}, wrapup);
}

void write_lines(Writer& out, const Day& day) {
  std::map<std::string, std::int64_t> messages{{"visitor", 0}, {"agent", 0}, {"bot", 0}, {"auto", 0}};
  std::map<std::int64_t, std::int64_t> scores{{1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 0}};
  for (const auto& [id, chat] : day.chats) {
    for (const auto& [seq, line] : chat.lines) {
      if (line.kind == "message") ++messages[line.role];
      if (line.kind == "rated") ++scores[line.score];
    }
  }
  for (const auto& [author, found] : messages) out.count("heti_messages_total", {{"author", author}}, found);
  for (const auto& [score, found] : scores) {
    out.count("heti_survey_responses_total", {{"survey", "csat"}, {"score", std::to_string(score)}}, found);
  }
}

}  // namespace

std::vector<Row> rows(const Day& day, const Told& told, const simulation::Model& model, const Metrics& metrics) {
  Writer out(metrics);
  write_contacts(out, model.figures());
  for (const char* result : {"accepted", "declined", "expired", "rescinded"}) {
    const auto found = told.offers.find(result);
    out.count("heti_offers_total", {{"result", result}},
              found == told.offers.end() ? 0 : static_cast<std::int64_t>(found->second));
  }
  out.rows.back().unsure = static_cast<std::int64_t>(told.unsure);
  write_lines(out, day);
  write_times(out, model.figures());
  const simulation::QueueFigures integrals = model.queue_figures(1);
  out.time("heti_queue_open_seconds_total", {}, integrals.open);
  out.time("heti_queue_staffed_seconds_total", {}, integrals.staffed);
  out.time("heti_queue_unstaffed_seconds_total", {}, integrals.unstaffed);
  out.time("heti_queue_understaffed_seconds_total", {}, integrals.understaffed);
  out.time("heti_queue_saturated_seconds_total", {}, integrals.saturated);
  out.time("heti_queue_shortfall_agent_seconds_total", {}, integrals.shortfall);
  return std::move(out.rows);
}

std::expected<Metrics, std::string> Metrics::read(const std::string& path, const std::string& queue) {
  std::ifstream in(path);
  if (!in) return std::unexpected(path + " cannot be read");
  Metrics metrics;
  std::string line;
  while (std::getline(in, line)) {
    const std::size_t brace = line.find('{');
    const std::size_t end = line.rfind("} ");
    if (line.starts_with('#') || brace == std::string::npos || end == std::string::npos) continue;
    Series series{.name = line.substr(0, brace), .labels = {}, .value = std::strtod(line.c_str() + end + 2, nullptr)};
    // No label of a queue's figures holds a quote.
    for (std::size_t from = brace + 1; from < end;) {
      const std::size_t equals = line.find("=\"", from);
      const std::size_t quote = equals == std::string::npos ? equals : line.find('"', equals + 2);
      if (quote == std::string::npos) break;
      series.labels[line.substr(from, equals - from)] = line.substr(equals + 2, quote - equals - 2);
      from = quote + 2;
    }
    const auto its_queue = series.labels.find("queue");
    if (its_queue == series.labels.end() || its_queue->second != queue) continue;
    series.labels.erase("queue");
    series.labels.erase("workspace");
    metrics.all_.push_back(std::move(series));
  }
  if (metrics.all_.empty()) return std::unexpected(path + " says nothing of queue " + queue);
  return metrics;
}

std::int64_t Metrics::value(const std::string& name, const Labels& labels, bool is_time) const {
  for (const Series& series : all_) {
    if (series.name != name || series.labels != labels) continue;
    const double units = is_time ? series.value * 1000 : series.value;
    const double rounded = std::round(units);
    if (std::abs(units - rounded) > (is_time ? near_milli * 1000 : whole)) return -1;
    return static_cast<std::int64_t>(rounded);
  }
  return -1;
}

}  // namespace heti::demo_day
