#include "tests/simulation/setup.hpp"
#include "tests/simulation/words.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>

#include "service/base/check.hpp"
#include "service/calendar/compile.hpp"

namespace heti::simulation {
namespace {

using namespace std::chrono_literals;

// Zones with the instants at which their offset changes in the years of the runs.
struct Zone {
  const char* name;
  std::array<std::int64_t, 2> changes_s;
};
constexpr std::array<Zone, 6> zones{{
    {"Europe/Helsinki", {1'774'746'000, 1'792'890'000}},      // 2026-03-29T01:00Z, 2026-10-25T01:00Z
    {"America/New_York", {1'772'953'200, 1'793'512'800}},     // 2026-03-08T07:00Z, 2026-11-01T06:00Z
    {"Australia/Lord_Howe", {1'775'314'800, 1'791'041'400}},  // 2026-04-04T15:00Z, 2026-10-03T15:30Z
    {"Africa/Cairo", {1'776'981'600, 1'793'307'600}},         // 2026-04-23T22:00Z, 2026-10-29T21:00Z
    {"America/St_Johns", {1'772'951'400, 1'793'511'000}},     // 2026-03-08T05:30Z + 1 h, 2026-11-01T04:30Z
    {"UTC", {1'780'293'600, 1'780'293'600}},
}};

Millis seconds(Random& random, std::int64_t low, std::int64_t high) {
  const std::int64_t odd = random.chance(200) ? random.between(-3, 3) : 0;
  return Millis{random.between(low, high) * 1000 + odd};
}

date::local_time<std::chrono::minutes> local_minute(const std::string& zone, Instant at) {
  const auto local = date::make_zoned(zone, at).get_local_time();
  return std::chrono::floor<std::chrono::minutes>(local);
}

int minute_of_day(const std::string& zone, Instant at) {
  const auto local = local_minute(zone, at);
  return static_cast<int>((local - std::chrono::floor<date::days>(local)).count());
}

LocalInterval interval(int from, int length) {
  const int open = ((from % 1440) + 1440) % 1440;
  const int close = (open + length) % 1440;
  return {.open_minute = open, .close_minute = close == 0 ? 1440 : close};
}

// Every day the same, chosen so that a boundary falls into the run, as seen from the wall clock of the zone.
Schedule small_hours(Random& random, const std::string& zone, Instant start) {
  const int now = minute_of_day(zone, start);
  const int soon = static_cast<int>(random.between(2, 14));
  std::vector<LocalInterval> day;
  switch (random.below(8)) {
    case 0:
    case 1: day = {{.open_minute = 0, .close_minute = 1440}}; break;
    case 2: day = {interval(now + soon, 180)}; break;
    case 3:
    case 4: day = {interval(now - 120, 120 + soon)}; break;
    case 5:
    case 6: {
      const int pause = static_cast<int>(random.between(1, 6));
      day = {interval(now - 120, 120 + soon), interval(now + soon + pause, 240)};
      break;
    }
    case 7: day = {interval(now - 60, 180)}; break;
  }
  std::sort(day.begin(), day.end(), [](const auto& a, const auto& b) { return a.open_minute < b.open_minute; });
  Schedule schedule{.timezone = zone, .weekly = {}, .exceptions = {}};
  for (auto& weekday : schedule.weekly) weekday = day;
  return schedule;
}

core::QueueSettings small_queue(Random& random, std::size_t number) {
  core::QueueSettings q;
  q.name = numbered("q", number);
  q.display_name = numbered("Queue ", number);
  q.min_agents = static_cast<std::uint32_t>(random.below(4));
  q.first_response = {seconds(random, 3, 60), 800};
  q.reply = {seconds(random, 3, 90), 900};
  q.after_hours = static_cast<core::AfterHours>(random.below(3));
  q.mode = random.chance(550) ? core::RoutingMode::push_accept : static_cast<core::RoutingMode>(random.below(3));
  q.short_abandon = seconds(random, 1, 10);
  q.visitor_grace = seconds(random, 3, 40);
  q.idle_close = seconds(random, 20, 180);
  q.agent_grace = seconds(random, 3, 30);
  q.offer_timeout = seconds(random, 3, 20);
  q.reoffer = seconds(random, 2, 8);
  q.bar = q.reoffer + seconds(random, 1, 50);
  q.wrapup = random.chance(300) ? Millis{0} : seconds(random, 2, 45);
  q.reopen_window = random.chance(400) ? Millis{24h} : seconds(random, 20, 600);
  q.closing = seconds(random, 10, 300);
  q.overflow_after = seconds(random, 2, 40);
  q.sticky_hold = random.chance(500) ? Millis{0} : seconds(random, 3, 40);
  q.max_wait = random.chance(500) ? Millis{0} : seconds(random, 15, 150);
  return q;
}

void add_pages(Random& random, core::Settings& settings) {
  settings.priorities = {{.name = "vip", .credit = seconds(random, 5, 120)},
                         {.name = "gold", .credit = seconds(random, 1, 30)}};
  for (core::QueueSettings& queue : settings.queues) {
    if (!random.chance(700)) continue;
    queue.pages.push_back({.prefix = page_url(1), .priority = "vip", .skills = {}});
    queue.pages.push_back({.prefix = page_url(2), .priority = "gold", .skills = {"tech"}});
    queue.pages.push_back({.prefix = page_url(3), .priority = "", .skills = {"swedish", "tech"}});
  }
}

std::vector<std::string> some_skills(Random& random) {
  std::vector<std::string> skills;
  if (random.chance(600)) skills.push_back("tech");
  if (random.chance(500)) skills.push_back("swedish");
  return skills;
}

std::vector<std::string> some_queues(Random& random, const core::Settings& settings) {
  std::vector<std::string> names;
  for (const auto& queue : settings.queues) {
    if (random.chance(650)) names.push_back(queue.name);
  }
  if (names.empty()) names.push_back(random.of(settings.queues).name);
  return names;
}

void link_overflow(Random& random, core::Settings& settings, std::uint64_t permille) {
  for (core::QueueSettings& queue : settings.queues) {
    const auto& other = random.of(settings.queues);
    const bool linked = random.chance(permille);
    if (linked && other.name != queue.name) queue.overflow = other.name;
  }
}

Setup small(Random& random) {
  Setup setup;
  const Zone& zone = zones[random.below(zones.size())];
  const bool at_change = random.chance(400);
  const std::int64_t change = zone.changes_s[random.below(2)];
  setup.start = instant_from_ms(
      1000 * (at_change ? change - random.between(0, 1500) : 1'767'600'000 + random.between(0, 300 * 86'400)));
  setup.start += Millis{random.between(0, 999)};
  setup.length = Millis{random.between(12, 32) * 60'000};
  const std::size_t queues = random.chance(100) ? 4 : 1 + random.below(3);
  for (std::size_t i = 1; i <= queues; ++i) setup.settings.queues.push_back(small_queue(random, i));
  for (core::QueueSettings& queue : setup.settings.queues) {
    const char* name = random.chance(750) ? zone.name : zones[random.below(zones.size())].name;
    queue.schedule = small_hours(random, name, setup.start);
  }
  link_overflow(random, setup.settings, 450);
  add_pages(random, setup.settings);
  const std::size_t agents = 2 + random.below(5);
  for (std::size_t i = 1; i <= agents; ++i) {
    core::AgentSettings agent;
    agent.name = numbered("a", i);
    agent.display_name = numbered("Agent ", i);
    agent.queues = some_queues(random, setup.settings);
    agent.capacity = static_cast<std::uint32_t>(random.chance(400) ? 1 : random.between(1, 6));
    agent.skills = some_skills(random);
    setup.settings.agents.push_back(std::move(agent));
  }
  setup.supervisor = 1;
  setup.settings.agents[0].supervisor = true;
  for (const auto& queue : setup.settings.queues) {
    auto& names = setup.settings.agents[0].queues;
    if (std::find(names.begin(), names.end(), queue.name) == names.end()) names.push_back(queue.name);
  }
  setup.visitors = static_cast<std::uint32_t>(random.between(6, 45));
  setup.append_takes = random.chance(500) ? Millis{0} : Millis{random.between(1, 60)};
  setup.keep_alive = random.chance(300) ? Millis{2000} : Millis{random.between(5, 30) * 1000};
  setup.checkpoints = random.chance(150);
  setup.chaos = static_cast<std::uint64_t>(random.between(6'000, 30'000));
  setup.answers = static_cast<std::uint64_t>(random.between(500, 950));
  setup.declines = static_cast<std::uint64_t>(random.between(20, 200));
  setup.ignores = static_cast<std::uint64_t>(random.between(20, 300));
  setup.edges = static_cast<std::uint64_t>(random.between(100, 450));
  return setup;
}

Setup day(Random& random) {
  Setup setup;
  const Zone& zone = zones[random.below(zones.size())];
  const bool at_change = random.chance(250);
  const std::int64_t near =
      at_change ? zone.changes_s[random.below(2)] : 1'767'600'000 + random.between(0, 300 * 86'400);
  const auto local = date::make_zoned(zone.name, instant_from_ms(near * 1000)).get_local_time();
  const auto midnight = date::make_zoned(zone.name, std::chrono::floor<date::days>(local), date::choose::earliest);
  setup.start = std::chrono::floor<Millis>(midnight.get_sys_time());
  setup.length = 24h;
  const std::size_t queues = 3 + random.below(2);
  for (std::size_t i = 1; i <= queues; ++i) {
    core::QueueSettings q;
    q.name = numbered("q", i);
    q.display_name = numbered("Queue ", i);
    q.min_agents = static_cast<std::uint32_t>(1 + random.below(4));
    q.after_hours = static_cast<core::AfterHours>(random.below(3));
    q.mode = i == 1 ? core::RoutingMode::push_accept : static_cast<core::RoutingMode>(random.below(3));
    q.overflow_after = Millis{random.between(30, 120) * 1000};
    q.sticky_hold = random.chance(500) ? Millis{0} : Millis{30s};
    q.max_wait = random.chance(500) ? Millis{0} : Millis{10min};
    q.schedule = {.timezone = zone.name, .weekly = {}, .exceptions = {}};
    const int open = static_cast<int>(random.between(6, 9)) * 60;
    for (auto& weekday : q.schedule.weekly) {
      if (i == 2) {
        weekday = {{.open_minute = 0, .close_minute = 1440}};
      } else if (i == 3) {
        weekday = {{.open_minute = open, .close_minute = 720}, {.open_minute = 780, .close_minute = open + 600}};
      } else {
        weekday = {{.open_minute = open, .close_minute = open + 660}};
      }
    }
    setup.settings.queues.push_back(std::move(q));
  }
  link_overflow(random, setup.settings, 400);
  add_pages(random, setup.settings);
  for (std::size_t i = 1; i <= 50; ++i) {
    core::AgentSettings agent;
    agent.name = numbered("a", i);
    agent.display_name = numbered("Agent ", i);
    agent.queues = some_queues(random, setup.settings);
    agent.capacity = static_cast<std::uint32_t>(random.between(1, 5));
    agent.supervisor = i == 1;
    agent.skills = some_skills(random);
    setup.settings.agents.push_back(std::move(agent));
  }
  setup.visitors = 5000;
  setup.append_takes = Millis{0};
  setup.keep_alive = 60s;
  setup.chaos = 120'000;
  setup.answers = 920;
  setup.declines = 30;
  setup.ignores = 40;
  setup.edges = 30;
  return setup;
}

}  // namespace

