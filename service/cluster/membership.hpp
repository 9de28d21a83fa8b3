#pragma once
// A node among others that share its workspace through Redis: it follows the one that leads, and leads when it has to.
// Brings together the shared journal, whose threads call in here, the sequencer on its loop, and the node's sockets.
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "service/cluster/roll.hpp"
#include "service/cluster/state_marks.hpp"
#include "service/journal/redis/redis_journal.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::cluster {

// The node's sockets and the loop that everything here runs on. All but post() is called on that loop.
class Doors {
 public:
  virtual ~Doors() = default;
  virtual void post(std::function<void()> task) = 0;  // any thread
  virtual std::uint64_t connections() const = 0;      // of visitors and agents
  virtual journal::Position archived() const = 0;     // up to which position the node's archive lasts
  // The history that the journal has by now is the one that the doors name.
  virtual void name_history() = 0;
  virtual void take_typing(const gateway::TypingElsewhere& typing) = 0;
  virtual void announce() = 0;       // every connection says hello to the core again
  virtual void hand_over_all() = 0;  // clients are sent to the other nodes
};

struct Figures {
  bool leads = false;
  std::uint64_t nodes = 1;  // heard within the last seconds, this one too
  std::uint64_t lost = 0;
  std::uint64_t took_over = 0;
  std::uint64_t behind_batches = 0;
  Millis cut_off{};
  std::uint64_t pending_commands = 0;
  std::uint64_t other_rules = 0;  // nodes whose settings file has other rules than this one's
  std::uint64_t state_mismatches = 0;
};

class Membership {
 public:
  // What the node does about it; all on the loop.
  struct Told {
    std::function<void()> leads;  // the journal is ours from here on; once
    // What was followed is not there any more, or was not followed as by the others; once.
    std::function<void(const std::string& why)> lost;
    std::function<void(std::string shown)> lost_end;  // another node knows what our journal does not have
  };
  struct Parts {
    journal::SharedJournal& journal;
    sequencer::Sequencer& sequencer;
    Doors& doors;
  };

  // `name`: for people, "host:port". `node`: what stands for this node in connections and commands. `version`: of the
  // program. `states_every`: batches from one comparison of the state to the next.
  Membership(std::string name, std::uint32_t node, std::string version, std::uint64_t states_every = 1024);

  // What the shared journal is opened with. It is deaf until join() and after leave().
  journal::SharedOptions callbacks();

  const std::string& name() const { return name_; }
  std::uint32_t node() const { return node_; }

  // Sees every batch, before anything is compared.
  sequencer::Projection& projection() { return states_; }

  // Before join(), and on the loop: the hash of the rules in the node's settings file.
  void set_rules(std::uint64_t hash) { rules_ = hash; }

  // Once, before the loop runs: from here on the node follows what comes after `position`.
  void join(const Parts& parts, std::uint64_t incarnation, journal::Position position, Told told);
  // Each 250 ms, on the loop.
  void tick();
  // Before the parts go.
  void leave();

  // On the loop: somebody types on a socket here.
  void tell_typing(const gateway::TypingElsewhere& typing);

  // On the loop.
  Figures figures() const;

  // Up to where the archive of every node lasts that lives, or did within the last hour. Any thread.
  journal::Position archived_everywhere() const { return journal::Position{archived_everywhere_}; }

  // On the loop. Nothing: the node serves. Else why it cannot.
  std::optional<std::string> trouble() const;

 private:
  void on_message(std::string_view payload);
  void take(const Beat& beat);
  void take_away(std::uint32_t node, std::uint64_t last_incarnation);
  void end_connections(const core::State& state, std::uint32_t node, std::uint64_t last_incarnation);
  void ask_to_announce();
  void beat();
  void look_at_reach();
  void look_at_archives();
  void compare_states();
  void raise_feature_level();
  void send(const std::vector<sequencer::Sent>& sent);

  const std::string name_;
  const std::uint32_t node_;
  const std::string version_;

  std::mutex mutex_;  // guards the two below: the journal's threads call in, and must find nobody after leave()
  std::optional<Parts> parts_;
  std::map<std::uint32_t, std::uint64_t> starts_;  // from which incarnation of a node on its commands are taken
  Told told_;

  std::atomic<std::uint64_t> archived_everywhere_ = 0;
  std::atomic<bool> clock_off_ = false;

  // Loop only.
  StateMarks states_;
  std::uint64_t rules_ = 0;
  std::uint64_t state_mismatches_ = 0;
  std::optional<Millis> all_read_since_;  // as the owner: what the journal does not hold yet
  std::uint64_t compared_ = 0;            // up to which position
  std::uint64_t incarnation_ = 0;
  Roll roll_;
  std::uint64_t ticks_ = 0;
  bool reachable_ = true;
  std::uint64_t lost_ = 0;
  std::uint64_t took_over_ = 0;
  std::uint64_t announced_ = 0;  // the owner's last number that this node followed
  std::uint64_t announcements_ = 0;
  std::map<std::uint32_t, std::uint64_t> to_announce_;  // by node, as the owner: what its beat does not name yet
};

}  // namespace heti::cluster
