#include "service/cluster_of_node.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

#include "service/base/bytes.hpp"
#include "service/cluster/incarnation.hpp"
#include "service/journal/hash.hpp"
#include "service/propose.hpp"

namespace heti {
namespace {

std::string host_and_port(const config::Settings& settings) {
  std::array<char, 256> host{};
  std::string name = ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "node";
  return name.append(":").append(std::to_string(settings.listen.port));
}

// FNV-1a, 32 bits. The highest bit tells it from the 1 of a node that is alone.
std::uint32_t number_of(std::string_view name) {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash | 0x80000000u;
}

// The data directory is locked by one process, so that no two nodes of a machine are the same.
std::uint32_t number_of(const config::Settings& settings, std::string name) {
  std::error_code unknown;
  return number_of(name.append(" ").append(std::filesystem::absolute(settings.journal.path, unknown).string()));
}

// Alike for files that differ in nothing but the order of queues and agents.
std::uint64_t hash_of_rules(const config::Settings& settings) {
  core::Settings rules = proposal(settings);
  std::ranges::sort(rules.queues, {}, &core::QueueSettings::name);
  std::ranges::sort(rules.agents, {}, &core::AgentSettings::name);
  const journal::Hash hash = journal::short_sha256({to_bytes(rules)});
  return journal::from_big_endian(journal::bytes_of(hash).substr(0, sizeof(std::uint64_t)));
}

}  // namespace

ClusterOfNode::ClusterOfNode(const config::Settings& settings) : ClusterOfNode(settings, host_and_port(settings)) {
  take(settings);
}

ClusterOfNode::ClusterOfNode(const config::Settings& settings, const std::string& name)
    : membership_(name, number_of(settings, name), HETI_VERSION),
      incarnation_file_(std::filesystem::path(settings.journal.path) / (settings.workspace + ".incarnation")) {}

void ClusterOfNode::take(const config::Settings& settings) { membership_.set_rules(hash_of_rules(settings)); }

// Of what this node has sent before, the journal knows, even if the node's directory is a new one.
std::expected<std::uint64_t, std::string> ClusterOfNode::next_incarnation(const core::State& state,
                                                                          std::uint64_t at_least) const {
  const auto last = state.last_decided.find(node());
  if (last != state.last_decided.end()) at_least = std::max(at_least, last->second.incarnation + 1);
  return cluster::next_incarnation(incarnation_file_, at_least);
}

void ClusterOfNode::join(const Parts& parts, std::uint64_t incarnation, journal::Position position,
                         cluster::Membership::Told told) {
  parts_.emplace(parts);
  parts.gateway.follow(true);
  parts.gateway.on_typing([this](const gateway::TypingElsewhere& typing) { membership_.tell_typing(typing); });
  membership_.join({.journal = parts.journal, .sequencer = parts.sequencer, .doors = *this}, incarnation, position,
                   std::move(told));
}

void ClusterOfNode::post(std::function<void()> task) { parts_->gateway.loop().post(std::move(task)); }

std::uint64_t ClusterOfNode::connections() const {
  std::uint64_t connections = 0;
  for (const auto& sockets : parts_->sockets.sockets) connections += sockets.load(std::memory_order_relaxed);
  return connections;
}

void ClusterOfNode::name_history() { parts_->gateway.name_history(parts_->journal); }
void ClusterOfNode::take_typing(const gateway::TypingElsewhere& typing) { parts_->gateway.take_typing(typing); }
void ClusterOfNode::announce() { parts_->gateway.announce(); }
void ClusterOfNode::hand_over_all() { parts_->gateway.hand_over_all(); }

monitor::NodeFigures ClusterOfNode::figures() const {
  const cluster::Figures figures = membership_.figures();
  return {.leads = figures.leads,
          .nodes = figures.nodes,
          .lost = figures.lost,
          .took_over = figures.took_over,
          .behind_batches = figures.behind_batches,
          .cut_off_seconds = std::chrono::duration<double>(figures.cut_off).count(),
          .pending_commands = figures.pending_commands,
          .other_rules = figures.other_rules,
          .state_mismatches = figures.state_mismatches};
}

}  // namespace heti
