#include "service/cluster/state_marks.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <utility>

#include "service/core/state.hpp"
#include "service/journal/hash.hpp"

namespace heti::cluster {
namespace {

// At a thousand batches a second, those of some seconds: who beats a little earlier has them too.
constexpr std::size_t kept = 4;

std::uint64_t hash_of(std::string_view bytes) {
  const journal::Hash hash = journal::short_sha256({bytes});
  return journal::from_big_endian(journal::bytes_of(hash).substr(0, sizeof(std::uint64_t)));
}

}  // namespace

void StateMarks::on_durable(const sequencer::Durable& batch) {
  if (batch.position.value() % every_ != 0) return;
  if (latest_.size() == kept) latest_.erase(latest_.begin());
  latest_.push_back({.position = batch.position.value(), .hash = hash_of(core::state_bytes(batch.state))});
}

Compared compare(const std::vector<StateMark>& mine, const std::vector<const std::vector<StateMark>*>& others,
                 bool leads) {
  if (others.empty()) return {};
  for (const StateMark& mark : mine | std::views::reverse) {
    std::map<std::uint64_t, std::size_t> votes{{mark.hash, 1}};
    const bool all = std::ranges::all_of(others, [&](const auto* told) {
      const auto found = std::ranges::find(*told, mark.position, &StateMark::position);
      if (found == told->end()) return false;
      ++votes[found->hash];
      return true;
    });
    if (!all) continue;
    if (votes.size() == 1) return {.agreement = Agreement::same, .position = mark.position};
    const std::size_t with_this = std::exchange(votes[mark.hash], 0);
    const std::size_t against = std::ranges::max(votes | std::views::values);
    const bool right = with_this > against || (with_this == against && leads);
    return {.agreement = right ? Agreement::others_differ : Agreement::this_differs, .position = mark.position};
  }
  return {};
}

}  // namespace heti::cluster
