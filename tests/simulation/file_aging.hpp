#pragma once
// What a loss of power does to the ordinary files of the journal's directory, `<workspace>.tail` and
// `<workspace>.snapshot.new`; the database is CrashDisk's. Never undoes what the journal has synced: it syncs the side
// file after a checkpoint beside the writer, when it begins a history, and when it closes.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "service/base/public_id.hpp"
#include "service/journal/journal.hpp"
#include "service/journal/unique_fd.hpp"
#include "tests/simulation/random.hpp"

namespace heti::simulation {

class FileAging {
 public:
  explicit FileAging(std::filesystem::path directory, std::string workspace = "default");

  // After each opening.
  void opened(const journal::Journal& journal);
  // As often as versions shall be known, best after each answer; and once more before a journal whose power has gone
  // is destroyed, lest a sync be missed.
  void note(const journal::Journal& journal);
  // The journal was destroyed, and the disk had power to the end.
  void closed();
  // The disk lost its power and the journal is destroyed. Each sector of the side file becomes by chance any version
  // of itself since the last sync, or a torn one; sometimes half a snapshot lies about. (A process that was killed
  // while the machine lived on needs no call: its files are as they were.)
  void crash(Random& random);

  [[nodiscard]] std::uint64_t aged() const { return aged_; }  // Crashes that left something older than the newest.
  [[nodiscard]] std::uint64_t torn() const { return torn_; }
  [[nodiscard]] std::uint64_t halves_left() const { return halves_left_; }

 private:
  [[nodiscard]] std::string read_side();
  void remember_synced();
  void leave_half_a_snapshot(Random& random);

  std::filesystem::path directory_;
  std::string workspace_;
  journal::UniqueFd side_;
  std::vector<std::string> versions_{""};  // The first is synced, the last is the newest.
  std::uint64_t checkpoints_ = 0;
  std::optional<PublicId> history_;
  std::uint64_t aged_ = 0;
  std::uint64_t torn_ = 0;
  std::uint64_t halves_left_ = 0;
};

}  // namespace heti::simulation
