#pragma once
// A node among others that share its workspace through Redis: it follows the one that leads, and leads when it has to.
// Brings together the shared journal, whose threads call in here, and the sequencer and gateway on their loop.
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "config/settings.hpp"
#include "service/cluster/roll.hpp"
#include "service/gateway/gateway.hpp"
#include "service/journal/redis/redis_journal.hpp"
#include "service/monitor/monitor.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti {

class ClusterOfNode {
 public:
  // What the node does about it; both on the home loop, each once.
  struct Told {
    std::function<void()> leads;                       // the journal is ours from here on
    std::function<void(const std::string& why)> lost;  // what was followed is not there any more
    std::function<void(std::string shown)> lost_end;   // another node knows what our journal does not have
  };
  struct Parts {
    journal::SharedJournal& journal;
    sequencer::Sequencer& sequencer;
    gateway::Gateway& gateway;
    const gateway::GatewayMetrics& sockets;
  };

  explicit ClusterOfNode(const config::Settings& settings);

  // What the shared journal is opened with. It is deaf until join() and after leave().
  journal::SharedOptions callbacks();

  // "host:port", and the number that stands for host, port and data directory in connections and commands.
  const std::string& name() const { return name_; }
  std::uint32_t node() const { return node_; }

  // Once, before the home loop runs: from here on the node follows what comes after `position`.
  void join(const Parts& parts, std::uint64_t incarnation, journal::Position position, Told told);
  // Each 250 ms, on the home loop.
  void tick();
  // Before the parts go.
  void leave();

  // On the home loop, for the monitor.
  monitor::NodeFigures figures() const;

  // On the home loop. Nothing: the node serves. Else why it cannot.
  std::optional<std::string> trouble() const;

 private:
  void on_message(std::string_view payload);
  void take(const cluster::Beat& beat);
  void take_away(std::uint32_t node, std::uint64_t last_incarnation);
  void beat();
  void look_at_reach();
  void send(const std::vector<sequencer::Sent>& sent);

  const std::string name_;
  const std::uint32_t node_;

  std::mutex mutex_;  // the journal's threads call in, and must find nobody after leave()
  std::optional<Parts> parts_;
  Told told_;

  // Home loop only.
  std::uint64_t incarnation_ = 0;
  cluster::Roll roll_;
  std::uint64_t ticks_ = 0;
  bool reachable_ = true;
  std::uint64_t lost_ = 0;
  std::uint64_t took_over_ = 0;
};

}  // namespace heti
