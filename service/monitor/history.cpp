#include "service/monitor/history.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <tuple>
#include <utility>
#include <variant>

#include "service/archive/facts.hpp"
#include "service/base/check.hpp"

namespace heti::monitor {
namespace {

using archive::Sample;
using archive::SampleKind;

// So many quarters are dropped together: one by one, each would move all others.
constexpr std::ptrdiff_t quarters_dropped_at_once = 96;

void count(VerdictCounts& counts, core::Verdict verdict) {
  switch (verdict) {
    case core::Verdict::good: ++counts.good; return;
    case core::Verdict::bad: ++counts.bad; return;
    case core::Verdict::excluded: ++counts.excluded; return;
  }
}

template <class Timed>
void keep_latest(std::deque<Timed>& kept, Timed fresh) {
  kept.push_back(fresh);
  if (kept.size() > handle_times_kept) kept.pop_front();
}

template <class Timed>
std::vector<Millis> values_since(const std::deque<Timed>& kept, Instant from) {
  std::vector<Millis> values;
  for (const Timed& one : kept) {
    if (one.at >= from) values.push_back(one.value);
  }
  return values;
}

}  // namespace

// ---- One queue

template <class Change>
void QueueHistory::add(Instant at, const Change& change) {
  const Instant start = core::quarter_of(at);
  auto place = std::ranges::lower_bound(quarters_, start, {}, &Quarter::start);
  if (place == quarters_.end()) {
    const auto kept = std::ranges::lower_bound(quarters_, core::quarter_of(at - history_kept), {}, &Quarter::start);
    if (kept - quarters_.begin() >= quarters_dropped_at_once) {
      dropped_ = *std::prev(kept);
      quarters_.erase(quarters_.begin(), kept);
    }
    place = quarters_.end();
  }
  if (place == quarters_.end() || place->start != start) {
    Quarter fresh = place == quarters_.begin() ? dropped_ : *std::prev(place);
    fresh.start = start;
    place = quarters_.insert(place, fresh);
  }
  std::for_each(place, quarters_.end(), change);
}

void QueueHistory::take(const Sample& sample) {
  switch (sample.kind) {
    case SampleKind::contact:
      add(sample.at, [](Quarter& sums) { ++sums.contacts; });
      arrivals_.push_back(sample.at);
      while (arrivals_.front() < sample.at - arrivals_kept) arrivals_.pop_front();
      return;
    case SampleKind::verdict: {
      add(sample.at,
          [&](Quarter& sums) { count(sums.verdicts[static_cast<std::size_t>(sample.sla)], sample.verdict); });
      if (sample.sla != core::Sla::first_response) return;
      const auto accepted = accepted_.find(sample.conversation.value());
      if (accepted == accepted_.end()) return;
      if (sample.verdict == core::Verdict::good) {
        keep_latest(typing_, {.at = sample.at, .value = std::max(Millis{0}, sample.value - accepted->second)});
      }
      accepted_.erase(accepted);
      return;
    }
    case SampleKind::handle: return keep_latest(handles_, {.at = sample.at, .value = sample.value});
    case SampleKind::wait:
      add(sample.at, [&](Quarter& sums) { sums.patience.add(sample.answered, sample.value); });
      if (sample.answered) accepted_[sample.conversation.value()] = sample.value;
      return;
    case SampleKind::ended: accepted_.erase(sample.conversation.value()); return;
  }
}

const QueueHistory::Quarter& QueueHistory::before(Instant from) const {
  const auto first = std::ranges::lower_bound(quarters_, core::quarter_of(from), {}, &Quarter::start);
  return first == quarters_.begin() ? dropped_ : *std::prev(first);
}

VerdictCounts QueueHistory::verdicts(core::Sla sla, Instant from) const {
  const VerdictCounts& all = latest().verdicts[static_cast<std::size_t>(sla)];
  const VerdictCounts& old = before(from).verdicts[static_cast<std::size_t>(sla)];
  return {.good = all.good - old.good, .bad = all.bad - old.bad, .excluded = all.excluded - old.excluded};
}

std::uint64_t QueueHistory::contacts(Instant from, Instant to) const {
  return before(to).contacts - before(from).contacts;
}

core::PatienceSamples QueueHistory::patience(Instant from) const {
  const core::PatienceSamples& all = latest().patience;
  const core::PatienceSamples& old = before(from).patience;
  return {.answered = all.answered - old.answered,
          .abandoned = all.abandoned - old.abandoned,
          .waited = all.waited - old.waited};
}

core::HandleTimes QueueHistory::handle_times(Instant from) const {
  return core::HandleTimes(values_since(handles_, core::quarter_of(from)));
}

std::optional<Millis> QueueHistory::typing_median(Instant from) const {
  std::vector<Millis> values = values_since(typing_, core::quarter_of(from));
  if (values.size() < core::wait_samples_min) return std::nullopt;
  const auto upper = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, upper);
  if (values.size() % 2 == 1) return *upper;
  return (*std::max_element(values.begin(), upper) + *upper) / 2;
}

std::vector<Instant> QueueHistory::arrivals(Instant from) const {
  std::vector<Instant> since;
  std::ranges::copy_if(arrivals_, std::back_inserter(since), [&](Instant at) { return at >= from; });
  return since;
}

