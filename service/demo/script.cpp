#include "service/demo/script.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "service/base/check.hpp"

namespace heti::demo {
namespace {

using namespace std::chrono_literals;

// SplitMix64: the same numbers on every machine, which the library's distributions do not promise.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)
  bool one_in(double n) { return unit() * n < 1; }
  Millis between(Millis from, Millis to) {
    return from + Millis{static_cast<std::int64_t>(unit() * static_cast<double>((to - from).count() + 1))};
  }
  // Many short ones and a few long ones.
  Millis around(Millis mean, Millis most) {
    const double drawn = -std::log(1 - unit()) * static_cast<double>(mean.count());
    return std::min(Millis{static_cast<std::int64_t>(drawn)}, most);
  }

 private:
  std::uint64_t state_;
};

// How many come: a rush at the opening and another after lunch, a calm afternoon, a small evening. Each part is as long
// as `until` says, as a share of the day, and `weight` as busy as the others.
struct Part {
  double until;
  double weight;
};
constexpr std::array<Part, 7> curve = {
    {{0.12, 2.2}, {0.29, 1.1}, {0.38, 0.7}, {0.50, 2.0}, {0.72, 0.9}, {0.90, 0.6}, {1.0, 0.3}}};
// Lunch, as a share of the day: all but one go first, the last one afterwards.
constexpr double lunch_from = 0.29;
constexpr double lunch_until = 0.36;
constexpr double second_lunch_until = 0.43;
constexpr double early_end = 0.72;  // most go home; one stays for the evening
// The first day of a week has all that a demonstration wants to show, so that one day shows it.
constexpr std::size_t gap_day = 0;   // the last one goes to lunch with the others
constexpr std::size_t loss_day = 0;  // a connection is lost
constexpr double loss_at = 0.55;
constexpr Millis loss_length = 25min;

Instant at_share(const Interval& day, double share) {
  const double length = static_cast<double>((day.close - day.open).count());
  return day.open + Millis{static_cast<std::int64_t>(length * share)};
}

// The share of the day by which a share `u` of the visitors has come.
double place_on_curve(double u) {
  double whole = 0;
  double begin = 0;
  for (const Part& part : curve) {
    whole += (part.until - begin) * part.weight;
    begin = part.until;
  }
  double left = u * whole;
  begin = 0;
  for (const Part& part : curve) {
    const double area = (part.until - begin) * part.weight;
    if (left < area) return begin + left / part.weight;
    left -= area;
    begin = part.until;
  }
  return 1;
}

Leaving leaving_of(Chance& chance) {
  const double drawn = chance.unit();
  if (drawn < 0.5) return Leaving::lets_end;
  return drawn < 0.9 ? Leaving::closes : Leaving::vanishes;
}

std::uint32_t rating_of(Chance& chance) {
  if (chance.unit() < 0.55) return 0;
  constexpr std::array<double, 5> up_to = {0.05, 0.10, 0.20, 0.55, 1.0};
  const double drawn = chance.unit();
  std::uint32_t score = 1;
  while (drawn >= up_to.at(score - 1)) ++score;
  return score;
}

Visit visit_at(Instant at, Chance& chance) {
  Visit visit{.at = at};
  visit.patience = 20s + chance.around(240s, 15min);
  visit.gives_up_openly = chance.one_in(2);
  std::size_t messages = 1;
  while (messages < 8 && !chance.one_in(3.2)) ++messages;
  visit.answers.push_back(8s + chance.around(20s, 90s));
  for (std::size_t i = 1; i < messages; ++i) {
    visit.pauses.push_back(6s + chance.around(20s, 120s));
    visit.answers.push_back(8s + chance.around(20s, 90s));
  }
  visit.accepts = chance.between(1s, 6s);
  visit.declined = chance.one_in(30);
  visit.handed_on = messages > 2 && chance.one_in(20);
  visit.leaving = leaving_of(chance);
  // Whoever vanishes is asked nothing.
  visit.rating = visit.leaving == Leaving::vanishes ? 0 : rating_of(chance);
  visit.wrap_up = chance.between(5s, 40s);
  return visit;
}

void add_visits(Script& script, const Wishes& wishes, const Interval& day, Chance& chance) {
  const Interval welcome{.open = day.open, .close = day.close - quiet_before_closing};
  const std::size_t first = script.visits.size();
  for (std::size_t left = visits_of_day(wishes, day); left > 0; --left) {
    script.visits.push_back(visit_at(at_share(welcome, place_on_curve(chance.unit())), chance));
  }
  std::stable_sort(script.visits.begin() + static_cast<std::ptrdiff_t>(first), script.visits.end(),
                   [](const Visit& a, const Visit& b) { return a.at < b.at; });
}

// The last agent keeps the desk over lunch and in the evening; the others come one after the other.
void add_shifts(Script& script, const Wishes& wishes, std::size_t day_number, const Interval& day) {
  const auto add = [&](std::size_t agent, Instant from, Instant to) {
    if (from < to) script.shifts.push_back({.agent = agent, .from = from, .to = to});
  };
  const std::size_t last = wishes.agents - 1;
  for (std::size_t agent = 0; agent < last; ++agent) {
    const Instant begin = day.open - early + Millis{10min} * static_cast<std::int64_t>(agent % 6);
    add(agent, begin, at_share(day, lunch_from));
    add(agent, at_share(day, lunch_until), at_share(day, early_end));
  }
  const bool gap = day_number % 7 == gap_day;
  add(last, day.open - early, at_share(day, gap ? lunch_from : lunch_until));
  add(last, at_share(day, gap ? lunch_until : second_lunch_until), day.close + late);
}

}  // namespace

std::size_t visits_of_day(const Wishes& wishes, const Interval& day) {
  Millis longest{};
  for (const Interval& each : wishes.days) longest = std::max(longest, each.close - each.open);
  const Millis length = day.close - day.open;
  if (length <= quiet_before_closing) return 0;
  const double share = static_cast<double>(length.count()) / static_cast<double>(longest.count());
  return static_cast<std::size_t>(std::lround(share * wishes.chats_per_day));
}

Script write_script(const Wishes& wishes) {
  CHECK(wishes.agents >= 1);
  Script script;
  for (std::size_t number = 0; number < wishes.days.size(); ++number) {
    const Interval& day = wishes.days[number];
    // Each day has numbers of its own: another count of visitors on Monday leaves Tuesday as it was.
    Chance chance(wishes.seed * 1'000'003 + number);
    add_visits(script, wishes, day, chance);
    add_shifts(script, wishes, number, day);
    if (number % 7 == loss_day) {
      const Instant at = at_share(day, loss_at);
      script.losses.push_back({.agent = 0, .at = at, .back = std::min(at + loss_length, at_share(day, early_end))});
    }
  }
  std::stable_sort(script.shifts.begin(), script.shifts.end(),
                   [](const Shift& a, const Shift& b) { return a.from < b.from; });
  return script;
}

}  // namespace heti::demo
