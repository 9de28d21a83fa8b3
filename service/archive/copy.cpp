#include "service/archive/copy.hpp"

#include <sys/stat.h>

#include "service/journal/sqlite.hpp"

namespace heti::archive {

std::expected<void, std::string> copy(const std::filesystem::path& directory, const std::filesystem::path& file) {
  std::error_code unknown;
  if (std::filesystem::exists(file, unknown)) {
    return std::unexpected(file.string() + " is there already; name a file that is not");
  }
  auto archive = journal::Connection::open(directory / "archive.db", journal::Connection::Mode::read, "");
  if (!archive) return std::unexpected(archive.error());
  auto into = archive->prepare("VACUUM INTO ?1");
  if (!into) return std::unexpected(into.error());
  const std::string name = file.string();
  const mode_t before = ::umask(0077);  // It holds what people said.
  const int done = into->bind_text(1, name).step();
  ::umask(before);
  if (done == SQLITE_DONE) return {};
  const std::string why = archive->error("copying it to " + name);
  std::filesystem::remove(file, unknown);
  return std::unexpected(why);
}

}  // namespace heti::archive
