#include "service/explain_promises.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace heti::explaining {
namespace {

std::optional<core::Sla> sla_of(ClockKind kind) {
  switch (kind) {
    case ClockKind::first_response: return core::Sla::first_response;
    case ClockKind::reply: return core::Sla::reply;
    case ClockKind::wait: return std::nullopt;
  }
  return std::nullopt;
}

// From what started the clock to the verdict. Of what brought the verdict about at the same moment, the end of the
// contact stands behind it.
JudgedPromise judged(const Life& life, const ContactLife& contact, const Clock& clock, core::Sla sla) {
  const Judgement& judgement = *clock.judgement;
  const Line& verdict = life.lines[judgement.line];
  LineNumber last = judgement.line;
  if (contact.ended_by && *contact.ended_by > last) {
    const Line& ended = life.lines[*contact.ended_by];
    if (ended.position == verdict.position && ended.at == verdict.at) last = *contact.ended_by;
  }
  const auto begin = life.lines.begin();
  JudgedPromise promise{
      .conversation = life.conversation,
      .queue = life.queue,
      .zone = life.zone,
      .contact = contact.id,
      .sla = sla,
      .target = clock.target.value_or(Millis{0}),
      .started = clock.started,
      .decided = verdict.at,
      .elapsed = judgement.elapsed,
      .why = judgement.why,
      .pauses = {},
      .events = {begin + static_cast<std::ptrdiff_t>(clock.started_by), begin + static_cast<std::ptrdiff_t>(last) + 1},
      .verdict = judgement.line - clock.started_by};
  const auto here = [&](std::optional<LineNumber> line) {
    const bool in = line && *line >= clock.started_by && *line <= last;
    return in ? std::optional(*line - clock.started_by) : std::nullopt;
  };
  for (const Pause& pause : clock.pauses) {
    if (pause.from >= verdict.at) continue;
    promise.pauses.push_back({.why = pause.why,
                              .from = pause.from,
                              .to = std::min(pause.to.value_or(verdict.at), verdict.at),
                              .began = here(pause.began),
                              .ended = here(pause.ended)});
  }
  return promise;
}

std::string names(const core::State& rules) {
  std::string list;
  for (const auto& [id, queue] : rules.queues) {
    if (queue.removed || core::is_reserved(queue.settings.name)) continue;
    list += (list.empty() ? "" : ", ") + queue.settings.name;
  }
  return list;
}

}  // namespace

std::expected<PromiseList, std::string> list_promises(const PromisesAsked& asked, archive::FactsReader* archive,
                                                      const JournalView& journal, Instant now) {
  const auto stories = Stories::open(archive, journal);
  if (!stories) return std::unexpected(stories.error());
  std::map<std::string, PromiseCount> counts;
  bool known = asked.queue.empty();
  for (const auto& [id, queue] : stories->rules().queues) {
    const std::string& name = queue.settings.name;
    if (core::is_reserved(name) || (!asked.queue.empty() && name != asked.queue)) continue;
    known = true;
    if (queue.removed) continue;
    const std::string& zone = queue.settings.schedule.timezone;
    counts[name] = {.queue = name, .zone = zone, .since = begin_of(asked.since, zone, now)};
  }
  if (!known) {
    return std::unexpected(
        fmt::format("there is no queue \"{}\"; there are: {}", asked.queue, names(stories->rules())));
  }

  PromiseList list{.verdict = asked.verdict,
                   .as_of = now,
                   .tail = stories->tail(),
                   .promises = {},
                   .counts = {},
                   .disagreements = {}};
  const auto told = stories->each(earliest(asked.since, now), [&](const Story& story) {
    const Life life = life_of(story, now, false);
    if (core::is_reserved(life.queue) || (!asked.queue.empty() && life.queue != asked.queue)) return;
    const Instant since = begin_of(asked.since, life.zone, now);
    bool listed = false;
    for (const ContactLife& contact : life.contacts) {
      for (const Clock& clock : contact.clocks) {
        const auto sla = sla_of(clock.kind);
        if (!sla || !clock.judgement || clock.judgement->verdict != asked.verdict) continue;
        if (asked.sla && *asked.sla != *sla) continue;
        if (life.lines[clock.judgement->line].at < since) continue;
        list.promises.push_back(judged(life, contact, clock, *sla));
        PromiseCount& count = counts[life.queue];
        count.queue = life.queue;  // The first of a queue that left the settings.
        count.zone = life.zone;
        count.since = since;
        ++(*sla == core::Sla::first_response ? count.first_response : count.reply);
        listed = true;
      }
    }
    if (!listed) return;
    for (const std::string& sentence : disagreements(life)) {
      list.disagreements.push_back(fmt::format("conversation {}: {}", to_string(life.conversation), sentence));
    }
  });
  if (!told) return std::unexpected(told.error());
  std::ranges::stable_sort(list.promises, {},
                           [](const JudgedPromise& promise) { return std::tie(promise.queue, promise.decided); });
  for (auto& [name, count] : counts) list.counts.push_back(std::move(count));
  return list;
}

}  // namespace heti::explaining
