#pragma once
// heti demo: visitors and agents from a seed, through the front door of a running node, in the node's time.
#include <cstdint>
#include <string>

#include "config/settings.hpp"

namespace heti::demo {

struct Request {
  std::uint32_t speed = 60;  // must be the server's --clock-speed
  std::uint64_t seed = 1;
  std::string url = "http://127.0.0.1:8080";
  std::string password = "kahvitauko";
  std::uint32_t chats_per_day = 300;
  std::uint32_t days = 7;
  std::uint32_t hours = 0;  // not 0: ends after so many hours of journal time
  std::string record{};     // not empty: the file for what was sent and received (record.hpp)
};

// Plays until the end of the last day or SIGINT, with a line for each hour of journal time and the totals at the end.
// The first queue of `settings` is visited, by its posted hours; its agents work. Gives the exit code: 1 if the server
// cannot be used, with a sentence on standard error, or if anything went otherwise than the protocol allows.
int play(const config::Settings& settings, const Request& request);

}  // namespace heti::demo
