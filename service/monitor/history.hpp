#pragma once
// What the last four weeks brought to each queue: verdicts, contacts and patience by quarter of an hour (UTC), and the
// latest handle times; and whether who was answered came back. Made of samples alone, so what the archive tells after a
// start and what durable events bring from then on add up to the same figures as a process that never ended.
#include <array>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "service/archive/archive.hpp"
#include "service/archive/samples.hpp"
#include "service/core/estimates.hpp"
#include "service/core/staffing_marks.hpp"
#include "service/core/state.hpp"
#include "service/journal/journal.hpp"
#include "service/monitor/first_contacts.hpp"

namespace heti::monitor {

// The period that budgets, patience and handle times are about; it begins at a whole quarter of an hour.
inline constexpr Millis four_weeks = std::chrono::days{28};
// An hour more: where summer time has ended in between, the same hour of the day lies further back.
inline constexpr Millis history_kept = four_weeks + std::chrono::hours{1};
// Older ones say less about the next than these do.
inline constexpr std::size_t handle_times_kept = 500;
// Arrivals that still count in the present rate: after 20 times its memory one weighs 2e-9.
inline constexpr Millis arrivals_kept = 20 * core::arrival_memory;

struct VerdictCounts {
  std::uint32_t good = 0;
  std::uint32_t bad = 0;
  std::uint32_t excluded = 0;
  std::uint32_t judged() const { return good + bad; }
  friend bool operator==(const VerdictCounts&, const VerdictCounts&) = default;
};

class QueueHistory {
 public:
  // In order of time; one that is up to an hour late is taken, too.
  void take(const archive::Sample& sample);

  // From the quarter of `from` on.
  VerdictCounts verdicts(core::Sla sla, Instant from) const;
  std::uint64_t contacts(Instant from, Instant to) const;  // whole quarters, `to` exclusive
  core::PatienceSamples patience(Instant from) const;

  // The last handle_times_kept since `from`, wrap-up included.
  core::HandleTimes handle_times(Instant from) const;
  // The median business time from the first accept to the first answer, of as many contacts at most. Those answered in
  // time are looked at: the verdict of the others is older than their answer. Nothing with fewer than wait_samples_min.
  std::optional<Millis> typing_median(Instant from) const;
  // Contacts since `from`, oldest first; they reach back arrivals_kept.
  std::vector<Instant> arrivals(Instant from) const;

  friend bool operator==(const QueueHistory&, const QueueHistory&) = default;

 private:
  // Sums since the first sample up to the end of that quarter: so a period is one difference, however long it is.
  struct Quarter {
    Instant start;
    std::array<VerdictCounts, 2> verdicts{};  // by Sla
    std::uint64_t contacts = 0;
    core::PatienceSamples patience;
    friend bool operator==(const Quarter&, const Quarter&) = default;
  };
  struct Timed {
    Instant at;
    Millis value{};
    friend bool operator==(const Timed&, const Timed&) = default;
  };
  // Applies `change` to the sums of the quarter of `at` and of those after it.
  template <class Change>
  void add(Instant at, const Change& change);
  // The sums before the quarter of `from` began.
  const Quarter& before(Instant from) const;
  const Quarter& latest() const { return quarters_.empty() ? dropped_ : quarters_.back(); }

  std::vector<Quarter> quarters_;  // those in which something was, oldest first
  Quarter dropped_;                // the sums of what was forgotten
  std::deque<Instant> arrivals_;
  std::deque<Timed> handles_;
  std::deque<Timed> typing_;
  std::unordered_map<std::uint64_t, Millis> accepted_;  // conversation -> waited; until its first response is judged
};

// By the conversation's own queue.
class History {
 public:
  void take(const archive::Sample& sample) { queues_[sample.queue].take(sample); }
  // One without a sample has an empty history.
  const QueueHistory& of(core::QueueId queue) const;

  friend bool operator==(const History&, const History&) = default;

 private:
  std::map<core::QueueId, QueueHistory> queues_;
};

// Keeps the history of one process. On the sequencer's loop only; the archive answers on its own thread, into an inbox
// that outlives both.
class HistoryKeeper {
 public:
  HistoryKeeper();

  // Once, before the first batch. What happened up to `alive_until` was counted by the processes before.
  void begin(const core::State& recovered, Instant alive_until);
  // Asks for what was until `until`, the position of the recovered state; `now` is journal time. What cannot be read is
  // asked again after retry_after of journal time, as long as `archive` lives and look() is called; `on_warning` says
  // why. The archive must outlive the keeper's use.
  void ask(archive::Archive& archive, journal::Position until, Instant now,
           std::function<void(std::string_view sentence)> on_warning);
  void on_durable(const std::vector<core::Event>& events, const core::State& state, Instant now);
  // Takes in the archive's answer if it has come.
  void look(Instant now);

  // Nothing until the archive has answered: then no figure that depends on it is known.
  const History* history() const { return history_ ? &*history_ : nullptr; }

  // First contacts that this process has judged since this was called last; none before the archive has answered.
  [[nodiscard]] std::vector<FirstContactJudged> take_judged() { return first_contacts_.take_judged(); }

  static constexpr Millis retry_after = std::chrono::seconds{10};

 private:
  struct Inbox;
  struct Recalled {  // from the archive
    History history;
    FirstContacts first_contacts;
  };

  void take(const archive::Sample& sample);
  void send_question(Instant now);
  void forget_those_over(const core::State& state);

  const std::shared_ptr<Inbox> inbox_;
  archive::Archive* archive_ = nullptr;
  journal::Position until_{};
  std::function<void(std::string_view)> on_warning_;
  std::optional<Instant> ask_again_at_;

  Instant alive_until_;
  std::optional<History> history_;
  FirstContacts first_contacts_;
  std::vector<archive::Sample> waiting_;  // taken once history_ is there
  std::unordered_map<std::uint64_t, archive::SampledTalk> talks_;
  std::vector<core::ConversationId> over_;  // final, perhaps with a wrap-up that still runs
};

}  // namespace heti::monitor
