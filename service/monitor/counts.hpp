#pragma once
// What happened: counters and histograms that grow with durable events. They start at 0 with the process; what the
// journal replays at a start is not counted again.
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "service/core/state.hpp"
#include "service/monitor/first_contacts.hpp"
#include "service/monitor/words.hpp"

namespace heti::monitor {

class Counts {
 public:
  // `registry` must outlive the counts.
  Counts(prometheus::Registry& registry, const std::string& workspace);

  // Takes over a state whose history is not counted; again, if others were counted in between.
  void begin(const core::State& state);
  // In order. `state` has evolved past the event, perhaps further. An event of an unknown queue is a bug: CHECK.
  void count(const core::Event& event, const core::State& state);

  // Not counted if the settings did not name that queue any more when this process began.
  void count(const FirstContactJudged& judged);

  // Conversations of the queue in which nothing was said yet: the state keeps no list of them.
  std::uint64_t fresh(core::QueueId queue) const;

 private:
  using Counter = prometheus::Counter;
  using Histogram = prometheus::Histogram;

  // The label children of one queue, looked up once.
  struct Series {
    std::string name;
    std::array<Counter*, 2> contacts{};  // stage first, reopen
    std::array<Counter*, all_ended.size()> ended{};
    std::array<std::array<Counter*, all_verdicts.size()>, all_slas.size()> verdicts{};
    std::array<Counter*, offer_results.size()> offers{};
    std::array<Counter*, 6> messages{};  // index: core::Author; none for the system's notices
    std::array<Counter*, 5> csat{};
    Counter* csat_invitations = nullptr;
    std::array<Counter*, 2> first_contacts{};  // index: FirstContactVerdict
    Counter* transfers = nullptr;
    Counter* requeues = nullptr;
    Counter* unanswered_turns = nullptr;
    Counter* reopened = nullptr;
    Counter* offline_messages = nullptr;
    std::array<Histogram*, all_stages.size()> wait{};
    Histogram* first_response = nullptr;
    Histogram* reply = nullptr;
    Histogram* abandon = nullptr;
    Histogram* handle = nullptr;
    Histogram* wrapup = nullptr;
    Histogram* resolution = nullptr;
    std::uint64_t fresh = 0;
  };
  // What must be remembered of a conversation because its events do not say it.
  struct Known {
    core::QueueId queue;
    Instant accepted;               // by the agent who has it now
    std::uint32_t engagements = 0;  // accepted and not ended, wrap-ups included
    bool fresh = false;             // nothing said yet
    bool contact = false;           // it has had a demand for a human
    bool answered = false;          // by a human, in its present contact
    bool unwritten = false;         // an offline message was opened, and nothing written yet
    bool final = false;             // over, but a wrap-up still runs
  };
  struct Counting;

  void meet_queues(const core::State& state);
  Series& series_of(core::QueueId queue, const core::State& state);
  void add_counters(Series& series);
  void add_wait_histograms(Series& series);
  Known& known(core::ConversationId conversation);
  void forget_if_over(core::ConversationId conversation);

  // One family each; the registry owns them.
  struct CounterFamilies {
    prometheus::Family<Counter>&contacts, &ended, &verdicts, &offers, &messages, &survey, &invitations, &first_contacts,
        &transfers, &requeues, &unanswered_turns, &reopened, &offline_messages;
  };
  struct HistogramFamilies {
    prometheus::Family<Histogram>&wait, &first_response, &reply, &abandon, &handle, &wrapup, &resolution;
  };
  struct Families {
    Families(prometheus::Registry& registry, const std::string& workspace);
    CounterFamilies counters;
    HistogramFamilies histograms;
  };
  Families& families_of(const Series& series);

  Families shown_;
  // The service's own queues are counted where nobody looks, so that counting needs no exceptions.
  prometheus::Registry nobodys_;
  Families hidden_;

  std::set<double> wait_bounds_;
  std::map<core::QueueId, Series> series_;
  std::unordered_map<std::uint64_t, Known> known_;  // by conversation
  std::set<core::EngagementId> unplaced_;           // wrap-ups whose conversation was forgotten before this start
};

}  // namespace heti::monitor
