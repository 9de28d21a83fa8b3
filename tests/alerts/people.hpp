#pragma once
// Those who chat: visitors who come by a daily curve, wait as long as they can bear, say a few things and go, and
// agents who have shifts, take what they are offered and answer. They see the service only through what it tells them.
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "service/sequencer/sequencer.hpp"
#include "tests/alerts/world.hpp"
#include "tests/simulation/random.hpp"

namespace heti::alerts {

class People : public sequencer::Projection {
 public:
  explicit People(std::uint64_t seed) : random_(seed) {}
  void meet(World& world) { world_ = &world; }

  // ---- Visitors
  void arrives();
  // So many, spread over the open hours by a curve with two rushes.
  void arrive_over(Instant opening, Millis open_for, int visitors);
  void stay_away(bool away) { nobody_comes_ = away; }  // who would have come does not: their widget does not load

  // ---- Agents, by their number from 1
  void comes(std::uint32_t agent);
  void ends_shift(std::uint32_t agent);
  void vanishes(std::uint32_t agent);  // the connection is cut; nothing is said
  void falls_silent(bool silent) { silent_ = silent; }
  void slow_down(std::int64_t factor) { slowness_ = factor; }

  // The service is back: all who were there connect again, and what they could not say meanwhile they say then.
  void reconnect();

  void on_durable(const sequencer::Durable& batch) override;

 private:
  struct Visitor {
    PublicId id;
    PublicId conversation;
    std::uint64_t number = 0;
    int left_to_say = 0;
    bool answered = false;
    bool there = true;
  };
  struct Agent {
    bool there = false;
    std::uint64_t connections = 0;
    std::set<std::uint64_t> chats;
  };

  Visitor* visitor_of(core::ConversationId conversation);
  core::ConnectionId connection_of(const Visitor& visitor) const;
  core::ConnectionId connection_of(std::uint32_t agent) const;
  void visitor_says(std::uint64_t number);
  void visitor_reads(std::uint64_t number);
  void agent_answers(std::uint32_t agent, std::uint64_t number);
  void connect(std::uint32_t agent);
  void tell(core::Command command);
  Millis seconds(std::int64_t low, std::int64_t high) { return Millis{random_.between(low * 1000, high * 1000)}; }

  void on(const core::event::ConversationStarted& event);
  void on(const core::event::ChatOffered& event);
  void on(const core::event::ChatAssigned& event);
  void on(const core::event::ChatRequeued& event);
  void on(const core::event::MessagePosted& event);
  void on(const core::event::ChatClosed& event);
  template <class Other>
  void on(const Other&) {}

  World* world_ = nullptr;
  simulation::Random random_;
  std::uint64_t last_visitor_ = 0;
  std::map<std::uint64_t, Visitor> visitors_;             // by number
  std::map<std::uint64_t, std::uint64_t> conversations_;  // id -> visitor's number
  std::map<std::uint32_t, Agent> agents_;
  std::map<std::uint64_t, std::uint32_t> held_by_;  // visitor's number -> agent
  std::int64_t slowness_ = 1;
  bool silent_ = false;
  Instant connected_again_;
  bool nobody_comes_ = false;
};

}  // namespace heti::alerts
