#pragma once
// What an operator does with a journal by hand: `heti journal verify`, `heti journal show`, `heti backup`, `heti
// restore`. All but the last may run beside the node. Each says what it did on standard output, or what is wrong and
// what to do on standard error, and gives the exit code.
#include <filesystem>
#include <string>

#include "config/settings.hpp"

namespace heti {

// Exit codes of journal verify.
inline constexpr int verify_sound = 0;
inline constexpr int verify_damaged = 1;
inline constexpr int verify_cannot_read = 2;

// Reads every batch and every witness. The verdict is the last line.
int verify_journal(const config::Settings& settings);

struct ShowRequest {
  std::string conversation;  // public id, or at least its first 6 digits
  bool texts = false;        // also what was said: personal data
};
// The events of one conversation as the journal holds them, one JSON object a line.
int show_journal(const config::Settings& settings, const ShowRequest& request);

struct BackupRequest {
  std::filesystem::path file;  // must not exist
  bool secrets = false;        // also passwords, sessions and the signing key
};
int make_backup(const config::Settings& settings, const BackupRequest& request);

struct RestoreRequest {
  std::filesystem::path file;
  bool replace = false;  // move a journal that is there aside
};
int restore_backup(const config::Settings& settings, const RestoreRequest& request);

// heti archive copy: the archive of this node, for one whose archive is behind the shared journal.
int copy_archive(const config::Settings& settings, const std::filesystem::path& file);

}  // namespace heti
