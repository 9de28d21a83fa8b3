#include "tests/alerts/month.hpp"

#include <utility>

namespace heti::alerts {
namespace {

using namespace std::chrono_literals;

// Monday 2026-06-01 00:00 in Helsinki, which is 3 h ahead of UTC all summer.
constexpr Instant first_midnight = instant_from_ms(1'780'261'200'000);
constexpr Millis day_long = std::chrono::hours{24};
constexpr std::int64_t days_before = 28;
constexpr Millis opens_after = std::chrono::hours{9};
constexpr Millis open_for = std::chrono::hours{8};
constexpr Millis step = 15s;
constexpr int visitors_a_day = 300;
constexpr std::uint32_t early = 4;  // agents 1 to 4 come before the opening
constexpr std::uint32_t all = 6;    // 5 and 6 an hour later

core::Settings settings() {
  core::Settings settings;
  settings.queues.push_back({.name = "support", .display_name = "Support", .min_agents = 2});
  for (std::uint32_t agent = 1; agent <= all; ++agent) {
    const std::string name = "agent" + std::to_string(agent);
    settings.agents.push_back({.name = name, .display_name = name, .queues = {"support"}, .capacity = 3});
  }
  return settings;
}

std::vector<Interval> open_hours() {
  std::vector<Interval> open;
  for (std::int64_t day = -days_before; day < 60; ++day) {
    if ((day + days_before) % 7 >= 5) continue;
    const Instant opening = first_midnight + day_long * day + opens_after;
    open.push_back({opening, opening + open_for});
  }
  return open;
}

}  // namespace

Month::Month(std::uint64_t seed, bool bad, std::set<std::string> names)
    : people_(seed),
      world_(first_midnight - day_long * days_before, settings(), open_hours(), people_),
      series_(std::move(names), step),
      bad_(bad) {
  people_.meet(world_);
}

Instant Month::begins() const { return first_midnight; }

void Month::live(std::size_t days, const std::function<bool(std::size_t day)>& watched,
                 const std::function<void(std::size_t day)>& tell) {
  for (std::int64_t day = -days_before; day < 0; ++day) {
    if ((day + days_before) % 7 < 5) plan_day(first_midnight + day_long * day + opens_after);
    world_.run_until(first_midnight + day_long * (day + 1));
  }
  contacts_ = 0;
  for (std::size_t day = 0; day < days; ++day) {
    const Instant midnight = first_midnight + day_long * static_cast<std::int64_t>(day);
    const Instant opening = midnight + opens_after;
    if (works_on(day)) plan_day(opening);
    // One restart a week, in the middle of the work.
    if (day % 7 == 2) restart(opening + 3h + 11min, 4s);
    if (bad_) plan_incident(day, opening);
    for (Instant now = midnight; now < midnight + day_long; now += step) {
      world_.run_until(now);
      if (series_.steps() % coarse == 0 || watched(day)) {
        scrape();
      } else {
        series_.skip();
      }
    }
    tell(day);
  }
}

void Month::scrape() {
  if (world_.up()) {
    series_.scraped(world_.scrape());
  } else {
    series_.missed();
  }
}

void Month::plan_day(Instant opening) {
  people_.arrive_over(opening, open_for - 10min, visitors_a_day);
  contacts_ += visitors_a_day;
  for (std::uint32_t agent = 1; agent <= all; ++agent) {
    const Millis late = agent <= early ? -5min : Millis{1h};
    world_.at(opening + late + Millis{agent * 7'000}, [this, agent] { people_.comes(agent); });
    world_.at(opening + open_for + Millis{agent * 5'000}, [this, agent] { people_.ends_shift(agent); });
  }
}

void Month::restart(Instant at, Millis down) {
  world_.at(at, [this] { world_.kill(); });
  world_.at(at + down, [this] {
    world_.start();
    people_.reconnect();
  });
}

void Month::incident(std::string name, std::size_t day, std::vector<std::string> alerts, Instant begins, bool live) {
  incidents_.push_back(
      {.name = std::move(name), .day = day, .alerts = std::move(alerts), .begins = begins, .live = live});
}

// From the second week on, so that there is a week to compare with. Each on a day of its own.
void Month::plan_incident(std::size_t day, Instant opening) {
  const auto everybody = [this](auto act) {
    for (std::uint32_t agent = 1; agent <= all; ++agent) act(agent);
  };
  switch (day) {
    case 7: {  // The office loses its network while visitors come. They wait from the first minute on.
      const Instant cut = opening + 70min;
      world_.at(cut, [this, everybody] { everybody([this](std::uint32_t agent) { people_.vanishes(agent); }); });
      world_.at(cut + 1s, [this] { people_.arrives(); });
      world_.at(cut + 15min, [this, everybody] { everybody([this](std::uint32_t agent) { people_.comes(agent); }); });
      incident("everybody's connection is cut", day, {"ChatUnstaffedVisitorWaiting"}, cut + 60s, true);
      return;
    }
    case 8: {  // Chats are taken and not answered. The target is 60 s, so that the alert's 3 targets are 180 s.
      const Instant silence = opening + 2h;
      world_.at(silence, [this] { people_.falls_silent(true); });
      world_.at(silence + 1s, [this] { people_.arrives(); });
      world_.at(silence + 12min, [this] { people_.falls_silent(false); });
      incident("chats are taken and not answered", day, {"ChatVisitorWaitingTooLong"}, silence + 181s, true);
      return;
    }
    case 9: {  // One of two is there.
      const Instant gone = opening + 4h;
      for (std::uint32_t agent = 2; agent <= all; ++agent) {
        world_.at(gone, [this, agent] { people_.vanishes(agent); });
        world_.at(gone + 40min, [this, agent] { people_.comes(agent); });
      }
      incident("too few agents for forty minutes", day, {"ChatQueueUnderstaffed"}, gone + 900s, false);
      return;
    }
    case 10: {  // Everybody is late, and visitors are, too.
      people_.stay_away(true);
      for (std::uint32_t agent = 1; agent <= early; ++agent) {
        world_.at(opening - 1min, [this, agent] { people_.vanishes(agent); });
        world_.at(opening + 20min, [this, agent] { people_.comes(agent); });
      }
      world_.at(opening + 21min, [this] { people_.stay_away(false); });
      incident("nobody is there at the opening", day, {"ChatQueueUnstaffed"}, opening + 300s, false);
      return;
    }
    case 11: {  // A newsletter went out.
      const Instant rush = opening + 5h;
      for (int i = 0; i < 80; ++i) world_.at(rush + Millis{i * 1'500}, [this] { people_.arrives(); });
      incident("eighty visitors in two minutes", day, {"ChatBreachPredicted", "ChatVisitorWaitingTooLong"}, rush + 60s,
               true);
      return;
    }
    case 14: {  // Answers come late all afternoon.
      const Instant slow = opening + 3h;
      world_.at(slow, [this] { people_.slow_down(9); });
      world_.at(slow + 4h, [this] { people_.slow_down(1); });
      incident("answers come late all afternoon", day, {"ChatSLOFastBurn", "ChatSLOSlowBurn"}, slow, false);
      return;
    }
    case 15: {  // The site's new layout has lost the widget.
      const Instant lost = opening + 1h;
      world_.at(lost, [this] { people_.stay_away(true); });
      world_.at(lost + 5h, [this] { people_.stay_away(false); });
      incident("the widget does not load", day, {"ChatNoContacts"}, lost, false);
      return;
    }
    case 16:
      restart(opening + 4h, 6min);
      incident("the service is down for six minutes", day, {"HetiDown"}, opening + 4h, false);
      return;
    case 17:
      world_.at(opening + 3h, [this] { world_.journal_fails(true); });
      world_.at(opening + 3h + 2min, [this] { world_.journal_fails(false); });
      incident("the journal cannot be written", day, {"HetiJournalAppendErrors"}, opening + 3h, true);
      return;
    case 18:
      world_.at(opening + 6h, [this] { world_.settings_file_read(false); });
      world_.at(opening + 6h + 10min, [this] { world_.settings_file_read(true); });
      incident("the settings file is refused", day, {"HetiConfigReloadFailed"}, opening + 6h, false);
      return;
    default: return;
  }
}

}  // namespace heti::alerts
