#include "service/report_counts.hpp"

#include <array>
#include <unordered_map>

#include "service/core/evolve.hpp"
#include "service/explain_json.hpp"
#include "service/explain_tail.hpp"

namespace heti::reporting {
namespace {

using archive::Sample;
using archive::SampledTalk;
using archive::SampleKind;

constexpr std::array ended_words{"answered",
                                 "abandoned_short",
                                 "abandoned_within",
                                 "abandoned_after",
                                 "missed_queue_closed",
                                 "missed_timeout",
                                 "missed_agent_closed",
                                 "missed_error",
                                 "spam"};

// Nothing for a chat that an agent began: it is no contact.
std::optional<std::string> ended_word(core::Outcome outcome, core::EndReason reason) {
  switch (outcome) {
    case core::Outcome::answered: return "answered";
    case core::Outcome::abandoned: return std::string(explaining::key_of(reason));
    case core::Outcome::missed: return "missed_" + std::string(explaining::key_of(reason));
    case core::Outcome::spam: return "spam";
    case core::Outcome::outbound: return std::nullopt;
  }
  return std::nullopt;
}

// The samples of the archive, then those of the tail, made as the archive makes them.
class Reader {
 public:
  Reader(archive::FactsReader* archive, const explaining::JournalView& journal, Instant since)
      : archive_(archive), tail_(journal, archive), since_(since) {}

  std::expected<void, std::string> read() {
    if (archive_ != nullptr) {
      auto samples = archive_->samples(since_);
      if (!samples) return std::unexpected(samples.error());
      samples_ = std::move(*samples);
      const auto shared = archive_->own_facts(core::ConversationId{});
      if (!shared) return std::unexpected(shared.error());
      for (const archive::Fact& fact : *shared) apply(fact.event);
    }
    const auto followed = tail_.each_event({}, [this](journal::Position, std::size_t, const core::Event& event) {
      if (fault_.empty()) follow(event);
    });
    if (!followed) return followed;
    if (!fault_.empty()) return std::unexpected(fault_);
    return {};
  }

  const std::vector<Sample>& samples() const { return samples_; }
  const core::State& rules() const { return rules_; }
  journal::Position reached() const { return tail_.reached(); }

 private:
  void apply(const core::Event& event) {
    if (std::holds_alternative<core::event::SettingsApplied>(event.body)) core::evolve(rules_, event);
  }

  void follow(const core::Event& event) {
    apply(event);
    const auto conversation = archive::whose(event.body);
    if (!conversation || conversation->value() == 0) return;
    auto talk = talks_.find(conversation->value());
    if (talk == talks_.end()) {
      SampledTalk known;
      if (archive_ != nullptr) {
        const auto found = archive_->sampled(*conversation);
        if (!found) {
          fault_ = found.error();
          return;
        }
        known = found->value_or(known);
      }
      talk = talks_.emplace(conversation->value(), known).first;
    }
    const archive::SamplesOfEvent taken = archive::take_samples(talk->second, event);
    for (std::size_t i = 0; i < taken.count; ++i) samples_.push_back(taken.samples[i]);
  }

  archive::FactsReader* archive_;
  explaining::Tail tail_;
  Instant since_;
  std::vector<Sample> samples_;
  core::State rules_;
  std::unordered_map<std::uint64_t, SampledTalk> talks_;
  std::string fault_;
};

void add(QueueReport& queue, const Sample& sample) {
  switch (sample.kind) {
    case SampleKind::contact:
      ++queue.contacts;
      if (sample.stage == core::Stage::reopen) ++queue.reopened;
      break;
    case SampleKind::verdict: {
      Verdicts& verdicts = sample.sla == core::Sla::first_response ? queue.first_response : queue.reply;
      switch (sample.verdict) {
        case core::Verdict::good: ++verdicts.good; break;
        case core::Verdict::bad: ++verdicts.bad; break;
        case core::Verdict::excluded: ++verdicts.excluded; break;
      }
      break;
    }
    case SampleKind::ended:
      if (const auto word = ended_word(sample.outcome, sample.reason)) ++queue.ended[*word];
      break;
    case SampleKind::handle:
    case SampleKind::wait: break;
  }
}

}  // namespace

std::optional<double> service_level(const Verdicts& verdicts) {
  const std::uint64_t judged = verdicts.good + verdicts.bad;
  if (judged == 0) return std::nullopt;
  return static_cast<double>(verdicts.good) / static_cast<double>(judged);
}

std::expected<Report, std::string> make_report(const explaining::Since& since, archive::FactsReader* archive,
                                               const explaining::JournalView& journal, Instant now) {
  Reader reader(archive, journal, explaining::earliest(since, now));
  if (auto read = reader.read(); !read) return std::unexpected(read.error());

  struct Counted {
    QueueReport report;
    bool shown = false;
  };
  std::map<core::QueueId, Counted> queues;
  for (const auto& [id, queue] : reader.rules().queues) {
    const std::string& zone = queue.settings.schedule.timezone;
    Counted counted{.report = {.queue = queue.settings.name,
                               .zone = zone,
                               .since = explaining::begin_of(since, zone, now),
                               .contacts = 0,
                               .reopened = 0,
                               .ended = {},
                               .first_response = {},
                               .reply = {}},
                    .shown = !queue.removed};
    for (const char* word : ended_words) counted.report.ended[word] = 0;
    if (!core::is_reserved(queue.settings.name)) queues.emplace(id, std::move(counted));
  }
  for (const Sample& sample : reader.samples()) {
    const auto found = queues.find(sample.queue);
    if (found == queues.end() || sample.at < found->second.report.since) continue;
    add(found->second.report, sample);
    found->second.shown = true;
  }
  std::map<std::string, QueueReport> by_name;
  for (auto& [id, counted] : queues) {
    if (counted.shown) by_name.emplace(counted.report.queue, std::move(counted.report));
  }
  Report report{.as_of = now, .tail = reader.reached(), .queues = {}};
  for (auto& [name, queue] : by_name) report.queues.push_back(std::move(queue));
  return report;
}

}  // namespace heti::reporting
