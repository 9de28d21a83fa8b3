#pragma once
// What the modes of load need of a peer: pairs whose two sides post to each other. Heti, the raw relay and the
// baselines each speak their own protocol behind it.
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "tests/load/ledger.hpp"
#include "tests/load/loop.hpp"

namespace heti::load {

// Hears of what becomes of posts. `n` counts the posts of that side, from 1.
class TalkListener {
 public:
  virtual ~TalkListener() = default;
  // Everything up to `n` is acknowledged.
  virtual void on_acked(std::size_t pair, unsigned from, std::uint64_t n) = 0;
  // Message `n` has reached the other side; called once for each.
  virtual void on_delivered(std::size_t pair, unsigned from, std::uint64_t n) = 0;
};

class Talk {
 public:
  virtual ~Talk() = default;

  // Connects all and brings every pair together. Runs the loop until then.
  [[nodiscard]] virtual std::expected<void, std::string> set_up() = 0;
  virtual void listen(TalkListener& listener) = 0;

  virtual std::size_t pairs() const = 0;
  // Whether posts are answered by acknowledgements.
  virtual bool acknowledges() const = 0;
  // Sends the next message of this side; gives its number. It leaves at the end of the loop's round.
  virtual std::uint64_t post(std::size_t pair, unsigned from) = 0;

  // Once nothing is under way: adds what is missing to the violations.
  virtual void expect_complete() = 0;
};

}  // namespace heti::load
