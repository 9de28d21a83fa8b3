#include "tests/simulation/shrink.hpp"

#include <algorithm>

namespace heti::simulation {
namespace {

class Shrinker {
 public:
  Shrinker(Script script, const std::string& rule, const Breaks& breaks, std::chrono::milliseconds budget)
      : best_(std::move(script)), rule_(rule), breaks_(breaks), end_(std::chrono::steady_clock::now() + budget) {}

  Shrunk run() {
    cut_end();
    bool smaller = true;
    while (smaller && !late()) {
      smaller = false;
      for (std::size_t piece = std::max<std::size_t>(best_.actions.size() / 2, 1); piece > 0 && !late(); piece /= 2) {
        smaller = leave_out(piece) || smaller;
      }
    }
    simplify();
    return {.script = std::move(best_), .runs = runs_};
  }

 private:
  bool late() const { return std::chrono::steady_clock::now() >= end_; }

  bool accept(Script candidate) {
    if (late()) return false;
    ++runs_;
    if (breaks_(candidate) != rule_) return false;
    best_ = std::move(candidate);
    return true;
  }

  // What comes after the failure cannot matter; halves find how much that is quickly.
  void cut_end() {
    std::size_t low = 0;
    std::size_t high = best_.actions.size();
    const Script whole = best_;
    while (low < high && !late()) {
      const std::size_t middle = (low + high) / 2;
      Script candidate = whole;
      candidate.actions.resize(middle);
      if (accept(std::move(candidate))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
  }

  bool leave_out(std::size_t piece) {
    bool smaller = false;
    for (std::size_t from = 0; from < best_.actions.size() && !late();) {
      Script candidate = best_;
      const auto begin = candidate.actions.begin() + static_cast<std::ptrdiff_t>(from);
      const auto end = begin + static_cast<std::ptrdiff_t>(std::min(piece, candidate.actions.size() - from));
      candidate.actions.erase(begin, end);
      if (accept(std::move(candidate))) {
        smaller = true;
      } else {
        from += piece;
      }
    }
    return smaller;
  }

  // Shorter outages, rounder times, all of it earlier.
  void simplify() {
    for (std::size_t i = 0; i < best_.actions.size() && !late(); ++i) {
      Script candidate = best_;
      Action& action = candidate.actions[i];
      if (!fault_name(action.verb).empty() && action.b > 1000) {
        action.b = 1000;
        accept(std::move(candidate));
      }
    }
    for (std::size_t i = 0; i < best_.actions.size() && !late(); ++i) {
      Script candidate = best_;
      const Millis before = i == 0 ? Millis{0} : candidate.actions[i - 1].at;
      const Millis rounded{candidate.actions[i].at.count() / 1000 * 1000};
      if (rounded == candidate.actions[i].at) continue;
      candidate.actions[i].at = std::max(before, rounded);
      accept(std::move(candidate));
    }
    for (std::size_t i = 0; i < best_.actions.size() && !late(); ++i) {
      const Millis before = i == 0 ? Millis{0} : best_.actions[i - 1].at;
      const Millis gap = best_.actions[i].at - before;
      if (gap <= Millis{2000}) continue;
      Script candidate = best_;
      for (std::size_t j = i; j < candidate.actions.size(); ++j) candidate.actions[j].at -= gap - Millis{1000};
      accept(std::move(candidate));
    }
  }

  Script best_;
  const std::string& rule_;
  const Breaks& breaks_;
  const std::chrono::steady_clock::time_point end_;
  std::size_t runs_ = 0;
};

}  // namespace

Shrunk shrink(Script script, const std::string& rule, const Breaks& breaks, std::chrono::milliseconds budget) {
  return Shrinker(std::move(script), rule, breaks, budget).run();
}

}  // namespace heti::simulation
