#pragma once
// For the commands that read the embedded journal's files beside a node.
#include <expected>
#include <string>

#include "config/settings.hpp"

namespace heti {

// Nothing if these settings keep the journal on this machine's disk; else where it is, and what to do.
[[nodiscard]] inline std::expected<void, std::string> expect_embedded(const config::Settings& settings) {
  switch (settings.journal.kind) {
    case config::JournalKind::sqlite: return {};
    case config::JournalKind::redis:
      return std::unexpected(
          "the journal of these settings is in Redis, at " + settings.journal.address +
          "; this command is for the files of one on a node's own disk. Back up and restore Redis by its own means");
    case config::JournalKind::memory: break;
  }
  return std::unexpected("the journal of these settings is kept in memory: there is nothing to read");
}

}  // namespace heti
