#include "service/sequencer/recovery.hpp"

#include "service/base/planted.hpp"
#include "service/core/batch.hpp"
#include "service/core/evolve.hpp"
#include "service/core/stored_event.hpp"

namespace heti::sequencer {
namespace {

// The newest snapshot that this build can read. The journal has already checked position and chain hash.
std::expected<Recovered, std::string> start_of(const journal::Journal& journal) {
  auto snapshots = journal.snapshots();
  if (!snapshots) return std::unexpected(snapshots.error());
  for (journal::Snapshot& snapshot : *snapshots) {
    if (snapshot.format != core::state_format) continue;
    auto state = core::state_from_bytes(snapshot.bytes);
    if (!state) continue;
    return Recovered{.state = std::move(*state),
                     .position = snapshot.position,
                     .hash = snapshot.hash,
                     .snapshot_position = snapshot.position,
                     .events = 0};
  }
  return Recovered{};
}

std::expected<Recovered, std::string> fold_tail(const journal::Journal& journal, Recovered recovered) {
  std::string failed;
  const auto fold = [&](const journal::Batch& batch, const journal::Hash& hash) {
    const auto events = core::decode_batch(batch.payload);
    if (!events) {
      failed = "batch " + std::to_string(batch.position.value()) + ": " + events.error();
      return false;
    }
    const bool skipped = planted(Planted::recovery_skips_batch) && recovered.snapshot_position.value() > 0 &&
                         batch.position.value() == recovered.snapshot_position.value() + 1;
    if (!skipped) {
      for (const core::Event& event : *events) core::evolve(recovered.state, event);
    }
    recovered.events += events->size();
    recovered.position = batch.position;
    recovered.hash = hash;
    return true;
  };
  const auto read = journal.read(recovered.position, fold);
  if (!failed.empty()) return std::unexpected(failed);
  if (!read) return std::unexpected(read.error());
  if (recovered.state.feature_level > core::feature_level()) {
    return std::unexpected("it may hold what this version cannot read (level " +
                           std::to_string(recovered.state.feature_level) + ", this version reads " +
                           std::to_string(core::feature_level()) + "): all nodes ran a newer one; start that");
  }
  return recovered;
}

}  // namespace

std::expected<Recovered, std::string> recover(const journal::Journal& journal) {
  auto start = start_of(journal);
  if (!start) return start;
  return fold_tail(journal, std::move(*start));
}

std::expected<Recovered, std::string> replay(const journal::Journal& journal) { return fold_tail(journal, {}); }

std::expected<journal::Position, std::string> make_snapshot(journal::Journal& journal) {
  const auto recovered = recover(journal);
  if (!recovered) return std::unexpected(recovered.error());
  if (recovered->position == recovered->snapshot_position) return recovered->position;
  const auto saved = journal.save_snapshot({.position = recovered->position,
                                            .hash = recovered->hash,
                                            .format = core::state_format,
                                            .bytes = core::state_bytes(recovered->state)});
  if (!saved) return std::unexpected(saved.error());
  return recovered->position;
}

}  // namespace heti::sequencer
