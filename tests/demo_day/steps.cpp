#include "tests/demo_day/steps.hpp"

#include <algorithm>
#include <set>

namespace heti::demo_day {
namespace {

using Kind = Step::Kind;

Step step(Kind kind, Instant at, int rank) {
  Step made;
  made.kind = kind;
  made.at = at;
  made.rank = rank;
  return made;
}

template <class Same>
std::uint32_t place(const core::Settings& settings, Same same) {
  const auto found = std::find_if(settings.agents.begin(), settings.agents.end(), same);
  return static_cast<std::uint32_t>(found - settings.agents.begin()) + 1;
}

}  // namespace

std::uint32_t by_login(const core::Settings& settings, const std::string& login) {
  return place(settings, [&](const core::AgentSettings& agent) { return agent.name == login; });
}
std::uint32_t by_display_name(const core::Settings& settings, const std::string& name) {
  return place(settings, [&](const core::AgentSettings& agent) { return agent.display_name == name; });
}

std::vector<Step> steps_of(const Day& day, const core::Settings& settings) {
  const core::QueueSettings& queue = settings.queues.front();
  std::vector<Step> steps;
  std::set<std::pair<Instant, std::uint32_t>> graces;
  std::set<std::pair<std::string, Instant>> handed_on;
  for (const Arrival& arrival : day.arrivals) {
    steps.push_back(step(Kind::arrival, arrival.at, 0));
    steps.back().agent = by_login(settings, arrival.agent);
  }
  for (const Deed& deed : day.deeds) {
    const bool presence = deed.what == "status";
    if (deed.what == "transfer") handed_on.insert({deed.conversation, deed.at});
    if (!presence && deed.what != "decline" && deed.what != "done") continue;
    steps.push_back(step(Kind::deed, deed.at, presence ? 1 : 3));
    steps.back().chat = deed.conversation;
    steps.back().agent = by_login(settings, deed.agent);
    steps.back().deed = &deed;
  }
  for (const auto& [id, chat] : day.chats) {
    bool answered = false;
    for (const auto& [seq, line] : chat.lines) {
      answered = answered || (line.kind == "message" && line.role == "agent");
      steps.push_back(step(Kind::line, line.at, 2));
      steps.back().chat = id;
      steps.back().seq = seq;
      steps.back().line = &line;
      if (line.kind == "left") {
        steps.back().handed_on = handed_on.contains({id, line.at});
        // The grace of an agent whose cable was pulled ends in each chat that was at hand.
        if (!steps.back().handed_on) graces.insert({line.at, by_display_name(settings, line.agent)});
      }
      // Nobody shows the moment in which a visitor left the page: the grace that followed does.
      if (line.kind != "closed" || line.reason != "abandoned") continue;
      steps.push_back(step(Kind::gone, line.at - (answered ? queue.idle_close : queue.visitor_grace), 1));
      steps.back().chat = id;
    }
  }
  for (const auto& [at, agent] : graces) {
    steps.push_back(step(Kind::lost, at - queue.agent_grace, 0));
    steps.back().agent = agent;
    steps.push_back(step(Kind::grace_over, at, 0));
    steps.back().agent = agent;
  }
  std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.order() < b.order(); });
  return steps;
}

}  // namespace heti::demo_day
