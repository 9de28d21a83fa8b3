#include "service/gateway/tail_watch.hpp"

#include "service/base/check.hpp"

namespace heti::gateway {
namespace {

std::uint64_t first_bytes(const journal::Hash& hash) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = (value << 8) | hash[i];
  return value;
}

}  // namespace

JournalEnd journal_end(const PublicId& history, journal::Position position, const journal::Hash& hash) {
  return {.history = history.high, .position = position.value(), .hash = first_bytes(hash)};
}

void TailWatch::begin(const JournalEnd& end) {
  const std::lock_guard lock(mutex_);
  first_ = end.position;
  end_ = end;
  hashes_[end.position % remembered] = end.hash;
}

void TailWatch::begin_history(const PublicId& history) {
  const std::lock_guard lock(mutex_);
  first_ = end_.position;
  end_.history = history.high;
}

void TailWatch::moved(journal::Position position, const journal::Hash& hash) {
  const std::lock_guard lock(mutex_);
  CHECK(position.value() == end_.position + 1);
  end_.position = position.value();
  end_.hash = hashes_[end_.position % remembered] = first_bytes(hash);
}

JournalEnd TailWatch::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

void TailWatch::may_be_behind(bool behind) {
  const std::lock_guard lock(mutex_);
  behind_ = behind;
}

bool TailWatch::contradicts(const JournalEnd& seen) const {
  const std::lock_guard lock(mutex_);
  if (seen.history != end_.history) return false;
  if (seen.position > end_.position) return !behind_;
  if (seen.position < first_ || end_.position - seen.position >= remembered) return false;
  return hashes_[seen.position % remembered] != seen.hash;
}

}  // namespace heti::gateway
