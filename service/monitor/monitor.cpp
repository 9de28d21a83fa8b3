#include "service/monitor/monitor.hpp"

#include <iterator>
#include <sstream>
#include <vector>

#include <prometheus/text_serializer.h>

#include "service/base/check.hpp"
#include "service/core/staffing.hpp"
#include "service/monitor/catalogue.hpp"
#include "service/monitor/gateway_counts.hpp"
#include "service/monitor/gauges.hpp"
#include "service/monitor/sheet.hpp"

namespace heti::monitor {
namespace {

prometheus::Histogram& append_histogram(prometheus::Registry& registry) {
  const prometheus::Histogram::BucketBoundaries bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                       0.01,   0.025,   0.05,   0.1,   0.25,   1};
  return prometheus::BuildHistogram()
      .Name(std::string(catalogue::journal_append.name))
      .Help(std::string(catalogue::journal_append.help))
      .Register(registry)
      .Add({}, bounds);
}

void append(std::vector<prometheus::MetricFamily>& all, std::vector<prometheus::MetricFamily> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Monitor::Monitor(const Options& options)
    : workspace_(options.workspace),
      version_(options.version),
      append_seconds_(append_histogram(registry_)),
      counts_(registry_, workspace_) {}

// The process before has shown the integrals up to its last scrape, so they begin where it was last alive; the state
// itself may have last added them up long before.
void Monitor::begin(const Sources& sources, const core::State& recovered) {
  CHECK(!sources_);
  sources_.emplace(sources);
  counts_.begin(recovered);
  const Instant alive_until = sources.journal.alive_until();
  for (const auto& [id, queue] : recovered.queues) {
    totals_at_start_[id] = core::totals_at(queue, alive_until);
  }
}

void Monitor::on_durable(const sequencer::Durable& batch) {
  CHECK(sources_);
  for (const core::Event& event : batch.events) counts_.count(event, batch.state);
}

namespace {

// Every pair of command and reason is there from the start, or its first increase would not be seen.
void write_refusals(Sheet& sheet, const sequencer::Sequencer::Refusals& refusals) {
  for (std::size_t command = 0; command < refusals.size(); ++command) {
    for (std::size_t reason = 1; reason < refusals[command].size(); ++reason) {
      sheet.counter(catalogue::commands_refused,
                    {label("command", core::name_of_command(command)),
                     label("reason", core::name_of(static_cast<core::Refusal>(reason)))},
                    static_cast<double>(refusals[command][reason]));
    }
  }
}

}  // namespace

std::string Monitor::scrape(const core::State& state, Instant now) const {
  CHECK(sources_);
  Sheet sheet;
  write_gauges(sheet, {.state = state,
                       .now = now,
                       .workspace = workspace_,
                       .totals_at_start = totals_at_start_,
                       .fresh = [this](core::QueueId queue) { return counts_.fresh(queue); }});
  write_gateway(sheet, sources_->gateway);
  const journal::Stats journal = sources_->journal.stats();
  sheet.counter(catalogue::journal_errors, {}, static_cast<double>(journal.append_errors));
  sheet.gauge(catalogue::journal_bytes, {}, static_cast<double>(journal.bytes));
  sheet.counter(catalogue::clock_steps, {}, static_cast<double>(sources_->clock.steps()));
  sheet.gauge(catalogue::config_successful, {}, config_good_ ? 1 : 0);
  sheet.gauge(catalogue::config_success_time, {}, static_cast<double>(to_ms(config_taken_at_)) / 1000);
  if (sequencer_ != nullptr) write_refusals(sheet, sequencer_->refusals());
  sheet.gauge(catalogue::build_info, {label("version", version_)}, 1);

  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  append(families, sheet.take());
  append(families, process_.Collect());
  std::ostringstream text;
  prometheus::TextSerializer{}.Serialize(text, families);
  return std::move(text).str();
}

void Monitor::config_read(bool taken, Instant now) {
  config_good_ = taken;
  if (taken) config_taken_at_ = now;
}

void Monitor::observe_append(double seconds) { append_seconds_.Observe(seconds); }

}  // namespace heti::monitor
