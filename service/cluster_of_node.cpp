#include "service/cluster_of_node.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>

#include "service/cluster/connections.hpp"
#include "service/cluster/messages.hpp"

namespace heti {
namespace {

using namespace std::chrono_literals;

// All messages go over one channel.
constexpr std::string_view channel = "nodes";
// Redis keeps a client's unread messages, and drops the client whose messages are many: so they are not large.
constexpr std::size_t commands_at_once = 200;
// A node that has not heard of the journal for so long lets its clients go to the others.
constexpr Millis cut_off_after{5000};

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

Millis steady_now() { return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch()); }

}  // namespace

ClusterOfNode::ClusterOfNode(const config::Settings& settings)
    : name_(host_and_port(settings)), node_(number_of(settings, name_)) {}

journal::SharedOptions ClusterOfNode::callbacks() {
  journal::SharedOptions options;
  options.channels = {std::string(channel)};
  const auto on_loop = [this](std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (parts_) parts_->gateway.loop().post(std::move(task));
  };
  options.on_batch = [this, on_loop](const journal::Batch& batch, const journal::Hash& hash) {
    on_loop([this, batch, hash] {
      if (batch.position.value() == 1) parts_->gateway.name_history(parts_->journal);
      if (const auto taken = parts_->sequencer.take_in(batch, hash); !taken) told_.lost(taken.error());
    });
  };
  options.on_owned = [this, on_loop] {
    on_loop([this] {
      if (parts_->sequencer.state().settings_version != 0) ++took_over_;
      told_.leads();
    });
  };
  options.on_lost = [this, on_loop](std::string why) { on_loop([this, why = std::move(why)] { told_.lost(why); }); };
  options.on_lost_end = [this, on_loop](std::string shown) {
    on_loop([this, shown = std::move(shown)] { told_.lost_end(shown); });
  };
  options.on_message = [this](std::string_view, const std::string& payload) { on_message(payload); };
  return options;
}

void ClusterOfNode::join(const Parts& parts, std::uint64_t incarnation, journal::Position position, Told told) {
  incarnation_ = incarnation;
  told_ = std::move(told);
  parts.sequencer.follow({.node = node_,
                          .incarnation = incarnation,
                          .send = [this](const std::vector<sequencer::Sent>& sent) { send(sent); }});
  parts.gateway.follow(true);
  parts.gateway.on_typing([this](const gateway::TypingElsewhere& typing) {
    parts_->journal.publish(channel, cluster::to_message(cluster::Typing{.node = node_, .typing = typing}));
  });
  {
    const std::lock_guard lock(mutex_);
    parts_.emplace(parts);
  }
  beat();
  parts.journal.start(position);
}

void ClusterOfNode::leave() {
  const std::lock_guard lock(mutex_);
  parts_.reset();
}

void ClusterOfNode::send(const std::vector<sequencer::Sent>& sent) {
  for (std::size_t i = 0; i < sent.size(); i += commands_at_once) {
    const auto begin = sent.begin() + static_cast<std::ptrdiff_t>(i);
    const auto count = static_cast<std::ptrdiff_t>(std::min(commands_at_once, sent.size() - i));
    parts_->journal.publish(channel, cluster::to_message(cluster::Commands{.sent = {begin, begin + count}}));
  }
}

// On the bus's thread.
void ClusterOfNode::on_message(std::string_view payload) {
  auto message = cluster::from_message(payload);
  if (!message) return;
  const std::lock_guard lock(mutex_);
  if (!parts_) return;
  if (auto* commands = std::get_if<cluster::Commands>(&*message)) {
    if (!parts_->journal.leading()) return;
    for (sequencer::Sent& sent : commands->sent) parts_->sequencer.submit_of_node(std::move(sent));
    return;
  }
  parts_->gateway.loop().post([this, message = std::move(*message)] {
    if (const auto* beat = std::get_if<cluster::Beat>(&message)) {
      if (beat->node != node_) take(*beat);
    } else if (const auto* typing = std::get_if<cluster::Typing>(&message)) {
      if (typing->node != node_) parts_->gateway.take_typing(typing->typing);
    } else if (const auto* announce = std::get_if<cluster::Announce>(&message)) {
      if (announce->node == node_) parts_->gateway.announce();
    }
  });
}

