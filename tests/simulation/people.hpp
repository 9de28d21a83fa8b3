#pragma once
// Visitors, agents and everything that goes wrong, by one seed: they see what the screens show, and wish for things at
// times of their own, often at the very instant of a deadline or a millisecond beside it.
#include <cstdint>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include "service/core/event.hpp"
#include "tests/simulation/mirror.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/script.hpp"
#include "tests/simulation/setup.hpp"

namespace heti::simulation {

class World;

class People {
 public:
  People(World& world, std::uint64_t seed);

  std::optional<Millis> next() const;
  // What is done now; to be called again until it gives nothing.
  std::optional<Action> act();
  // A durable event, as it comes to their screens.
  void see(const core::Event& event);
  // The service is there, for the first time or again.
  void service_started();

 private:
  enum class When : std::uint8_t { always, waiting, offered, held, wrapup, over, offline, live };
  // What somebody has in mind. Whether it still makes sense is asked when its time has come.
  struct Wish {
    Millis at{};
    std::uint64_t order = 0;
    Action action;
    When when{};
    std::uint64_t chat = 0;
    std::uint32_t agent = 0;  // offered to, or held by
    bool operator>(const Wish& other) const { return std::tie(at, order) > std::tie(other.at, other.order); }
  };

  void wish(Millis at, Action action) { wish(at, action, When::always, 0, 0); }
  void wish(Millis at, Action action, When when, std::uint64_t chat, std::uint32_t agent = 0);
  bool sensible(const Wish& wish) const;
  Millis now() const;
  // After around so many ms: many short times and few long ones.
  Millis in(std::int64_t ms);
  // Now and then the instant `deadline` of journal time or 1 ms beside it; else after around `otherwise` ms.
  Millis edge(Instant deadline, std::int64_t otherwise);

  // people.cpp: who comes when, and what they do about what they see.
  void plan_arrivals();
  void plan_shifts();
  void plan_shift(std::uint32_t agent, Millis from, Millis to);
  Millis arrival_time();
  void on_offer(const Mirror::Chat& chat, std::uint32_t agent, Instant due);
  void on_queued(const Mirror::Chat& chat);
  void on_held(const Mirror::Chat& chat, std::uint32_t agent);
  void on_visitor_words(const Mirror::Chat& chat, Instant at);
  void on_agent_words(const Mirror::Chat& chat, std::uint32_t agent);
  void on_closed(const Mirror::Chat& chat, const core::event::ChatClosed& e, Instant at);
  void on_gone(const Mirror::Chat& chat, Instant at);
  void on_status(std::uint32_t agent, core::AgentStatus status, Instant at);

  // trouble.cpp: what should not happen, and does.
  void plan_trouble();
  std::optional<Action> trouble();
  Action fault();
  Action misbehaviour();
  Action presence();
  Action nonsense();
  Action operation();
  std::int64_t outage();
  std::uint32_t any_visitor();
  std::uint32_t any_agent();
  std::uint32_t any_queue();

  World& world_;
  const Setup& setup_;
  Random random_;
  std::priority_queue<Wish, std::vector<Wish>, std::greater<>> wishes_;
  std::uint64_t orders_ = 0;
  std::vector<Millis> boundaries_;                // openings and closings, if nobody changes them
  std::map<std::uint64_t, std::uint32_t> words_;  // that a visitor still wants to say, by chat
  Millis trouble_at_{};
  std::uint32_t trouble_left_ = 0;  // more of it at this instant
};

}  // namespace heti::simulation
