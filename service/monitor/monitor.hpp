#pragma once
// The monitor: Prometheus metrics as a projection of the journal. Counters and histograms are counted inline, when an
// event has become durable; gauges are computed when somebody scrapes. Everything runs on the sequencer's loop, except
// observe_append().
#include <map>
#include <optional>
#include <string>

#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "service/core/state.hpp"
#include "service/gateway/metrics.hpp"
#include "service/journal/journal.hpp"
#include "service/monitor/counts.hpp"
#include "service/monitor/process.hpp"
#include "service/sequencer/journal_clock.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::monitor {

struct Options {
  std::string workspace = "default";
  std::string version;  // of the program, for heti_build_info
};

// What else is read at a scrape. All of it must outlive the monitor.
struct Sources {
  const journal::Journal& journal;
  const sequencer::JournalClock& clock;
  const gateway::GatewayMetrics& gateway;
};

class Monitor : public sequencer::Projection {
 public:
  explicit Monitor(const Options& options);

  // Once, before the first batch: `recovered` is the fold of the journal as it was found. Its history is not counted;
  // the outage since the journal was last alive is, because no process before has.
  void begin(const Sources& sources, const core::State& recovered);

  // Whose refused commands are shown; it must outlive the monitor. Without one there are none to show.
  void watch(const sequencer::Sequencer& sequencer) { sequencer_ = &sequencer; }

  // The settings file was read, at the start or again, and taken or refused.
  void config_read(bool taken, Instant now);

  void on_durable(const sequencer::Durable& batch) override;

  // The text of /metrics. `state` may run ahead of the counters by a batch that is not durable yet. `now` is journal
  // time. Asks nothing of the sequencer, so that a journal in trouble can be seen.
  std::string scrape(const core::State& state, Instant now) const;

  // Write and sync of one durable batch, in seconds. Any thread, also before begin(): the journal's on_append.
  void observe_append(double seconds);

 private:
  const std::string workspace_;
  const std::string version_;
  prometheus::Registry registry_;
  prometheus::Histogram& append_seconds_;
  Counts counts_;
  Process process_;
  std::optional<Sources> sources_;  // from begin()
  const sequencer::Sequencer* sequencer_ = nullptr;
  bool config_good_ = true;
  Instant config_taken_at_{};
  std::map<core::QueueId, core::StaffingTotals> totals_at_start_;
};

}  // namespace heti::monitor