Setup setup_of(std::uint64_t seed, Shape shape) {
  Random random(seed * 2 + (shape == Shape::day ? 1 : 0));
  Setup setup = shape == Shape::day ? day(random) : small(random);
  setup.timer_first = random.chance(500);
  return setup;
}

core::Settings changed(const core::Settings& now, const core::Settings& first, std::uint64_t seed) {
  Random random(seed);
  core::Settings made = now;
  core::AgentSettings& agent = made.agents[random.below(made.agents.size())];
  core::QueueSettings& queue = made.queues[random.below(made.queues.size())];
  switch (random.below(13)) {
    case 0:
    case 1: agent.capacity = std::max(1u, agent.capacity - 1); break;
    case 2: agent.capacity = static_cast<std::uint32_t>(random.between(1, 6)); break;
    case 3:
      if (!agent.supervisor) std::erase_if(made.agents, [&](const auto& other) { return other.name == agent.name; });
      break;
    case 4:
      for (const auto& known : first.agents) {
        const auto same = [&](const auto& other) { return other.name == known.name; };
        if (std::none_of(made.agents.begin(), made.agents.end(), same)) made.agents.push_back(known);
      }
      break;
    case 5:
      if (!agent.supervisor) agent.queues = some_queues(random, made);
      break;
    case 6: queue.mode = static_cast<core::RoutingMode>(random.below(3)); break;
    case 7: queue.after_hours = static_cast<core::AfterHours>(random.below(3)); break;
    case 8: queue.first_response.threshold = seconds(random, 3, 60); break;
    case 9: queue.wrapup = random.chance(500) ? Millis{0} : seconds(random, 2, 45); break;
    case 10: queue.min_agents = static_cast<std::uint32_t>(random.below(4)); break;
    case 11: agent.skills = some_skills(random); break;
    case 12:
      if (made.queues.size() > 1 && random.chance(500)) {
        const std::string gone = queue.name;
        std::erase_if(made.queues, [&](const auto& other) { return other.name == gone; });
        for (auto& other : made.queues) {
          if (other.overflow == gone) other.overflow.clear();
        }
      }
      break;
  }
  const auto known = [&](const std::string& name) {
    return std::any_of(made.queues.begin(), made.queues.end(), [&](const auto& q) { return q.name == name; });
  };
  for (auto& other : made.agents) std::erase_if(other.queues, [&](const auto& name) { return !known(name); });
  return made;
}

