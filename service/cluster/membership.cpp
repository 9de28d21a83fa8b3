#include "service/cluster/membership.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "service/base/planted.hpp"
#include "service/base/threads.hpp"
#include "service/cluster/connections.hpp"
#include "service/cluster/messages.hpp"
#include "service/core/stored_event.hpp"

namespace heti::cluster {
namespace {

// All messages go over one channel.
constexpr std::string_view channel = "nodes";
// Redis keeps a client's unread messages, and drops the client whose messages are many: so they are not large.
constexpr std::size_t commands_at_once = 200;
// A node that has not heard of the journal for so long lets its clients go to the others.
constexpr Millis cut_off_after{5000};
// A node whose clock is off lets the others claim first; if there are none, a wrong clock is better than nobody.
constexpr Millis clock_off_claims_later{10'000};
// Every node that lives has told by then which build it is.
constexpr Millis raised_after{10'000};

Millis steady_now() { return std::chrono::duration_cast<Millis>(SteadyClock::now().time_since_epoch()); }

}  // namespace

Membership::Membership(std::string name, std::uint32_t node, std::string version, std::uint64_t states_every)
    : name_(std::move(name)), node_(node), version_(std::move(version)), states_(states_every) {}

journal::SharedOptions Membership::callbacks() {
  journal::SharedOptions options;
  options.channels = {std::string(channel)};
  const auto on_loop = [this](std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (parts_) parts_->doors.post(std::move(task));
  };
  options.on_batch = [this, on_loop](const journal::Batch& batch, const journal::Hash& hash) {
    on_loop([this, batch, hash] {
      if (batch.position.value() == 1) parts_->doors.name_history();
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
  options.claim_later = [this] { return clock_off_ ? clock_off_claims_later : Millis{0}; };
  return options;
}

void Membership::join(const Parts& parts, std::uint64_t incarnation, journal::Position position, Told told) {
  incarnation_ = incarnation;
  told_ = std::move(told);
  parts.sequencer.follow({.node = node_,
                          .incarnation = incarnation,
                          .send = [this](const std::vector<sequencer::Sent>& sent) { send(sent); }});
  {
    const std::lock_guard lock(mutex_);
    parts_.emplace(parts);
    starts_[node_] = incarnation;
  }
  beat();
  parts.journal.start(position);
}

void Membership::leave() {
  const std::lock_guard lock(mutex_);
  parts_.reset();
}

void Membership::tell_typing(const gateway::TypingElsewhere& typing) {
  parts_->journal.publish(channel, to_message(Typing{.node = node_, .typing = typing}));
}

void Membership::send(const std::vector<sequencer::Sent>& sent) {
  for (std::size_t i = 0; i < sent.size(); i += commands_at_once) {
    const auto begin = sent.begin() + static_cast<std::ptrdiff_t>(i);
    const auto count = static_cast<std::ptrdiff_t>(std::min(commands_at_once, sent.size() - i));
    parts_->journal.publish(channel, to_message(Commands{.sent = {begin, begin + count}}));
  }
}

// On the bus's thread.
void Membership::on_message(std::string_view payload) {
  auto message = from_message(payload);
  if (!message) return;
  const std::lock_guard lock(mutex_);
  if (!parts_) return;
  if (auto* commands = std::get_if<Commands>(&*message)) {
    if (!parts_->journal.leading()) return;
    const core::CommandNumber& first = commands->sent.front().number;
    const auto start = starts_.find(first.node);
    if (start != starts_.end() && first.incarnation < start->second) return;  // Of a start that is over, or lost.
    for (sequencer::Sent& sent : commands->sent) parts_->sequencer.submit_of_node(std::move(sent));
    return;
  }
  parts_->doors.post([this, message = std::move(*message)] {
    if (const auto* beat = std::get_if<Beat>(&message)) {
      if (beat->node != node_) take(*beat);
    } else if (const auto* typing = std::get_if<Typing>(&message)) {
      if (typing->node != node_) parts_->doors.take_typing(typing->typing);
    } else if (const auto* announce = std::get_if<Announce>(&message)) {
      if (announce->node != node_ || std::exchange(announced_, announce->number) == announce->number) return;
      parts_->doors.announce();
    }
  });
}

void Membership::take(const Beat& beat) {
  if (beat.role == Role::leads && parts_->sequencer.follows()) parts_->sequencer.hear_time(beat.now);
  const auto news = roll_.heard(beat, steady_now());
  if (news == Roll::News::none) return;
  spdlog::info("step=node name={} node={} incarnation={} news={} version={}", beat.name, beat.node, beat.incarnation,
               news == Roll::News::came        ? "came"
               : news == Roll::News::restarted ? "restarted"
                                               : "back",
               beat.version);
  {
    const std::lock_guard lock(mutex_);
    starts_[beat.node] = beat.incarnation;
  }
  if (parts_->sequencer.follows()) return;
  // What an earlier start of it had is gone. What this start had was taken from it if it was lost; if it came while
  // this node did not lead yet, nobody knows whether the last owner took it.
  if (beat.incarnation > 0) take_away(beat.node, beat.incarnation - 1);
  if (news != Roll::News::back) return;
  // Behind the ends of its connections: those that it says it has come after them.
  const auto behind = [this, node = beat.node](const core::Answer&, const core::State&) {
    if (!parts_) return;
    to_announce_[node] = incarnation_ + ++announcements_;
    ask_to_announce();
  };
  if (parts_->sequencer.submit(core::command::Tick{}, behind, true) == sequencer::Submit::accepted) return;
  spdlog::error("step=node error=\"a node that is back was not asked for its connections\"");
}

// Who is back may not hear everything yet.
void Membership::ask_to_announce() {
  std::erase_if(to_announce_, [this](const auto& asked) {
    const auto member = roll_.members().find(asked.first);
    return member == roll_.members().end() || member->second.lost || member->second.last.announced == asked.second;
  });
  for (const auto& [node, number] : to_announce_) {
    parts_->journal.publish(channel, to_message(Announce{.node = node, .number = number}));
  }
}

// Whoever was connected there is gone, as if each connection had ended by itself. Behind what the node had asked
// before: a connection that was only on its way ends too.
void Membership::take_away(std::uint32_t node, std::uint64_t last_incarnation) {
  if (planted(Planted::ends_forgotten)) return;
  const auto behind = [this, node, last_incarnation](const core::Answer&, const core::State& state) {
    if (parts_) end_connections(state, node, last_incarnation);
  };
  if (parts_->sequencer.submit(core::command::Tick{}, behind, true) != sequencer::Submit::accepted) {
    spdlog::error("step=node error=\"the ends of a lost node's connections were not taken\"");
  }
}

void Membership::end_connections(const core::State& state, std::uint32_t node, std::uint64_t last_incarnation) {
  const auto ends = ends_of(state, node, last_incarnation);
  if (!ends.empty()) spdlog::warn("step=node node={} connections_ended={}", node, ends.size());
  for (const core::Command& end : ends) {
    if (parts_->sequencer.submit(end, nullptr, true) == sequencer::Submit::accepted) continue;
    spdlog::error("step=node error=\"the end of a lost node's connection was not taken\"");
  }
}

void Membership::beat() {
  auto& sequencer = parts_->sequencer;
  parts_->journal.publish(channel, to_message(Beat{.name = name_,
                                                   .node = node_,
                                                   .incarnation = incarnation_,
                                                   .role = sequencer.follows() ? Role::follows : Role::leads,
                                                   .position = parts_->journal.tail().position.value(),
                                                   .version = version_,
                                                   .settings_version = sequencer.state().settings_version,
                                                   .connections = parts_->doors.connections(),
                                                   .announced = announced_,
                                                   .now = sequencer.now(),
                                                   .archived = parts_->doors.archived().value(),
                                                   .rules = rules_,
                                                   .feature_level = core::feature_level(),
                                                   .state_format = core::state_format,
                                                   .states = states_.latest()}));
}

void Membership::tick() {
  ++ticks_;
  look_at_reach();
  look_at_archives();
  clock_off_ = parts_->sequencer.clock_off();
  if (ticks_ % 4 == 0) {
    beat();
    compare_states();
  }
  if (parts_->sequencer.follows()) {
    if (ticks_ % 2 == 0) parts_->sequencer.send_again();
    return;
  }
  for (const Start& start : roll_.lost(steady_now())) {
    ++lost_;
    spdlog::warn("step=node node={} incarnation={} news=lost", start.node, start.incarnation);
    {
      const std::lock_guard lock(mutex_);
      starts_[start.node] = start.incarnation + 1;  // Until it is heard again.
    }
    take_away(start.node, start.incarnation);
  }
  if (ticks_ % 4 == 0) {
    ask_to_announce();
    raise_feature_level();
  }
}

void Membership::look_at_reach() {
  const bool reachable = parts_->journal.cut_off() < cut_off_after;
  if (std::exchange(reachable_, reachable) == reachable) return;
  parts_->sequencer.set_reachable(reachable);
  if (reachable) {
    spdlog::info("step=reach notice=\"Redis is there again\"");
  } else {
    spdlog::error("step=reach error=\"Redis was not heard for {} ms\" next=\"clients are sent to the other nodes\"",
                  parts_->journal.cut_off().count());
    parts_->doors.hand_over_all();
  }
}

void Membership::look_at_archives() {
  journal::Position least = parts_->doors.archived();
  for (const auto& [node, member] : roll_.members()) {
    least = std::min(least, journal::Position{member.last.archived});
  }
  archived_everywhere_ = least.value();
}

// Who is lost may come back as it was.
void Membership::raise_feature_level() {
  std::uint64_t least = core::feature_level();
  for (const auto& [node, member] : roll_.members()) least = std::min(least, member.last.feature_level);
  const Millis now = steady_now();
  if (least <= std::max(parts_->sequencer.state().feature_level, core::first_feature_level)) {
    all_read_since_.reset();
    return;
  }
  if (!all_read_since_) all_read_since_ = now;
  if (now - *all_read_since_ < raised_after) return;
  spdlog::info("step=feature_level level={}", least);
  if (parts_->sequencer.submit(core::command::RaiseFeatureLevel{.level = least}, nullptr, true) ==
      sequencer::Submit::accepted) {
    all_read_since_.reset();
  }
}

void Membership::compare_states() {
  std::vector<const std::vector<StateMark>*> others;
  for (const auto& [node, member] : roll_.members()) {
    if (steady_now() - member.heard >= lost_after || member.last.state_format != core::state_format) continue;
    others.push_back(&member.last.states);
  }
  const Compared found = compare(states_.latest(), others, !parts_->sequencer.follows());
  if (found.agreement == Agreement::unknown || found.position <= compared_) return;
  compared_ = found.position;
  if (found.agreement == Agreement::same) return;
  ++state_mismatches_;
  const std::string where = " differs after position " + std::to_string(found.position);
  if (found.agreement == Agreement::others_differ) {
    spdlog::critical("step=state error=\"the state of another node{}\" next=\"it ends, and folds the journal anew\"",
                     where);
  } else {
    told_.lost("the state of this node" + where + " from that of most others: it is folded from the journal anew");
  }
}

Figures Membership::figures() const {
  Figures figures{.leads = parts_->journal.leading() && parts_->journal.owned()};
  const std::uint64_t mine = parts_->journal.tail().position.value();
  for (const auto& [node, member] : roll_.members()) {
    if (steady_now() - member.heard >= lost_after) continue;
    ++figures.nodes;
    if (member.last.rules != rules_) ++figures.other_rules;
    if (member.last.role != Role::leads || member.last.position <= mine) continue;
    figures.behind_batches = member.last.position - mine;
  }
  figures.lost = lost_;
  figures.took_over = took_over_;
  figures.cut_off = parts_->journal.cut_off();
  figures.pending_commands = parts_->sequencer.pending();
  figures.state_mismatches = state_mismatches_;
  return figures;
}

std::optional<std::string> Membership::trouble() const {
  if (!reachable_) return "Redis was not heard for " + std::to_string(parts_->journal.cut_off().count()) + " ms";
  if (parts_->sequencer.state().settings_version == 0) return "no node has written the settings yet";
  return std::nullopt;
}

}  // namespace heti::cluster
