#pragma once
// Snapshots as files beside the database, one each, written whole or not at all: a large snapshot in the database
// would hold its write lock and every append with it. What a file says is judged by the journal, not here.
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/journal/journal.hpp"

namespace heti::journal {

// One snapshot with its checksum, in a file and in Redis alike. Decoding gives nothing if it does not match.
[[nodiscard]] std::string encode_snapshot(const Snapshot& snapshot);
[[nodiscard]] std::optional<Snapshot> decode_snapshot(std::string_view bytes);

class SnapshotStore {
 public:
  SnapshotStore(std::filesystem::path directory, const std::string& workspace)
      : directory_(std::move(directory)), prefix_(workspace + ".snapshot.") {}

  // Newest first.
  [[nodiscard]] std::expected<std::vector<std::filesystem::path>, std::string> list() const;

  // The error says what is wrong with the file.
  [[nodiscard]] static std::expected<Snapshot, std::string> load(const std::filesystem::path& path);

  // Durable when it returns without an error.
  [[nodiscard]] std::expected<void, std::string> save(const Snapshot& snapshot) const;

  [[nodiscard]] std::expected<void, std::string> remove(const std::filesystem::path& path) const;

  // Renames a snapshot of a suffix that was given up, so that it is never judged again but not destroyed either.
  [[nodiscard]] std::expected<std::filesystem::path, std::string> set_aside(const std::filesystem::path& path) const;

 private:
  std::filesystem::path directory_;
  std::string prefix_;
};

}  // namespace heti::journal
