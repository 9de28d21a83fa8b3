#include "tests/simulation/cluster/process.hpp"

#include <algorithm>
#include <utility>

#include "service/base/check.hpp"
#include "service/cluster/incarnation.hpp"
#include "service/core/decide.hpp"
#include "service/sequencer/recovery.hpp"

namespace heti::simulation::cluster {
namespace {

using namespace std::chrono_literals;
namespace cmd = core::command;

constexpr Micros tick_every = 250ms;
constexpr std::uint64_t states_every = 32;
constexpr Millis house_every = 4s;
constexpr int rounds_between_snapshots = 6;
constexpr std::uint64_t trim_keeps =
    300;  // Longer than any node is away: what it saw can be looked up when it is back.

}  // namespace

Process::Process(ProcessOptions options, Watcher& watcher)
    : options_(std::move(options)),
      watcher_(watcher),
      group_(Fibers::here().new_group()),
      membership_(options_.name, options_.node, "simulated", states_every) {
  main_ = Fibers::here().start(group_, [this] { run(); });
}

Process::~Process() = default;

void Process::run() {
  why_ = open();
  if (why_.empty()) {
    Thread house([this] { keep_house(); });
    loop();
    {
      const std::lock_guard lock(house_mutex_);
      house_ends_ = true;
    }
    house_wakes_.notify_all();
    house.join();
    membership_.leave();
  }
  sequencer_.reset();
  journal_.reset();
  Fibers::here().after(Micros{0}, [this, &watcher = watcher_] { watcher.on_end(*this, why_); });
}

std::string Process::open() {
  journal::RedisOptions options;
  options.connection.address.host = "model";
  if (options_.sentinels) options.connection.address.sentinels = {{.host = "sentinel", .port = 1}};
  options.node = options_.name;
  options.directory = options_.directory;
  options.replicas = options_.confirm;
  options.on_warning = [this](std::string_view sentence) { watcher_.on_note(*this, std::string(sentence)); };
  auto journal = journal::open_shared_redis(std::move(options), membership_.callbacks());
  if (!journal) return journal.error();
  journal_ = std::move(*journal);
  auto recovered = sequencer::recover(*journal_);
  if (!recovered) return "recovery: " + recovered.error();
  history_ = journal_->history();
  clock_ = std::make_unique<sequencer::JournalClock>(
      options_.wall, [] { return std::chrono::duration_cast<Millis>(Fibers::here().now()); });
  auto least = static_cast<std::uint64_t>(options_.wall().count());
  const auto last = recovered->state.last_decided.find(options_.node);
  if (last != recovered->state.last_decided.end()) least = std::max(least, last->second.incarnation + 1);
  const auto incarnation = heti::cluster::next_incarnation(options_.directory / "incarnation", least);
  if (!incarnation) return incarnation.error();
  incarnation_ = *incarnation;
  sequencer_ = std::make_unique<sequencer::Sequencer>(
      sequencer::Options{}, *journal_, *this, *clock_, std::move(recovered->state),
      std::vector<sequencer::Projection*>{this, &membership_.projection()});
  membership_.join({.journal = *journal_, .sequencer = *sequencer_, .doors = *this}, incarnation_,
                   journal_->tail().position,
                   {.leads = [this] { lead(); },
                    .lost = [this](const std::string& why) { end(why); },
                    .lost_end =
                        [this](std::string shown) {
                          if (giving_up_end_ || stopping_ || sequencer_->follows()) return;
                          giving_up_end_ = true;
                          journal_->give_up_end(std::move(shown), [this](const std::expected<void, std::string>& done) {
                            post([this, done] {
                              giving_up_end_ = false;
                              if (!done) return watcher_.on_note(*this, done.error());
                              history_ = journal_->history();
                              watcher_.on_hand_over(*this);
                            });
                          });
                        }});
  return "";
}

void Process::loop() {
  Fibers& fibers = Fibers::here();
  Micros next_tick = fibers.now() + tick_every;
  while (!ending_) {
    if (!tasks_.empty()) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    } else if (timer_ && timer_->at <= fibers.now()) {
      std::exchange(timer_, std::nullopt)->task();
    } else if (next_tick <= fibers.now()) {
      next_tick = fibers.now() + tick_every;
      tick();
    } else {
      fibers.park(timer_ ? std::min(timer_->at, next_tick) : next_tick);
    }
  }
  tasks_.clear();
  timer_.reset();
}

