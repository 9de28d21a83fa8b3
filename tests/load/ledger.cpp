#include "tests/load/ledger.hpp"

#include <algorithm>

namespace heti::load {

void Ledger::violation(const std::string& what) {
  violations_->add("conversation " + std::to_string(name_) + ": " + what);
}

std::uint64_t Ledger::post(unsigned from) {
  places_[from].emplace_back();
  return ++posted_[from];
}

Ledger::Place* Ledger::place_of(unsigned from, std::uint64_t n) {
  if (n <= settled_[from] || n > posted_[from]) return nullptr;
  return &places_[from][static_cast<std::size_t>(n - settled_[from] - 1)];
}

void Ledger::take_seq(unsigned observer, std::uint64_t seq) {
  if (seq != last_seq_[observer] + 1) {
    violation("side " + std::to_string(observer) + " got entry " + std::to_string(seq) + " after " +
              std::to_string(last_seq_[observer]));
  }
  last_seq_[observer] = std::max(last_seq_[observer], seq);
}

bool Ledger::see_message(unsigned observer, unsigned from, std::uint64_t n, std::uint64_t seq) {
  take_seq(observer, seq);
  if (n > posted_[from]) {
    violation("side " + std::to_string(observer) + " got message " + std::to_string(n) + " of side " +
              std::to_string(from) + ", which was never posted");
    return false;
  }
  std::uint64_t& seen = seen_[observer][from];
  if (n != seen + 1) {
    violation("side " + std::to_string(observer) + " got message " + std::to_string(n) + " of side " +
              std::to_string(from) + " after " + std::to_string(seen));
    if (n <= seen) return false;
  }
  seen = n;
  if (Place* place = place_of(from, n)) place->seen_at[observer] = seq;
  settle(from);
  return true;
}

bool Ledger::deliver_plain(unsigned from, std::uint64_t n) {
  std::uint64_t& seen = seen_[1 - from][from];
  if (n != seen + 1 || n > posted_[from]) {
    violation("message " + std::to_string(n) + " of side " + std::to_string(from) + " came after " +
              std::to_string(seen) + " of " + std::to_string(posted_[from]) + " posted");
    if (n <= seen || n > posted_[from]) return false;
  }
  seen = n;
  // Nothing is echoed: the sender knows its own message.
  seen_[from][from] = n;
  if (Place* place = place_of(from, n)) place->seen_at = {1, 1};
  settle(from);
  return true;
}

void Ledger::acknowledge(unsigned from, std::uint64_t n, std::uint64_t seq) {
  if (n > posted_[from]) return violation("an ack of post " + std::to_string(n) + ", which was never posted");
  if (n <= acked_[from]) {
    if (!repeats_allowed_[from]) violation("a second ack of post " + std::to_string(n));
    return;
  }
  acked_[from] = n;
  if (Place* place = place_of(from, n)) place->acked_at = seq;
  settle(from);
}

// A numbered post is settled when both sides have it and it is acknowledged; its numbers must then agree.
void Ledger::settle(unsigned from) {
  auto& places = places_[from];
  while (!places.empty()) {
    const Place& place = places.front();
    if (place.seen_at[0] == 0 || place.seen_at[1] == 0) return;
    const std::uint64_t n = settled_[from] + 1;
    if (kind_ == Kind::numbered && n > acked_[from]) return;
    if (place.seen_at[0] != place.seen_at[1] || (place.acked_at != 0 && place.acked_at != place.seen_at[0])) {
      violation("post " + std::to_string(n) + " of side " + std::to_string(from) + " stands at " +
                std::to_string(place.seen_at[0]) + " for the visitor, at " + std::to_string(place.seen_at[1]) +
                " for the agent, and was acknowledged at " + std::to_string(place.acked_at));
    }
    places.pop_front();
    ++settled_[from];
  }
}

void Ledger::expect_complete(bool acknowledges) {
  for (unsigned from = 0; from < 2; ++from) {
    const std::string who = " of side " + std::to_string(from) + " ";
    const std::uint64_t other = seen_[1 - from][from];
    const std::uint64_t own = seen_[from][from];
    if (other < posted_[from]) violation(std::to_string(posted_[from] - other) + " posts" + who + "never arrived");
    if (own < posted_[from]) violation(std::to_string(posted_[from] - own) + " posts" + who + "were never shown to it");
    if (acknowledges && acked_[from] < posted_[from]) {
      violation(std::to_string(posted_[from] - acked_[from]) + " posts" + who + "were never acknowledged");
    }
  }
  if (last_seq_[0] != last_seq_[1]) {
    violation("the visitor is at entry " + std::to_string(last_seq_[0]) + " and the agent at " +
              std::to_string(last_seq_[1]));
  }
}

}  // namespace heti::load
