// The mode disk: what one write with fdatasync takes where the server's journal would lie; durable answers cannot be
// faster.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "tests/load/modes.hpp"

namespace heti::load {

std::expected<void, std::string> disk_mode(Stage& stage) {
  std::string path = (std::filesystem::temp_directory_path() / "heti-load-disk-XXXXXX").string();
  const int fd = mkstemp(path.data());
  if (fd < 0) return std::unexpected(path + ": " + std::strerror(errno));
  unlink(path.c_str());
  const auto failed = [&](const char* what) -> std::unexpected<std::string> {
    const std::string why = std::string(what) + " in " + std::filesystem::temp_directory_path().string() + ": ";
    const std::string error = std::strerror(errno);
    close(fd);
    return std::unexpected(why + error);
  };
  // Filled first: a sync of a growing file costs its metadata, too.
  constexpr std::size_t record = 256;
  constexpr std::size_t file_bytes = 16 * 1024 * 1024;
  const std::vector<char> zeros(file_bytes);
  if (write(fd, zeros.data(), zeros.size()) != static_cast<ssize_t>(zeros.size())) return failed("write");
  if (fsync(fd) != 0) return failed("fsync");
  const std::array<char, record> bytes{};
  Histogram times;
  const std::int64_t end = now_ns() + static_cast<std::int64_t>(stage.options.seconds * 1e9);
  for (std::size_t at = 0; now_ns() < end; at = (at + record) % file_bytes) {
    const std::int64_t begin = now_ns();
    if (pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at)) < 0) return failed("pwrite");
    if (fdatasync(fd) != 0) return failed("fdatasync");
    times.record(now_ns() - begin);
  }
  close(fd);
  stage.report.number("syncs", static_cast<double>(times.count()), "", 0);
  stage.report.percentiles("sync", times);
  return {};
}

}  // namespace heti::load
