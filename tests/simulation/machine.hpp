#pragma once
// The machine and the process on it, in virtual time: the real sequencer on a loop of ours, the real clock over clocks
// of ours, the real journal over a disk that fails. Everything happens on the caller's thread; where the journal
// answers on its own, the caller waits, so that one order of calls is one run.
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>

#include "service/sequencer/sequencer.hpp"
#include "tests/simulation/setup.hpp"
#include "tests/simulation/storage.hpp"

namespace heti::simulation {

class Machine final : public sequencer::Loop, private sequencer::Projection {
 public:
  using OnDurable = std::function<void(const journal::Batch& offered, const sequencer::Durable& batch)>;

  // `storage` must outlive the machine.
  Machine(const Setup& setup, Storage& storage, OnDurable on_durable);
  ~Machine() override;

  // Time. `now` is the boot-time clock since the beginning; the wall clock follows it until it is set or drifts.
  Millis now() const { return now_; }
  void advance(Millis to) { now_ = to; }
  void step_wall(Millis by) { wall_offset_ += by; }
  void drift_wall(std::int64_t ms_in_1000_s);
  // When something of the process wants to run next.
  std::optional<Millis> next_wake() const;

  // The process.
  bool up() const { return sequencer_ != nullptr; }
  bool stopping() const { return stopping_; }
  bool fenced() const { return fenced_; }
  struct Boot {
    bool started = false;
    std::string error;                    // why not, when the disk was to blame
    std::vector<std::string> complaints;  // what must never happen
    bool from_snapshot = false;
  };
  // Opens, recovers, and hands both over before anything new is written. What `recovered` gives is an error, if not
  // empty: the start has failed then.
  using OnRecovered = std::function<std::string(const journal::Journal& journal, const core::State& recovered)>;
  Boot boot(const OnRecovered& recovered);
  void power_lost();  // the disk says so
  void kill();
  void stop();  // in order; done when up() is false
  void snapshot();
  void keep_alive_every(Millis every) { keep_alive_ = every; }  // from the next start
  const journal::Journal& journal() const;
  const journal::Batch& offered() const { return offered_; }
  std::uint64_t incarnation() const { return incarnation_; }

  // Runs what wants to run now, until nothing does.
  void run();
  sequencer::Sequencer& sequencer() { return *sequencer_; }
  // Journal time as of now, while up.
  Instant journal_now() { return sequencer_->now(); }
  // When it will be `t` of journal time, by the last batch. (To ask the service's clock would change what it sees of
  // the wall clock's steps.)
  Millis boot_time_of(Instant t) const { return batch_seen_ + (t - batch_now_); }

  void post(std::function<void()> task) override;
  void wake_after(Millis delay, std::function<void()> task) override;

 private:
  class Seam;
  struct Timer {
    Millis at{};
    std::function<void()> task;
  };

  void on_durable(const sequencer::Durable& batch) override;
  Millis wall() const;
  void forget_process();

  const Setup& setup_;
  Storage& storage_;
  OnDurable on_durable_;
  Millis keep_alive_;
  Millis now_{};
  Millis wall_offset_{};
  Millis drift_since_{};
  std::int64_t drift_ = 0;
  std::uint64_t incarnation_ = 0;
  std::optional<PublicId> history_;
  std::unique_ptr<sequencer::JournalClock> clock_;
  std::unique_ptr<Seam> journal_;
  std::unique_ptr<sequencer::Sequencer> sequencer_;
  std::deque<std::function<void()>> tasks_;
  std::optional<Timer> timer_;
  std::optional<Timer> answer_;  // of an append, on its way
  journal::Batch offered_;
  Instant batch_now_;
  Millis batch_seen_{};
  bool stopping_ = false;
  bool stopped_ = false;
  bool fenced_ = false;
};

}  // namespace heti::simulation
