#pragma once
// Reading a whole journal to say what is wrong with it: every batch, in the order of the file's pages and not by
// search, so that a damaged key hides no neighbour; then what the witnesses know. Tells a hole (batches missing or
// damaged that others follow) from a lost end (what a witness knows lies after the last batch). Changes nothing.
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "service/journal/journal.hpp"
#include "service/journal/sqlite.hpp"

namespace heti::journal {

struct Hole {
  Position first;  // The batches from first to last, both included.
  Position last;
  std::string what;  // "is damaged: its checksum does not match"
};

// A witness that the journal does not bear out.
struct LostEnd {
  Witness witness;
  bool other_batch = false;  // The journal reaches so far, but with another batch there.
};

struct Findings {
  PublicId history;
  Position first;                          // 0: there is no batch.
  Position end;                            // The last batch, sound or not.
  Tail tail;                               // The last sound one.
  std::uint64_t batches = 0;               // Sound ones.
  std::uint64_t damaged = 0;               // Batches in all holes, also in those that are not listed.
  std::vector<Hole> holes;                 // The first holes_listed_max of them.
  std::vector<LostEnd> lost;               // What knows more than the journal.
  std::vector<std::string> snapshots;      // Names of the sound and confirmed ones, newest first.
  std::vector<std::string> bad_snapshots;  // A sentence each.
  std::optional<std::string> structure;    // What SQLite finds wrong with the file's pages.

  [[nodiscard]] bool sound() const { return damaged == 0 && lost.empty() && bad_snapshots.empty() && !structure; }
};

inline constexpr std::size_t holes_listed_max = 20;

// The rows of one workspace and what these witnesses say of them; in one read transaction, which holds no writer up,
// but the write-ahead log starts over only after it. An error if there is no such workspace or the file cannot be read.
[[nodiscard]] std::expected<Findings, std::string> audit(Connection& connection, const std::string& workspace,
                                                         const std::vector<Witness>& witnesses);

// The journal of a data directory, with its own witnesses (side file, snapshots) and with `others` (asked with the
// journal's history). A node may be running there: the witnesses are read before the batches.
[[nodiscard]] std::expected<Findings, std::string> audit_directory(
    const std::filesystem::path& directory, const std::string& workspace,
    const std::function<std::vector<Witness>(const PublicId& history)>& others);

}  // namespace heti::journal
