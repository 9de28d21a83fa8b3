#include "tests/core/driver.hpp"

#include "service/core/batch.hpp"
#include "service/core/invariants.hpp"
#include "service/sequencer/recovery.hpp"

namespace heti::tests {

Driver::Driver() : journal_(journal::make_memory()) {}

core::Answer Driver::at(Instant when, const core::Command& command) {
  while (true) {
    core::Decision decision = core::decide(state_, when, command);
    keep(decision.events, when);
    if (decision.finished) return decision.answer;
  }
}

void Driver::keep(const std::vector<core::Event>& events, Instant when) {
  for (const std::string& broken : core::broken_invariants(state_, true)) {
    ADD_FAILURE() << "invariant " << broken << " after a command at " << to_ms(when);
  }
  if (!events.empty()) {
    const journal::Tail tail = journal_->tail();
    auto result = journal::AppendResult::unknown;
    journal_->append({.position = journal::Position{tail.position.value() + 1},
                      .at = state_.now,
                      .previous = tail.hash,
                      .payload = core::encode_batch(events)},
                     [&](journal::AppendResult r) { result = r; });
    EXPECT_EQ(result, journal::AppendResult::durable);
  }
  events_.insert(events_.end(), events.begin(), events.end());
}

void Driver::expect_replay_gives_the_same_bytes() const {
  const auto recovered = sequencer::recover(*journal_);
  ASSERT_TRUE(recovered.has_value()) << recovered.error();
  EXPECT_EQ(core::state_bytes(recovered->state), core::state_bytes(state_));
  const auto reread = core::state_from_bytes(core::state_bytes(state_));
  ASSERT_TRUE(reread.has_value());
  EXPECT_EQ(core::state_bytes(*reread), core::state_bytes(state_));
  EXPECT_EQ(core::next_deadline(*reread), core::next_deadline(state_));
}

PublicId public_id(std::uint64_t n) { return {.high = 0x4865746900000000ull, .low = n}; }

}  // namespace heti::tests
