#include "tests/simulation/world.hpp"

#include <algorithm>
#include <cstdio>

#include "service/core/decide.hpp"
#include "service/core/staffing.hpp"
#include "service/sequencer/recovery.hpp"
#include "tests/simulation/compare.hpp"
#include "tests/simulation/people.hpp"
#include "tests/simulation/words.hpp"

namespace heti::simulation {
namespace {

using namespace std::chrono_literals;

constexpr Millis drain_length = 48h;
constexpr std::size_t violations_max = 12;

std::unique_ptr<Storage> make_storage(const Script& script, const WorldOptions& options, bool memory) {
  const std::uint64_t seed = script.seed ^ 0x5deece66dull;
  if (memory) return memory_storage(seed);
  return sqlite_storage(options.directory, seed, script.shape == Shape::day);
}

}  // namespace

World::World(Script script, WorldOptions options)
    : script_(std::move(script)),
      options_(std::move(options)),
      setup_(setup_of(script_.seed, script_.shape)),
      storage_(make_storage(script_, options_, options_.memory || setup_.memory)),
      machine_(setup_, *storage_, [this](const auto& offered, const auto& batch) { on_durable(offered, batch); }) {
  tally_.seeds = 1;
}

World::~World() = default;

Outcome World::run_people() {
  people_ = std::make_unique<People>(*this, script_.seed);
  return run([this] { return people_->next(); },
             [this] {
               while (auto action = people_->act()) {
                 action->at = machine_.now();
                 carry_out(*action);
               }
             });
}

Outcome World::run_script() {
  const std::vector<Action> actions = script_.actions;
  std::size_t next = 0;
  return run([&]() { return next < actions.size() ? std::optional{actions[next].at} : std::nullopt; },
             [&] {
               while (next < actions.size() && actions[next].at <= machine_.now()) carry_out(actions[next++]);
             });
}

Outcome World::run(const std::function<std::optional<Millis>()>& next, const std::function<void()>& wake) {
  boot_at_ = Millis{0};
  describe();
  while (violations_.empty()) {
    Millis at = setup_.length;
    for (const auto& candidate : {boot_at_, machine_.next_wake(), next()}) {
      if (candidate) at = std::min(at, *candidate);
    }
    at = std::max(at, machine_.now());
    if (at >= setup_.length) break;
    machine_.advance(at);
    if (setup_.timer_first) run_machine();
    if (boot_at_ && *boot_at_ <= at) boot();
    wake();
    run_machine();
  }
  tally_.visitors = visitors_.size();
  tally_.simulated_ms = static_cast<std::uint64_t>(machine_.now().count());
  if (violations_.empty()) finish();
  const Storage::Counts disk = storage_->counts();
  tally_.disk_errors = disk.errors;
  tally_.power_cuts = disk.power_cuts;
  tally_.torn_writes = disk.torn_writes;
  tally_.lost_writes = disk.lost_writes;
  tally_.violations = violations_.size();
  for (std::size_t i = 0; i < mirror_.counts().size(); ++i) tally_.events_by_type[i] = mirror_.counts()[i];
  return {.script = {.seed = script_.seed, .shape = script_.shape, .actions = std::move(done_)},
          .violations = std::move(violations_),
          .tally = tally_};
}

// What a reader of a script must know of its world.
void World::describe() const {
  if (!options_.verbose) return;
  say(numbered("the wall clock begins at ", to_ms(setup_.start)) +
      numbered(", appends take ", setup_.append_takes.count()) + " ms");
  for (const core::QueueSettings& q : setup_.settings.queues) {
    const auto ms = [](const char* name, Millis value) { return numbered(name, value.count()); };
    say(joined("queue ", q.name) + numbered(": mode ", static_cast<int>(q.mode)) +
        numbered(", after hours ", static_cast<int>(q.after_hours)) + numbered(", at least ", q.min_agents) +
        ms(", first response ", q.first_response.threshold) + ms(", reply ", q.reply.threshold) +
        ms(", short ", q.short_abandon) + ms(", grace ", q.visitor_grace) + ms(", idle ", q.idle_close) +
        ms(", agent grace ", q.agent_grace) + ms(", offer ", q.offer_timeout) + ms(", bar ", q.bar) +
        ms(", reoffer ", q.reoffer) + ms(", wrapup ", q.wrapup) + ms(", reopen ", q.reopen_window) +
        ms(", closing ", q.closing) + joined(", overflow ", q.overflow) + ms(" after ", q.overflow_after) +
        ms(", hold ", q.sticky_hold) + ms(", max wait ", q.max_wait));
  }
  for (const core::AgentSettings& a : setup_.settings.agents) {
    std::string line = joined("agent ", a.name) + numbered(": capacity ", a.capacity);
    for (const std::string& queue : a.queues) line += joined(" ", queue);
    for (const std::string& skill : a.skills) line += joined(" +", skill);
    say(line);
  }
}

void World::carry_out(const Action& action) {
  done_.push_back(action);
  ++tally_.actions[static_cast<std::size_t>(action.verb)];
  if (options_.verbose) say(to_text(action));
  if (options_.log >= 0) ::dprintf(options_.log, " | %s", to_text(action).c_str());
  if (action.verb >= Verb::power_fails && action.verb <= Verb::everybody_dropped) return fault(action);
  if (action.verb >= Verb::settings_change && action.verb <= Verb::snapshot) return operate(action);
  if (action.verb >= Verb::bot_writes && action.verb <= Verb::system_writes) return machine_words(action);
  if (action.verb <= Verb::visitor_rates || action.verb == Verb::answer_lost) return visitor(action);
  agent(action);
}

// The disk is well again; whoever has something to say that was not acknowledged says it; then everybody leaves and all
// timers run out.
void World::finish() {
  people_.reset();
  storage_->heal();
  recovery_fails_at_ = 0;
  const auto run_until = [this](Millis end) {
    while (violations_.empty()) {
      if (boot_at_) end = std::max(end, *boot_at_);
      Millis at = end;
      for (const auto& candidate : {boot_at_, machine_.next_wake()}) {
        if (candidate) at = std::min(at, *candidate);
      }
      at = std::max(at, machine_.now());
      machine_.advance(at);
      if (boot_at_ && *boot_at_ <= at) boot();
      run_machine();
      const auto wake = machine_.next_wake();
      if (at >= end && (!wake || *wake > end) && !boot_at_) return;
    }
  };
  run_until(machine_.now() + 2s + down_for_);
  if (machine_.stopping()) run_until(machine_.now() + 30s);
  for (int round = 0; round < 3; ++round) {
    for (auto& [number, visitor] : visitors_) {
      for (auto& [name, tab] : visitor.tabs) {
        const bool waiting = std::any_of(tab.outboxes.begin(), tab.outboxes.end(),
                                         [](const auto& entry) { return !entry.second.pending.empty(); });
        if (waiting) come_back(visitor, name);
      }
    }
    for (auto& [number, console] : consoles_) {
      const bool waiting = std::any_of(console.outboxes.begin(), console.outboxes.end(),
                                       [](const auto& entry) { return !entry.second.pending.empty(); });
      if (waiting) connect(console, 1);
    }
    run_machine();
    run_until(machine_.now() + 1s);
  }
  for (auto& [number, visitor] : visitors_) {
    for (auto& [name, tab] : visitor.tabs) leave(visitor, name);
  }
  run_until(machine_.now() + 1s);
  if (!violations_.empty()) return;
  if (!machine_.up() || !machine_.sequencer().healthy()) return violation("start: the service does not get well again");
  down_for_ = 1s;
  machine_.keep_alive_every(1h);
  machine_.stop();
  run_until(machine_.now() + 2s + down_for_);
  run_until(machine_.now() + drain_length);
  if (violations_.empty()) judge();
}

void World::judge() {
  const core::State& live = machine_.sequencer().state();
  const std::string bytes = core::state_bytes(live);
  if (bytes != core::state_bytes(ledger_.state()))
    violation("invariant 12: the last state is not the fold of the journal");
  const auto replayed = sequencer::replay(machine_.journal());
  if (!replayed) return violation("journal: reading it at the end: " + replayed.error());
  if (core::state_bytes(replayed->state) != bytes)
    violation("invariant 12: replay from the beginning gives another state");
  ledger_.verify(machine_.journal());
  for (std::string& complaint : ledger_.take_complaints()) violation(std::move(complaint));
  for (const auto& [number, visitor] : visitors_) {
    for (const auto& [name, tab] : visitor.tabs) {
      for (const auto& [conversation, outbox] : tab.outboxes) {
        for (const auto& [n, acked] : outbox.acked) check_ack(conversation, outbox, acked);
      }
    }
  }
  for (const auto& [number, console] : consoles_) {
    for (const auto& [conversation, outbox] : console.outboxes) {
      for (const auto& [n, acked] : outbox.acked) check_ack(conversation, outbox, acked);
    }
  }
  check_conservation();
  if (!options_.model) return;
  const Instant end = machine_.journal_now();
  std::vector<QueueFigures> staffing;
  for (const auto& [id, queue] : live.queues) {
    const core::StaffingTotals totals = core::totals_at(queue, end);
    staffing.push_back({.queue = id.value(),
                        .open = totals.open.count(),
                        .staffed = totals.staffed.count(),
                        .unstaffed = totals.unstaffed.count(),
                        .understaffed = totals.understaffed.count(),
                        .saturated = totals.saturated.count(),
                        .shortfall = totals.shortfall.count()});
  }
  for (const std::string& wrong : disagreements(mirror_.sightings(), ledger_.events(), end, staffing)) {
    violation(joined("model: ", wrong));
  }
}

// Offered is good, bad, excluded or still pending; each contact gets one verdict, and ends once.
void World::check_conservation() {
  std::map<core::ContactId, int> verdicts;
  std::map<core::ContactId, int> ends;
  std::uint64_t contacts = 0;
  for (const core::Event& event : ledger_.events()) {
    if (const auto* queued = std::get_if<core::event::ContactQueued>(&event.body)) {
      ++contacts;
      verdicts[queued->contact];
    }
    if (const auto* verdict = std::get_if<core::event::VerdictGiven>(&event.body)) {
      if (verdict->sla == core::Sla::first_response && ++verdicts[verdict->contact] == 2) {
        violation(numbered("invariant 6: contact ", verdict->contact.value()) + " has two verdicts");
      }
    }
    if (const auto* ended = std::get_if<core::event::ContactEnded>(&event.body)) {
      if (++ends[ended->contact] == 2) violation("invariant 7: a contact ended twice");
    }
  }
  std::set<core::ContactId> live;
  for (const auto& [id, conversation] : ledger_.state().conversations) {
    if (conversation.contact) live.insert(conversation.contact->id);
  }
  std::uint64_t judged = 0;
  std::uint64_t pending = 0;
  for (const auto& [contact, count] : verdicts) {
    if (count > 0) {
      ++judged;
    } else if (live.contains(contact)) {
      ++pending;
    }
  }
  if (judged + pending != contacts) violation("invariant 7: good + bad + excluded + pending is not what was offered");
  for (const auto& [contact, count] : ends) {
    if (live.contains(contact)) violation("invariant 7: a contact that has ended is live");
  }
}

void World::violation(std::string what) {
  say("VIOLATION " + what);
  if (violations_.size() < violations_max) violations_.push_back(std::move(what));
}

void World::say(const std::string& line) const {
  if (options_.verbose) std::printf("%10.3f  %s\n", static_cast<double>(machine_.now().count()) / 1000, line.c_str());
}

}  // namespace heti::simulation
