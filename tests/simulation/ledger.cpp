#include "tests/simulation/ledger.hpp"
#include "tests/simulation/words.hpp"

#include "service/core/batch.hpp"
#include "service/core/evolve.hpp"

namespace heti::simulation {

void Ledger::add(const journal::Batch& offered, const std::vector<core::Event>& events) {
  if (offered.payload != core::encode_batch(events)) complain("journal: what was handed on is not what was offered");
  const auto read = core::decode_batch(offered.payload);
  if (!read) return complain("journal: a batch cannot be read: " + read.error());
  if (offered.position.value() != hashes_.size() + 1) return complain("journal: positions have a gap");
  fold(offered, journal::hash_of(offered), *read);
}

void Ledger::fold(const journal::Batch& batch, const journal::Hash& hash, const std::vector<core::Event>& events) {
  const journal::Hash previous = hashes_.empty() ? journal::Hash{} : hashes_.back();
  if (batch.previous != previous) complain("journal: the chain is broken");
  for (const core::Event& event : events) {
    core::evolve(state_, event);
    events_.push_back(event);
  }
  if (batch.at < last_at_) complain("invariant 6: journal time went back");
  last_at_ = batch.at;
  hashes_.push_back(hash);
}

std::expected<std::vector<core::Event>, std::string> Ledger::catch_up(const journal::Journal& journal,
                                                                      const journal::Batch& under_way) {
  const std::uint64_t known = hashes_.size();
  const journal::Tail tail = journal.tail();
  if (tail.position.value() < known) {
    complain(numbered("durable: after a restart the journal ends at ", tail.position.value()) + ", but " +
             std::to_string(known) + " was durable");
    return {};
  }
  std::vector<std::pair<journal::Batch, journal::Hash>> beyond;
  // From one before the end, so that the last one that we know is compared, too.
  const journal::Position after{known == 0 ? 0 : known - 1};
  const auto each = [&](const journal::Batch& batch, const journal::Hash& hash) {
    const std::uint64_t position = batch.position.value();
    if (position > known) {
      beyond.emplace_back(batch, hash);
    } else if (hash != hashes_[position - 1]) {
      complain(numbered("durable: batch ", position) + " is another one now");
    }
    return true;
  };
  if (const auto read = journal.read(after, each); !read) return std::unexpected(read.error());
  std::vector<core::Event> found;
  for (const auto& [batch, hash] : beyond) {
    if (batch != under_way) complain("durable: the journal has a batch that nobody offered");
    const auto events = core::decode_batch(batch.payload);
    if (!events) {
      complain("journal: a batch cannot be read: " + events.error());
      return found;
    }
    fold(batch, hash, *events);
    found.insert(found.end(), events->begin(), events->end());
  }
  return found;
}

void Ledger::verify(const journal::Journal& journal) {
  std::uint64_t position = 0;
  const auto each = [&](const journal::Batch& batch, const journal::Hash& hash) {
    if (position >= hashes_.size() || hash != hashes_[position] || batch.position.value() != position + 1) {
      complain(numbered("durable: batch ", position + 1) + " is not the one that was acknowledged");
      return false;
    }
    ++position;
    return true;
  };
  const auto read = journal.read(journal::Position{0}, each);
  if (!read) complain("journal: reading it at the end: " + read.error());
  if (read && position != hashes_.size()) complain("durable: the journal is shorter than what was acknowledged");
}

}  // namespace heti::simulation
