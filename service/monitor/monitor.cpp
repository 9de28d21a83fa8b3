#include "service/monitor/monitor.hpp"

#include <vector>

#include "service/base/check.hpp"
#include "service/core/decide.hpp"
#include "service/core/staffing.hpp"
#include "service/core/stored_event.hpp"
#include "service/monitor/catalogue.hpp"
#include "service/monitor/gateway_counts.hpp"
#include "service/monitor/gauges.hpp"
#include "service/monitor/sheet.hpp"
#include "service/monitor/staffed.hpp"
#include "service/monitor/text.hpp"

namespace heti::monitor {
Monitor::Monitor(const Options& options)
    : workspace_(options.workspace),
      version_(options.version),
      health_(registry_),
      counts_(registry_, workspace_),
      local_midnight_(options.local_midnight) {}

// The process before has shown the integrals up to its last scrape, so they begin where it was last alive; the state
// itself may have last added them up long before.
void Monitor::begin(const Sources& sources, const core::State& recovered) {
  CHECK(!sources_);
  sources_.emplace(sources);
  counts_.begin(recovered);
  const Instant alive_until = sources.journal.alive_until();
  history_.begin(recovered, alive_until);
  beginning_ = beginning_at(recovered, alive_until);
}

Monitor::Beginning Monitor::beginning_at(const core::State& state, Instant at) {
  Beginning beginning{.totals = {}, .presence = presence_of(state, at)};
  for (const auto& [id, queue] : state.queues) beginning.totals[id] = core::totals_at(queue, at);
  return beginning;
}

void Monitor::follow(const core::State& recovered) {
  unseen_ = std::make_unique<Unseen>(workspace_);
  unseen_->counts.begin(recovered);
}

// As begin(): nobody has counted the outage between two owners yet.
void Monitor::lead(const core::State& state, Instant alive_until) {
  unseen_.reset();
  counts_.begin(state);
  beginning_ = beginning_at(state, alive_until);
}

void Monitor::on_durable(const sequencer::Durable& batch) {
  CHECK(sources_);
  for (const core::Event& event : batch.events) counts().count(event, batch.state);
  history_.on_durable(batch.events, batch.state, batch.now);
  count_first_contacts();
}

void Monitor::look(Instant now) {
  history_.look(now);
  count_first_contacts();
}

void Monitor::count_first_contacts() {
  for (const FirstContactJudged& judged : history_.take_judged()) counts().count(judged);
}

void Monitor::recall(archive::Archive& archive, journal::Position until, Instant now,
                     std::function<void(std::string_view)> on_warning) {
  history_.ask(archive, until, now, std::move(on_warning));
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

std::unique_ptr<Scrape> Monitor::begin_scrape(const core::State& state, Instant now) const {
  CHECK(sources_);
  return std::make_unique<Scrape>(ScrapeInputs{
      .state = state,
      .now = now,
      .history = history_.history(),
      .local_midnight = local_midnight_,
      .workspace = workspace_,
      .fresh = [this](core::QueueId queue) { return counts().fresh(queue); },
      .take_moment = [this, &state, now](Sheet& sheet) { write_moment(sheet, state, now); },
      .counted = [this] { return registry_.Collect(); },
      .process = [this] { return process_.Collect(); },
  });
}

std::string Monitor::scrape(const core::State& state, Instant now) const {
  const auto scrape = begin_scrape(state, now);
  while (scrape->step()) {
  }
  return scrape->take();
}

void Monitor::write_moment(Sheet& sheet, const core::State& state, Instant now) const {
  const WallTime wall{.journal_now = now,
                      .wall_now = std::chrono::floor<Millis>(std::chrono::system_clock::now()),
                      .speed = sources_->clock.speed()};
  const Beginning beginning = unseen_ ? beginning_at(state, now) : beginning_;
  write_gauges(
      sheet, {.state = state, .now = now, .wall = wall, .workspace = workspace_, .totals_at_start = beginning.totals});
  write_staffed(sheet, state, now, local_midnight_, workspace_);
  write_presence(sheet, state, now, beginning.presence, workspace_);
  write_gateway(sheet, sources_->gateway);
  const journal::Stats journal = sources_->journal.stats();
  sheet.counter(catalogue::journal_errors, {}, static_cast<double>(journal.append_errors));
  sheet.counter(catalogue::snapshots_rejected, {}, static_cast<double>(journal.snapshots_rejected));
  sheet.gauge(catalogue::journal_bytes, {}, static_cast<double>(journal.bytes));
  sheet.gauge(catalogue::journal_synced, {}, journal.synced ? 1 : 0);
  sheet.counter(catalogue::journal_lost, {}, static_cast<double>(journal.lost));
  sheet.counter(catalogue::journal_healed, {}, static_cast<double>(journal.healed));
  sheet.counter(catalogue::commands_undecidable, {}, static_cast<double>(undecidable_));
  sheet.gauge(catalogue::feature_level, {},
              static_cast<double>(std::max(state.feature_level, core::first_feature_level)));
  sheet.counter(catalogue::clock_steps, {}, static_cast<double>(sources_->clock.steps()));
  sheet.gauge(catalogue::clock_off, {}, sources_->clock.stepped() ? 1 : 0);
  const Labels workspace{label("workspace", workspace_)};
  const NodeFigures node = nodes_ ? nodes_() : NodeFigures{};
  sheet.gauge(catalogue::node_leads, workspace, node.leads ? 1 : 0);
  sheet.gauge(catalogue::nodes_seen, workspace, static_cast<double>(node.nodes));
  sheet.counter(catalogue::nodes_lost, workspace, static_cast<double>(node.lost));
  sheet.counter(catalogue::node_took_over, workspace, static_cast<double>(node.took_over));
  sheet.gauge(catalogue::node_behind, workspace, static_cast<double>(node.behind_batches));
  sheet.gauge(catalogue::node_cut_off, workspace, node.cut_off_seconds);
  sheet.gauge(catalogue::node_pending, workspace, static_cast<double>(node.pending_commands));
  sheet.gauge(catalogue::node_other_rules, workspace, static_cast<double>(node.other_rules));
  sheet.counter(catalogue::node_state_mismatches, workspace, static_cast<double>(node.state_mismatches));
  sheet.gauge(catalogue::config_successful, {}, config_good_ ? 1 : 0);
  sheet.gauge(catalogue::config_success_time, {},
              config_taken_at_ == Instant{} ? 0 : unix_seconds(wall.shows(config_taken_at_)));
  write_refusals(sheet, sequencer_ != nullptr ? sequencer_->refusals() : sequencer::Sequencer::Refusals{});
  if (probe_) probe_->write(sheet, wall);
  sheet.gauge(catalogue::build_info, {label("version", version_)}, 1);
}

void Monitor::config_read(bool taken, Instant now) {
  config_good_ = taken;
  if (taken) config_taken_at_ = now;
}

std::vector<std::string> Monitor::observe_lag(double seconds, const core::State& state, Instant now) {
  health_.observe_lag(seconds);
  return health_.look(state, core::next_deadline(state) > now);
}

}  // namespace heti::monitor
