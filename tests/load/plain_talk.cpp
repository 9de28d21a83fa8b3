#include "tests/load/plain_talk.hpp"

#include <cstdio>

#include "tests/load/json_scan.hpp"

namespace heti::load {

std::string relay_message(std::size_t pair, unsigned from, std::uint64_t n, std::size_t bytes) {
  std::string text = R"({"t":"post","pair":)" + std::to_string(pair) + R"(,"from":)" + std::to_string(from) +
                     R"(,"n":)" + std::to_string(n) + R"(,"text":")";
  const std::size_t tail = 2;
  text.append(text.size() + tail + 1 < bytes ? bytes - text.size() - tail : 1, 'x');
  return text + "\"}";
}

RelayedMessage read_relay_message(std::string_view text) {
  RelayedMessage message;
  scan_object(text, [&](std::string_view name, std::string_view value) {
    if (name == "pair") message.pair = static_cast<std::size_t>(number_of(value));
    if (name == "from") message.from = value == "1" ? 1 : 0;
    if (name == "n") message.n = number_of(value);
  });
  return message;
}

PlainTalk::PlainTalk(Loop& loop, std::size_t pairs, std::size_t message_bytes, Violations& violations)
    : loop_(loop), message_bytes_(message_bytes), violations_(violations) {
  for (std::size_t pair = 0; pair < pairs; ++pair) ledgers_.emplace_back(violations, pair, Ledger::Kind::plain);
}

std::expected<void, std::string> PlainTalk::set_up() {
  constexpr std::size_t at_once = 100;
  const std::size_t members = 2 * ledgers_.size();
  const std::int64_t end = now_ns() + 60'000'000'000;
  std::size_t gone_in = 0;
  while (ready_ < members) {
    if (violations_.count() > 0)
      return std::unexpected("while the pairs came together: " + violations_.first().front());
    if (now_ns() > end) return std::unexpected("only " + std::to_string(ready_) + " sockets were ready within 60 s");
    while (gone_in < members && gone_in < ready_ + at_once) come(gone_in++);
    loop_.round(50'000'000);
  }
  std::fprintf(stderr, "%zu pairs are connected\n", ledgers_.size());
  return {};
}

std::uint64_t PlainTalk::post(std::size_t pair, unsigned from) {
  const std::uint64_t n = ledgers_[pair].post(from);
  send(2 * pair + from, relay_message(pair, from, n, message_bytes_));
  return n;
}

void PlainTalk::on_member_lost(std::size_t pair, unsigned side, const std::string& why) {
  violations_.add("side " + std::to_string(side) + " of pair " + std::to_string(pair) + " lost its connection: " + why);
}

void PlainTalk::on_message(std::size_t pair, unsigned side, std::string_view text) {
  const RelayedMessage message = read_relay_message(text);
  if (message.pair != pair || message.from == side) {
    violations_.add("pair " + std::to_string(pair) + " got what is not its own: " + std::string(text));
    return;
  }
  if (ledgers_[pair].deliver_plain(message.from, message.n) && listener_ != nullptr) {
    listener_->on_delivered(pair, message.from, message.n);
  }
}

void PlainTalk::on_next_acked(std::size_t pair, unsigned side, bool in_order) {
  Ledger& ledger = ledgers_[pair];
  if (!in_order) violations_.add("pair " + std::to_string(pair) + ": acknowledgements out of order");
  const std::uint64_t n = ledger.acked(side) + 1;
  ledger.acknowledge(side, n, 0);
  if (listener_ != nullptr) listener_->on_acked(pair, side, n);
}

void PlainTalk::expect_complete() {
  for (Ledger& ledger : ledgers_) ledger.expect_complete(acknowledges());
}

}  // namespace heti::load
