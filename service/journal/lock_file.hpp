#pragma once
// One process per data directory: an advisory lock on a file of its own, because SQLite's locks on the database come
// and go and would let a second writer in between two commits. The lock ends with the process, however it ends.
#include <expected>
#include <filesystem>
#include <string>

#include "service/journal/unique_fd.hpp"

namespace heti::journal {

class LockFile {
 public:
  // The error names the process that holds the lock.
  [[nodiscard]] static std::expected<LockFile, std::string> take(const std::filesystem::path& path);

 private:
  explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;  // Closing it gives the lock back.
};

}  // namespace heti::journal
