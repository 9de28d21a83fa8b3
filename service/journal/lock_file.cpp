#include "service/journal/lock_file.hpp"

#include <sys/file.h>

namespace heti::journal {

std::expected<LockFile, std::string> LockFile::take(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(system_error(path, "cannot be opened"));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(system_error(path, "cannot be locked"));
    std::string holder;
    if (!read_some(fd.get(), holder, 32, 0) || holder.find('\n') == std::string::npos) holder = "unknown\n";
    return std::unexpected(path.string() + ": the journal is in use by process " + holder.substr(0, holder.find('\n')) +
                           "; only one may have it open");
  }
  // The number is for the message above only; the lock does not depend on it, so a full disk does not matter here.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) == 0) write_all(fd.get(), pid, 0);
  return LockFile(std::move(fd));
}

}  // namespace heti::journal
