#include "service/journal_tools.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <iostream>
#include <memory>
#include <set>

#include "service/archive/copy.hpp"
#include "service/embedded.hpp"
#include "service/explain_clocks.hpp"
#include "service/explain_story.hpp"
#include "service/explain_words.hpp"
#include "service/heti.hpp"
#include "service/journal/backup.hpp"
#include "service/journal/sqlite.hpp"
#include "service/journal/unique_fd.hpp"
#include "service/node_options.hpp"
#include "service/opened_journal.hpp"
#include "service/sequencer/journal_clock.hpp"

namespace heti {
namespace {

namespace json = boost::json;

constexpr const char* secrets_name = "secrets.db";

std::string utc(Instant at) {
  std::string text = explaining::local_time(at, nullptr);  // "2026-06-01 06:00:01.000 +00:00"
  text.replace(10, 1, 1, 'T');
  text.replace(23, std::string::npos, 1, 'Z');
  return text;
}

struct FreeBytes {
  void operator()(unsigned char* bytes) const { sqlite3_free(bytes); }
};

// The secrets as of one moment, though a node may be writing them.
std::expected<journal::Enclosed, std::string> read_secrets(const std::filesystem::path& directory) {
  const auto path = directory / secrets_name;
  auto connection = journal::Connection::open(path, journal::Connection::Mode::read, {});
  if (!connection) return std::unexpected(connection.error());
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, FreeBytes> bytes(sqlite3_serialize(connection->get(), "main", &size, 0));
  if (!bytes) return std::unexpected(connection->error("cannot be copied"));
  return journal::Enclosed{
      .name = secrets_name,
      .bytes = std::string(reinterpret_cast<const char*>(bytes.get()), static_cast<std::size_t>(size))};
}

// Whole or not at all, and never over one that is there.
std::expected<void, std::string> write_secrets(const std::filesystem::path& directory, const std::string& bytes) {
  const auto path = directory / secrets_name;
  const auto unfinished = directory / (std::string(secrets_name) + ".restoring");
  {
    const journal::UniqueFd fd(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd || !journal::write_all(fd.get(), bytes, 0) || ::fsync(fd.get()) != 0) {
      return std::unexpected(journal::system_error(unfinished, "cannot be written"));
    }
  }
  if (::rename(unfinished.c_str(), path.c_str()) != 0 || !journal::sync_directory(directory)) {
    return std::unexpected(journal::system_error(path, "cannot be put in place"));
  }
  return {};
}

std::string extent(const journal::Backup& backup) {
  if (backup.tail.position.value() == 0) return "an empty journal";
  return "batches 1 to " + std::to_string(backup.tail.position.value()) + ", the last of " + utc(backup.tail.at);
}

}  // namespace

int show_journal(const config::Settings& settings, const ShowRequest& request) {
  const auto journal = open_to_read(settings);
  if (!journal) return failed(journal.error());
  const auto story = explaining::find_story(request.conversation, nullptr, journal->view);
  if (!story) return failed(story.error());
  std::set<std::pair<std::uint64_t, std::size_t>> own;
  for (const archive::Fact& fact : story->facts) {
    if (fact.conversation == story->conversation) own.insert({fact.position.value(), fact.index});
  }
  const auto life = explaining::life_of(*story, sequencer::JournalClock().now(), request.texts);
  for (const explaining::Line& line : life.lines) {
    if (!own.contains({line.position.value(), line.index})) continue;
    json::object out{{"conversation", to_string(story->public_id)},
                     {"batch", line.position.value()},
                     {"event", line.index + 1},
                     {"at", utc(line.at)},
                     {"name", line.name},
                     {"says", line.says}};
    if (line.text) out["text"] = *line.text;
    std::cout << json::serialize(out) << '\n';
  }
  return exit_ok;
}

int make_backup(const config::Settings& settings, const BackupRequest& request) {
  if (auto on_disk = expect_embedded(settings); !on_disk) return failed(on_disk.error());
  std::vector<journal::Enclosed> enclosed;
  if (request.secrets) {
    auto secrets = read_secrets(settings.journal.path);
    if (!secrets) return failed(secrets.error());
    enclosed.push_back(std::move(*secrets));
  }
  const auto made = journal::make_backup(settings.journal.path, settings.workspace, request.file,
                                         sequencer::JournalClock().now(), enclosed);
  if (!made) return failed(made.error());
  std::cout << request.file.string() << ": " << extent(*made) << '\n'
            << (request.secrets
                    ? "with the passwords, the sessions and the key that signs visitors' tokens: keep it as "
                      "safe as the data directory\n"
                    : "without secrets.db (passwords, key of visitors' tokens): keep a copy of it elsewhere, "
                      "or use --secrets\n");
  return exit_ok;
}

int restore_backup(const config::Settings& settings, const RestoreRequest& request) {
  if (auto on_disk = expect_embedded(settings); !on_disk) return failed(on_disk.error());
  const auto directory = data_directory(settings);
  if (!directory) return failed(directory.error());
  const auto restored = journal::restore_backup(request.file, *directory, settings.workspace, request.replace,
                                                sequencer::JournalClock().now());
  if (!restored) return failed(restored.error());
  std::cout << settings.journal.path << ": " << extent(restored->backup) << ", from the backup of "
            << utc(restored->backup.made) << '\n';
  if (restored->kept_old) std::cout << "the journal before is kept in " << restored->kept_old->string() << '\n';
  std::cout << "history " << to_string(restored->history)
            << ": clients and the archive read anew when the node starts\n";
  const bool there = std::filesystem::exists(*directory / secrets_name);
  if (!restored->backup.enclosed.empty() && !there) {
    const auto bytes = journal::read_enclosed(request.file, secrets_name);
    const auto written = bytes ? write_secrets(*directory, *bytes) : std::unexpected(bytes.error());
    if (!written) return failed("the journal is restored, the secrets are not: " + written.error());
    std::cout << "secrets.db is restored too\n";
  } else if (!there) {
    std::cout << "there is no secrets.db: put your copy into " << directory->string()
              << " before the start, or set passwords anew (heti set-password); then visitors begin new chats\n";
  } else {
    std::cout << "secrets.db stays as it is\n";
  }
  return exit_ok;
}

int copy_archive(const config::Settings& settings, const std::filesystem::path& file) {
  if (const auto copied = archive::copy(settings.journal.path, file); !copied) return failed(copied.error());
  std::cout << "copied to " << file.string() << ": stop the node that needs it, put it into its data directory as "
            << "archive.db, without the archive.db-wal and archive.db-shm of before, and start it\n";
  return exit_ok;
}

}  // namespace heti
