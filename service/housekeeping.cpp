#include "service/housekeeping.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "service/base/thread_name.hpp"
#include "service/sequencer/recovery.hpp"

namespace heti {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 5s;
constexpr int looks_an_hour = 720;
// Redis does nothing else while it removes them: some milliseconds.
constexpr std::uint64_t trimmed_at_once = 5'000;

// Who asked to keep them can be behind by that, and no more than the archives and the snapshots allow.
void trim(const House& house, const std::stop_token& stop, std::uint64_t& trimmed) {
  const std::uint64_t end = house.journal.tail().position.value();
  const std::uint64_t through = std::min(end - std::min(end, house.keep), house.archived().value());
  while (trimmed < through && !stop.stop_requested()) {
    const journal::Position next{std::min(trimmed + trimmed_at_once, through)};
    const auto gone = house.shared->trim(next);
    if (!gone) {
      spdlog::error("step=trim error=\"{}\"", gone.error());
      return;
    }
    if (gone->value() <= trimmed) return;  // The older snapshot needs the rest.
    spdlog::info("step=trim through={}", gone->value());
    trimmed = gone->value();
  }
}

}  // namespace

void keep_house(const House& house, const std::stop_token& stop) {
  name_thread("house");
  std::mutex mutex;
  std::condition_variable_any wake;
  std::uint64_t snapshot = house.journal.tail().position.value();
  std::uint64_t trimmed = 0;
  for (int look = 1;; ++look) {
    std::unique_lock lock(mutex);
    if (wake.wait_for(lock, stop, look_every, [&] { return stop.stop_requested(); })) return;
    lock.unlock();
    if (house.shared != nullptr && !house.shared->leading()) continue;
    if (house.journal.tail().position.value() - snapshot >= house.snapshot_every) {
      snapshot = house.journal.tail().position.value();
      if (const auto made = sequencer::make_snapshot(house.journal); !made) {
        spdlog::error("step=snapshot error=\"{}\"", made.error());
      }
    }
    if (house.shared != nullptr) trim(house, stop, trimmed);
    if (look % looks_an_hour == 0) house.each_hour();
  }
}

}  // namespace heti
