#pragma once
// Pairs on a peer that only passes messages on: each side of each pair has a socket of its own, and a message is a JSON
// text that says whose it is, of the same length as a post to Heti. What the peers differ in is how a side comes in and
// how a text is sent.
#include <string>
#include <string_view>
#include <vector>

#include "tests/load/talk.hpp"

namespace heti::load {

// The text of message `n`, exactly `bytes` long (at least 80), and back.
std::string relay_message(std::size_t pair, unsigned from, std::uint64_t n, std::size_t bytes);
struct RelayedMessage {
  std::size_t pair = 0;
  unsigned from = 0;
  std::uint64_t n = 0;
};
RelayedMessage read_relay_message(std::string_view text);

class PlainTalk : public Talk {
 public:
  PlainTalk(Loop& loop, std::size_t pairs, std::size_t message_bytes, Violations& violations);

  // A hundred at a time.
  [[nodiscard]] std::expected<void, std::string> set_up() override;
  void listen(TalkListener& listener) override { listener_ = &listener; }
  std::size_t pairs() const override { return ledgers_.size(); }
  std::uint64_t post(std::size_t pair, unsigned from) override;
  void expect_complete() override;

 protected:
  // Member 2 * pair + side begins to connect.
  virtual void come(std::size_t member) = 0;
  virtual void send(std::size_t member, std::string_view text) = 0;

  void on_member_ready() { ++ready_; }
  void on_member_lost(std::size_t pair, unsigned side, const std::string& why);
  void on_message(std::size_t pair, unsigned side, std::string_view text);
  // The peer acknowledges the next message of this side; `in_order` is false if it is not the oldest one.
  void on_next_acked(std::size_t pair, unsigned side, bool in_order);

 private:
  Loop& loop_;
  std::size_t message_bytes_;
  Violations& violations_;
  std::vector<Ledger> ledgers_;
  TalkListener* listener_ = nullptr;
  std::size_t ready_ = 0;
};

}  // namespace heti::load
