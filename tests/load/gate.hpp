#pragma once
// The door of a crowd: who is in, who is on the way, who has to come again.
#include <cstdint>
#include <cstdio>
#include <deque>
#include <expected>
#include <string>
#include <vector>

#include "tests/load/crowd.hpp"
#include "tests/load/histogram.hpp"

namespace heti::load {

// Brings clients in, so many at a time; those that are turned away try again.
class Gate final : public CrowdListener {
 public:
  Gate(Loop& loop, Crowd& crowd, std::size_t at_once)
      : loop_(loop), crowd_(crowd), at_once_(at_once), came_at_(crowd.size()) {
    crowd.listen(*this);
  }

  // Everybody, once. Nothing if all have come.
  [[nodiscard]] std::expected<void, std::string> let_in_all(double patience_s) {
    for (std::size_t i = 0; i < crowd_.size(); ++i) outside_.push_back(i);
    ready_ = 0;
    staying_ = true;
    const std::int64_t end = now_ns() + static_cast<std::int64_t>(patience_s * 1e9);
    std::int64_t told_at = now_ns();
    while (ready_ < crowd_.size()) {
      const std::int64_t now = now_ns();
      if (now > end) {
        return std::unexpected(std::to_string(crowd_.size() - ready_) + " of " + std::to_string(crowd_.size()) +
                               " clients were left without their state after " + std::to_string(patience_s) + " s");
      }
      if (now - told_at > 1'000'000'000) {
        std::fprintf(stderr, "%zu of %zu are in\n", ready_, crowd_.size());
        told_at = now;
      }
      step();
    }
    return {};
  }

  // In and out again, for so long.
  void revolve(double seconds) {
    staying_ = false;
    const std::int64_t end = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
    for (std::size_t i = 0; i < crowd_.size(); ++i) outside_.push_back(i);
    while (now_ns() < end) step();
    staying_ = true;
    do {
      outside_.clear();
      step();
    } while (under_way_ > 0);
    outside_.clear();
  }

  void wait(double seconds) {
    const std::int64_t end = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
    while (now_ns() < end) loop_.round(100'000'000);
  }

  std::uint64_t passages() const { return passages_; }
  std::uint64_t turned_away() const { return turned_away_; }
  const std::string& last_reason() const { return last_reason_; }
  Histogram& times() { return times_; }

 private:
  void step() {
    for (const std::size_t client : leaving_) crowd_.cut(client);
    if (!staying_) outside_.insert(outside_.end(), leaving_.begin(), leaving_.end());
    leaving_.clear();
    while (under_way_ < at_once_ && !outside_.empty()) {
      const std::size_t client = outside_.front();
      outside_.pop_front();
      ++under_way_;
      came_at_[client] = now_ns();
      crowd_.come(client);
    }
    loop_.round(20'000'000);
  }
  void on_ready(std::size_t client) override {
    --under_way_;
    ++ready_;
    ++passages_;
    times_.record(now_ns() - came_at_[client]);
    came_at_[client] = 0;
    if (!staying_) leaving_.push_back(client);
  }
  void on_lost(std::size_t client, const std::string& why) override {
    ++turned_away_;
    last_reason_ = why;
    // Who was in already has to come again, too.
    if (came_at_[client] != 0) {
      --under_way_;
    } else {
      --ready_;
    }
    outside_.push_back(client);
  }

  Loop& loop_;
  Crowd& crowd_;
  std::size_t at_once_;
  std::vector<std::int64_t> came_at_;  // 0 once it is ready
  std::deque<std::size_t> outside_;
  std::vector<std::size_t> leaving_;
  std::size_t under_way_ = 0;
  std::size_t ready_ = 0;
  bool staying_ = true;
  std::uint64_t passages_ = 0;
  std::uint64_t turned_away_ = 0;
  std::string last_reason_;
  Histogram times_;
};

}  // namespace heti::load