Schedule today(const Schedule& schedule, Instant now, std::int64_t minutes, bool open) {
  const auto local = local_minute(schedule.timezone, now);
  const auto day = std::chrono::floor<date::days>(local);
  const int from = static_cast<int>((local - day).count());
  const int to = static_cast<int>(std::min<std::int64_t>(1440, from + minutes));
  const date::year_month_day ymd{day};
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(ymd.year())},
                                         std::chrono::month{static_cast<unsigned>(ymd.month())},
                                         std::chrono::day{static_cast<unsigned>(ymd.day())}};
  Schedule made = schedule;
  const std::chrono::weekday weekday{std::chrono::sys_days{date}};
  ScheduleException exception{
      .date = date, .intervals = schedule.weekly[weekday.iso_encoding() - 1], .note = open ? "open" : "closed"};
  for (const auto& old : schedule.exceptions) {
    if (old.date == date) exception.intervals = old.intervals;
  }
  std::erase_if(made.exceptions, [&](const auto& old) { return old.date == date; });
  // What lies inside [from, to) goes; openings over midnight lose what they have on the next day, which is another
  // date's to give.
  std::vector<LocalInterval> kept;
  for (const LocalInterval& i : exception.intervals) {
    const int close = i.close_minute <= i.open_minute ? 1440 : i.close_minute;
    if (i.open_minute < from) kept.push_back({.open_minute = i.open_minute, .close_minute = std::min(close, from)});
    if (close > to) kept.push_back({.open_minute = std::max(i.open_minute, to), .close_minute = close});
  }
  if (open) kept.push_back({.open_minute = from, .close_minute = to});
  std::erase_if(kept, [](const auto& i) { return i.open_minute >= i.close_minute; });
  std::sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.open_minute < b.open_minute; });
  exception.intervals.clear();
  for (const LocalInterval& i : kept) {  // Touching ones are one.
    if (!exception.intervals.empty() && exception.intervals.back().close_minute == i.open_minute) {
      exception.intervals.back().close_minute = i.close_minute;
    } else {
      exception.intervals.push_back(i);
    }
  }
  made.exceptions.push_back(std::move(exception));
  return made;
}

std::vector<Interval> compiled(const Schedule& schedule, Instant start, Millis length) {
  const auto open = calendar::compile(schedule, start - std::chrono::days{2}, start + length + std::chrono::days{6});
  CHECK(open.has_value());
  return *open;
}

std::string page_url(std::int64_t page) {
  switch (page) {
    case 1: return "https://shop.example/vip/";
    case 2: return "https://shop.example/gold/help";
    case 3: return "https://shop.example/sv/";
    case 0: return "";
    default: return numbered("https://shop.example/page/", page);
  }
}

}  // namespace heti::simulation
