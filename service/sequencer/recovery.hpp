#pragma once
// From the journal back to the state: the newest snapshot that fits, then every batch after it. The same code makes
// snapshots, so each snapshot proves replay.
#include <cstdint>
#include <expected>
#include <string>

#include "service/core/state.hpp"
#include "service/journal/journal.hpp"

namespace heti::sequencer {

struct Recovered {
  core::State state;
  journal::Position position;           // of the last batch folded in
  journal::Hash hash{};                 // its chain hash
  journal::Position snapshot_position;  // 0: replayed from the beginning
  std::uint64_t events = 0;             // folded after the snapshot
};

// An error names the batch that could not be read; nothing is skipped.
[[nodiscard]] std::expected<Recovered, std::string> recover(const journal::Journal& journal);

// The same from the very beginning, whatever snapshots there are.
[[nodiscard]] std::expected<Recovered, std::string> replay(const journal::Journal& journal);

// Replays to the durable tail and keeps the result as a snapshot. Runs on any thread and stalls nobody.
[[nodiscard]] std::expected<journal::Position, std::string> make_snapshot(journal::Journal& journal);

}  // namespace heti::sequencer
