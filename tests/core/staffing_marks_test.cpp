// What was staffed since some quarter of an hour: the difference of two exact sums, whoever looked when, over closings,
// outages, summer time, restarts and years.
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <random>

#include "service/base/bytes.hpp"
#include "service/calendar/compile.hpp"
#include "service/core/invariants.hpp"
#include "service/core/staffing.hpp"
#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

using std::chrono::days;

constexpr Instant monday = instant_from_ms(1'780'272'000'000);  // 2026-06-01T00:00:00Z

bool is_open(const std::vector<Interval>& hours, Instant t) {
  return std::ranges::any_of(hours, [t](const Interval& i) { return i.open <= t && t < i.close; });
}

// Sums, second by second, of what is seen at that second.
struct Stepper {
  StaffingTotals now;
  std::map<Instant, StaffingTotals> at_quarter;

  void step(bool open, std::uint32_t staffed, bool free_slot, std::uint32_t minimum) {
    if (now.until == quarter_of(now.until)) at_quarter[now.until] = now;
    now.until += 1s;
    if (!open) return;
    now.open += 1s;
    (staffed >= minimum ? now.staffed : now.understaffed) += 1s;
    if (staffed == 0) now.unstaffed += 1s;
    if (staffed > 0 && !free_slot) now.saturated += 1s;
    if (staffed < minimum) now.shortfall += Millis{1s} * (minimum - staffed);
  }
  StaffingTotals since(Instant from) const {
    const auto found = at_quarter.find(quarter_of(from));
    StaffingTotals grown = now;
    if (found == at_quarter.end()) return grown;  // before the beginning
    const StaffingTotals& before = found->second;
    grown.open -= before.open;
    grown.staffed -= before.staffed;
    grown.unstaffed -= before.unstaffed;
    grown.understaffed -= before.understaffed;
    grown.saturated -= before.saturated;
    grown.shortfall -= before.shortfall;
    return grown;
  }
};

// A day of a desk with two agents needed, gaps in its hours, and an outage or two, told second by second.
void a_random_day(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  Desk desk([](Settings& s) {
    s.queues[0].min_agents = 2;
    s.agents[0].capacity = 1;
  });
  std::vector<Interval> hours{{.open = desk.start, .close = desk.start + days{500}}};
  const std::array<std::string, 3> agents{"aino", "eero", "ville"};
  Stepper naive;
  naive.now.until = desk.start;
  std::uint64_t visitor = 0;
  Millis outage_until{0};
  Millis down_from{0};
  for (Millis t{1s}; t < days{1}; t += 1s) {
    const Queue& queue = desk.core.state().queues.at(Desk::queue);
    const bool down = t <= outage_until;  // in the second before t
    naive.step(is_open(hours, desk.start + t - 1s), down ? 0 : queue.staffed, !down && !queue.free.empty(), 2);
    if (t < outage_until) continue;
    if (t == outage_until) {
      desk.core.get<Done>(desk.start + t, cmd::ResumeService{.alive_until = desk.start + down_from,
                                                             .node = 1,
                                                             .incarnation = static_cast<std::uint64_t>(t.count())});
    }
    desk.tick(t);
    const std::string& agent = agents[pick(3)];
    switch (pick(4800)) {
      case 0:
      case 1:
      case 2:
      case 3: desk.ready(agent, t); break;
      case 4:
        desk.core.at(desk.start + t, cmd::SetStatus{.agent = desk.agent(agent), .status = AgentStatus::away});
        break;
      case 5:
      case 6: desk.says(++visitor, t); break;
      case 7:
        if (!desk.agent_state(agent).connections.empty()) desk.drops(agent, t);
        break;
      case 8:
        hours = {{.open = desk.start + t + Millis{1s} * pick(4000),
                  .close = desk.start + t + Millis{1s} * (4000 + pick(9000))}};
        desk.hours(t, hours);
        break;
      case 9:
        hours = {{.open = desk.start + t, .close = desk.start + days{500}}};
        desk.hours(t, hours);
        break;
      case 10:
        if (visitor > 0) desk.accepts(agent, visitor, t);
        break;
      case 11:
        down_from = t;
        outage_until = t + Millis{1s} * (10 + pick(4000));
        break;
      default: break;
    }
    if (t >= outage_until) desk.tick(t + 1ms);  // Deadlines of people let a command of exactly that instant go first.
  }
  if (outage_until >= days{1}) return;  // The day ended while it was down: nothing is known of that yet.
  const auto reread = state_from_bytes(state_bytes(desk.core.state()));
  ASSERT_TRUE(reread);
  for (int i = 0; i < 300; ++i) {
    const Instant from = desk.start - 1h + Millis{static_cast<std::int64_t>(pick(25 * 3'600'000))};
    const StaffingTotals expected = naive.since(from);
    if (quarter_of(from) > naive.now.until) continue;
    EXPECT_EQ(totals_since(desk.core.state().queues.at(Desk::queue), from, naive.now.until), expected);
    EXPECT_EQ(totals_since(reread->queues.at(Desk::queue), from, naive.now.until), expected);
  }
  desk.core.expect_replay_gives_the_same_bytes();
}

