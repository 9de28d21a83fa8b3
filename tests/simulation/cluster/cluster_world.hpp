#pragma once
// One run: one to three machines with the service on them, a Redis with its replicas, people on all of it, and faults.
// At the end all is well again, and what everybody was told is held against what Redis has.
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/cluster/clients.hpp"
#include "tests/simulation/cluster/process.hpp"
#include "tests/simulation/cluster/redis_model.hpp"

namespace heti::simulation::cluster {

enum class Fault : std::uint8_t {
  node_killed,
  owner_killed,
  node_stopped,
  node_frozen,
  node_cut_off,
  sessions_dropped,
  redis_killed,
  redis_frozen,
  clock_stepped,
  replica_held,
  replica_killed,
  failed_over,
  one_after_the_other,
  master_isolated,
  wound_back,
};
inline constexpr std::size_t fault_kinds = 15;
extern const std::array<const char*, fault_kinds> fault_names;

struct Counts {
  std::array<std::uint64_t, fault_kinds> faults{};
  std::uint64_t runs = 0;
  std::uint64_t may_lose = 0;  // runs in which Redis may lose what it has answered
  std::uint64_t lost = 0;      // and did
  std::uint64_t acks = 0;
  std::uint64_t again = 0;      // offered again in another history
  std::uint64_t histories = 0;  // begun after the first
  std::uint64_t healed = 0;     // times that Redis had lost its end and got it again
  std::uint64_t durables = 0;   // batches as handed on by each node
  std::uint64_t calls = 0;      // commands that Redis ran
  std::uint64_t simulated_ms = 0;
  void add(const Counts& other);
};

struct Outcome {
  std::vector<std::string> violations;
  Counts counts;
};

class ClusterWorld final : public Watcher, public Town {
 public:
  // `directory` is made, and removed at the end.
  ClusterWorld(std::uint64_t seed, std::filesystem::path directory, bool verbose);
  ~ClusterWorld() override;
  Outcome run();

 private:
  struct Machine {
    std::unique_ptr<Process> process;  // of a killed one: given away, never destroyed
    Millis wall_offset{};
    bool frozen = false;
  };

  void launch(std::size_t machine);
  void kill(std::size_t machine, Micros down);
  void strike();
  void carry_out(Fault fault);
  void settle();
  std::string still_unwell();
  std::string wrong_connections(const core::State& state) const;
  void judge();

  void on_durable(Process& process, const sequencer::Durable& batch, const PublicId& history) override;
  void on_announce(Process& process) override;
  void on_hand_over(Process& process) override;
  void on_note(Process& process, std::string note) override;
  void on_end(Process& process, std::string why) override;

  Process* door(Random& random) override;
  void say(const std::string& line) override;
  void lost(std::string what, const PublicId& history) override;
  void violation(std::string what) override;

  Fibers fibers_;
  Random random_;
  const bool verbose_;
  const std::filesystem::path directory_;
  RedisSetup redis_setup_;
  bool may_lose_ = false;
  std::unique_ptr<RedisModel> redis_;
  std::vector<Machine> machines_;
  std::unique_ptr<Clients> clients_;
  core::Settings settings_;
  bool snapshots_ = false;
  bool calm_ = false;

  // What was handed on, by history and position: its hash, and the first node that did.
  std::map<PublicId, std::map<std::uint64_t, std::map<journal::Hash, std::string>>> told_;
  std::map<journal::Hash, std::pair<std::uint64_t, std::string>> digests_;  // of states
  std::map<PublicId, std::string> lost_in_;  // histories that clients know to have lost something
  std::vector<std::string> violations_;
  Counts counts_;
};

}  // namespace heti::simulation::cluster
