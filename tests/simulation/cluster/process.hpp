#pragma once
// One process of the service: the real sequencer, membership and shared journal, on fibers of its own. What a gateway
// does for it is done here for clients without sockets.
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "service/cluster/membership.hpp"
#include "service/sequencer/sequencer.hpp"
#include "tests/simulation/cluster/fibers.hpp"

namespace heti::simulation::cluster {

class Process;

// Who wants to know what happens in processes. Called on their fibers, or for the last two on nobody's.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void on_durable(Process& process, const sequencer::Durable& batch, const PublicId& history) = 0;
  virtual void on_announce(Process& process) = 0;   // its clients say hello again
  virtual void on_hand_over(Process& process) = 0;  // its clients are sent away
  virtual void on_note(Process& process, std::string note) = 0;
  virtual void on_end(Process& process, std::string why) = 0;
};

struct ProcessOptions {
  std::string name;
  std::uint32_t node = 0;
  std::filesystem::path directory;
  core::Settings settings;
  int confirm = 0;
  bool sentinels = false;
  bool snapshots = false;        // often, and what they cover is trimmed
  std::function<Millis()> wall;  // of its machine
};

class Process final : public sequencer::Loop, public heti::cluster::Doors, public sequencer::Projection {
 public:
  Process(ProcessOptions options, Watcher& watcher);
  ~Process() override;

  Group group() const { return group_; }
  const ProcessOptions& options() const { return options_; }
  // Ends in order: no more clients, what was taken is answered.
  void stop();

  // For clients: `task` runs on its loop, or never.
  void ask(std::function<void(Process&)> task);
  // From outside its fibers, at any time.
  bool leads() const { return leads_; }
  const PublicId& history() const { return history_; }
  std::string unwell() const;  // "" if it has nothing that waits
  // On its loop.
  bool serves() const { return started_ && !stopping_ && !ending_ && !membership_.trouble(); }
  sequencer::Sequencer& sequencer() { return *sequencer_; }
  journal::SharedJournal& journal() { return *journal_; }
  core::ConnectionId new_connection() {
    return {.node = options_.node, .incarnation = incarnation_, .number = ++numbers_};
  }
  heti::cluster::Figures figures() const { return membership_.figures(); }

 private:
  void run();
  std::string open();
  void loop();
  void tick();
  void lead();
  void on_led(const core::State& state);
  void keep_house();
  void end(std::string why);

  void post(std::function<void()> task) override;
  void wake_after(Millis delay, std::function<void()> task) override;
  std::uint64_t connections() const override { return numbers_; }
  journal::Position archived() const override { return journal_->tail().position; }
  void name_history() override {}
  void take_typing(const gateway::TypingElsewhere&) override {}
  void announce() override { watcher_.on_announce(*this); }
  void hand_over_all() override { watcher_.on_hand_over(*this); }
  void on_durable(const sequencer::Durable& batch) override;

  const ProcessOptions options_;
  Watcher& watcher_;
  const Group group_;
  heti::cluster::Membership membership_;
  std::unique_ptr<journal::SharedJournal> journal_;
  std::unique_ptr<sequencer::JournalClock> clock_;
  std::unique_ptr<sequencer::Sequencer> sequencer_;
  std::shared_ptr<Fiber> main_;
  std::deque<std::function<void()>> tasks_;
  struct Timer {
    Micros at{};
    std::function<void()> task;
  };
  std::optional<Timer> timer_;
  std::uint64_t incarnation_ = 0;
  std::uint64_t numbers_ = 0;
  PublicId history_;
  bool started_ = false;
  bool leads_ = false;
  bool stopping_ = false;
  bool ending_ = false;
  bool giving_up_end_ = false;
  std::string why_;
  Mutex house_mutex_;
  Condition house_wakes_;
  bool house_ends_ = false;
};

}  // namespace heti::simulation::cluster
