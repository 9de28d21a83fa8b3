#pragma once
// The witness beside the database: the last durable position and its hash, written after each commit without a sync
// of its own. SQLite drops without a word what follows a damaged frame of its write-ahead log; this file is how we
// notice. It never runs ahead of what is durable, and after a power loss it may lag; both are harmless.
#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "service/journal/journal.hpp"
#include "service/journal/unique_fd.hpp"

namespace heti::journal {

class SideFile {
 public:
  struct Mark {
    Position position;
    Hash hash{};
    friend bool operator==(const Mark&, const Mark&) = default;
  };

  [[nodiscard]] static std::expected<SideFile, std::string> open(const std::filesystem::path& path);

  // What a file says without opening it for writing; nothing if there is none, either.
  [[nodiscard]] static std::expected<std::optional<Mark>, std::string> peek(const std::filesystem::path& path);

  // What the file says; nothing if it says nothing that its checksum confirms.
  [[nodiscard]] std::expected<std::optional<Mark>, std::string> read() const;

  // Two slots, written in turn, so that a torn write leaves the mark before. False with errno set.
  [[nodiscard]] bool write(const Mark& mark);

  // Forgets later marks too: after a suffix was given up the position goes back. Synced.
  [[nodiscard]] std::expected<void, std::string> restart(const Mark& mark);

  [[nodiscard]] bool sync() const;

 private:
  SideFile(std::filesystem::path path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::filesystem::path path_;
  UniqueFd fd_;
};

}  // namespace heti::journal
