#pragma once
// The one loop that orders a workspace: commands wait in the mailbox; the lot is stamped, decided, appended, and when
// the append is durable its answers leave and its events go to the projections, in that order. Then the next lot.
// Nothing is ever computed from a state that may not last.
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "service/base/time.hpp"
#include "service/core/answer.hpp"
#include "service/core/command.hpp"
#include "service/core/state.hpp"
#include "service/journal/journal.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace heti::sequencer {

// Where the sequencer runs: one thread, in order. The gateway's first I/O loop in the service, a plain queue in tests.
class Loop {
 public:
  virtual ~Loop() = default;
  virtual void post(std::function<void()> task) = 0;  // from any thread
  // Runs `task` once after `delay`; a later call replaces an earlier one. Only from the loop itself.
  virtual void wake_after(Millis delay, std::function<void()> task) = 0;
};

// A batch that will survive a kill. `state` has evolved past it; valid during the call only.
struct Durable {
  journal::Position position;
  const std::vector<core::Event>& events;
  const core::State& state;
  Instant now;
  journal::Hash hash{};  // the chain hash of that position
};

// Reads durable events on the sequencer's loop. Must not block, and feeds back only by submitting a command.
class Projection {
 public:
  virtual ~Projection() = default;
  virtual void on_durable(const Durable& batch) = 0;
};

enum class Submit : std::uint8_t {
  accepted,    // the answer will come
  overloaded,  // the mailbox is full
  try_later,   // the journal does not take anything now
};

struct Options {
  std::size_t mailbox_max = 65536;
  std::size_t batch_commands_max = 500;
  Millis keep_alive_every = Millis{2000};
  // Told on the loop when an append was not durable; for the log and the metric.
  std::function<void(journal::AppendResult)> on_trouble;
  // Told on the loop how long each command took to decide, with what was due before it and the routing, in seconds.
  std::function<void(double seconds)> on_step{};
};

class Sequencer {
 public:
  // Called on the loop when the state that the answer was computed from is durable.
  using OnAnswer = std::function<void(const core::Answer& answer, const core::State& state)>;

  // `journal`, `loop`, `clock` and the projections must outlive the sequencer. `state` is the fold of the journal.
  Sequencer(Options options, journal::Journal& journal, Loop& loop, JournalClock& clock, core::State state,
            std::vector<Projection*> projections);
  ~Sequencer();

  // From any thread. `reserved`: ticks, lost connections and the node's own commands have room of their own.
  [[nodiscard]] Submit submit(core::Command command, OnAnswer on_answer, bool reserved = false);

  // On the loop only. Durable unless a commit is under way; then it runs ahead of the disk by one batch.
  const core::State& state() const { return state_; }
  // The instant at which the command was decided whose answer is being told: within OnAnswer only.
  Instant answered_at() const { return answered_at_; }
  // Journal time as of now, on the loop only. For gauges and views that are read between batches.
  Instant now();
  bool healthy() const;
  std::size_t waiting() const;

  // How often each command was refused for each reason, by Command index and Refusal, since the start. On the loop.
  using Refusals = std::array<std::array<std::uint64_t, core::refusals + 1>, std::variant_size_v<core::Command>>;
  const Refusals& refusals() const { return refusals_; }

  // On the loop: takes no more commands, and calls `done` when what it took is durable and answered.
  void stop(std::function<void()> done);

 private:
  struct Mail {
    core::Command command;
    OnAnswer on_answer;
  };
  struct Lot;

  void wake();
  void turn();
  bool take(Lot& lot, Mail& mail);
  void put_back(std::vector<Mail> mails);
  void offer(std::shared_ptr<Lot> lot);
  void finish(const std::shared_ptr<Lot>& lot, journal::AppendResult result);
  void hand_on(Lot& lot);
  void next_turn();
  void set_healthy(bool healthy);
  void arm_timer();

  const Options options_;
  journal::Journal& journal_;
  Loop& loop_;
  JournalClock& clock_;
  core::State state_;
  std::vector<Projection*> projections_;
  journal::Tail tail_;

  mutable std::mutex mutex_;  // guards the four below: the mailbox is the only door from other threads
  std::deque<Mail> mailbox_;
  bool awake_ = false;
  bool stopping_ = false;
  bool healthy_ = true;

  Refusals refusals_{};
  bool committing_ = false;
  Instant last_keep_alive_;
  Instant answered_at_;
  std::function<void()> on_stopped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false once destroyed: late posts see it
};

}  // namespace heti::sequencer
