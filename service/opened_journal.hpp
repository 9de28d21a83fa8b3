#pragma once
// The journal of these settings, opened by a tool to be read beside the nodes: SQLite's files, or Redis.
#include <expected>
#include <functional>
#include <string>

#include "config/settings.hpp"
#include "service/explain_story.hpp"

namespace heti {

struct OpenedJournal {
  explaining::JournalView view;
  std::function<std::expected<journal::Tail, std::string>()> tail;  // the last batch that is durable now
};

// An error if there is none, or if it is kept in memory.
[[nodiscard]] std::expected<OpenedJournal, std::string> open_to_read(const config::Settings& settings);

}  // namespace heti
