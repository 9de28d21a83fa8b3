// The laws of the opening-hours clock in every zone of the tz database: random hours, at random instants of 2000 to
// 2036 and above all around each change of each zone's wall clock, against somebody who only reads that clock.
#include <date/tz.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "service/calendar/compile.hpp"
#include "service/core/business_time.hpp"
#include "tests/unit/calendar_oracle.hpp"

namespace heti::calendar {
namespace {

using core::BusinessTime;
using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;
using tests::inside;
using tests::time_within;
using tests::Transition;

constexpr int day_minutes = 24 * 60;
constexpr Instant first_instant = sys_days{std::chrono::year{2000} / 1 / 1};
constexpr Instant last_instant = sys_days{std::chrono::year{2037} / 1 / 1};

unsigned number_from_environment(const char* name, unsigned otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
}

class Chance {
 public:
  Chance(unsigned seed, const std::string& zone) {  // Each zone has its own, whatever the dose of the others.
    const std::string both = zone + std::to_string(seed);
    std::seed_seq seeds(both.begin(), both.end());
    engine_.seed(seeds);
  }
  template <class T>
  T up_to(T most) {
    return std::uniform_int_distribution<T>(0, most)(engine_);
  }
  Millis within(Millis most) { return Millis{up_to(most.count())}; }
  bool one_in(int n) { return up_to(n - 1) == 0; }

