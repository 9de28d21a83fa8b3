#pragma once
// One queue, three agents and any number of visitors, with verbs: a test says what happens and when (after the start).
#include <functional>
#include <string>

#include "tests/core/driver.hpp"

namespace heti::tests {

using namespace core;
namespace cmd = core::command;

class Desk {
 public:
  static constexpr QueueId queue{1};
  const Instant start = instant_from_ms(1'780'293'600'000);  // 2026-06-01T06:00:00Z

  // Open from the start for 500 days; `change` may alter the settings first. Agents aino, eero and ville take two
  // chats each.
  explicit Desk(const std::function<void(Settings&)>& change = [](Settings&) {}) {
    settings.queues.push_back({.name = "support", .display_name = "Support"});
    for (const char* name : {"aino", "eero", "ville"}) {
      settings.agents.push_back(
          {.name = name, .display_name = name, .queues = {"support"}, .capacity = 2, .supervisor = false});
    }
    change(settings);
    core.get<Done>(start, cmd::ApplySettings{.settings = settings, .replaces_version = 0});
    hours(Millis{0}, {{.open = start, .close = start + std::chrono::days{500}}});
  }

  void hours(Millis t, std::vector<Interval> open) {
    core.get<Done>(start + t,
                   cmd::SetCalendar{
                       .queue = queue, .effective_from = start + t, .open = std::move(open), .tzdata_version = "test"});
  }

  AgentId agent(const std::string& name) const { return core.state().agent_named(name)->id; }
  const Agent& agent_state(const std::string& name) const { return *core.state().agent_named(name); }
  const Conversation& chat(std::uint64_t visitor) const { return *core.state().find(public_id(1000 + visitor)); }

  void connects(const std::string& name, Millis t) {
    core.get<ConsoleView>(start + t, cmd::AgentHello{.agent = agent(name), .connection = next_connection(name)});
  }
  void drops(const std::string& name, Millis t) {
    core.get<Done>(start + t, cmd::AgentGone{.agent = agent(name), .connection = connection_of[name]});
  }
  void ready(const std::string& name, Millis t) {
    if (agent_state(name).connections.empty()) connects(name, t);
    sets(name, AgentStatus::online, t);
  }
  void sets(const std::string& name, AgentStatus status, Millis t) {
    core.get<Done>(start + t, cmd::SetStatus{.agent = agent(name), .status = status});
  }

  // Visitor `v` starts a conversation if there is none, and posts.
  Answer says(std::uint64_t v, Millis t, const std::string& text = "hello") {
    const auto present = core.state().of_visitor.find({public_id(v), queue});
    if (present == core.state().of_visitor.end()) {
      const Answer started = core.at(start + t, cmd::Start{.visitor = public_id(v),
                                                           .conversation = public_id(1000 + v),
                                                           .queue = queue,
                                                           .connection = next_connection(std::to_string(v)),
                                                           .facts = {},
                                                           .bot_first = false});
      if (std::holds_alternative<Refused>(started)) return started;
    }
    return posts(v, t, "s", ++numbers[v], text);
  }
  Answer posts(std::uint64_t v, Millis t, const std::string& stream, std::uint64_t n, const std::string& text) {
    return core.at(start + t, cmd::Post{.sender = Sender::of_visitor(public_id(v)),
                                        .conversation = public_id(1000 + v),
                                        .author = Author::visitor,
                                        .stream = stream,
                                        .n = n,
                                        .text = text});
  }
  void leaves(std::uint64_t v, Millis t) {
    core.get<Done>(start + t,
                   cmd::VisitorGone{.visitor = public_id(v), .connection = connection_of[std::to_string(v)]});
  }
  void returns(std::uint64_t v, Millis t) {
    core.get<WelcomeView>(
        start + t,
        cmd::VisitorHello{.visitor = public_id(v), .queue = queue, .connection = next_connection(std::to_string(v))});
  }
  Answer accepts(const std::string& name, std::uint64_t v, Millis t) {
    return core.at(start + t, cmd::Accept{.agent = agent(name), .conversation = public_id(1000 + v)});
  }
  Answer declines(const std::string& name, std::uint64_t v, Millis t) {
    return core.at(start + t, cmd::Decline{.agent = agent(name), .conversation = public_id(1000 + v)});
  }
  Answer answers(const std::string& name, std::uint64_t v, Millis t, const std::string& text = "hi") {
    return core.at(start + t, cmd::Post{.sender = Sender::of_agent(agent(name)),
                                        .conversation = public_id(1000 + v),
                                        .author = Author::agent,
                                        .stream = "a",
                                        .n = ++numbers[1'000'000 + agent(name).value() * 1000 + v],
                                        .text = text});
  }
  Answer closes(const std::string& name, std::uint64_t v, Millis t) {
    return core.at(
        start + t,
        cmd::Close{.sender = Sender::of_agent(agent(name)), .conversation = public_id(1000 + v), .spam = false});
  }
  void tick(Millis t) { core.tick(start + t); }

  // Login of the agent that the chat is offered to; empty if it is not offered.
  std::string offered_to(std::uint64_t v) const {
    const auto& offer = chat(v).offer;
    return offer ? core.state().agents.at(offer->agent).settings.name : "";
  }
  std::string held_by(std::uint64_t v) const {
    const auto& holder = chat(v).agent;
    return holder ? core.state().agents.at(*holder).settings.name : "";
  }

  Driver core;
  Settings settings;
  std::map<std::string, ConnectionId> connection_of;
  std::map<std::uint64_t, std::uint64_t> numbers;

 private:
  ConnectionId next_connection(const std::string& who) {
    connection_of[who] = {.node = 1, .incarnation = 1, .number = ++connections_};
    return connection_of[who];
  }
  std::uint64_t connections_ = 0;
};

inline Refusal refusal(const Answer& answer) { return std::get<Refused>(answer).code; }
inline bool done(const Answer& answer) { return std::holds_alternative<Done>(answer); }
inline std::uint64_t seq(const Answer& answer) { return std::get<Posted>(answer).seq; }

}  // namespace heti::tests
