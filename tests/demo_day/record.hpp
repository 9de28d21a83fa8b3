#pragma once
// The record of a demonstration (service/demo/record.hpp), read into what its people did and were shown. All times are
// those that the server stamped; what stands in several frames must stand there alike.
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "service/base/time.hpp"

namespace heti::demo_day {

// A line of a chat, as everybody sees it.
struct Line {
  Instant at;
  std::string kind;    // message, assigned, left, closed, rated, reopened
  std::string role;    // message: of its author
  std::string agent;   // assigned, left: display name
  std::string by;      // closed
  std::string reason;  // closed
  std::int64_t score = 0;
  friend bool operator==(const Line&, const Line&) = default;
};

struct Chat {
  std::map<std::uint64_t, Line> lines;   // by seq
  std::map<Instant, std::string> asked;  // who was asked, by login; by the instant at which the offer runs out
};

// A wish of an agent that was granted.
struct Deed {
  Instant at;
  std::string agent;  // login
  std::string what;   // status, decline, done, transfer
  std::string status;
  std::string conversation;
};

// A console was welcomed, at that time or a little before.
struct Arrival {
  Instant at;
  std::string agent;  // login
};

struct Day {
  std::map<std::string, Chat> chats;
  std::vector<Deed> deeds;
  std::vector<Arrival> arrivals;
  std::uint64_t frames = 0;
};

// The error names the line and what is wrong with it.
[[nodiscard]] std::expected<Day, std::string> read_record(const std::string& path);

}  // namespace heti::demo_day