 private:
  std::mt19937_64 engine_;
};

// ---- The cases.

struct Case {
  Schedule schedule;
  Schedule later;  // Replaces the first one at `effective_from`.
  Instant from;
  Instant effective_from;
  Instant to;
};

int random_minute(Chance& chance) { return chance.one_in(2) ? chance.up_to(1439) : chance.up_to(95) * 15; }

std::vector<LocalInterval> random_day(Chance& chance) {
  std::vector<LocalInterval> intervals;
  for (int count = chance.up_to(3); count > 0; --count) {
    const bool touching = !intervals.empty() && intervals.back().close_minute < day_minutes && chance.one_in(4);
    const int open = touching ? intervals.back().close_minute : chance.one_in(12) ? 0 : random_minute(chance);
    // Short ones as often as not: long ones cover up each other's edges.
    const int close = chance.one_in(2) ? open + 1 + chance.up_to(299) : random_minute(chance);
    intervals.push_back({open, chance.one_in(8) ? day_minutes : close > day_minutes ? close - day_minutes : close});
  }
  return intervals;
}

Schedule random_schedule(Chance& chance, const std::string& zone, Instant from, Instant to) {
  Schedule schedule{zone, {}, {}};
  for (auto& day : schedule.weekly) day = random_day(chance);
  if (!chance.one_in(2)) return schedule;
  const sys_days first = std::chrono::floor<days>(from) - days{2};
  for (sys_days date = first; date < to + days{2}; date += days{1}) {
    if (!chance.one_in(4)) continue;
    const bool closed = chance.one_in(3);
    schedule.exceptions.push_back(
        {std::chrono::year_month_day{date}, closed ? std::vector<LocalInterval>{} : random_day(chance), "random"});
  }
  return schedule;
}

// Hours that begin or end within an hour and a half of what the wall clock shows when it is set.
void post_hours_near(Schedule& schedule, const Transition& transition, Chance& chance) {
  const Millis offset = chance.one_in(2) ? transition.before : transition.after;
  const int aside = chance.one_in(3) ? chance.up_to(2) - 1 : chance.up_to(180) - 90;
  const Instant reading = transition.at + offset + minutes{aside};
  const sys_days date = std::chrono::floor<days>(reading);
  const int minute = static_cast<int>(std::chrono::floor<minutes>(reading - date).count());
  auto& day = schedule.weekly[std::chrono::weekday{date}.iso_encoding() - 1];
  if (chance.one_in(2)) day.clear();
  day.push_back(chance.one_in(2) ? LocalInterval{minute, random_minute(chance)}
                                 : LocalInterval{random_minute(chance), minute == 0 ? day_minutes : minute});
  std::erase_if(schedule.exceptions, [date](const ScheduleException& e) { return sys_days{e.date} == date; });
}

Case random_case(const std::string& zone, const Transition* near, Chance& chance) {
  Case c;
  if (near != nullptr) {  // More often before it than after it, so that the range holds it.
    c.from = near->at - days{3} + chance.within(chance.one_in(3) ? days{6} : days{3});
  } else {
    c.from = first_instant + chance.within(last_instant - first_instant - days{1});
  }
  const int length = chance.up_to(15);
  c.to = c.from + chance.within(length == 0 ? Millis{minutes{1}} : length == 1 ? Millis{days{9}} : Millis{days{3}});
  if (near != nullptr && chance.one_in(4)) {  // A range that begins or ends while the wall clock is being set.
    const Instant beside = near->at - minutes{90} + chance.within(minutes{180});
    (beside < c.from || chance.one_in(2) ? c.from : c.to) = beside;
    c.to = std::max(c.to, c.from);
  }
  c.effective_from = c.from + chance.within(c.to - c.from);
  c.schedule = random_schedule(chance, zone, c.from, c.to);
  c.later = random_schedule(chance, zone, c.from, c.to);
  if (near != nullptr && chance.one_in(2)) post_hours_near(c.schedule, *near, chance);
  return c;
}

std::string told(const Case& c) {
  const auto text_of = [](Instant t) { return date::format("%FT%TZ", t); };
  return text_of(c.from) + " to " + text_of(c.to) + ", replaced at " + text_of(c.effective_from) + ", " +
         tests::told(c.schedule);
}

// ---- Other ways to post the same hours.

// The same week with intervals cut in two; the second part stands on the day it begins on.
Schedule cut_in_two(const Schedule& schedule, Chance& chance) {
  Schedule cut = schedule;
  // An exception replaces what starts on its date: with one about, no part may move to another date.
  const bool may_cross = schedule.exceptions.empty();
  const auto cut_one = [&](std::vector<LocalInterval>& day, std::size_t which, std::vector<LocalInterval>& next_day) {
    const auto [open, close] = day[which];
    const int end = close <= open ? close + day_minutes : close;
    const int last_seam = (may_cross ? end : std::min(end, day_minutes)) - 1;
    if (last_seam <= open) return;
    const int seam = open + 1 + chance.up_to(last_seam - open - 1);
    day[which] = {open, seam > day_minutes ? seam - day_minutes : seam};
    if (seam < day_minutes) {
      day.push_back({seam, close});
    } else {
      next_day.push_back({seam - day_minutes, end - day_minutes});
    }
  };
  for (std::size_t day = 0; day < 7; ++day) {
    for (std::size_t i = schedule.weekly[day].size(); i > 0; --i) {
      cut_one(cut.weekly[day], i - 1, cut.weekly[(day + 1) % 7]);
    }
  }
  for (ScheduleException& e : cut.exceptions) {
    for (std::size_t i = e.intervals.size(); i > 0; --i) cut_one(e.intervals, i - 1, e.intervals);
  }
  return cut;
}

// All hours later by `shift`; by whole days when there are exceptions, for the reason above.
Schedule shifted(const Schedule& schedule, int shift) {
  Schedule later{schedule.timezone, {}, schedule.exceptions};
  for (std::size_t day = 0; day < 7; ++day) {
    for (const auto& [old_open, old_close] : schedule.weekly[day]) {
      const auto days_later = static_cast<std::size_t>((old_open + shift) / day_minutes);
      const int open = (old_open + shift) % day_minutes;
      const int close = open + old_close - old_open + (old_close <= old_open ? day_minutes : 0);
      later.weekly[(day + days_later) % 7].push_back({open, close > day_minutes ? close - day_minutes : close});
    }
  }
  for (ScheduleException& e : later.exceptions) e.date = sys_days{e.date} + days{shift / day_minutes};
  return later;
}

Schedule around_the_clock(const std::string& zone, Chance& chance) {
  const int minute = 1 + chance.up_to(day_minutes - 2);
  const std::array<std::vector<LocalInterval>, 3> ways{
      {{{0, day_minutes}}, {{minute, minute}}, {{minute, day_minutes}, {0, minute}}}};
  Schedule schedule{zone, {}, {}};
  schedule.weekly.fill(ways[chance.up_to(ways.size() - 1)]);
  return schedule;
}

// ---- The laws.

class Trial {
 public:
  Trial(const Case& c, Chance& chance)
      : case_(c), chance_(chance), model_(tests::open_time_by_wall_clock(c.schedule, c.from, c.to)) {}

