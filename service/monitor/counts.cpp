#include "service/monitor/counts.hpp"

#include <algorithm>
#include <string_view>

#include "service/base/check.hpp"
#include "service/monitor/catalogue.hpp"
#include "service/monitor/sheet.hpp"

namespace heti::monitor {
namespace {

using prometheus::Counter;
using prometheus::Histogram;
namespace event = core::event;

// The bounds of all waits, before the targets of the queues are added.
const std::set<double> waits{1, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800};
const Histogram::BucketBoundaries handles{30, 60, 120, 180, 300, 450, 600, 900, 1200, 1800, 3600, 7200};
const Histogram::BucketBoundaries wrapups{5, 10, 20, 30, 60, 120, 300};
const Histogram::BucketBoundaries resolutions{300, 900, 1800, 3600, 7200, 14400, 28800, 57600, 144000, 288000};

template <class T>
prometheus::Family<T>& family(prometheus::Registry& registry, const Metric& metric, const std::string& workspace);

template <>
prometheus::Family<Counter>& family(prometheus::Registry& registry, const Metric& metric,
                                    const std::string& workspace) {
  return prometheus::BuildCounter()
      .Name(std::string(metric.name))
      .Help(std::string(metric.help))
      .Labels({{"workspace", workspace}})
      .Register(registry);
}

template <>
prometheus::Family<Histogram>& family(prometheus::Registry& registry, const Metric& metric,
                                      const std::string& workspace) {
  return prometheus::BuildHistogram()
      .Name(std::string(metric.name))
      .Help(std::string(metric.help))
      .Labels({{"workspace", workspace}})
      .Register(registry);
}

template <class Enum>
constexpr std::size_t at(Enum value) {
  return static_cast<std::size_t>(value);
}

void observe(Histogram* histogram, Millis span) { histogram->Observe(seconds(span)); }

bool visitor_wrote(const core::Conversation& conversation) {
  return std::any_of(conversation.recent.begin(), conversation.recent.end(), [](const core::Entry& entry) {
    return entry.kind == core::EntryKind::message && entry.author == core::Author::visitor;
  });
}

}  // namespace

// One function for each event that is counted, or that teaches something needed to count a later one.
struct Counts::Counting {
  Counts& counts;
  const core::State& state;
  Instant at_time;

  Series& series(const Known& known) { return counts.series_of(known.queue, state); }
  Series& series(core::ConversationId conversation) { return series(counts.known(conversation)); }
  void no_longer_fresh(Known& known) {
    if (!known.fresh) return;
    known.fresh = false;
    Series& s = series(known);
    CHECK(s.fresh > 0);
    --s.fresh;
  }

  void operator()(const event::SettingsApplied&) { counts.meet_queues(state); }

