// demo_day CONFIG RECORD METRICS: counts a demonstration again from what its people sent and were sent, and compares
// with what the service exports. Prints each figure with both sides. Exit code 0: all are equal; 1: not; 2: cannot say.
#include <algorithm>
#include <iomanip>
#include <iostream>

#include "config/load.hpp"
#include "service/calendar/zones.hpp"
#include "tests/demo_day/line.hpp"
#include "tests/demo_day/record.hpp"
#include "tests/demo_day/sheet.hpp"

namespace heti::demo_day {
namespace {

constexpr Millis well_before = std::chrono::minutes{50};
constexpr Millis well_after = std::chrono::hours{1};
constexpr std::size_t complaints_told = 20;

core::Settings rules_of(const config::Settings& settings) {
  const config::QueueSettings& from = settings.queues.front();
  core::QueueSettings queue;
  queue.name = from.name;
  queue.display_name = from.display_name;
  queue.min_agents = from.min_agents;
  queue.first_response.threshold = from.sla.first_response;
  queue.reply.threshold = from.sla.reply;
  queue.short_abandon = from.short_abandon;
  queue.visitor_grace = from.visitor_grace;
  queue.idle_close = from.idle_close;
  queue.agent_grace = from.agent_grace;
  queue.offer_timeout = from.offer_timeout;
  queue.bar = from.bar;
  queue.reoffer = from.reoffer;
  queue.wrapup = from.wrapup;
  queue.reopen_window = from.reopen_window;
  queue.closing = from.closing;
  core::Settings rules;
  rules.queues.push_back(std::move(queue));
  for (const config::AgentSettings& agent : settings.agents) {
    rules.agents.push_back({.name = agent.name,
                            .display_name = agent.display_name,
                            .queues = {from.name},
                            .capacity = agent.capacity,
                            .supervisor = agent.supervisor});
  }
  return rules;
}

// What these programs do not reckon with.
bool is_plain(const config::Settings& settings) {
  if (settings.queues.size() != 1) return false;
  const config::QueueSettings& queue = settings.queues.front();
  return queue.after_hours == config::AfterHours::message && queue.mode == config::RoutingMode::push_accept &&
         queue.sticky_hold == Millis{0} && queue.max_wait == Millis{0} && queue.pages.empty() &&
         std::ranges::all_of(settings.agents, [&](const auto& agent) {
           return agent.queues == std::vector<std::string>{queue.name} && agent.skills.empty();
         });
}

int cannot_say(const std::string& why) {
  std::cerr << "demo_day: " << why << '\n';
  return 2;
}

void print(const Row& row) {
  const auto unit = [&](std::int64_t value) {
    return value < 0 ? std::string("-") : std::to_string(value).append(row.is_time ? " ms" : "   ");
  };
  std::cout << std::left << std::setw(66) << row.name << std::right << std::setw(16) << unit(row.found) << std::setw(16)
            << unit(row.exported) << (row.agrees() ? "" : "  DIFFERS");
  if (row.unsure > 0) std::cout << "  up to " << row.unsure << " more under one stamp with a slot that came free";
  std::cout << '\n';
}

int compare(const std::string& config, const std::string& record, const std::string& exported) {
  const auto loaded = config::load(config, {}, calendar::zone_exists, Instant{});
  if (!loaded) return cannot_say(config + " is refused; see heti check-config");
  if (!is_plain(loaded->settings)) return cannot_say(config + " has more than one plain queue");
  const auto day = read_record(record);
  if (!day) return cannot_say(day.error());
  if (day->arrivals.empty()) return cannot_say(record + ": no agent came");
  const auto metrics = Metrics::read(exported, loaded->settings.queues.front().name);
  if (!metrics) return cannot_say(metrics.error());

  const core::Settings rules = rules_of(loaded->settings);
  Told told = tell(*day, rules);
  simulation::Model model;
  // The service was started while the queue was closed; nobody need have come by the opening.
  const Instant begin = told.sightings.front().at - well_before;
  model.see({.at = begin, .what = simulation::seen::Settings{.settings = rules}});
  model.see(
      {.at = begin, .what = simulation::seen::Hours{.queue = 1, .schedule = loaded->settings.queues.front().schedule}});
  for (const simulation::Sighting& sighting : told.sightings) model.see(sighting);
  // What the model says of the order of the line is not asked: stamps of a fast clock are the same for several deeds.
  const std::vector<std::string>& complaints = told.complaints;
  model.complaints_at_end(told.last + well_after);

  std::cout << day->chats.size() << " chats, " << day->frames << " frames, " << told.sightings.size() << " sightings, "
            << told.unseen << " offers that no screen showed\n"
            << std::left << std::setw(66) << "" << std::right << std::setw(16) << "naive model" << std::setw(16)
            << "/metrics" << '\n';
  std::size_t different = 0;
  for (const Row& row : rows(*day, told, model, *metrics)) {
    print(row);
    if (!row.agrees()) ++different;
  }
  for (std::size_t i = 0; i < std::min(complaints.size(), complaints_told); ++i) std::cout << complaints[i] << '\n';
  std::cout << different << " figures differ, " << complaints.size() << " rules broken\n";
  return different == 0 && complaints.empty() ? 0 : 1;
}

}  // namespace
}  // namespace heti::demo_day

int main(int argc, char** argv) {
  if (argc != 4) return heti::demo_day::cannot_say("usage: demo_day CONFIG RECORD METRICS");
  return heti::demo_day::compare(argv[1], argv[2], argv[3]);
}
