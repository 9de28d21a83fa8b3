#include "tests/simulation/stored_file.hpp"

#include <algorithm>
#include <cstring>
#include <map>

namespace heti::simulation {
namespace {

constexpr std::size_t sector_size = 512;

void put(std::string& image, std::string_view bytes, std::size_t at) {
  if (image.size() < at + bytes.size()) image.resize(at + bytes.size());
  std::memcpy(image.data() + at, bytes.data(), bytes.size());
}

}  // namespace

std::size_t StoredFile::read(char* to, std::size_t size, std::size_t at) const {
  const std::size_t have = at < seen_.size() ? std::min(size, seen_.size() - at) : 0;
  if (have > 0) std::memcpy(to, seen_.data() + at, have);
  return have;
}

void StoredFile::write(std::string_view bytes, std::size_t at) {
  put(seen_, bytes, at);
  changes_.push_back({at, bytes.size(), bytes_.size(), false});
  bytes_.append(bytes);
}

void StoredFile::truncate(std::size_t size) {
  seen_.resize(size);
  changes_.push_back({size, 0, 0, true});
}

void StoredFile::sync() {
  for (const Change& change : changes_) apply(change);
  forget_changes();
}

void StoredFile::fail_sync(Random& random, Losses& losses) {
  seen_is_safe_ = seen_is_safe_ && changes_.empty();
  keep_by_chance(random, losses);
}

void StoredFile::crash(Random& random, Losses& losses) {
  if (changes_.empty() && seen_is_safe_) return;
  keep_by_chance(random, losses);
  seen_ = safe_;
  seen_is_safe_ = true;
}

void StoredFile::apply(const Change& change) {
  if (change.truncation) return safe_.resize(change.at);
  apply_part(change, change.at, change.at + change.size);
}

void StoredFile::apply_part(const Change& change, std::size_t from, std::size_t to) {
  put(safe_, std::string_view(bytes_).substr(change.bytes_at + (from - change.at), to - from), from);
}

void StoredFile::forget_changes() {
  changes_.clear();
  bytes_.clear();
}

void StoredFile::keep_by_chance(Random& random, Losses& losses) {
  switch (random.below(4)) {
    case 0: losses.lost += changes_.size(); break;
    case 1:
      for (const Change& change : changes_) apply(change);
      break;
    case 2: keep_beginning(random, losses); break;
    default: keep_scattered(random, losses); break;
  }
  forget_changes();
}

// The first changes are kept, and the next one is cut, at any byte or between two sectors.
void StoredFile::keep_beginning(Random& random, Losses& losses) {
  const std::size_t whole = random.below(changes_.size() + 1);
  for (std::size_t i = 0; i < whole; ++i) apply(changes_[i]);
  if (whole == changes_.size()) return;
  losses.lost += changes_.size() - whole;
  const Change& next = changes_[whole];
  if (next.size == 0) return;
  std::size_t end = next.at + random.below(next.size);
  if (random.below(2) == 0) end = std::max(next.at, end / sector_size * sector_size);
  if (end == next.at) return;
  apply_part(next, next.at, end);
  --losses.lost;
  ++losses.torn;
}

// Each sector went to the disk at some moment, with all that had been done to it until then, or never.
void StoredFile::keep_scattered(Random& random, Losses& losses) {
  std::map<std::size_t, std::size_t> moments;
  const auto moment_of = [&](std::size_t sector) {
    const auto [found, is_new] = moments.try_emplace(sector, 0);
    if (is_new && random.below(2) == 0) {
      found->second = random.below(2) == 0 ? changes_.size() : random.below(changes_.size() + 1);
    }
    return found->second;
  };
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const Change& change = changes_[i];
    if (change.truncation) {
      if (random.below(2) == 0) apply(change);
      continue;
    }
    std::size_t kept = 0;
    const std::size_t end = change.at + change.size;
    for (std::size_t from = change.at; from < end;) {
      const std::size_t to = std::min(end, (from / sector_size + 1) * sector_size);
      if (i < moment_of(from / sector_size)) {
        apply_part(change, from, to);
        kept += to - from;
      }
      from = to;
    }
    if (kept < change.size) ++(kept == 0 ? losses.lost : losses.torn);
  }
}

}  // namespace heti::simulation