  void operator()(const event::ConversationStarted& e) {
    Known& known = counts.known_[e.conversation.value()];
    known = Known{};
    known.queue = e.queue;
    known.fresh = true;
    ++series(known).fresh;
  }
  void operator()(const event::OfflineMessageOpened& e) {
    Known& known = counts.known(e.conversation);
    no_longer_fresh(known);
    known.unwritten = true;
  }
  void operator()(const event::MessagePosted& e) {
    Known& known = counts.known(e.conversation);
    Series& s = series(known);
    if (Counter* counter = s.messages[at(e.author)]) counter->Increment();
    if (e.author == core::Author::visitor && known.unwritten) {
      known.unwritten = false;
      s.offline_messages->Increment();
    }
  }
  void operator()(const event::ContactQueued& e) {
    Known& known = counts.known(e.conversation);
    no_longer_fresh(known);
    known.contact = true;
    known.answered = false;
    known.unwritten = false;
    Series& s = series(known);
    CHECK(at(e.stage) < s.contacts.size());
    s.contacts[at(e.stage)]->Increment();
    if (e.stage == core::Stage::reopen) s.reopened->Increment();
  }
  // Nobody asked for a human, so it counts as no contact; the agent's work counts.
  void operator()(const event::ContactInitiated& e) {
    Known& known = counts.known(e.conversation);
    no_longer_fresh(known);
    known.unwritten = false;
    known.answered = true;
    known.accepted = at_time;
    ++known.engagements;
  }
  void operator()(const event::OfferEnded& e) { series(e.conversation).offers[at(counted_as(e.result))]->Increment(); }
  void operator()(const event::ChatAssigned& e) {
    Known& known = counts.known(e.conversation);
    known.accepted = at_time;
    ++known.engagements;
    observe(series(known).wait[at(e.stage)], e.wait);
  }
  // The engagement ends here without wrap-up: at the transfer, or where the agent was lost.
  void operator()(const event::ChatRequeued& e) {
    Known& known = counts.known(e.conversation);
    Series& s = series(known);
    (e.stage == core::Stage::transfer ? s.transfers : s.requeues)->Increment();
    observe(s.handle, e.handle > Millis{0} ? e.handle : std::max(Millis{0}, e.since - known.accepted));
    end_engagement(known);
  }
  void operator()(const event::FirstResponseGiven& e) {
    Known& known = counts.known(e.conversation);
    known.answered = true;
    observe(series(known).first_response, e.time);
  }
  void operator()(const event::ReplyGiven& e) { observe(series(e.conversation).reply, e.time); }
  void operator()(const event::VerdictGiven& e) {
    series(e.conversation).verdicts[at(e.sla)][at(e.verdict)]->Increment();
  }
  void operator()(const event::ContactEnded& e) {
    Series& s = series(e.conversation);
    const bool outbound = e.outcome == core::Outcome::outbound;
    if (!outbound) s.ended[at(ended_as(e.outcome, e.reason))]->Increment();
    if (e.outcome == core::Outcome::abandoned) observe(s.abandon, e.waited);
    if ((outbound || e.outcome == core::Outcome::answered) && e.reason == core::EndReason::unanswered_turn) {
      s.unanswered_turns->Increment();
    }
  }
  void operator()(const event::ChatClosed& e) {
    Known& known = counts.known(e.conversation);
    no_longer_fresh(known);
    known.unwritten = false;
    if (known.answered) series(known).csat_invitations->Increment();  // From here on the visitor may rate.
  }
  void operator()(const event::WrapUpEnded& e) {
    if (counts.unplaced_.erase(e.engagement) > 0) return;  // Nobody knows any more which queue it was.
    Known& known = counts.known(e.conversation);
    Series& s = series(known);
    observe(s.handle, e.handle);
    observe(s.wrapup, e.wrapup);
    end_engagement(known);
    counts.forget_if_over(e.conversation);
  }
  void operator()(const event::ConversationFinal& e) {
    Known& known = counts.known(e.conversation);
    no_longer_fresh(known);
    if (known.contact) observe(series(known).resolution, e.resolution);
    known.final = true;
    counts.forget_if_over(e.conversation);
  }
  void operator()(const event::RatingGiven& e) {
    CHECK(e.score >= 1 && e.score <= 5);
    series(e.conversation).csat[e.score - 1]->Increment();
  }
  void operator()(const auto&) {}

