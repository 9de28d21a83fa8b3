#pragma once
// The monitor: Prometheus metrics as a projection of the journal. Counters and histograms are counted inline, when an
// event has become durable; gauges are computed when somebody scrapes. Everything runs on the sequencer's loop, except
// observe_append().
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <prometheus/registry.h>

#include "service/core/state.hpp"
#include "service/gateway/metrics.hpp"
#include "service/journal/journal.hpp"
#include "service/monitor/counts.hpp"
#include "service/monitor/forecast.hpp"
#include "service/monitor/health.hpp"
#include "service/monitor/history.hpp"
#include "service/monitor/presence.hpp"
#include "service/monitor/probe_counts.hpp"
#include "service/monitor/process.hpp"
#include "service/monitor/scrape.hpp"
#include "service/sequencer/journal_clock.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::monitor {

struct Options {
  std::string workspace = "default";
  std::string version;  // of the program, for heti_build_info
  // For what is counted by days of a queue's own zone.
  LocalMidnight local_midnight{};
};

// What else is read at a scrape. All of it must outlive the monitor.
struct Sources {
  const journal::Journal& journal;
  const sequencer::JournalClock& clock;
  const gateway::GatewayMetrics& gateway;
};

// This node among those of its workspace. Alone it leads, and is all there is.
struct NodeFigures {
  bool leads = true;
  std::uint64_t nodes = 1;
  std::uint64_t lost = 0;
  std::uint64_t took_over = 0;
  std::uint64_t behind_batches = 0;
  double cut_off_seconds = 0;
  std::uint64_t pending_commands = 0;
  std::uint64_t other_rules = 0;
  std::uint64_t state_mismatches = 0;
};

class Monitor : public sequencer::Projection {
 public:
  explicit Monitor(const Options& options);

  // Once, before the first batch: `recovered` is the fold of the journal as it was found. Its history is not counted;
  // the outage since the journal was last alive is, because no process before has.
  void begin(const Sources& sources, const core::State& recovered);

  // After begin(), where several nodes share a journal: another one leads. What happens is counted there, so that a sum
  // over all nodes is right; gauges are shown here, too. lead(): from here on this node does.
  void follow(const core::State& recovered);
  void lead(const core::State& state, Instant alive_until);

  // Once, after begin(): asks the archive for the history of the last 28 days up to `until`, the position of the
  // recovered state. Until it has answered, what depends on that history is absent. The archive must outlive the
  // monitor's use; `on_warning` is told why an answer is late.
  void recall(archive::Archive& archive, journal::Position until, Instant now,
              std::function<void(std::string_view sentence)> on_warning);
  // Takes in what has come since: before a scrape. Durable events do so, too.
  void look(Instant now);

  // Null until the archive has answered.
  const History* history() const { return history_.history(); }

  // Whose refused commands are shown; it must outlive the monitor. Without one none were refused.
  void watch(const sequencer::Sequencer& sequencer) { sequencer_ = &sequencer; }

  // Asked at each scrape, on the loop.
  void watch_nodes(std::function<NodeFigures()> figures) { nodes_ = std::move(figures); }

  // Begins to show what becomes of the probe's chats, which is then told to probe(). `steps`: what can fail.
  void expect_probe(std::span<const std::string_view> steps) { probe_.emplace(registry_, steps); }
  ProbeCounts& probe() { return *probe_; }

  // The settings file was read, at the start or again, and taken or refused.
  void config_read(bool taken, Instant now);

  void on_durable(const sequencer::Durable& batch) override;

  // The text of /metrics, in slices. `state` may run ahead of the counters by a batch that is not durable yet. `now` is
  // journal time. Asks nothing of the sequencer, so that a journal in trouble can be seen. The state and the monitor
  // must outlive the scrape.
  std::unique_ptr<Scrape> begin_scrape(const core::State& state, Instant now) const;
  // The same at once.
  std::string scrape(const core::State& state, Instant now) const;

  // Write and sync of one durable batch, in seconds. Any thread, also before begin(): the journal's on_append.
  void observe_append(double seconds) { health_.observe_append(seconds); }
  // Time to decide one command: the sequencer's on_step.
  void observe_step(double seconds) { health_.observe_step(seconds); }
  void count_undecidable() { ++undecidable_; }
  // Each 250 ms, with the seconds that it came late. Looks at the next part of the state, which costs some 90
  // microseconds, and gives the sentences of what is broken in it and was not said before.
  std::vector<std::string> observe_lag(double seconds, const core::State& state, Instant now);

 private:
  Counts& counts() { return unseen_ ? unseen_->counts : counts_; }
  const Counts& counts() const { return unseen_ ? unseen_->counts : counts_; }
  void count_first_contacts();
  void write_moment(Sheet& sheet, const core::State& state, Instant now) const;

  const std::string workspace_;
  const std::string version_;
  prometheus::Registry registry_;
  Health health_;
  Counts counts_;
  // While another node leads: counts where nobody looks, because some gauges are found by counting.
  struct Unseen {
    explicit Unseen(const std::string& workspace) : counts(registry, workspace) {}
    prometheus::Registry registry;
    Counts counts;
  };
  std::unique_ptr<Unseen> unseen_;
  HistoryKeeper history_;
  const LocalMidnight local_midnight_;
  Process process_;
  std::function<NodeFigures()> nodes_;
  std::uint64_t undecidable_ = 0;
  std::optional<ProbeCounts> probe_;  // from expect_probe()
  std::optional<Sources> sources_;    // from begin()
  const sequencer::Sequencer* sequencer_ = nullptr;
  bool config_good_ = true;
  Instant config_taken_at_{};
  // Where the integrals that are shown as counters begin.
  struct Beginning {
    std::map<core::QueueId, core::StaffingTotals> totals;
    PresenceAtStart presence;
  };
  static Beginning beginning_at(const core::State& state, Instant at);
  Beginning beginning_;
};

}  // namespace heti::monitor