  // The first law that does not hold, or nothing.
  std::string broken_law() {
    law("compile() agrees with the wall clock", compiled(case_.schedule, case_.from, case_.to) == model_);
    if (broken_.empty()) business_time();
    if (broken_.empty()) deadlines();
    if (broken_.empty()) other_postings();
    if (broken_.empty()) replacement();
    return broken_;
  }
  bool shift_was_tried() const { return shift_was_tried_; }

 private:
  void law(const char* sentence, bool holds) {
    if (!holds && broken_.empty()) broken_ = sentence;
  }

  std::vector<Interval> compiled(const Schedule& schedule, Instant from, Instant to) {
    auto open = compile(schedule, from, to);
    if (!open) law(open.error().c_str(), false);
    return std::move(open).value_or(std::vector<Interval>{});
  }

  Millis total(const std::vector<Interval>& open) { return time_within(open, case_.from, case_.to); }

  // Any instant of the range, as often as not at an opening or a closing or the millisecond beside it.
  Instant point() {
    if (model_.empty() || chance_.one_in(2)) return case_.from + chance_.within(case_.to - case_.from);
    const Interval& interval = model_[chance_.up_to(model_.size() - 1)];
    const Instant edge = chance_.one_in(2) ? interval.open : interval.close;
    return std::clamp(edge + Millis{chance_.up_to(2) - 1}, case_.from, case_.to);
  }

  void business_time() {
    std::array<Instant, 3> t{point(), point(), point()};
    std::sort(t.begin(), t.end());
    const auto [a, b, c] = t;
    const Millis whole = clock_.elapsed(a, c);
    law("B counts the open milliseconds", whole == time_within(model_, a, c));
    law("B(a,b) + B(b,c) = B(a,c)", clock_.elapsed(a, b) + clock_.elapsed(b, c) == whole);
    law("the same through compile()",
        total(compiled(case_.schedule, a, b)) + total(compiled(case_.schedule, b, c)) == whole);
    law("0 <= B(a,b) <= b - a", Millis{0} <= clock_.elapsed(a, b) && clock_.elapsed(a, b) <= b - a);
    law("B is monotone in its end", clock_.elapsed(a, b) <= whole);
    law("B(b,a) = 0 backwards", clock_.elapsed(c, a) == Millis{0});
    for (const Instant at : t) {
      if (at == case_.to) continue;
      const bool open = clock_.is_open(at);
      law("is_open(t) <=> t lies in the open time", open == inside(model_, at));
      law("is_open(t) <=> B(t,t+1) = 1", clock_.elapsed(at, at + Millis{1}) == Millis{open ? 1 : 0});
      law("the same when compiled alone", compiled(case_.schedule, at, at + Millis{1}).empty() != open);
    }
  }

  void deadlines() {
    const Instant start = point();
    const Millis left = clock_.elapsed(start, case_.to);
    // Also the budget that is used up exactly when a stretch closes.
    const Millis budget = chance_.one_in(3) ? clock_.elapsed(start, point()) : chance_.within(left);
    const Instant due = clock_.deadline(start, budget);
    law("a budget that is left has a deadline", due <= case_.to && due >= start);
    law("B(t, deadline(t,d)) = d", clock_.elapsed(start, due) == budget);
    if (budget > Millis{0}) {
      law("the deadline is the first such instant", clock_.elapsed(start, due - Millis{1}) == budget - Millis{1});
      law("more than is left has no deadline", clock_.deadline(start, left + Millis{1}) == never);
    }
  }

