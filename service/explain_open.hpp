#pragma once
// The files of a node, opened to be read: its journal, and its archive if there is one.
#include <algorithm>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "config/settings.hpp"
#include "service/archive/facts_reader.hpp"
#include "service/embedded.hpp"
#include "service/explain_story.hpp"
#include "service/journal/sqlite_reader.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace heti::explaining {

class Files {
 public:
  static std::expected<Files, std::string> open(const config::Settings& settings) {
    if (const auto embedded = expect_embedded(settings); !embedded) return std::unexpected(embedded.error());
    const std::string& directory = settings.journal.path;
    auto journal = journal::SqliteReader::open(directory, settings.workspace);
    if (!journal) return std::unexpected(journal.error());
    // The archive before the journal's batches: so the journal is seen at least as far as the archive has come.
    auto archive = archive::FactsReader::open(directory, settings.workspace, journal->history());
    if (!archive) return std::unexpected(archive.error());
    return Files(std::make_unique<journal::SqliteReader>(std::move(*journal)), std::move(*archive));
  }

  archive::FactsReader* archive() { return archive_ ? &*archive_ : nullptr; }
  // Good while this lives.
  JournalView view() const {
    return {.history = journal_->history(),
            .read = [journal = journal_.get()](journal::Position after, const auto& each) {
              return journal->read(after, each);
            }};
  }
  // This machine's time, or that of the last batch if it is later: a journal's time may run ahead.
  std::expected<Instant, std::string> now() const {
    const auto tail = journal_->tail();
    if (!tail) return std::unexpected(tail.error());
    return std::max(sequencer::JournalClock().now(), tail->at);
  }

 private:
  Files(std::unique_ptr<journal::SqliteReader> journal, std::optional<archive::FactsReader> archive)
      : journal_(std::move(journal)), archive_(std::move(archive)) {}

  std::unique_ptr<journal::SqliteReader> journal_;
  std::optional<archive::FactsReader> archive_;
};

}  // namespace heti::explaining
