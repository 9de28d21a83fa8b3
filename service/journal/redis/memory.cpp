#include "service/journal/redis/memory.hpp"

namespace heti::journal::redis {
namespace {

// Minutes of the busiest site; a Redis that syncs each second loses two seconds.
constexpr std::size_t bytes_max = 16u << 20;

}  // namespace

void Memory::add(const Batch& batch, const Hash& hash) {
  const std::lock_guard lock(mutex_);
  if (!batches_.empty() && batch.previous != batches_.back().second) {
    batches_.clear();
    bytes_ = 0;
  }
  bytes_ += sizeof(Batch) + batch.payload.size();
  batches_.emplace_back(batch, hash);
  while (bytes_ > bytes_max && batches_.size() > 1) {
    bytes_ -= sizeof(Batch) + batches_.front().first.payload.size();
    batches_.pop_front();
  }
}

Position Memory::end() const {
  const std::lock_guard lock(mutex_);
  return batches_.empty() ? Position{} : batches_.back().first.position;
}

std::optional<std::size_t> Memory::index_after(Position position, const Hash& hash) const {
  if (batches_.empty()) return std::nullopt;
  const std::uint64_t first = batches_.front().first.position.value();
  if (position.value() + 1 < first || position > batches_.back().first.position) return std::nullopt;
  const std::size_t index = position.value() + 1 - first;
  const Hash before = index == 0 ? batches_.front().first.previous : batches_[index - 1].second;
  if (before != hash) return std::nullopt;
  return index;
}

bool Memory::has(Position position, const Hash& hash) const {
  const std::lock_guard lock(mutex_);
  return index_after(position, hash).has_value();
}

std::vector<std::pair<Batch, Hash>> Memory::after(Position position, const Hash& hash) const {
  const std::lock_guard lock(mutex_);
  const auto index = index_after(position, hash);
  if (!index) return {};
  return {batches_.begin() + static_cast<std::ptrdiff_t>(*index), batches_.end()};
}

}  // namespace heti::journal::redis