const QueueHistory& History::of(core::QueueId queue) const {
  static const QueueHistory none;
  const auto found = queues_.find(queue);
  return found == queues_.end() ? none : found->second;
}

// ---- The process

struct HistoryKeeper::Inbox {
  std::atomic<bool> there{false};
  std::mutex mutex;
  std::expected<Recalled, std::string> answer;
};

HistoryKeeper::HistoryKeeper() : inbox_(std::make_shared<Inbox>()) {}

// A contact that was accepted once and waits again keeps the fact, not the instant: its requeue has told the handle
// time already.
void HistoryKeeper::begin(const core::State& recovered, Instant alive_until) {
  alive_until_ = alive_until;
  for (const auto& [id, conversation] : recovered.conversations) {
    archive::SampledTalk& talk = talks_[id.value()];
    talk.queue = conversation.queue;
    talk.visitor = conversation.visitor;
    if (!conversation.contact) continue;
    const core::Stage stay = conversation.contact->stay;
    if (stay == core::Stage::transfer || stay == core::Stage::requeue) talk.accepted = conversation.contact->t_enq;
  }
  for (const auto& [agent_id, agent] : recovered.agents) {
    for (const auto& [engagement_id, engagement] : agent.engagements) {
      const auto found = recovered.conversations.find(engagement.conversation);
      if (found == recovered.conversations.end() || engagement.ended) continue;
      talks_[engagement.conversation.value()].accepted = engagement.accepted;
    }
  }
}

void HistoryKeeper::ask(archive::Archive& archive, journal::Position until, Instant now,
                        std::function<void(std::string_view)> on_warning) {
  CHECK(archive_ == nullptr);
  archive_ = &archive;
  until_ = until;
  on_warning_ = std::move(on_warning);
  send_question(now);
}

// Added up on the archive's thread: a month of samples would hold up the line.
void HistoryKeeper::send_question(Instant now) {
  ask_again_at_.reset();
  archive_->samples(core::quarter_of(now - history_kept), until_,
                    [inbox = inbox_](std::expected<std::vector<Sample>, std::string> samples) {
                      std::expected<Recalled, std::string> answer;
                      if (samples) {
                        for (const Sample& sample : *samples) {
                          answer->history.take(sample);
                          answer->first_contacts.take(sample);
                        }
                      } else {
                        answer = std::unexpected(samples.error());
                      }
                      const std::lock_guard lock(inbox->mutex);
                      inbox->answer = std::move(answer);
                      inbox->there = true;
                    });
}

void HistoryKeeper::look(Instant now) {
  if (ask_again_at_ && now >= *ask_again_at_) send_question(now);
  if (history_) first_contacts_.advance(now);
  if (!inbox_->there) return;
  const std::lock_guard lock(inbox_->mutex);
  inbox_->there = false;
  if (!inbox_->answer) {
    if (on_warning_) on_warning_("the history of the last 28 days is not there yet: " + inbox_->answer.error());
    ask_again_at_ = now + retry_after;
    return;
  }
  Recalled recalled = std::exchange(*inbox_->answer, Recalled());
  history_ = std::move(recalled.history);
  first_contacts_ = std::move(recalled.first_contacts);
  first_contacts_.advance(alive_until_);
  std::ignore = first_contacts_.take_judged();
  for (const Sample& sample : std::exchange(waiting_, {})) take(sample);
  first_contacts_.advance(now);
}

void HistoryKeeper::take(const Sample& sample) {
  history_->take(sample);
  first_contacts_.take(sample);
}

void HistoryKeeper::on_durable(const std::vector<core::Event>& events, const core::State& state, Instant now) {
  look(now);
  for (const core::Event& event : events) {
    if (std::holds_alternative<core::event::MessagePosted>(event.body)) continue;  // most of them, and no sample
    const auto conversation = archive::whose(event.body);
    if (!conversation || *conversation == core::ConversationId{}) continue;
    auto talk = talks_.find(conversation->value());
    if (talk == talks_.end()) {
      // A wrap-up that outlived its conversation and the process before: nobody knows which queue it was.
      if (!std::holds_alternative<core::event::ConversationStarted>(event.body)) continue;
      talk = talks_.emplace(conversation->value(), archive::SampledTalk{}).first;
    }
    const archive::SamplesOfEvent found = archive::take_samples(talk->second, event);
    for (std::size_t i = 0; i < found.count; ++i) {
      history_ ? take(found.samples[i]) : waiting_.push_back(found.samples[i]);
    }
    if (std::holds_alternative<core::event::ConversationFinal>(event.body)) over_.push_back(*conversation);
  }
  if (!over_.empty()) forget_those_over(state);
}

void HistoryKeeper::forget_those_over(const core::State& state) {
  const auto in_wrapup = [&](core::ConversationId id) {
    return std::ranges::any_of(state.agents, [&](const auto& agent) {
      return std::ranges::any_of(agent.second.engagements,
                                 [&](const auto& engagement) { return engagement.second.conversation == id; });
    });
  };
  std::erase_if(over_, [&](core::ConversationId id) {
    if (in_wrapup(id)) return false;
    talks_.erase(id.value());
    return true;
  });
}

}  // namespace heti::monitor
