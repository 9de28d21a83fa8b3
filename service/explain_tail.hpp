#pragma once
// The journal's batches after those that the archive has, each decoded.
#include <expected>
#include <string>

#include "service/archive/facts_reader.hpp"
#include "service/core/batch.hpp"
#include "service/explain_story.hpp"

namespace heti::explaining {

class Tail {
 public:
  // Without an archive the journal must reach back to its first batch. Both must outlive the tail.
  Tail(const JournalView& journal, const archive::FactsReader* archive)
      : journal_(journal), after_(archive == nullptr ? archive::Place{} : archive->place()) {}

  // Calls each(position, index, event) up to batch `last` (0: to the end).
  template <class Each>
  [[nodiscard]] std::expected<void, std::string> each_event(journal::Position last, const Each& each) {
    std::string failed;
    reached_ = after_.position;
    const auto read = journal_.read(after_.position, [&](const journal::Batch& batch, const journal::Hash&) {
      if (last.value() != 0 && batch.position > last) return false;
      const std::string where = "batch " + std::to_string(batch.position.value());
      if (batch.position.value() == after_.position.value() + 1 && batch.previous != after_.hash) {
        failed = where + " of the journal does not follow what the archive holds: they are not of one node";
        return false;
      }
      const auto events = core::decode_batch(batch.payload);
      if (!events) {
        failed = where + ": " + events.error();
        return false;
      }
      for (std::size_t i = 0; i < events->size(); ++i) each(batch.position, i, (*events)[i]);
      reached_ = batch.position;
      return true;
    });
    if (!failed.empty()) return std::unexpected(failed);
    if (!read) return std::unexpected("the journal cannot be read: " + read.error());
    return {};
  }
  // The last batch that was seen.
  journal::Position reached() const { return reached_; }

 private:
  const JournalView& journal_;
  archive::Place after_;
  journal::Position reached_;
};

}  // namespace heti::explaining