  void other_postings() {
    law("cutting intervals in two changes nothing",
        compiled(cut_in_two(case_.schedule, chance_), case_.from, case_.to) == model_);
    if (case_.from < case_.to) {
      const Schedule always = around_the_clock(case_.schedule.timezone, chance_);
      const std::vector<Interval> all{{case_.from, case_.to}};
      law("around the clock B = t1 - t0", compiled(always, case_.from, case_.to) == all);
    }
    if (!tests::transitions_of(case_.schedule.timezone, case_.from - days{4}, case_.to + days{12}).empty()) return;
    shift_was_tried_ = true;
    const int whole_days = chance_.up_to(6) * day_minutes;
    const int shift = whole_days + (case_.schedule.exceptions.empty() ? chance_.up_to(day_minutes - 1) : 0);
    std::vector<Interval> expected = model_;
    for (Interval& i : expected) i = {i.open + minutes{shift}, i.close + minutes{shift}};
    law("at a fixed offset, shifting all hours shifts the open time",
        compiled(shifted(case_.schedule, shift), case_.from + minutes{shift}, case_.to + minutes{shift}) == expected);
  }

  void replacement() {
    const Instant at = case_.effective_from;
    const std::vector<Interval> later = chance_.one_in(8) ? std::vector<Interval>{}  // Closed by an operator.
                                                          : compiled(case_.later, case_.from, case_.to);
    BusinessTime replaced = clock_;
    // What the new hours would have been before they are in force must not matter.
    replaced.replace_from(at, later);
    const Instant a = point(), b = std::max(a, point());
    law("a replacement never changes accrued time",
        replaced.elapsed(a, std::min(b, at)) == clock_.elapsed(a, std::min(b, at)));
    law("after a replacement the new hours count",
        replaced.elapsed(std::max(a, at), b) == time_within(later, std::max(a, at), b));
    law("B stays additive over a replacement",
        replaced.elapsed(a, b) == clock_.elapsed(a, std::min(b, at)) + time_within(later, std::max(a, at), b));
    law("at t the version in force at t decides", replaced.is_open(a) == inside(a < at ? model_ : later, a));
    const Millis accrued = clock_.elapsed(a, at);
    if (accrued > Millis{0}) {
      const Millis budget = chance_.within(accrued);
      law("a deadline before a replacement stays", replaced.deadline(a, budget) == clock_.deadline(a, budget));
    }
    if (!chance_.one_in(4)) return;
    BusinessTime compiled_late = clock_;
    compiled_late.replace_from(at, compiled(case_.later, at, case_.to));
    replaced.replace_from(at, compiled(case_.later, case_.from, case_.to));
    law("replacing is the same from either end of the new hours", compiled_late == replaced);
  }

