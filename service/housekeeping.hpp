#pragma once
// What a node does now and then, beside its loop: snapshots, removing what nobody needs any more of a journal in Redis,
// and calendars. A snapshot is made from the journal, so it stalls nobody.
#include <cstdint>
#include <functional>
#include <stop_token>

#include "service/journal/journal.hpp"
#include "service/journal/redis/redis_journal.hpp"

namespace heti {

struct House {
  journal::Journal& journal;
  journal::SharedJournal* shared = nullptr;  // it, if several nodes share it: then who leads keeps house
  std::uint64_t snapshot_every = 20'000;     // batches
  std::uint64_t keep = 1'000'000;            // batches before the end of a shared journal that stay in any case
  // Up to where every archive has a shared journal. Any thread.
  std::function<journal::Position()> archived{};
  std::function<void()> each_hour{};
};

// Until it is stopped; on a thread of its own.
void keep_house(const House& house, const std::stop_token& stop);

}  // namespace heti
