#pragma once
// The one loop that orders a workspace: commands wait in the mailbox; the lot is stamped, decided, appended, and when
// the append is durable its answers leave and its events go to the projections, in that order. Then the next lot.
// Nothing is ever computed from a state that may not last.
//
// Where several nodes share a workspace, one of them owns it and leads: what is said above. The others follow: their
// commands go to the owner, the batches come from it, and answers and projections leave here as they do there, from the
// same states.
#include <array>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "service/base/time.hpp"
#include "service/core/answer.hpp"
#include "service/core/command.hpp"
#include "service/core/decide.hpp"
#include "service/core/state.hpp"
#include "service/journal/journal.hpp"
#include "service/sequencer/journal_clock.hpp"
#include "service/sequencer/pending.hpp"

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
  bool led = true;       // decided here: what is counted once over all nodes is counted here
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
  // Told on the loop that deciding a command broke a rule of the program: it is refused (wrong_state), and the state is
  // what it was before. Not set: the process ends there.
  std::function<void(const std::string& why)> on_undecidable{};
};

class Sequencer {
 public:
  using OnAnswer = sequencer::OnAnswer;

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

  // ---- Several nodes.

  // Where the commands of this node go as long as it follows.
  struct Elsewhere {
    std::uint32_t node = 0;         // this node
    std::uint64_t incarnation = 0;  // this start of it
    // Called on the loop: to the owner, whoever that is, in this order. They may be lost.
    std::function<void(const std::vector<Sent>&)> send;
  };
  // Before anything is submitted: another node owns the workspace, or nobody does yet.
  void follow(Elsewhere elsewhere);
  bool follows() const { return elsewhere_.has_value(); }
  // Asked here and not decided yet, on the loop.
  std::size_t pending() const { return elsewhere_ ? elsewhere_->pending.size() : 0; }

  // While it follows, on the loop: the next batch that is durable. An error if it does not come next, or cannot be
  // read.
  [[nodiscard]] std::expected<void, std::string> take_in(const journal::Batch& batch, const journal::Hash& hash);
  // While it follows, on the loop: the journal time of the node that leads.
  void hear_time(Instant now);
  // On the loop: the wall clock here is more than 2 s off journal time.
  bool clock_off() const { return clock_.stepped(); }
  // While it follows, on the loop, now and then: sends again what seems to have been lost.
  void send_again();
  // While it follows, on the loop: the owner cannot be reached, or can again. New commands are refused meanwhile.
  void set_reachable(bool reachable);
  // On the loop: the journal is ours from here on. Reads the rest of it, decides `first`, and then what was asked here
  // and not decided yet.
  [[nodiscard]] std::expected<void, std::string> lead(core::Command first, OnAnswer on_answer);
  // From any thread, while it leads: a command of another node. What does not come next is left out: it was decided
  // before, or will be sent again.
  void submit_of_node(Sent sent);

  // On the loop: takes no more commands, and calls `done` when what it took is durable and answered.
  void stop(std::function<void()> done);

 private:
  struct Mail {
    core::Command command;
    OnAnswer on_answer;
    std::optional<core::CommandNumber> number{};  // of another node's
  };
  // What was decided together and becomes durable together.
  struct Lot {
    struct Answered {
      core::Answer answer;
      OnAnswer on_answer;
      Instant at;
    };
    std::vector<core::Event> events;
    std::vector<Answered> answers;
    journal::Batch batch;
    Instant now;
  };
  struct Lane {
    Elsewhere elsewhere;
    Pending pending;
  };

  void wake();
  void turn();
  void pass_on(std::vector<Mail> mails);
  void count_pending();
  bool take(Lot& lot, Mail& mail);
  core::Decision decide(const Lot& lot, const core::Command& command, const core::CommandNumber* number);
  core::Decision refuse_undecidable(const Lot& lot, const core::CommandNumber* number, const std::string& why);
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

  mutable std::mutex mutex_;  // guards the five below: the mailbox is the only door from other threads
  std::deque<Mail> mailbox_;
  bool awake_ = false;
  std::size_t pending_ = 0;  // passed on and not decided yet
  bool stopping_ = false;
  bool healthy_ = true;

  std::optional<Lane> elsewhere_;  // while it follows
  Refusals refusals_{};
  bool committing_ = false;
  int undecidable_in_a_row_ = 0;
  Instant last_keep_alive_;
  Instant answered_at_;
  std::function<void()> on_stopped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false once destroyed: late posts see it
};

}  // namespace heti::sequencer
