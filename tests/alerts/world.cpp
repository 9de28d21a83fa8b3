#include "tests/alerts/world.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "service/base/check.hpp"
#include "service/sequencer/recovery.hpp"

namespace heti::alerts {

namespace cmd = core::command;

World::World(Instant start_at, core::Settings settings, std::vector<Interval> open, sequencer::Projection& watcher)
    : now_(start_at), watcher_(watcher) {
  start();
  send(cmd::ApplySettings{.settings = std::move(settings), .replaces_version = 0});
  drain();
  for (const auto& [id, queue] : state().queues) {
    send(cmd::SetCalendar{.queue = id, .effective_from = now_, .open = open, .tzdata_version = "2026f"});
  }
  drain();
}

World::~World() { kill(); }

void World::run_until(Instant until) {
  for (;;) {
    drain();
    const Instant act = acts_.empty() ? never : acts_.begin()->first;
    const Instant wake = timer_ ? timer_at_ : never;
    if (std::min(act, wake) > until) break;
    now_ = std::max(now_, std::min(act, wake));
    if (wake <= act) {
      std::exchange(timer_, nullptr)();
    } else {
      const auto next = acts_.extract(acts_.begin());
      next.mapped()();
    }
  }
  now_ = until;
}

void World::send(core::Command command, OnAnswer on_answer) {
  if (!up()) return;
  (void)sequencer_->submit(std::move(command), std::move(on_answer), true);
}

void World::start() {
  CHECK(!up());
  ++incarnation_;
  clock_ = std::make_unique<sequencer::JournalClock>([this] { return now_.time_since_epoch(); },
                                                     [this] { return now_.time_since_epoch(); });
  journal_ = journal::make_memory({.disk = disk_, .fault = [this](const journal::Batch&) {
                                     return failing_ ? journal::MemoryFault::not_written : journal::MemoryFault::none;
                                   }});
  archive_ = *archive::open_memory(*journal_);
  auto recovered = sequencer::recover(*journal_);
  CHECK(recovered.has_value());
  const bool empty = journal_->tail().position.value() == 0;
  monitor_ = std::make_unique<monitor::Monitor>(monitor::Options{.workspace = "default", .version = "1"});
  monitor_->begin({.journal = *journal_, .clock = *clock_, .gateway = gateway_}, recovered->state);
  recall(recovered->position, recovered->state.now);
  sequencer_ = std::make_unique<sequencer::Sequencer>(
      sequencer::Options{.on_trouble = [](journal::AppendResult) {},
                         .on_step = [this](double seconds) { monitor_->observe_step(seconds); }},
      *journal_, *this, *clock_, std::move(recovered->state),
      std::vector<sequencer::Projection*>{monitor_.get(), &watcher_});
  monitor_->watch(*sequencer_);
  monitor_->config_read(true, now_);
  if (!empty) {
    send(cmd::ResumeService{.alive_until = journal_->alive_until(), .node = 1, .incarnation = incarnation_});
  }
}

// The archive answers from its own thread; virtual time waits for it, so that every run is the same.
void World::recall(journal::Position until, Instant now) {
  monitor_->recall(*archive_, until, now, [](std::string_view) {});
  while (monitor_->history() == nullptr) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    monitor_->look(now);
  }
}

void World::kill() {
  sequencer_.reset();
  monitor_.reset();
  archive_.reset();
  journal_.reset();
  clock_.reset();
  timer_ = nullptr;
  const std::lock_guard lock(mutex_);
  tasks_.clear();
}

void World::settings_file_read(bool taken) { monitor_->config_read(taken, now_); }

std::string World::scrape() {
  monitor_->look(sequencer_->now());
  return monitor_->scrape(sequencer_->state(), sequencer_->now());
}

void World::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
}

void World::wake_after(Millis delay, std::function<void()> task) {
  timer_ = std::move(task);
  timer_at_ = now_ + delay;
}

void World::drain() {
  for (;;) {
    std::function<void()> task;
    {
      const std::lock_guard lock(mutex_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace heti::alerts
