#pragma once
// Who posted what, who has seen it and what was acknowledged. Whatever is lost, doubled, out of order or under another
// number than before is a violation; the first of them are kept in words.
#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace heti::load {

class Violations {
 public:
  void add(std::string what) {
    ++count_;
    if (first_.size() < 10) first_.push_back(std::move(what));
  }
  std::uint64_t count() const { return count_; }
  const std::vector<std::string>& first() const { return first_; }

 private:
  std::uint64_t count_ = 0;
  std::vector<std::string> first_;
};

// One conversation between side 0 (the visitor) and side 1 (the agent). Numbers begin at 1.
class Ledger {
 public:
  // Numbered: the peer gives each entry a number and shows it to its sender too. Plain: it only passes messages on.
  enum class Kind { numbered, plain };
  Ledger(Violations& violations, std::size_t name, Kind kind) : violations_(&violations), name_(name), kind_(kind) {}

  // Side `from` posts its next message; gives its number.
  std::uint64_t post(unsigned from);

  // `observer` sees message `n` of `from` as entry `seq`. True if it is the first time it sees it.
  bool see_message(unsigned observer, unsigned from, std::uint64_t n, std::uint64_t seq);
  // Any other entry, which only takes a place in the order.
  void see_other(unsigned observer, std::uint64_t seq) { take_seq(observer, seq); }
  // Plain: the other side gets message `n` of `from`.
  bool deliver_plain(unsigned from, std::uint64_t n);

  // Everything of `from` up to `n` is durable, and `n` stands at `seq` (0: the peer does not say).
  void acknowledge(unsigned from, std::uint64_t n, std::uint64_t seq);
  // After a resend the same acknowledgement may come once more.
  void allow_repeated_acks(unsigned from) { repeats_allowed_[from] = true; }

  // At the end, when nothing is under way any more.
  void expect_complete(bool acknowledges);

  std::uint64_t posted(unsigned from) const { return posted_[from]; }
  std::uint64_t acked(unsigned from) const { return acked_[from]; }
  // How many of `from` the observer has.
  std::uint64_t seen(unsigned observer, unsigned from) const { return seen_[observer][from]; }
  std::uint64_t last_seq(unsigned observer) const { return last_seq_[observer]; }

 private:
  // What is known of the place of a post for which not all has come yet.
  struct Place {
    std::array<std::uint64_t, 2> seen_at{};
    std::uint64_t acked_at = 0;
  };
  void take_seq(unsigned observer, std::uint64_t seq);
  Place* place_of(unsigned from, std::uint64_t n);
  void settle(unsigned from);
  void violation(const std::string& what);

  Violations* violations_;
  std::size_t name_;
  Kind kind_;
  std::array<std::uint64_t, 2> last_seq_{};
  std::array<std::uint64_t, 2> posted_{};
  std::array<std::uint64_t, 2> acked_{};
  std::array<std::uint64_t, 2> settled_{};
  std::array<std::array<std::uint64_t, 2>, 2> seen_{};
  std::array<bool, 2> repeats_allowed_{};
  std::array<std::deque<Place>, 2> places_;  // of the posts behind settled_
};

}  // namespace heti::load
