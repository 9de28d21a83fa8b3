#include "service/journal/snapshot_store.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "service/base/bytes.hpp"
#include "service/journal/hash.hpp"
#include "service/journal/unique_fd.hpp"

namespace heti::journal {
namespace {

constexpr std::string_view magic = "heti snapshot 1";
constexpr std::size_t position_digits = 20;  // Every position has as many, so that names sort by position.
constexpr std::size_t checksum_size = 16;

}  // namespace

std::string encode_snapshot(const Snapshot& snapshot) {
  ByteWriter out;
  out.text(magic);
  out.unsigned_value(snapshot.position.value());
  out.text(bytes_of(snapshot.hash));
  out.unsigned_value(snapshot.format);
  out.text(snapshot.bytes);
  std::string file = out.take();
  file.append(bytes_of(short_sha256({file})));
  return file;
}

std::optional<Snapshot> decode_snapshot(std::string_view file) {
  if (file.size() < checksum_size) return std::nullopt;
  const auto body = file.substr(0, file.size() - checksum_size);
  if (bytes_of(short_sha256({body})) != file.substr(body.size())) return std::nullopt;
  ByteReader in(body);
  if (in.text() != magic) return std::nullopt;
  Snapshot snapshot;
  snapshot.position = Position{in.unsigned_value()};
  const auto hash = in.text();
  if (hash.size() != snapshot.hash.size()) return std::nullopt;
  std::memcpy(snapshot.hash.data(), hash.data(), hash.size());
  snapshot.format = static_cast<std::uint32_t>(in.unsigned_value());
  snapshot.bytes = std::string(in.text());
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return snapshot;
}

std::expected<std::vector<std::filesystem::path>, std::string> SnapshotStore::list() const {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  auto entry = std::filesystem::directory_iterator(directory_, error);
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix_) || name.size() != prefix_.size() + position_digits) continue;
    const bool digits = std::all_of(name.begin() + static_cast<std::ptrdiff_t>(prefix_.size()), name.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
    if (digits) paths.push_back(entry->path());
  }
  if (error) return std::unexpected(directory_.string() + ": cannot be listed: " + error.message());
  std::ranges::sort(paths, std::greater{});
  return paths;
}

std::expected<Snapshot, std::string> SnapshotStore::load(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  std::string file;
  if (!fd || ::fstat(fd.get(), &info) != 0 || !read_some(fd.get(), file, static_cast<std::size_t>(info.st_size), 0)) {
    return std::unexpected(system_error(path, "cannot be read"));
  }
  auto snapshot = decode_snapshot(file);
  if (!snapshot) return std::unexpected(path.string() + ": is damaged: its checksum does not match");
  return std::move(*snapshot);
}

std::expected<void, std::string> SnapshotStore::save(const Snapshot& snapshot) const {
  std::string digits = std::to_string(snapshot.position.value());
  digits.insert(0, position_digits - digits.size(), '0');
  const auto path = directory_ / (prefix_ + digits);
  const auto temporary = directory_ / (prefix_ + "new");
  {
    const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd || !write_all(fd.get(), encode_snapshot(snapshot), 0) || ::fsync(fd.get()) != 0) {
      const std::string error = system_error(temporary, "cannot be written");
      ::unlink(temporary.c_str());
      return std::unexpected(error);
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0 || !sync_directory(directory_)) {
    return std::unexpected(system_error(path, "cannot be put in place"));
  }
  return {};
}

std::expected<void, std::string> SnapshotStore::remove(const std::filesystem::path& path) const {
  if (::unlink(path.c_str()) != 0) return std::unexpected(system_error(path, "cannot be removed"));
  return {};
}

std::expected<std::filesystem::path, std::string> SnapshotStore::set_aside(const std::filesystem::path& path) const {
  auto aside = path;
  aside += ".given-up";
  if (::rename(path.c_str(), aside.c_str()) != 0 || !sync_directory(directory_)) {
    return std::unexpected(system_error(path, "cannot be renamed"));
  }
  return aside;
}

}  // namespace heti::journal
