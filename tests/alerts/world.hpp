#pragma once
// A service in virtual time: the sequencer and the core over a journal in memory, and the real monitor, which is
// scraped as Prometheus would. It can be stopped, killed and started again on the same journal.
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/archive/archive.hpp"
#include "service/gateway/metrics.hpp"
#include "service/journal/journal.hpp"
#include "service/monitor/monitor.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::alerts {

class World : public sequencer::Loop {
 public:
  using OnAnswer = sequencer::Sequencer::OnAnswer;

  // `watcher` is told what became durable; it must outlive the world.
  World(Instant start, core::Settings settings, std::vector<Interval> open, sequencer::Projection& watcher);
  ~World() override;

  // Runs `act` once, `delay` from now, whatever the service does.
  void after(Millis delay, std::function<void()> act) { acts_.emplace(now_ + delay, std::move(act)); }
  void at(Instant when, std::function<void()> act) { acts_.emplace(when, std::move(act)); }
  void run_until(Instant until);

  // Lost without a word while the service is down, as on a network.
  void send(core::Command command, OnAnswer on_answer = nullptr);

  void kill();   // nothing is written any more
  void start();  // again, on the journal as it was left
  bool up() const { return sequencer_ != nullptr; }
  void journal_fails(bool fails) { failing_ = fails; }
  void settings_file_read(bool taken);

  Instant now() const { return now_; }
  const core::State& state() const { return sequencer_->state(); }
  std::uint32_t incarnation() const { return incarnation_; }
  std::string scrape();

  void post(std::function<void()> task) override;
  void wake_after(Millis delay, std::function<void()> task) override;

 private:
  void drain();
  void recall(journal::Position until, Instant now);

  Instant now_;
  sequencer::Projection& watcher_;
  std::multimap<Instant, std::function<void()>> acts_;
  std::mutex mutex_;  // the archive's thread posts, too
  std::deque<std::function<void()>> tasks_;
  std::function<void()> timer_;
  Instant timer_at_ = never;

  std::shared_ptr<journal::MemoryDisk> disk_ = journal::make_memory_disk();
  bool failing_ = false;
  std::uint32_t incarnation_ = 0;
  gateway::GatewayMetrics gateway_;
  std::unique_ptr<sequencer::JournalClock> clock_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<archive::Archive> archive_;
  std::unique_ptr<monitor::Monitor> monitor_;
  std::unique_ptr<sequencer::Sequencer> sequencer_;
};

}  // namespace heti::alerts