void Process::tick() {
  membership_.tick();
  if (!started_ && !membership_.trouble()) started_ = true;
  if (!journal_->owned()) end("another node writes the journal, or its end was lost");
}

void Process::lead() {
  history_ = journal_->history();
  core::Command first = cmd::ApplySettings{.settings = options_.settings, .replaces_version = 0};
  if (journal_->tail().position.value() != 0) {
    first =
        cmd::ResumeService{.alive_until = journal_->alive_until(), .node = options_.node, .incarnation = incarnation_};
  }
  const auto led =
      sequencer_->lead(std::move(first), [this](const core::Answer&, const core::State& state) { on_led(state); });
  if (!led) return end(led.error());
  leads_ = true;
  watcher_.on_note(*this, "leads");
}

std::string Process::unwell() const {
  if (!started_ || ending_ || stopping_) return "does not serve";
  if (!sequencer_->healthy()) return "is not healthy";
  if (sequencer_->pending() > 0) return "waits for " + std::to_string(sequencer_->pending()) + " answers of the owner";
  return "";
}

void Process::on_led(const core::State& state) {
  for (const auto& [id, queue] : state.queues) {
    if (!queue.tzdata_version.empty()) continue;
    const Instant now = sequencer_->now();
    const auto taken =
        sequencer_->submit(cmd::SetCalendar{.queue = id,
                                            .effective_from = now,
                                            .open = {{.open = now, .close = now + std::chrono::days{500}}},
                                            .tzdata_version = "simulated"},
                           nullptr, true);
    CHECK(taken == sequencer::Submit::accepted);
  }
}

void Process::keep_house() {
  std::unique_lock lock(house_mutex_);
  int rounds = 0;
  while (!house_wakes_.wait_for(lock, house_every, [this] { return house_ends_; })) {
    if (!options_.snapshots || !journal_->leading()) continue;
    lock.unlock();
    if (rounds++ % rounds_between_snapshots == 0) {
      if (const auto made = sequencer::make_snapshot(*journal_); !made) watcher_.on_note(*this, made.error());
    }
    const std::uint64_t end = journal_->tail().position.value();
    if (end > trim_keeps) {
      const auto trimmed = journal_->trim(journal::Position{end - trim_keeps});
      if (!trimmed) watcher_.on_note(*this, trimmed.error());
    }
    lock.lock();
  }
}

void Process::end(std::string why) {
  if (std::exchange(ending_, true)) return;
  why_ = std::move(why);
}

void Process::stop() {
  ask([](Process& self) {
    if (std::exchange(self.stopping_, true)) return;
    self.watcher_.on_hand_over(self);
    self.sequencer_->stop([&self] { self.end("stopped"); });
  });
}

void Process::ask(std::function<void(Process&)> task) {
  post([this, task = std::move(task)] { task(*this); });
}

void Process::post(std::function<void()> task) {
  tasks_.push_back(std::move(task));
  Fibers::here().wake(main_);
}

void Process::wake_after(Millis delay, std::function<void()> task) {
  timer_ = {Fibers::here().now() + delay, std::move(task)};
}

void Process::on_durable(const sequencer::Durable& batch) {
  if (history_ == PublicId{}) history_ = journal_->history();
  watcher_.on_durable(*this, batch, history_);
  const bool resumed = std::ranges::any_of(batch.events, [](const core::Event& event) {
    return std::holds_alternative<core::event::ServiceResumed>(event.body);
  });
  if (resumed) watcher_.on_announce(*this);
}

}  // namespace heti::simulation::cluster
