#include "tests/simulation/file_aging.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "service/base/check.hpp"

namespace heti::simulation {
namespace {

constexpr std::size_t sector_size = 512;
constexpr std::size_t side_size_max = 2 * sector_size;
constexpr std::size_t versions_max = 64;

}  // namespace

FileAging::FileAging(std::filesystem::path directory, std::string workspace)
    : directory_(std::move(directory)), workspace_(std::move(workspace)) {}

void FileAging::opened(const journal::Journal& journal) {
  checkpoints_ = 0;
  note(journal);
}

void FileAging::note(const journal::Journal& journal) {
  // In this order: a sync that is counted here covered nothing newer than what is read afterwards.
  const std::uint64_t checkpoints = journal.stats().checkpoints;
  const PublicId history = journal.history();
  if (checkpoints != checkpoints_ || history_ != history) {
    checkpoints_ = checkpoints;
    history_ = history;
    return remember_synced();
  }
  std::string side = read_side();
  if (side == versions_.back()) return;
  versions_.push_back(std::move(side));
  if (versions_.size() <= versions_max) return;
  // Where nothing is synced for long, every other one is enough; the first stays.
  std::size_t index = 0;
  std::erase_if(versions_, [&index](const std::string&) { return index++ % 2 == 1; });
}

void FileAging::closed() { remember_synced(); }

void FileAging::crash(Random& random) {
  std::string newest = read_side();
  if (newest != versions_.back()) versions_.push_back(newest);
  std::string left = newest;
  if (random.below(2) == 0) {
    left.clear();
    bool may_tear = random.below(2) == 0;  // One write is torn, not two.
    for (const std::size_t from : {std::size_t{0}, sector_size}) {
      const auto any = [&] {
        const std::string& version = random.of(versions_);
        return version.substr(std::min(from, version.size()), sector_size);
      };
      std::string sector = any();
      if (may_tear) {
        const std::string other = any();
        const std::size_t cut = random.below(sector.size() + 1);
        const std::string mixed = sector.substr(0, cut) + other.substr(std::min(cut, other.size()));
        if (mixed != sector && mixed != other) {
          ++torn_;
          may_tear = false;
        }
        sector = mixed;
      }
      if (sector.empty()) continue;
      left.resize(from);  // A hole before the second slot reads as zeros.
      left += sector;
    }
  }
  if (left != newest) {
    ++aged_;
    CHECK(::ftruncate(side_.get(), 0) == 0 && journal::write_all(side_.get(), left, 0));
  }
  versions_.assign(1, left);
  if (random.below(4) == 0) leave_half_a_snapshot(random);
}

std::string FileAging::read_side() {
  // The journal writes it in place, so that the first descriptor stays good. No file is as good as an empty one.
  if (!side_) {
    side_ = journal::UniqueFd(::open((directory_ / (workspace_ + ".tail")).c_str(), O_RDWR | O_CLOEXEC));
    if (!side_) return {};
  }
  std::string bytes;
  CHECK(journal::read_some(side_.get(), bytes, side_size_max, 0));
  return bytes;
}

void FileAging::remember_synced() { versions_.assign(1, read_side()); }

// The beginning of the newest snapshot, as if the next one had been under way; without one, of anything.
void FileAging::leave_half_a_snapshot(Random& random) {
  const std::string prefix = workspace_ + ".snapshot.";
  std::filesystem::path newest;
  if (!std::filesystem::exists(directory_)) return;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix + "0") && name.find(".given-up") == std::string::npos) {
      newest = std::max(newest, entry.path());
    }
  }
  std::string bytes(1000, 'x');
  if (!newest.empty()) {
    std::ifstream in(newest, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  bytes.resize(random.below(bytes.size() + 1));
  std::ofstream(directory_ / (prefix + "new"), std::ios::binary | std::ios::trunc) << bytes;
  ++halves_left_;
}

}  // namespace heti::simulation
