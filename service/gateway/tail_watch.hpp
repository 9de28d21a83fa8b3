#pragma once
// Clients as witnesses of the journal: each visitor's token is sealed with the durable end of the journal as it was
// then. A token whose end the journal does not have shows that acknowledged batches were lost, also where everything
// that lies beside the journal was lost with them. What a client merely says of itself shows nothing.
#include <array>
#include <cstdint>
#include <mutex>

#include "service/base/public_id.hpp"
#include "service/journal/journal.hpp"
#include "service/sequencer/sequencer.hpp"

namespace heti::gateway {

// An end of a journal, shortened to what fits a token: the first 8 bytes each of history and chain hash.
struct JournalEnd {
  std::uint64_t history = 0;
  std::uint64_t position = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const JournalEnd&, const JournalEnd&) = default;
};

JournalEnd journal_end(const PublicId& history, journal::Position position, const journal::Hash& hash);

// Any thread.
class TailWatch final : public sequencer::Projection {
 public:
  // What lies before `end` is not known.
  void begin(const JournalEnd& end);
  // From here on this history counts, after the end that is known. The journal itself may be some batches ahead.
  void begin_history(const PublicId& history);
  // One batch more is durable. Not before begin().
  void moved(journal::Position position, const journal::Hash& hash);
  void on_durable(const sequencer::Durable& batch) override { moved(batch.position, batch.hash); }
  JournalEnd end() const;
  // Another node writes the journal, and what lies beyond our end may only not have come here yet; or not any more.
  void may_be_behind(bool behind);
  // True if `seen` is of this history and the journal cannot have had that end: it lies beyond ours, or another batch
  // is in its place. Of places before begin(), or more than 4,096 batches ago, nothing is known.
  bool contradicts(const JournalEnd& seen) const;

 private:
  static constexpr std::size_t remembered = 4096;

  mutable std::mutex mutex_;
  std::uint64_t first_ = 0;  // the first position whose hash is known
  JournalEnd end_;
  bool behind_ = false;
  std::array<std::uint64_t, remembered> hashes_{};  // by position, modulo its size
};

}  // namespace heti::gateway
