// What should not happen, and does: lost connections, repeated and senseless commands, changed rules, failing disks,
// clocks and power.
#include <algorithm>

#include "tests/simulation/people.hpp"
#include "tests/simulation/world.hpp"

namespace heti::simulation {
namespace {

using namespace std::chrono_literals;

Action make(Verb verb, std::uint32_t who = 0, std::uint32_t whom = 0, std::int64_t a = 0, std::int64_t b = 0) {
  return {.at = {}, .verb = verb, .who = who, .whom = whom, .a = a, .b = b};
}

}  // namespace

std::uint32_t People::any_visitor() {
  return static_cast<std::uint32_t>(1 + random_.below(std::max<std::size_t>(world_.visitors().size(), 1)));
}
std::uint32_t People::any_agent() {
  return static_cast<std::uint32_t>(1 + random_.below(setup_.settings.agents.size()));
}
std::uint32_t People::any_queue() {
  return static_cast<std::uint32_t>(1 + random_.below(setup_.settings.queues.size()));
}

void People::plan_trouble() { trouble_at_ = Millis{random_.between(3000, 20'000)}; }

std::optional<Action> People::trouble() {
  if (trouble_left_ == 0) {
    trouble_left_ = random_.chance(80) ? static_cast<std::uint32_t>(2 + random_.below(6)) : 1;
  }
  if (--trouble_left_ == 0) {
    const auto mean = static_cast<std::int64_t>(setup_.chaos);
    trouble_at_ = now() + Millis{1 + random_.between(0, mean * 2)};
    if (!boundaries_.empty() && random_.chance(setup_.edges / 4)) {
      const Millis at = random_.of(boundaries_) + Millis{random_.between(-1, 1)};
      if (at > now()) wish(at, random_.chance(500) ? presence() : misbehaviour());
    }
  }
  const std::uint64_t drawn = random_.below(1000);
  if (drawn < (setup_.length < 20h ? 330u : 100u)) return fault();
  if (drawn < 600) return misbehaviour();
  if (drawn < 800) return presence();
  if (drawn < 920) return nonsense();
  return operation();
}

std::int64_t People::outage() {
  if (random_.chance(800)) return random_.between(200, 6000);
  if (random_.chance(750)) return random_.between(6000, 90'000);
  return random_.between(90'000, 900'000);
}

Action People::fault() {
  const bool day = setup_.length >= 20h;
  switch (random_.below(day ? 8 : 30)) {
    case 0: return make(Verb::killed, 0, 0, 0, outage());
    case 1: return make(Verb::stopped, 0, 0, 0, outage());
    case 2: {
      const std::int64_t size = random_.chance(700) ? random_.between(1, 9000) : random_.between(9000, 120'000);
      const bool forward = random_.chance(500);
      return make(Verb::clock_steps, 0, 0, 0, forward ? size * (random_.chance(100) ? 30 : 1) : -size);
    }
    case 3:
    case 4: return make(Verb::answer_lost, any_visitor());
    case 5: return make(Verb::answer_lost_agent, any_agent());
    case 6: return random_.chance(day ? 50 : 350) ? make(Verb::everybody_dropped) : make(Verb::snapshot);
    case 7: return day ? make(Verb::power_fails, 0, 0, 0, outage()) : make(Verb::snapshot);
    case 8: return make(Verb::clock_drifts, 0, 0, 0, random_.between(-200, 200));
    case 9: return make(Verb::snapshot_damaged);
    case 10: return make(Verb::snapshot_missing);
    case 11:
    case 12:
      wish(in(8000), make(random_.chance(600) ? Verb::killed : Verb::power_fails, 0, 0, 1, outage()));
      return make(Verb::recovery_fails, 0, 0, random_.between(1, 25), outage());
    case 13:
    case 14:
    case 15:
    case 16: return make(Verb::snapshot);
    case 17:
    case 18:
    case 19:
    case 20:
    case 21:
    case 22: return make(Verb::power_fails, 0, 0, random_.between(1, random_.chance(700) ? 8 : 60), outage());
    default: {
      const std::int64_t skip = random_.chance(600) ? random_.between(0, 4) : random_.between(4, 40);
      return make(Verb::disk_fails, 0, 0, skip, random_.between(0, 1'000'000));
    }
  }
}

Action People::misbehaviour() {
  const std::uint32_t visitor = any_visitor();
  const std::int64_t tab = random_.chance(750) ? 1 : 2;
  // An agent who has said something to somebody, if there is one.
  const Mirror::Chat* chat = world_.mirror().chat_of(visitor);
  const std::uint32_t holder = chat != nullptr && chat->holder != 0 ? chat->holder : any_agent();
  switch (random_.below(16)) {
    case 0:
    case 1:
    case 2: return make(Verb::visitor_repeats, visitor, 0, tab);
    case 3: return make(Verb::visitor_lies, visitor, 0, tab);
    case 4: return make(Verb::visitor_skips, visitor, 0, tab);
    case 5: return make(Verb::agent_repeats, holder, visitor);
    case 6: return make(Verb::agent_lies, holder, visitor);
    case 7: return make(Verb::agent_skips, holder, visitor);
    case 8:
    case 9: return make(Verb::visitor_returns, visitor, 0, 2);
    case 10: return make(Verb::visitor_writes, visitor, 0, 2);
    case 11: return make(Verb::visitor_leaves, visitor, 0, tab);
    case 12: return make(Verb::visitor_reads, visitor, 0, 1, random_.between(0, 6));
    case 13: return make(Verb::visitor_leaves, visitor, 0, 1);
    case 14: return make(Verb::visitor_returns, visitor, 0, tab);
    default: return make(Verb::visitor_writes, visitor, 0, tab);
  }
}

Action People::presence() {
  const std::uint32_t agent = any_agent();
  const std::int64_t connection = random_.chance(700) ? 1 : 2;
  switch (random_.below(16)) {
    case 0:
    case 1:
    case 2: return make(Verb::agent_drops, agent, 0, connection);
    case 3:
    case 4: return make(Verb::agent_connects, agent, 0, connection);
    case 5:
    case 6:
    case 7: return make(Verb::agent_ready, agent);
    case 8:
    case 9: return make(Verb::agent_away, agent);
    case 10: return make(Verb::agent_finishing, agent);
    case 11: return make(Verb::agent_offline, agent);
    case 12: return make(Verb::agent_sent_away, agent, setup_.supervisor);
    case 13: return make(Verb::agent_sent_home, agent, setup_.supervisor);
    case 14: return make(Verb::agent_sent_off, agent, setup_.supervisor);
    default: return make(Verb::agent_initiates, agent, any_visitor(), any_queue());
  }
}

// Commands that nobody with a working screen would send.
Action People::nonsense() {
  const std::uint32_t agent = random_.chance(950) ? any_agent() : 99;
  const std::uint32_t visitor = any_visitor();
  switch (random_.below(16)) {
    case 0:
    case 1:
    case 2: return make(Verb::agent_accepts, agent, visitor);
    case 3: return make(Verb::agent_declines, agent, visitor);
    case 4: return make(Verb::agent_answers, agent, visitor);
    case 5: return make(random_.chance(200) ? Verb::agent_closes_spam : Verb::agent_closes, agent, visitor);
    case 6: return make(Verb::agent_finishes, agent, visitor);
    case 7: return make(Verb::agent_transfers, agent, visitor);
    case 8: return make(Verb::agent_transfers_to_queue, agent, visitor, any_queue() + (random_.chance(100) ? 7 : 0));
    case 9: return make(Verb::agent_transfers_to_agent, agent, visitor, any_agent());
    case 10: return make(Verb::agent_initiates, agent, visitor, any_queue());
    case 11: return make(Verb::visitor_rates, visitor, 0, 0, random_.between(0, 6));
    case 12: return make(Verb::visitor_closes, visitor);
    case 13: return make(Verb::bot_hands_over, visitor);
    case 14: return make(random_.chance(500) ? Verb::bot_writes : Verb::system_writes, visitor);
    default: return make(Verb::agent_notes, agent, visitor);
  }
}

Action People::operation() {
  const bool day = setup_.length >= 20h;
  switch (random_.below(9)) {
    case 0:
    case 1:
    case 2: return make(Verb::settings_change, 0, 0, static_cast<std::int64_t>(random_.below(1'000'000)));
    case 3: return make(Verb::queue_closes, any_queue(), 0, random_.between(1, day ? 60 : 8));
    case 4:
    case 5:
    case 6: return make(Verb::queue_opens, any_queue(), 0, random_.between(1, day ? 60 : 20));
    case 7: return make(Verb::queue_ends_closing, any_queue());
    default: return make(Verb::snapshot);
  }
}

}  // namespace heti::simulation