TEST(StaffingMarksTest, ADayIsSummedAsIfSomebodyHadLookedEachSecond) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) a_random_day(seed);
}

Queue a_queue(std::vector<Interval> hours, Instant begun = monday) {
  Queue queue;
  queue.hours = BusinessTime(std::move(hours));
  queue.totals.until = begun;
  queue.marks.begin(begun);
  return queue;
}

// Open all the time but for a hole every day.
std::vector<Interval> long_days(int count) {
  std::vector<Interval> hours;
  for (int day = 0; day < count; ++day) {
    hours.push_back({.open = monday + days{day} + 7h + 53min, .close = monday + days{day + 1} + 2h});
  }
  return hours;
}

TEST(StaffingMarksTest, TheMarksDependOnWhatHappenedAndNotOnWhenItWasAddedUp) {
  std::mt19937_64 random(7);
  Queue often = a_queue(long_days(40));
  Queue seldom = a_queue(long_days(40));
  Instant now = monday;
  while (now < monday + days{33}) {
    now += Millis{static_cast<std::int64_t>(random() % 20'000'000)};
    for (Instant look = often.totals.until; look < now; look += Millis{static_cast<std::int64_t>(random() % 700'000)}) {
      accrue(often, look);
    }
    accrue(often, now);
    if (random() % 5 != 0) continue;
    accrue(seldom, now);
    often.staffed = seldom.staffed = static_cast<std::uint32_t>(random() % 3);
    ASSERT_EQ(often.totals, seldom.totals);
    ASSERT_EQ(often.marks.list(), seldom.marks.list());
  }
  accrue(seldom, now);
  accrue_outage(often, now, now + 5h);
  accrue_outage(seldom, now, now + 5h);
  EXPECT_EQ(often.marks.list(), seldom.marks.list());
}

TEST(StaffingMarksTest, WhereNothingWasOpenThereIsNoMark) {
  Queue queue = a_queue({{.open = monday + 8h, .close = monday + 9h}, {.open = monday + 33h, .close = monday + 34h}});
  accrue(queue, monday + days{3});
  EXPECT_EQ(queue.marks.list().size(), 1u + 4u + 4u) << "the beginning, and two hours of quarters";
  EXPECT_EQ(totals_since(queue, monday + 12h, monday + days{3})->open, Millis{1h}) << "of a quarter without a mark";
  EXPECT_EQ(totals_since(queue, monday + days{2}, monday + days{3})->open, Millis{0});
}

TEST(StaffingMarksTest, TheQuarterAtOrBeforeIsMeant) {
  Queue queue = a_queue({{.open = monday, .close = monday + days{1}}});
  accrue(queue, monday + 10h);
  for (const Millis from : {Millis{2h}, Millis{2h} + 1ms, Millis{2h + 15min} - 1ms}) {
    EXPECT_EQ(totals_since(queue, monday + from, monday + 12h)->open, Millis{10h}) << from.count();
  }
  EXPECT_EQ(totals_since(queue, monday + 2h + 15min, monday + 12h)->open, Millis{9h + 45min});
  EXPECT_EQ(totals_since(queue, monday + 11h + 16min, monday + 12h)->open, Millis{45min}) << "later than the last mark";
  EXPECT_EQ(totals_since(queue, monday + 14h, monday + 12h + 1min)->open, Millis{1min}) << "nothing is ever negative";
}

TEST(StaffingMarksTest, AQueueThatBeganLaterIsCountedSinceItsBeginning) {
  Queue queue = a_queue({{.open = monday, .close = monday + days{9}}}, monday + 6h + 7min);
  accrue(queue, monday + 8h);
  EXPECT_EQ(totals_since(queue, monday - days{20}, monday + 8h)->open, Millis{1h + 53min});
  EXPECT_EQ(totals_since(queue, monday + 6h + 5min, monday + 8h)->open, Millis{1h + 53min});
  EXPECT_EQ(totals_since(queue, monday + 6h + 15min, monday + 8h)->open, Millis{1h + 45min});
}

TEST(StaffingMarksTest, TwentyEightDaysAreKeptAndNotMore) {
  Queue queue = a_queue({{.open = monday, .close = monday + days{400}}});
  Instant now = monday;
  for (int i = 0; i < 60 * 24; ++i) {
    now += 1h;
    queue.staffed = i % 3 == 0 ? 0 : 1;
    accrue(queue, now);
  }
  EXPECT_EQ(queue.marks.list().size(), 28u * 96 + 4 + 1);
  for (const Millis back : {Millis{days{28}}, Millis{days{28} + 1h}}) {
    EXPECT_EQ(totals_since(queue, now - back, now)->open, back);
  }
  EXPECT_EQ(totals_since(queue, now - days{28}, now)->staffed, Millis{448h}) << "two hours of three";
  EXPECT_EQ(totals_since(queue, now - days{28} - 1h - 1ms, now), std::nullopt) << "not kept, so not guessed";
}

TEST(StaffingMarksTest, AMarkStandsForTheYearsThatFollowItWithoutOpening) {
  Queue queue = a_queue({{.open = monday, .close = monday + 1h}});
  accrue(queue, monday + 2h);
  accrue(queue, monday + days{700});
  EXPECT_EQ(queue.marks.list().size(), 1u) << "the last one before";
  EXPECT_EQ(totals_since(queue, monday + days{690}, monday + days{701})->open, Millis{0});
}

TEST(StaffingMarksTest, ALongOutageIsUnstaffedAndDoesNotTakeLong) {
  Queue queue = a_queue({{.open = monday, .close = monday + days{200'000}}});
  queue.staffed = 1;
  const Instant back = monday + days{182'500};  // five hundred years
  const std::clock_t begun = std::clock();
  accrue(queue, monday + 1h);
  accrue_outage(queue, monday + 1h, back);
  const auto took = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  EXPECT_LT(took, 0.1) << "17.5 million quarters are not stepped through";
  EXPECT_EQ(queue.totals.staffed, Millis{1h});
  EXPECT_EQ(queue.totals.unstaffed, Millis{back - monday} - 1h);
  EXPECT_EQ(totals_since(queue, back - days{28}, back + 1h)->unstaffed, Millis{days{28}});
  EXPECT_EQ(totals_since(queue, back - days{28}, back + 1h)->staffed, Millis{1h});
  EXPECT_EQ(totals_since(queue, monday, back), std::nullopt);
}

TEST(StaffingMarksTest, OverSummerTimeTheSumIsThatOfTheHours) {
  // The last Sunday of October has 25 hours in Helsinki.
  Schedule schedule{.timezone = "Europe/Helsinki", .weekly = {}, .exceptions = {}};
  for (auto& day : schedule.weekly) day = {{.open_minute = 150, .close_minute = 1320}};  // 02:30 to 22:00
  const Instant begin = std::chrono::sys_days{std::chrono::year{2026} / 10 / 20};
  const auto open = calendar::compile(schedule, begin, begin + days{20});
  ASSERT_TRUE(open);
  Queue queue = a_queue(*open, begin);
  for (Instant now = begin; now < begin + days{14}; now += 37min) accrue(queue, now);
  const Instant now = begin + days{14};
  for (int quarter = 0; quarter < 14 * 96; ++quarter) {
    const Instant from = begin + quarter_hour * quarter;
    ASSERT_EQ(totals_since(queue, from, now)->open, queue.hours.elapsed(from, now)) << quarter;
  }
  const Instant sunday = std::chrono::sys_days{std::chrono::year{2026} / 10 / 24} + 21h;  // 00:00 in Helsinki
  const Millis of_saturday = totals_since(queue, sunday - 24h, now)->open - totals_since(queue, sunday, now)->open;
  EXPECT_EQ(of_saturday, Millis{19h + 30min});
  EXPECT_EQ(totals_since(queue, sunday, now)->open - totals_since(queue, sunday + 25h, now)->open, Millis{20h + 30min});
}

std::string packed(const StaffingMarks& marks) {
  ByteWriter out;
  marks.pack(out);
  return out.take();
}

std::optional<StaffingMarks> unpacked(std::string_view bytes) {
  ByteReader in(bytes);
  StaffingMarks marks;
  marks.unpack(in);
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return marks;
}

TEST(StaffingMarksTest, TheUsualQuarterIsOneByte) {
  Queue queue = a_queue({{.open = monday, .close = monday + days{400}}});
  queue.staffed = 1;
  queue.free.insert(FreeAgent{});
  accrue(queue, monday + days{35});
  const std::string bytes = packed(queue.marks);
  EXPECT_LE(bytes.size(), 28u * 96 + 4 + 20);
  const auto again = unpacked(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->list(), queue.marks.list());
  queue.staffed = 0;
  for (Instant now = monday + days{35}; now < monday + days{66}; now += 17min) {
    accrue(queue, now);
    queue.staffed = queue.staffed == 0 ? 1 : 0;
  }
  ASSERT_TRUE(unpacked(packed(queue.marks)));
  EXPECT_EQ(unpacked(packed(queue.marks))->list(), queue.marks.list());
  EXPECT_LE(packed(queue.marks).size(), 28u * 96 * 13) << "the worst day takes no more than this";
}

TEST(StaffingMarksTest, BytesThatNoMarksWriteAreRefused) {
  Queue queue = a_queue({{.open = monday, .close = monday + days{1}}});
  accrue(queue, monday + 1h);
  const std::string good = packed(queue.marks);
  ASSERT_TRUE(unpacked(good));
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(unpacked(good.substr(0, size))) << size;
  const auto with = [](std::initializer_list<int> rest) {
    std::string bytes{"\x02\x03\x02\x00", 4};  // two marks; the first: a step of 1, and open grew by nothing
    for (const int byte : rest) bytes.push_back(static_cast<char>(byte));
    return bytes;
  };
  ASSERT_TRUE(unpacked(with({0})));
  ASSERT_TRUE(unpacked(with({1, 4})));
  EXPECT_FALSE(unpacked(with({64}))) << "an unknown flag";
  EXPECT_FALSE(unpacked(with({1, 2}))) << "a step of one quarter is not spelled out";
  EXPECT_FALSE(unpacked(with({1, 0}))) << "no step";
  EXPECT_FALSE(unpacked(with({1, 1}))) << "back in time";
  EXPECT_FALSE(unpacked(with({2, 0}))) << "nothing new";
  EXPECT_FALSE(unpacked(with({4, 0}))) << "a zero is not spelled out";
  EXPECT_FALSE(unpacked(with({6, 1, 2}))) << "more understaffed than open";
  EXPECT_FALSE(unpacked(with({2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}))) << "more than time has";
  EXPECT_FALSE(unpacked(std::string{"\x01\x02\x00", 3})) << "the first has a step";
}

TEST(StaffingMarksTest, AMarkAboveTheTotalsBreaksARule) {
  Desk desk;
  desk.tick(1h);
  desk.hours(1h, {{.open = desk.start + 1h, .close = desk.start + 2h}});
  State state = *state_from_bytes(state_bytes(desk.core.state()));
  ASSERT_TRUE(broken_invariants(state, true).empty());
  Queue& queue = state.queues.at(Desk::queue);
  ASSERT_EQ(queue.marks.list().size(), 5u);
  const StaffingTotals sound = queue.totals;
  queue.totals.unstaffed -= 1ms;
  EXPECT_FALSE(broken_invariants(state, true).empty());
  queue.totals = sound;
  queue.marks.put({.until = quarter_of(sound.until) + quarter_hour, .open = sound.open + 1ms});
  const auto broken = broken_invariants(state, true);
  ASSERT_FALSE(broken.empty());
  EXPECT_NE(broken.front().find("13: "), std::string::npos);
}

}  // namespace
}  // namespace heti::tests
