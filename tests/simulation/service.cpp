// The service under test: how it starts and ends, what is asked after each of its batches, and what is done to it.
#include "service/core/decide.hpp"
#include "service/core/invariants.hpp"
#include "tests/simulation/people.hpp"
#include "tests/simulation/words.hpp"
#include "tests/simulation/world.hpp"

namespace heti::simulation {
namespace {

constexpr Millis start_again_after{1000};
// Whose event it is, for people who read along.
std::string whom_it_concerns(const core::EventBody& body) {
  return std::visit(
      [](const auto& e) {
        std::string whom;
        if constexpr (requires { e.conversation.value(); }) whom += numbered(" C", e.conversation.value());
        if constexpr (
            requires { e.queue.value(); } && !requires { e.queue.has_value(); }) {
          whom += numbered(" Q", e.queue.value());
        }
        if constexpr (
            requires { e.agent.value(); } && !requires { e.agent.has_value(); }) {
          whom += numbered(" A", e.agent.value());
        }
        return whom;
      },
      body);
}

constexpr std::uint32_t failed_starts_max = 8;  // The orders to the disk are taken back after the third.

}  // namespace

void World::boot() {
  boot_at_.reset();
  if (recovery_fails_at_ > 0) {
    storage_->crash_at(static_cast<std::uint64_t>(std::exchange(recovery_fails_at_, 0)));
  }
  const auto result =
      machine_.boot([this](const auto& journal, const auto& recovered) { return on_recovered(journal, recovered); });
  for (const std::string& complaint : result.complaints) violation(complaint);
  if (!result.started) {
    ++tally_.failed_starts;
    say("start failed: " + result.error);
    if (!storage_->powered()) {
      machine_.power_lost();
    } else if (++boots_failed_ == 3) {
      storage_->heal();
    } else if (boots_failed_ > failed_starts_max) {
      return violation("start: " + result.error);
    }
    boot_at_ = machine_.now() + start_again_after;
    return;
  }
  boots_failed_ = 0;
  ++tally_.restarts;
  if (result.from_snapshot) ++tally_.restarts_from_snapshot;
  set_up_workspace();
  if (people_) people_->service_started();
}

std::string World::on_recovered(const journal::Journal& journal, const core::State& recovered) {
  const auto beyond = ledger_.catch_up(journal, machine_.offered());
  if (!beyond) return beyond.error();
  for (std::string& complaint : ledger_.take_complaints()) violation(std::move(complaint));
  if (!beyond->empty()) {
    ++tally_.in_doubt;
    see(*beyond, ledger_.state(), false);
  }
  mirror_.process_died();
  if (core::state_bytes(recovered) != core::state_bytes(ledger_.state())) {
    violation("invariant 12: the state after a restart is not the fold of what is durable");
  }
  if (core::next_deadline(recovered) != core::next_deadline(ledger_.state())) {
    violation("invariant 12: after a restart another thing is due next");
  }
  return "";
}

void World::set_up_workspace() {
  if (mirror_.settings_version() == 0) {
    submit(core::command::ApplySettings{.settings = setup_.settings, .replaces_version = 0}, {}, nullptr, true);
  }
  for (std::uint32_t i = 1; i <= setup_.settings.queues.size(); ++i) {
    if (mirror_.hours(i) == nullptr) set_calendar(i, setup_.settings.queues[i - 1].schedule);
  }
}

void World::on_durable(const journal::Batch& offered, const sequencer::Durable& batch) {
  ledger_.add(offered, batch.events);
  for (std::string& complaint : ledger_.take_complaints()) violation(std::move(complaint));
  see(batch.events, ledger_.state(), true);
  const bool small = script_.shape == Shape::small;
  const std::uint64_t every = small ? 1 : 2000;
  if (tally_.batches % every == 0) {
    for (const std::string& broken : core::broken_invariants(batch.state, true)) violation("invariant " + broken);
  }
  if (tally_.batches % (small ? 50 : 5000) == 0 &&
      core::state_bytes(batch.state) != core::state_bytes(ledger_.state())) {
    violation("invariant 12: the live state is not the fold of what is durable");
  }
}

void World::see(const std::vector<core::Event>& events, const core::State& state, bool told) {
  ++tally_.batches;
  tally_.events += events.size();
  mirror_.see(events, state, told);
  for (const std::string& broken : watch_.after(state, events)) violation("invariant " + broken);
  for (std::string& complaint : mirror_.take_complaints()) violation(std::move(complaint));
  for (const core::Event& event : events) {
    if (options_.verbose) {
      say(numbered("  ", (event.at - setup_.start).count()) + "ms " + std::string(core::name_of(event.body)) +
          whom_it_concerns(event.body));
    }
    if (people_) people_->see(event);
  }
}

// Every connection ends with the process; nobody is told.
void World::process_ended(Millis down) {
  for (auto& [number, visitor] : visitors_) {
    visitor.loses_answer = false;
    for (auto& [name, tab] : visitor.tabs) {
      tab.connection.reset();
      for (auto& [conversation, outbox] : tab.outboxes) outbox.service_gone();
    }
  }
  for (auto& [number, console] : consoles_) {
    console.loses_answer = false;
    for (auto& [name, connection] : console.connections) connection.reset();
    for (auto& [conversation, outbox] : console.outboxes) outbox.service_gone();
  }
  boot_at_ = machine_.now() + down;
}

void World::run_machine() {
  const bool was_up = machine_.up();
  machine_.run();
  if (was_up && !storage_->powered()) {
    machine_.power_lost();
    process_ended(down_for_);
  } else if (was_up && !machine_.up()) {
    process_ended(down_for_);
  } else if (machine_.up() && machine_.fenced()) {
    violation("journal: fenced, though nobody else writes");
    machine_.kill();
    process_ended(down_for_);
  }
  check_answers();
}

void World::fault(const Action& action) {
  const Millis down{std::max<std::int64_t>(action.b, 1)};
  switch (action.verb) {
    case Verb::power_fails:
      down_for_ = down;
      if (machine_.up()) storage_->crash_at(static_cast<std::uint64_t>(action.a));
      return;
    case Verb::recovery_fails:
      down_for_ = down;
      recovery_fails_at_ = action.a;
      return;
    case Verb::disk_fails:
      storage_->fail_next(static_cast<std::uint64_t>(action.a), static_cast<std::uint64_t>(action.b));
      return;
    case Verb::killed:
      down_for_ = down;
      if (!machine_.up() || !storage_->powered()) return;
      machine_.kill();
      return process_ended(down);
    case Verb::stopped:
      down_for_ = down;
      if (machine_.up() && !machine_.stopping()) machine_.stop();
      return;
    case Verb::clock_steps: machine_.step_wall(Millis{action.b}); return;
    case Verb::clock_drifts: machine_.drift_wall(action.b); return;
    case Verb::snapshot_damaged: storage_->damage_newest_snapshot(false); return;
    case Verb::snapshot_missing: storage_->damage_newest_snapshot(true); return;
    case Verb::everybody_dropped: drop_everybody(); return;
    default: return;
  }
}

}  // namespace heti::simulation
