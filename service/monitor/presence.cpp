#include "service/monitor/presence.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "service/core/staffing.hpp"

namespace heti::monitor {
namespace {
// By core::AgentStatus, in the words of the protocol.
constexpr std::array<std::string_view, std::tuple_size_v<decltype(core::PresenceTotals::status)>> status_words{
    "offline", "away", "online", "finishing", "lost"};
static_assert(static_cast<std::size_t>(core::AgentStatus::offline) == 0 &&
              static_cast<std::size_t>(core::AgentStatus::away) == 1 &&
              static_cast<std::size_t>(core::AgentStatus::online) == 2 &&
              static_cast<std::size_t>(core::AgentStatus::finishing) == 3 &&
              static_cast<std::size_t>(core::AgentStatus::lost) == 4);
}  // namespace

PresenceAtStart presence_of(const core::State& state, Instant at) {
  PresenceAtStart totals;
  for (const auto& [id, agent] : state.agents) totals[id] = core::totals_at(agent, at);
  return totals;
}

void write_presence(Sheet& sheet, const core::State& state, Instant now, const PresenceAtStart& start,
                    const std::string& workspace) {
  std::array<Millis, status_words.size()> status{};
  Millis busy{};
  Millis capacity{};
  for (const auto& [id, agent] : state.agents) {
    if (core::is_reserved(agent.settings.name)) continue;
    const core::PresenceTotals totals = core::totals_at(agent, now);
    const auto found = start.find(id);
    const core::PresenceTotals before = found == start.end() ? core::PresenceTotals{} : found->second;
    // Never below 0: with the wall clock behind the journal's last mark the integrals have to catch up.
    const auto grown = [](Millis after, Millis begun) { return std::max(Millis{0}, after - begun); };
    for (std::size_t i = 0; i < status.size(); ++i) status[i] += grown(totals.status[i], before.status[i]);
    busy += grown(totals.busy, before.busy);
    capacity += grown(totals.capacity, before.capacity);
  }
  const Label site = label("workspace", workspace);
  for (std::size_t i = 0; i < status.size(); ++i) {
    sheet.counter(catalogue::agent_presence, {site, label("status", status_words[i])}, seconds(status[i]));
  }
  sheet.counter(catalogue::slot_seconds, {site, label("state", "busy")}, seconds(busy));
  sheet.counter(catalogue::slot_seconds, {site, label("state", "capacity")}, seconds(capacity));
}

}  // namespace heti::monitor
