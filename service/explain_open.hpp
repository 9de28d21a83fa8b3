#pragma once
// The files of a node, opened to be read: its journal, and its archive if there is one.
#include <algorithm>
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "config/settings.hpp"
#include "service/archive/facts_reader.hpp"
#include "service/opened_journal.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace heti::explaining {

class Files {
 public:
  static std::expected<Files, std::string> open(const config::Settings& settings) {
    auto journal = open_to_read(settings);
    if (!journal) return std::unexpected(journal.error());
    // The archive before the journal's batches: so the journal is seen at least as far as the archive has come.
    auto archive = archive::FactsReader::open(settings.journal.path, settings.workspace, journal->view.history);
    if (!archive) return std::unexpected(archive.error());
    return Files(std::move(*journal), std::move(*archive));
  }

  archive::FactsReader* archive() { return archive_ ? &*archive_ : nullptr; }
  const JournalView& view() const { return journal_.view; }
  // This machine's time, or that of the last batch if it is later: a journal's time may run ahead.
  std::expected<Instant, std::string> now() const {
    const auto tail = journal_.tail();
    if (!tail) return std::unexpected(tail.error());
    return std::max(sequencer::JournalClock().now(), tail->at);
  }

 private:
  Files(OpenedJournal journal, std::optional<archive::FactsReader> archive)
      : journal_(std::move(journal)), archive_(std::move(archive)) {}

  OpenedJournal journal_;
  std::optional<archive::FactsReader> archive_;
};

}  // namespace heti::explaining
