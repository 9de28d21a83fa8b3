#pragma once
// What happens in a demonstration: who comes when, how long they wait, what they write, who works when. Made from a
// seed alone, so that the same seed gives the same week. Nothing here knows a server, a socket or a clock.
#include <cstdint>
#include <string>
#include <vector>

#include "service/base/interval.hpp"
#include "service/base/time.hpp"

namespace heti::demo {

// How a visitor goes when all is said. Whoever has no answer within the patience goes earlier.
enum class Leaving : std::uint8_t {
  closes,    // says that it is over
  lets_end,  // thanks, and the agent ends it
  vanishes,  // closes the page without a word
};

// One visitor with one question.
struct Visit {
  Instant at;                     // opens the panel and writes the first message
  Millis patience{};              // waits so long for the first answer
  bool gives_up_openly = true;    // then ends the chat; else the page is just closed
  std::vector<Millis> pauses{};   // before each further message, from the agent's answer on
  std::vector<Millis> answers{};  // how long an agent takes for each answer, one more than pauses
  Millis accepts{};               // how long the asked agent lets it ring
  bool declined = false;          // the first agent who is asked says no
  bool handed_on = false;         // after the first answer, back to the line for somebody else
  Leaving leaving = Leaving::closes;
  std::uint32_t rating = 0;  // 1 to 5; 0: none
  Millis wrap_up{};          // what the agent writes down afterwards

  std::size_t messages() const { return 1 + pauses.size(); }
  friend bool operator==(const Visit&, const Visit&) = default;
};

// Ready for chats from `from` to `to`; then the chats at hand are ended.
struct Shift {
  std::size_t agent = 0;  // index
  Instant from;
  Instant to;
  friend bool operator==(const Shift&, const Shift&) = default;
};

// The connection of an agent is cut in the middle of the work, without a goodbye, and is back later.
struct Loss {
  std::size_t agent = 0;
  Instant at;
  Instant back;
  friend bool operator==(const Loss&, const Loss&) = default;
};

struct Script {
  std::vector<Visit> visits;  // in order of time
  std::vector<Shift> shifts;  // in order of their beginnings
  std::vector<Loss> losses;
  friend bool operator==(const Script&, const Script&) = default;
};

struct Wishes {
  std::uint64_t seed = 1;
  std::uint32_t chats_per_day = 300;  // of the longest day; a shorter one has its share
  std::size_t agents = 3;             // at least 1
  // A day: from its first opening to its last closing. Breaks between are worked through by nobody.
  std::vector<Interval> days{};
};

// Nobody comes in the last minutes of a day, nor to a day that is too short for that.
inline constexpr Millis quiet_before_closing = std::chrono::minutes{5};
// Agents come so much before the opening, and the last one goes so much after the closing.
inline constexpr Millis early = std::chrono::minutes{5};
inline constexpr Millis late = std::chrono::minutes{15};

// How many visitors a day has.
std::size_t visits_of_day(const Wishes& wishes, const Interval& day);

Script write_script(const Wishes& wishes);

}  // namespace heti::demo
