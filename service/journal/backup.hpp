#pragma once
// One file that holds a workspace's whole journal, made while the node runs, and the way back from it. The file is a
// journal.db of its own (FORMAT.md) with what the backup says of itself, and small files that must not be lost with
// the machine. Batches are copied by short read transactions and verified on the way, so neither the writer nor the
// write-ahead log waits for a backup, and a damaged journal gives no backup that looks like a good one.
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/journal/journal.hpp"

namespace heti::journal {

// A restore under way, in the data directory. As long as it is there the journal is not opened.
inline constexpr std::string_view restoring_name = "journal.db.restoring";

// A small file that goes along, whole.
struct Enclosed {
  std::string name;
  std::string bytes;
};

struct Backup {
  std::string workspace;
  PublicId history;  // Of the journal that it was made from.
  Instant made;
  Tail tail;
  std::vector<std::string> enclosed;  // Names.
};

// Writes `file` (mode 0600), which must not exist: whole and synced when it gets its name. Beside a running node.
[[nodiscard]] std::expected<Backup, std::string> make_backup(const std::filesystem::path& directory,
                                                             const std::string& workspace,
                                                             const std::filesystem::path& file, Instant now,
                                                             const std::vector<Enclosed>& enclosed);

// Reads every batch. An error if anything is missing or damaged.
[[nodiscard]] std::expected<Backup, std::string> check_backup(const std::filesystem::path& file,
                                                              const std::string& workspace);

[[nodiscard]] std::expected<std::string, std::string> read_enclosed(const std::filesystem::path& file,
                                                                    const std::string& name);

struct Restored {
  Backup backup;
  PublicId history;                               // The new one.
  std::optional<std::filesystem::path> kept_old;  // Where the files of the journal before are now.
};

// Puts a checked backup into the place of a stopped node's journal, under a new history. A journal that is there is
// refused, or with `replace` moved into a directory of its own beside it. Interrupted at any moment, it leaves the old
// journal, the new one, or a directory that no node opens until it is run again.
[[nodiscard]] std::expected<Restored, std::string> restore_backup(const std::filesystem::path& file,
                                                                  const std::filesystem::path& directory,
                                                                  const std::string& workspace, bool replace,
                                                                  Instant now);

}  // namespace heti::journal
