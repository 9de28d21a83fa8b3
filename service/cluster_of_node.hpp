#pragma once
// The membership of this process: its name, and its gateway as the doors.
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "config/settings.hpp"
#include "service/archive/archive.hpp"
#include "service/cluster/membership.hpp"
#include "service/gateway/gateway.hpp"
#include "service/monitor/monitor.hpp"

namespace heti {

class ClusterOfNode final : private cluster::Doors {
 public:
  struct Parts {
    journal::SharedJournal& journal;
    sequencer::Sequencer& sequencer;
    gateway::Gateway& gateway;
    const gateway::GatewayMetrics& sockets;
    const archive::Archive& archive;
  };

  explicit ClusterOfNode(const config::Settings& settings);

  // What the shared journal is opened with.
  journal::SharedOptions callbacks() { return membership_.callbacks(); }

  // The number that stands for host, port and data directory in connections and commands.
  std::uint32_t node() const { return membership_.node(); }

  sequencer::Projection& projection() { return membership_.projection(); }
  journal::Position archived_everywhere() const { return membership_.archived_everywhere(); }

  // These settings are in force here now.
  void take(const config::Settings& settings);

  // Which start of this node this is, at least `at_least`. `state`: as it was found.
  std::expected<std::uint64_t, std::string> next_incarnation(const core::State& state, std::uint64_t at_least) const;

  // As those of the membership.
  void join(const Parts& parts, std::uint64_t incarnation, journal::Position position, cluster::Membership::Told told);
  void tick() { membership_.tick(); }
  void leave() { membership_.leave(); }
  monitor::NodeFigures figures() const;
  std::optional<std::string> trouble() const { return membership_.trouble(); }

 private:
  ClusterOfNode(const config::Settings& settings, const std::string& name);

  void post(std::function<void()> task) override;
  std::uint64_t connections() const override;
  journal::Position archived() const override { return parts_->archive.position(); }
  void name_history() override;
  void take_typing(const gateway::TypingElsewhere& typing) override;
  void announce() override;
  void hand_over_all() override;

  cluster::Membership membership_;
  const std::filesystem::path incarnation_file_;
  std::optional<Parts> parts_;
};

}  // namespace heti
