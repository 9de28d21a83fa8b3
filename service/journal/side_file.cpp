#include "service/journal/side_file.hpp"

#include <cstring>

#include "service/journal/hash.hpp"

namespace heti::journal {
namespace {

// A slot: "HETITAIL", position (8 bytes, big-endian), hash (16), checksum over these (16).
constexpr std::string_view magic = "HETITAIL";
constexpr std::size_t slot_size = 48;
constexpr off_t slot_distance = 512;  // A sector each, so that tearing one cannot touch the other.

std::string encode(const SideFile::Mark& mark) {
  const auto position = big_endian(mark.position.value());
  std::string slot(magic);
  slot.append(position.data(), position.size()).append(bytes_of(mark.hash));
  slot.append(bytes_of(short_sha256({slot})));
  return slot;
}

std::optional<SideFile::Mark> decode(std::string_view slot) {
  if (slot.size() != slot_size || !slot.starts_with(magic)) return std::nullopt;
  if (bytes_of(short_sha256({slot.substr(0, 32)})) != slot.substr(32)) return std::nullopt;
  SideFile::Mark mark{Position{from_big_endian(slot.substr(8, 8))}};
  std::memcpy(mark.hash.data(), slot.data() + 16, mark.hash.size());
  return mark;
}

}  // namespace

std::expected<SideFile, std::string> SideFile::open(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(system_error(path, "cannot be opened"));
  return SideFile(path, std::move(fd));
}

std::expected<std::optional<SideFile::Mark>, std::string> SideFile::peek(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::optional<Mark>{};
  if (!fd) return std::unexpected(system_error(path, "cannot be opened"));
  return SideFile(path, std::move(fd)).read();
}

std::expected<std::optional<SideFile::Mark>, std::string> SideFile::read() const {
  std::optional<Mark> latest;
  for (const off_t offset : {off_t{0}, slot_distance}) {
    std::string slot;
    if (!read_some(fd_.get(), slot, slot_size, offset)) return std::unexpected(system_error(path_, "cannot be read"));
    const auto mark = decode(slot);
    if (mark && (!latest || mark->position > latest->position)) latest = mark;
  }
  return latest;
}

bool SideFile::write(const Mark& mark) {
  return write_all(fd_.get(), encode(mark), mark.position.value() % 2 == 0 ? 0 : slot_distance);
}

std::expected<void, std::string> SideFile::restart(const Mark& mark) {
  if (::ftruncate(fd_.get(), 0) != 0 || !write(mark) || !sync()) {
    return std::unexpected(system_error(path_, "cannot be written"));
  }
  return {};
}

bool SideFile::sync() const { return ::fdatasync(fd_.get()) == 0; }

}  // namespace heti::journal
