#include "tests/alerts/people.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace heti::alerts {

namespace cmd = core::command;
namespace event = core::event;

namespace {

cmd::Post post(core::Sender sender, PublicId conversation, core::Author author) {
  return {.sender = sender, .conversation = conversation, .author = author, .stream = "", .n = 0, .text = "hello"};
}

}  // namespace

void People::tell(core::Command command) {
  if (world_->up() && world_->now() >= connected_again_) return world_->send(std::move(command));
  world_->after(Millis{2'000}, [this, command = std::move(command)] { tell(command); });
}

// ---- Visitors

void People::arrive_over(Instant opening, Millis open_for, int visitors) {
  // Weights of ten equal parts of the day: after the opening and after lunch they come closest together.
  constexpr std::array<std::uint64_t, 10> curve{9, 14, 12, 10, 8, 7, 12, 12, 9, 7};
  for (int i = 0; i < visitors; ++i) {
    std::uint64_t drawn = random_.below(100);
    std::size_t part = 0;
    while (drawn >= curve[part]) drawn -= curve[part++];
    const Millis length = open_for / static_cast<std::int64_t>(curve.size());
    const Instant at =
        opening + length * static_cast<std::int64_t>(part) + Millis{random_.between(0, length.count() - 1)};
    world_->at(at, [this] {
      if (!nobody_comes_) arrives();
    });
  }
}

void People::arrives() {
  if (!world_->up()) return;
  const std::uint64_t number = ++last_visitor_;
  Visitor& visitor = visitors_[number];
  visitor = {.id = {.high = 1, .low = number},
             .conversation = {.high = 2, .low = number},
             .number = number,
             .left_to_say = static_cast<int>(random_.between(1, 4))};
  world_->send(cmd::Start{.visitor = visitor.id,
                          .conversation = visitor.conversation,
                          .queue = core::QueueId{1},
                          .connection = connection_of(visitor),
                          .facts = {},
                          .bot_first = false});
  visitor_says(number);
  world_->after(seconds(240, 1500), [this, number] {  // As long as they can bear it.
    const auto found = visitors_.find(number);
    if (found == visitors_.end() || found->second.answered || !found->second.there) return;
    found->second.there = false;
    world_->send(cmd::VisitorGone{.visitor = found->second.id, .connection = connection_of(found->second)});
  });
}

void People::visitor_says(std::uint64_t number) {
  const auto found = visitors_.find(number);
  if (found == visitors_.end() || !found->second.there) return;
  --found->second.left_to_say;
  tell(post(core::Sender::of_visitor(found->second.id), found->second.conversation, core::Author::visitor));
}

void People::visitor_reads(std::uint64_t number) {
  const auto found = visitors_.find(number);
  if (found == visitors_.end() || !found->second.there) return;
  found->second.answered = true;
  if (found->second.left_to_say > 0) {
    world_->after(seconds(10, 50), [this, number] { visitor_says(number); });
    return;
  }
  world_->after(seconds(5, 20), [this, number] {
    const auto still = visitors_.find(number);
    if (still == visitors_.end()) return;
    tell(cmd::Close{.sender = core::Sender::of_visitor(still->second.id),
                    .conversation = still->second.conversation,
                    .spam = false});
  });
}

// ---- Agents

void People::comes(std::uint32_t agent) {
  if (agents_[agent].there) return;
  agents_[agent].there = true;
  connect(agent);
}

void People::connect(std::uint32_t agent) {
  ++agents_[agent].connections;
  world_->send(cmd::AgentHello{.agent = core::AgentId{agent}, .connection = connection_of(agent)});
  world_->send(cmd::SetStatus{.agent = core::AgentId{agent}, .status = core::AgentStatus::online});
}

void People::ends_shift(std::uint32_t agent) {
  world_->send(cmd::SetStatus{.agent = core::AgentId{agent}, .status = core::AgentStatus::finishing});
  world_->after(std::chrono::minutes{40}, [this, agent] {  // The last chats are over by then.
    if (agents_[agent].there) vanishes(agent);
  });
}

void People::vanishes(std::uint32_t agent) {
  if (!agents_[agent].there) return;
  agents_[agent].there = false;
  world_->send(cmd::AgentGone{.agent = core::AgentId{agent}, .connection = connection_of(agent)});
}

void People::agent_answers(std::uint32_t agent, std::uint64_t number) {
  const Millis chats{1000 * static_cast<std::int64_t>(agents_[agent].chats.size())};
  // One answer in twenty has to be looked up, and comes after the target.
  const Millis looked_up = random_.chance(50) ? seconds(95, 120) : Millis{0};
  world_->after((seconds(6, 24) + 3 * chats) * slowness_ + looked_up, [this, agent, number] {
    const auto holder = held_by_.find(number);
    if (holder == held_by_.end() || holder->second != agent || !agents_[agent].there) return;
    if (silent_) return agent_answers(agent, number);
    tell(post(core::Sender::of_agent(core::AgentId{agent}), visitors_.at(number).conversation, core::Author::agent));
  });
}

void People::reconnect() {
  connected_again_ = world_->now() + Millis{5'000};
  for (auto& [number, agent] : agents_) {
    if (!agent.there) continue;
    world_->after(seconds(1, 3), [this, number = number] {
      if (agents_[number].there) connect(number);
    });
  }
  for (auto& [number, visitor] : visitors_) {
    if (!visitor.there) continue;
    world_->after(seconds(1, 4), [this, number = number] {
      const auto found = visitors_.find(number);
      if (found == visitors_.end() || !found->second.there) return;
      world_->send(cmd::VisitorHello{
          .visitor = found->second.id, .queue = core::QueueId{1}, .connection = connection_of(found->second)});
    });
  }
}

// ---- What they are told

void People::on_durable(const sequencer::Durable& batch) {
  for (const core::Event& one : batch.events) {
    std::visit([this](const auto& body) { on(body); }, one.body);
  }
}

void People::on(const event::ConversationStarted& started) {
  conversations_[started.conversation.value()] = started.public_id.low;
}

void People::on(const event::ChatOffered& offered) {
  Visitor* visitor = visitor_of(offered.conversation);
  if (visitor == nullptr) return;
  world_->after(seconds(2, 6), [this, agent = offered.agent, conversation = visitor->conversation] {
    if (agents_[agent.value()].there) tell(cmd::Accept{.agent = agent, .conversation = conversation});
  });
}

void People::on(const event::ChatAssigned& assigned) {
  Visitor* visitor = visitor_of(assigned.conversation);
  if (visitor == nullptr) return;
  held_by_[visitor->number] = assigned.agent.value();
  agents_[assigned.agent.value()].chats.insert(visitor->number);
  agent_answers(assigned.agent.value(), visitor->number);
}

void People::on(const event::ChatRequeued& requeued) {
  Visitor* visitor = visitor_of(requeued.conversation);
  if (visitor == nullptr) return;
  held_by_.erase(visitor->number);
  agents_[requeued.agent.value()].chats.erase(visitor->number);
}

void People::on(const event::MessagePosted& posted) {
  Visitor* visitor = visitor_of(posted.conversation);
  if (visitor == nullptr) return;
  if (posted.author == core::Author::agent) return visitor_reads(visitor->number);
  const auto holder = held_by_.find(visitor->number);
  if (holder != held_by_.end()) agent_answers(holder->second, visitor->number);
}

void People::on(const event::ChatClosed& closed) {
  Visitor* visitor = visitor_of(closed.conversation);
  if (visitor == nullptr) return;
  const auto holder = held_by_.find(visitor->number);
  if (holder != held_by_.end()) {
    agents_[holder->second].chats.erase(visitor->number);
    world_->after(seconds(10, 40), [this, agent = holder->second, conversation = visitor->conversation] {
      tell(cmd::FinishWrapUp{.agent = core::AgentId{agent}, .conversation = conversation});
    });
    held_by_.erase(holder);
  }
  visitors_.erase(visitor->number);
}

People::Visitor* People::visitor_of(core::ConversationId conversation) {
  const auto number = conversations_.find(conversation.value());
  if (number == conversations_.end()) return nullptr;
  const auto found = visitors_.find(number->second);
  return found == visitors_.end() ? nullptr : &found->second;
}

core::ConnectionId People::connection_of(const Visitor& visitor) const {
  return {.node = 1, .incarnation = world_->incarnation(), .number = 1'000'000 + visitor.number};
}

core::ConnectionId People::connection_of(std::uint32_t agent) const {
  return {.node = 1, .incarnation = world_->incarnation(), .number = agent * 1'000 + agents_.at(agent).connections};
}

}  // namespace heti::alerts