  void end_engagement(Known& known) {
    CHECK(known.engagements > 0);
    --known.engagements;
  }
};

Counts::Families::Families(prometheus::Registry& registry, const std::string& workspace)
    : counters{.contacts = family<Counter>(registry, catalogue::contacts, workspace),
               .ended = family<Counter>(registry, catalogue::contacts_ended, workspace),
               .verdicts = family<Counter>(registry, catalogue::sla_verdicts, workspace),
               .offers = family<Counter>(registry, catalogue::offers, workspace),
               .messages = family<Counter>(registry, catalogue::messages, workspace),
               .survey = family<Counter>(registry, catalogue::survey_responses, workspace),
               .invitations = family<Counter>(registry, catalogue::survey_invitations, workspace),
               .first_contacts = family<Counter>(registry, catalogue::first_contact_verdicts, workspace),
               .transfers = family<Counter>(registry, catalogue::transfers, workspace),
               .requeues = family<Counter>(registry, catalogue::requeues, workspace),
               .unanswered_turns = family<Counter>(registry, catalogue::unanswered_turns, workspace),
               .reopened = family<Counter>(registry, catalogue::reopened, workspace),
               .offline_messages = family<Counter>(registry, catalogue::offline_messages, workspace)},
      histograms{.wait = family<Histogram>(registry, catalogue::wait_seconds, workspace),
                 .first_response = family<Histogram>(registry, catalogue::first_response_seconds, workspace),
                 .reply = family<Histogram>(registry, catalogue::reply_seconds, workspace),
                 .abandon = family<Histogram>(registry, catalogue::abandon_seconds, workspace),
                 .handle = family<Histogram>(registry, catalogue::handle_seconds, workspace),
                 .wrapup = family<Histogram>(registry, catalogue::wrapup_seconds, workspace),
                 .resolution = family<Histogram>(registry, catalogue::resolution_seconds, workspace)} {}

Counts::Counts(prometheus::Registry& registry, const std::string& workspace)
    : shown_(registry, workspace), hidden_(nobodys_, workspace), wait_bounds_(waits) {}

Counts::Families& Counts::families_of(const Series& series) {
  return core::is_reserved(series.name) ? hidden_ : shown_;
}

void Counts::begin(const core::State& state) {
  known_.clear();
  unplaced_.clear();
  for (auto& [id, series] : series_) series.fresh = 0;
  meet_queues(state);
  for (const auto& [id, conversation] : state.conversations) {
    Known known;
    known.queue = conversation.queue;
    known.fresh = conversation.state == core::ConversationState::fresh;
    known.contact = conversation.first_enq.has_value();
    known.answered = conversation.answered;
    known.unwritten = conversation.state == core::ConversationState::offline_message && !visitor_wrote(conversation);
    if (known.fresh) ++series_of(known.queue, state).fresh;
    known_[id.value()] = known;
  }
  for (const auto& [id, agent] : state.agents) {
    for (const auto& [engagement_id, engagement] : agent.engagements) {
      const auto found = known_.find(engagement.conversation.value());
      if (found == known_.end()) {
        unplaced_.insert(engagement_id);
        continue;
      }
      ++found->second.engagements;
      if (!engagement.ended) found->second.accepted = engagement.accepted;
    }
  }
}

void Counts::count(const core::Event& event, const core::State& state) {
  std::visit(Counting{.counts = *this, .state = state, .at_time = event.at}, event.body);
}

void Counts::count(const FirstContactJudged& judged) {
  const auto found = series_.find(judged.queue);
  if (found != series_.end()) found->second.first_contacts[at(judged.verdict)]->Increment();
}

std::uint64_t Counts::fresh(core::QueueId queue) const {
  const auto found = series_.find(queue);
  return found == series_.end() ? 0 : found->second.fresh;
}

// Every target is a bound of every queue's waits, so that buckets may be summed over queues. A target that is new to
// this process lets these histograms begin again at 0, which Prometheus takes for a restart; a bound never leaves.
void Counts::meet_queues(const core::State& state) {
  std::set<double> bounds = wait_bounds_;
  for (const auto& [id, queue] : state.queues) {
    if (queue.removed || core::is_reserved(queue.settings.name)) continue;
    bounds.insert(seconds(queue.settings.first_response.threshold));
    bounds.insert(seconds(queue.settings.reply.threshold));
  }
  if (bounds != wait_bounds_) {
    wait_bounds_ = std::move(bounds);
    for (auto& [id, series] : series_) {
      HistogramFamilies& histograms = families_of(series).histograms;
      for (Histogram* histogram : series.wait) histograms.wait.Remove(histogram);
      histograms.first_response.Remove(series.first_response);
      histograms.reply.Remove(series.reply);
      histograms.abandon.Remove(series.abandon);
      add_wait_histograms(series);
    }
  }
  for (const auto& [id, queue] : state.queues) {
    if (!queue.removed) series_of(id, state);
  }
}

Counts::Series& Counts::series_of(core::QueueId queue, const core::State& state) {
  const auto found = series_.find(queue);
  if (found != series_.end()) return found->second;
  const auto queue_found = state.queues.find(queue);
  CHECK(queue_found != state.queues.end());
  Series& series = series_[queue];
  series.name = queue_found->second.settings.name;
  add_counters(series);
  add_wait_histograms(series);
  return series;
}

void Counts::add_counters(Series& s) {
  auto& [counters, histograms] = families_of(s);
  using Pairs = prometheus::Labels;
  const auto labels = [&](Pairs more) {
    more.emplace("queue", s.name);
    return more;
  };
  const auto text = [](std::string_view word_of) { return std::string(word_of); };

  for (const core::Stage stage : {core::Stage::first, core::Stage::reopen}) {
    s.contacts[at(stage)] = &counters.contacts.Add(labels({{"stage", text(word(stage))}}));
  }
  for (const Ended ended : all_ended) {
    s.ended[at(ended)] = &counters.ended.Add(labels({{"outcome", text(word(ended))}}));
  }
  for (const core::Sla sla : all_slas) {
    for (const core::Verdict verdict : all_verdicts) {
      s.verdicts[at(sla)][at(verdict)] =
          &counters.verdicts.Add(labels({{"sla", text(word(sla))}, {"verdict", text(word(verdict))}}));
    }
  }
  for (const core::OfferEnd result : offer_results) {
    s.offers[at(result)] = &counters.offers.Add(labels({{"result", text(word(result))}}));
  }
  for (const core::Author author : message_authors) {
    s.messages[at(author)] = &counters.messages.Add(labels({{"author", text(word(author).value())}}));
  }
  for (const Survey& survey : all_surveys) {
    Counter& invitations = counters.invitations.Add(labels({{"survey", text(survey.word)}}));
    if (survey.word == csat.word) s.csat_invitations = &invitations;
    for (std::size_t score = survey.lowest; score <= survey.highest; ++score) {
      Counter& responses =
          counters.survey.Add(labels({{"survey", text(survey.word)}, {"score", std::to_string(score)}}));
      if (survey.word == csat.word) s.csat[score - survey.lowest] = &responses;
    }
  }
  for (const FirstContactVerdict verdict : first_contact_verdicts) {
    s.first_contacts[at(verdict)] = &counters.first_contacts.Add(labels({{"verdict", text(word(verdict))}}));
  }
  s.transfers = &counters.transfers.Add(labels({}));
  s.requeues = &counters.requeues.Add(labels({}));
  s.unanswered_turns = &counters.unanswered_turns.Add(labels({}));
  s.reopened = &counters.reopened.Add(labels({}));
  s.offline_messages = &counters.offline_messages.Add(labels({}));
  s.handle = &histograms.handle.Add(labels({}), handles);
  s.wrapup = &histograms.wrapup.Add(labels({}), wrapups);
  s.resolution = &histograms.resolution.Add(labels({}), resolutions);
}

void Counts::add_wait_histograms(Series& s) {
  HistogramFamilies& histograms = families_of(s).histograms;
  const Histogram::BucketBoundaries bounds(wait_bounds_.begin(), wait_bounds_.end());
  for (const core::Stage stage : all_stages) {
    s.wait[at(stage)] = &histograms.wait.Add({{"queue", s.name}, {"stage", std::string(word(stage))}}, bounds);
  }
  s.first_response = &histograms.first_response.Add({{"queue", s.name}}, bounds);
  s.reply = &histograms.reply.Add({{"queue", s.name}}, bounds);
  s.abandon = &histograms.abandon.Add({{"queue", s.name}}, bounds);
}

Counts::Known& Counts::known(core::ConversationId conversation) {
  const auto found = known_.find(conversation.value());
  CHECK(found != known_.end());
  return found->second;
}

void Counts::forget_if_over(core::ConversationId conversation) {
  const auto found = known_.find(conversation.value());
  if (found != known_.end() && found->second.final && found->second.engagements == 0) known_.erase(found);
}

}  // namespace heti::monitor
