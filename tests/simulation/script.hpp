#pragma once
// A run as text: which world, then what happened in it, each action with its time. The same list executed again gives
// the same run, whoever wrote it: the people of a seed, the shrinker, or a person.
//   world 17 small | at 2s V1 starts in Q1 page 0 | at 5.001s A2 accepts V1 | at 6s power fails at I/O 3 for 4s
// Times are those of the machine's boot-time clock since the beginning. V visitors, A agents, Q queues, from 1.
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "service/base/time.hpp"

namespace heti::simulation {

// Small: few people, many faults, half an hour around an opening, a closing or a change of summer time. Day: a whole
// day of 50 agents and 5,000 visitors.
enum class Shape : std::uint8_t { small, day };

enum class Verb : std::uint8_t {
  // Visitors. `a` is the tab.
  visitor_starts,  // whom: queue, b: page (0: none)
  visitor_starts_with_bot,
  visitor_writes,
  visitor_repeats,  // the last message again, word for word
  visitor_lies,     // the last number again with other words
  visitor_skips,    // a number too far
  visitor_leaves,
  visitor_returns,  // to its conversation, or in a further tab
  visitor_reads,    // asks for the entries after b
  visitor_closes,
  visitor_rates,  // b: score
  // The service's own words. who: visitor.
  bot_writes,
  bot_hands_over,
  system_writes,
  // Agents. whom: the visitor whose chat it is; a: the connection.
  agent_connects,
  agent_drops,
  agent_ready,
  agent_away,
  agent_finishing,
  agent_offline,
  agent_sent_away,  // whom: the supervisor who says so
  agent_sent_home,
  agent_sent_off,
  agent_accepts,
  agent_declines,
  agent_answers,
  agent_repeats,
  agent_lies,
  agent_skips,
  agent_notes,
  agent_closes,
  agent_closes_spam,
  agent_finishes,
  agent_transfers,
  agent_transfers_to_queue,  // a: queue
  agent_transfers_to_agent,  // a: agent
  agent_initiates,           // whom: visitor, a: queue
  // The operator. a: a seed that says which change, or seconds.
  settings_change,
  queue_closes,  // who: queue, at once and for a minutes
  queue_opens,
  queue_ends_closing,
  snapshot,
  // Faults.
  power_fails,        // at the a-th access to the disk from now; down for b ms
  recovery_fails,     // the same, but while the next start recovers
  disk_fails,         // a-th access from now, b: kind
  killed,             // the process alone, down for b ms
  stopped,            // in good order, down for b ms
  clock_steps,        // the wall clock, by b ms
  clock_drifts,       // the wall clock gains b ms in 1,000 s
  snapshot_damaged,   // the newest
  snapshot_missing,   // the newest
  everybody_dropped,  // all connections at once
  answer_lost,        // the next answer to visitor `who` never arrives
  answer_lost_agent,
};
inline constexpr std::size_t verbs = static_cast<std::size_t>(Verb::answer_lost_agent) + 1;

struct Action {
  Millis at{};
  Verb verb{};
  std::uint32_t who = 0;
  std::uint32_t whom = 0;
  std::int64_t a = 0;
  std::int64_t b = 0;
  friend bool operator==(const Action&, const Action&) = default;
};

struct Script {
  std::uint64_t seed = 0;
  Shape shape{};
  std::vector<Action> actions;
};

std::string to_text(const Action& action);
std::string to_text(const Script& script);
// The error names the part that could not be read. Parts are separated by '|' or line ends; '#' begins a comment.
[[nodiscard]] std::expected<Script, std::string> script_from(std::string_view text);

// "disk.fails" ...: the word under which a fault of that kind is counted; empty for what is no fault.
std::string_view fault_name(Verb verb);

}  // namespace heti::simulation
