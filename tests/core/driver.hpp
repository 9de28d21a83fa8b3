#pragma once
// Drives the core as production does: every command through decide() and evolve(), every lot into a journal, every
// invariant asked after every command; replay of the journal must give the same bytes.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "service/core/decide.hpp"
#include "service/core/state.hpp"
#include "service/journal/journal.hpp"

namespace heti::tests {

class Driver {
 public:
  Driver();

  // Sends a command at an instant and gives the answer. Events are appended to events() and to the journal.
  core::Answer at(Instant when, const core::Command& command);
  // The same, but the answer must be of this kind.
  template <class T>
  T get(Instant when, const core::Command& command) {
    core::Answer answer = at(when, command);
    if (const auto* refused = std::get_if<core::Refused>(&answer)) {
      ADD_FAILURE() << "refused: " << core::name_of(refused->code);
      return T{};
    }
    return std::get<T>(std::move(answer));
  }
  void tick(Instant when) { at(when, core::command::Tick{}); }

  // From here on every wish comes from another node, whose own state follows the events: its answers must be the same.
  void ask_from_another_node();

  // All events of one type, in order.
  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const core::Event& event : events_) {
      if (const T* body = std::get_if<T>(&event.body)) found.push_back(*body);
    }
    return found;
  }

  const std::vector<core::Event>& events() const { return events_; }
  const core::State& state() const { return state_; }
  journal::Journal& journal() { return *journal_; }

  // Folds the journal from the beginning and compares bytes with the live state.
  void expect_replay_gives_the_same_bytes() const;

 private:
  void keep(const std::vector<core::Event>& events, Instant when);
  void follow(const std::vector<core::Event>& events, const core::Command& command, const core::Answer* answer);

  core::State state_;
  std::vector<core::Event> events_;
  std::unique_ptr<journal::Journal> journal_;
  core::CommandNumber last_{};  // of the other node
  core::State elsewhere_;       // its state
};

PublicId public_id(std::uint64_t n);

}  // namespace heti::tests