void ClusterOfNode::take(const cluster::Beat& beat) {
  const auto news = roll_.heard(beat, steady_now());
  if (news == cluster::Roll::News::none) return;
  spdlog::info("step=node name={} node={} incarnation={} news={} version={}", beat.name, beat.node, beat.incarnation,
               news == cluster::Roll::News::came        ? "came"
               : news == cluster::Roll::News::restarted ? "restarted"
                                                        : "back",
               beat.version);
  if (parts_->sequencer.follows()) return;
  // What an earlier start of it had is gone. What this start had was taken from it if it was lost; if it came while
  // this node did not lead yet, nobody knows whether the last owner took it.
  if (beat.incarnation > 0) take_away(beat.node, beat.incarnation - 1);
  if (news == cluster::Roll::News::back) {
    parts_->journal.publish(channel, cluster::to_message(cluster::Announce{.node = beat.node}));
  }
}

// Whoever was connected there is gone, as if each connection had ended by itself.
void ClusterOfNode::take_away(std::uint32_t node, std::uint64_t last_incarnation) {
  const auto ends = cluster::ends_of(parts_->sequencer.state(), node, last_incarnation);
  if (!ends.empty()) spdlog::warn("step=node node={} connections_ended={}", node, ends.size());
  for (const core::Command& end : ends) {
    if (parts_->sequencer.submit(end, nullptr, true) == sequencer::Submit::accepted) continue;
    spdlog::error("step=node error=\"the end of a lost node's connection was not taken\"");
  }
}

void ClusterOfNode::beat() {
  const auto& sequencer = parts_->sequencer;
  std::uint64_t connections = 0;
  for (const auto& sockets : parts_->sockets.sockets) connections += sockets.load(std::memory_order_relaxed);
  parts_->journal.publish(channel, cluster::to_message(cluster::Beat{
                                       .name = name_,
                                       .node = node_,
                                       .incarnation = incarnation_,
                                       .role = sequencer.follows() ? cluster::Role::follows : cluster::Role::leads,
                                       .position = parts_->journal.tail().position.value(),
                                       .version = HETI_VERSION,
                                       .settings_version = sequencer.state().settings_version,
                                       .connections = connections}));
}

void ClusterOfNode::tick() {
  ++ticks_;
  look_at_reach();
  if (ticks_ % 4 == 0) beat();
  if (parts_->sequencer.follows()) {
    if (ticks_ % 2 == 0) parts_->sequencer.send_again();
    return;
  }
  for (const cluster::Start& start : roll_.lost(steady_now())) {
    ++lost_;
    spdlog::warn("step=node node={} incarnation={} news=lost", start.node, start.incarnation);
    take_away(start.node, start.incarnation);
  }
}

void ClusterOfNode::look_at_reach() {
  const bool reachable = parts_->journal.cut_off() < cut_off_after;
  if (std::exchange(reachable_, reachable) == reachable) return;
  parts_->sequencer.set_reachable(reachable);
  if (reachable) {
    spdlog::info("step=reach notice=\"Redis is there again\"");
  } else {
    spdlog::error("step=reach error=\"Redis was not heard for {} ms\" next=\"clients are sent to the other nodes\"",
                  parts_->journal.cut_off().count());
    parts_->gateway.hand_over_all();
  }
}

monitor::NodeFigures ClusterOfNode::figures() const {
  monitor::NodeFigures figures{.leads = parts_->journal.leading() && parts_->journal.owned()};
  const std::uint64_t mine = parts_->journal.tail().position.value();
  for (const auto& [node, member] : roll_.members()) {
    if (steady_now() - member.heard >= cluster::lost_after) continue;
    ++figures.nodes;
    if (member.last.role != cluster::Role::leads || member.last.position <= mine) continue;
    figures.behind_batches = member.last.position - mine;
  }
  figures.lost = lost_;
  figures.took_over = took_over_;
  figures.cut_off_seconds = std::chrono::duration<double>(parts_->journal.cut_off()).count();
  figures.pending_commands = parts_->sequencer.pending();
  return figures;
}

std::optional<std::string> ClusterOfNode::trouble() const {
  if (!reachable_) return "Redis was not heard for " + std::to_string(parts_->journal.cut_off().count()) + " ms";
  if (parts_->sequencer.state().settings_version == 0) return "no node has written the settings yet";
  return std::nullopt;
}

}  // namespace heti
