#pragma once
// A conversation of Heti as its two clients see it, and the frames that they send.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/load/ledger.hpp"

namespace heti::load {

constexpr unsigned visitor_side = 0;
constexpr unsigned agent_side = 1;

struct Chat {
  Chat(Violations& violations, std::size_t number)
      : index(number), ledger(violations, number, Ledger::Kind::numbered) {}

  std::size_t index;
  std::string id;  // empty until the server has given one
  Ledger ledger;
  std::array<std::string, 2> streams;
  std::array<std::string, 2> post_heads;  // the part of a post that stays the same
  std::array<bool, 2> saw_assigned{};
  std::array<bool, 2> saw_closed{};
  bool offered = false;  // some agent's socket has taken up the offer
};

// What an entry turned out to be.
struct SeenMessage {
  unsigned from = 0;
  std::uint64_t n = 0;
};

// Names the conversation and its two streams, which are new ones.
void begin_chat(Chat& chat, std::string_view id);

// The next post of this side. Padded so that the JSON text has `frame_bytes`, if it is not longer anyway.
std::string post_frame(Chat& chat, unsigned from, std::size_t frame_bytes);
// The same post again, after a reconnection.
std::string post_frame_again(const Chat& chat, unsigned from, std::uint64_t n, std::size_t frame_bytes);

// Checks the entry and notes it. A message that the observer sees for the first time is given back.
std::optional<SeenMessage> take_entry(Chat& chat, unsigned observer, std::string_view entry, Violations& violations);

std::string open_frame(const Chat& chat, unsigned observer, std::uint64_t ref);
// `accept`, `close`, `done`: a wish about a conversation and nothing else.
std::string wish_frame(std::string_view wish, const Chat& chat, std::uint64_t ref);

// 12 characters of 0-9a-z, different each time and in each run.
std::string fresh_stream();

}  // namespace heti::load