  const Case& case_;
  Chance& chance_;
  const std::vector<Interval> model_;
  const BusinessTime clock_{model_};
  std::string broken_;
  bool shift_was_tried_ = false;
};

// ---- Every zone.

struct Zone {
  std::string name;
  std::vector<Transition> transitions;  // Of 2000 to 2036.
};

struct Counts {
  int cases = 0;
  int near = 0;                 // Begin within three days of a transition of the zone.
  int across = 0;               // Hold a change of the offset.
  int shifted = 0;              // Lay apart from any transition, so that the law of shifted hours could be tried.
  std::size_t transitions = 0;  // Approached, each at least once.
};

// Two of three cases near a transition; transition after transition, from any one on.
void try_zone(const Zone& zone, int cases, unsigned seed, Counts& counts) {
  Chance chance(seed, zone.name);
  const std::size_t count = zone.transitions.size();
  std::size_t next = count == 0 ? 0 : chance.up_to(count - 1);
  std::set<Instant> approached;
  for (int n = 0; n < cases; ++n) {
    const Transition* near = count != 0 && n % 3 != 2 ? &zone.transitions[next++ % count] : nullptr;
    const Case c = random_case(zone.name, near, chance);
    Trial trial(c, chance);
    const std::string broken = trial.broken_law();
    EXPECT_EQ(broken, "") << "case " << n << " of " << told(c);
    if (!broken.empty()) break;
    ++counts.cases;
    bool is_near = false, is_across = false;
    for (const Transition& t : zone.transitions) {
      if (t.at >= c.from - days{3} && t.at <= c.from + days{3}) {
        is_near = true;
        approached.insert(t.at);
      }
      is_across = is_across || (t.at > c.from && t.at < c.to && t.before != t.after);
    }
    counts.near += is_near ? 1 : 0;
    counts.across += is_across ? 1 : 0;
    counts.shifted += trial.shift_was_tried() ? 1 : 0;
  }
  counts.transitions += approached.size();
}

TEST(CalendarEveryZoneTest, TheLawsHoldAndCompileAgreesWithTheWallClock) {
  const unsigned seed = number_from_environment("TEST_SEED", std::random_device{}());
  const int dose = std::max(1, static_cast<int>(number_from_environment("TEST_DOSE", 1)));
  const int cases_required = 100'000 / dose;
  const int cases_of_a_zone = std::max(1, 250 / dose);
  std::printf("seed %u (repeat with TEST_SEED=%u), dose 1/%d\n", seed, seed, dose);

  std::vector<Zone> moving, fixed;
  std::vector<Zone> without_a_city;  // CET, EST5EDT and their like, which the service refuses: see below.
  for (const std::string& name : tests::zone_names()) {
    Zone zone{name, tests::transitions_of(name, first_instant, last_instant)};
    if (!compile({name, {}, {}}, first_instant, last_instant)) {
      without_a_city.push_back(std::move(zone));
    } else {
      (zone.transitions.empty() ? fixed : moving).push_back(std::move(zone));
    }
  }
  ASSERT_GT(moving.size(), 200u) << "the tz database is not all here";

  const int enough = std::max(cases_of_a_zone, cases_required / static_cast<int>(moving.size()) + 1);
  Counts sum;
  int fewest = enough;
  for (const Zone& zone : moving) {
    const Counts before = sum;
    try_zone(zone, enough, seed, sum);
    const int cases = sum.cases - before.cases;
    EXPECT_GE(cases, cases_of_a_zone) << zone.name;
    EXPECT_GE((sum.near - before.near) * 2, cases) << zone.name;
    fewest = std::min(fewest, cases);
    ASSERT_FALSE(HasFailure()) << "no more zones are tried";
  }
  for (const Zone& zone : fixed) try_zone(zone, 1 + 25 / dose, seed, sum);

  std::size_t transitions = 0;
  for (const Zone& zone : moving) transitions += zone.transitions.size();
  std::string twins;
  for (const Zone& zone : without_a_city) {
    if (zone.transitions.empty()) continue;
    const auto twin =
        std::find_if(moving.begin(), moving.end(), [&](const Zone& z) { return z.transitions == zone.transitions; });
    EXPECT_NE(twin, moving.end()) << zone.name << " is refused, and no zone that was tried is like it since 2000";
    if (twin != moving.end()) twins += " " + zone.name + " as " + twin->name;
  }

  std::printf("%d cases in %zu zones: %zu with a transition since 2000, %zu without; links are left out\n", sum.cases,
              moving.size() + fixed.size(), moving.size(), fixed.size());
  std::printf("the service refuses names without a city, these count as their like:%s\n", twins.c_str());
  std::printf(
      "%d cases at the least in a zone with a transition; %d within 3 days of one; %d hold one; %zu of %zu "
      "transitions approached; hours shifted at a fixed offset in %d cases\n",
      fewest, sum.near, sum.across, sum.transitions, transitions, sum.shifted);
  EXPECT_GE(sum.cases, cases_required);
  EXPECT_GE(sum.near, cases_required / 2);
  EXPECT_GT(sum.across, sum.cases / 5);
  EXPECT_GT(sum.shifted, sum.cases / 5);
}

}  // namespace
}  // namespace heti::calendar
