// What is expected of a queue, against figures worked out by hand (domain page, section 3, and its vectors).
#include <cmath>

#include "service/calendar/zones.hpp"
#include "service/monitor/catalogue.hpp"
#include "service/monitor/forecast.hpp"
#include "service/monitor/gauges.hpp"
#include "service/wall.hpp"
#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

using archive::Sample;
using archive::SampleKind;
using monitor::Forecast;
using monitor::History;

const monitor::LocalMidnight by_utc;

Sample sample_of(SampleKind kind, Instant at) {
  Sample sample;
  sample.at = at;
  sample.queue = Desk::queue;
  sample.kind = kind;
  return sample;
}

void add_handles(History& history, Instant at, int count, Millis each) {
  Sample sample = sample_of(SampleKind::handle, at);
  sample.value = each;
  for (int i = 0; i < count; ++i) history.take(sample);
}

void add_contacts(History& history, Instant at, int count) {
  for (int i = 0; i < count; ++i) history.take(sample_of(SampleKind::contact, at));
}

// The core at work, and all of it in a history besides what the test has put there.
class Shop : public Desk {
 public:
  using Desk::Desk;

  void lives(const std::vector<Event>& events) {
    std::map<std::uint64_t, archive::SampledTalk> talks;
    for (const Event& event : events) {
      const auto* started = std::get_if<event::ConversationStarted>(&event.body);
      const auto* queued = std::get_if<event::ContactQueued>(&event.body);
      if (started == nullptr && queued == nullptr) continue;
      auto& talk = talks[(started ? started->conversation : queued->conversation).value()];
      const auto samples = archive::take_samples(talk, event);
      for (std::size_t i = 0; i < samples.count; ++i) history.take(samples.samples[i]);
    }
  }
  const Queue& support() const { return core.state().queues.at(queue); }
  Forecast forecast(Millis t) const { return {core.state(), history, start + t, by_utc}; }

  // Agents `names` come and are given all the chats that they can hold, each accepted at once.
  void fills(const std::vector<std::string>& names, Millis t) {
    for (const std::string& name : names) ready(name, t);
    for (const std::string& name : names) {
      while (agent_state(name).has_free_slot()) {
        const std::uint64_t visitor = ++filler_;
        says(visitor, t);
        accepts(offered_to(visitor), visitor, t);
      }
    }
  }

  History history;

 private:
  std::uint64_t filler_ = 500;
};

// ---- br-036

// Each credit puts its visitor before those who have waited longer.
void add_priorities(Settings& settings) {
  settings.queues[0].first_response.threshold = 120s;
  settings.priorities = {{.name = "p3", .credit = 20s}, {.name = "p2", .credit = 45s}, {.name = "p1", .credit = 70s}};
  for (const char* name : {"p1", "p2", "p3"}) {
    settings.queues[0].pages.push_back({.prefix = std::string("https://shop/") + name, .priority = name, .skills = {}});
  }
}

void arrives(Shop& shop, std::uint64_t v, Millis t, const std::string& page) {
  VisitorFacts facts;
  facts.page_url = "https://shop/" + page;
  shop.core.get<ConversationView>(shop.start + t, cmd::Start{.visitor = public_id(v),
                                                             .conversation = public_id(1000 + v),
                                                             .queue = Shop::queue,
                                                             .connection = ConnectionId{1, 1, 90'000 + v},
                                                             .facts = facts,
                                                             .bot_first = false});
  shop.says(v, t);
}

// Six slots of 600 s, all busy; four wait, with 50, 30, 10 and -5 s of slack after 20 s of typing.
Shop four_waiters(Millis typed = 20s) {
  Shop shop(add_priorities);
  shop.fills({"aino", "eero", "ville"}, 100s);
  const Millis now = 1000s;
  arrives(shop, 4, now - 105s - (20s - typed), "p0");
  arrives(shop, 3, now - 90s - (20s - typed), "p3");
  arrives(shop, 2, now - 70s - (20s - typed), "p2");
  arrives(shop, 1, now - 50s - (20s - typed), "p1");
  return shop;
}

TEST(MonitorForecastTest, TheRisksOfThoseWhoWaitAddUp) {
  Shop shop = four_waiters();
  add_handles(shop.history, shop.start, 50, 600s);
  EXPECT_NEAR(shop.forecast(1000s).predicted_breaches(shop.support()), 3.56943969353, 1e-9);
}

TEST(MonitorForecastTest, EachRiskIsThatOfItsPlaceInTheLine) {
  Shop shop = four_waiters();
  add_handles(shop.history, shop.start, 50, 600s);
  const double risks[] = {0.606530659713, 0.963063686886, 0.99984534693, 1.0};
  double left = 3.56943969353;
  // Whoever is away within the grace is held, and keeps the place: the others' risks stay.
  for (std::uint64_t v = 1; v <= 3; ++v) {
    shop.core.get<Done>(shop.start + 1000s,
                        cmd::VisitorGone{.visitor = public_id(v), .connection = ConnectionId{1, 1, 90'000 + v}});
    left -= risks[v - 1];
    EXPECT_NEAR(shop.forecast(1000s).predicted_breaches(shop.support()), left, 1e-9) << v << " is away";
  }
}

TEST(MonitorForecastTest, TheTypingTimeIsMeasuredWhereItCan) {
  Shop shop = four_waiters(40s);
  add_handles(shop.history, shop.start, 50, 600s);
  for (std::uint64_t id = 1; id <= 20; ++id) {
    Sample wait = sample_of(SampleKind::wait, shop.start);
    wait.conversation = ConversationId{10'000 + id};
    wait.answered = true;
    wait.value = 5s;
    shop.history.take(wait);
    Sample verdict = sample_of(SampleKind::verdict, shop.start);
    verdict.conversation = wait.conversation;
    verdict.value = 45s;
    shop.history.take(verdict);
  }
  EXPECT_NEAR(shop.forecast(1000s).predicted_breaches(shop.support()), 3.56943969353, 1e-9);
}

TEST(MonitorForecastTest, WithoutHandleTimesOnlyWhatIsLateAlreadyIsPredicted) {
  Shop shop = four_waiters();
  EXPECT_EQ(shop.forecast(1000s).predicted_breaches(shop.support()), 1);
}

TEST(MonitorForecastTest, WithNobodyThereEverybodyIsPredicted) {
  Shop shop;
  EXPECT_EQ(shop.forecast(1s).predicted_breaches(shop.support()), 0) << "nobody waits";
  shop.says(1, 1s);
  shop.says(2, 2s);
  EXPECT_EQ(shop.forecast(3s).predicted_breaches(shop.support()), 2);
}

TEST(MonitorForecastTest, WhoeverIsOfferedHasASlotAndTheOthersAreRankedBehindEachOther) {
  Shop shop;
  add_handles(shop.history, shop.start, 50, 600s);
  shop.ready("aino", 0s);
  shop.says(1, 0s);
  shop.says(2, 0s);
  EXPECT_EQ(shop.forecast(1s).predicted_breaches(shop.support()), 0) << "both are offered";
  shop.says(3, 1s);
  // First for the slots of two that take 600 s: P(Poisson(40 * 2 / 600) = 0).
  EXPECT_NEAR(shop.forecast(1s).predicted_breaches(shop.support()), 0.875173319042947, 1e-12);
}

TEST(MonitorForecastTest, TheAgesOfThePresentChatsCountOnceTheHandleTimesAreManyEnough) {
  Shop shop([](Settings& settings) { settings.agents.resize(1); });
  add_handles(shop.history, shop.start, 50, 100s);
  add_handles(shop.history, shop.start, 50, 200s);
  shop.fills({"aino"}, 0s);
  // Both chats are 110 s old, so each ends at 200 s: certainly not within the 40 s of slack, but within 140 s.
  shop.says(1, 110s);
  EXPECT_NEAR(shop.forecast(110s).predicted_breaches(shop.support()), 1, 1e-12);
  shop.settings.queues[0].first_response.threshold = 120s;
  shop.core.get<Done>(shop.start + 111s, cmd::ApplySettings{.settings = shop.settings, .replaces_version = 1});
  shop.says(2, 115s);
  // Two will have ended: P(Poisson(2) <= 1) for the second in line, who has 100 s.
  EXPECT_NEAR(shop.forecast(115s).predicted_breaches(shop.support()), 1 + 3 * std::exp(-2.0), 1e-12);
}

// ---- eta-031, 032, 034, 035

TEST(MonitorForecastTest, TheWaitOfOneWhoComesNow) {
  Shop shop;
  add_handles(shop.history, shop.start, 20, 600s);
  const auto wait = [&](Millis t) { return shop.forecast(t).estimated_wait_seconds(shop.support()); };
  EXPECT_EQ(wait(1s), std::nullopt) << "nobody is there";
  shop.fills({"aino", "eero"}, 2s);
  shop.ready("ville", 3s);
  EXPECT_EQ(wait(4s), 0) << "two slots are free";
  shop.fills({"ville"}, 5s);
  EXPECT_NEAR(wait(6s).value(), 100, 1e-9);
  shop.says(1, 7s);
  shop.says(2, 7s);
  EXPECT_NEAR(wait(8s).value(), 300, 1e-6) << "third in line";

  Sample left = sample_of(SampleKind::wait, shop.start);
  left.value = 180s;
  for (int i = 0; i < 200; ++i) shop.history.take(left);
  EXPECT_NEAR(wait(8s).value(), 211.654135338, 1e-6) << "with a patience of 180 s ahead";
}

TEST(MonitorForecastTest, TheWaitAtADeskOfOne) {
  Shop shop([](Settings& settings) {
    settings.agents.resize(1);
    settings.agents[0].capacity = 1;
  });
  add_handles(shop.history, shop.start, 20, 600s);
  shop.fills({"aino"}, 0s);
  EXPECT_NEAR(shop.forecast(1s).estimated_wait_seconds(shop.support()).value(), 600, 1e-6);
}

// ---- ew-037, ew-038

TEST(MonitorForecastTest, TheRateOfThePresentOpening) {
  Shop shop;
  std::uint64_t visitor = 0;
  for (const int second : {0, 120, 200, 420, 600, 660, 700, 840}) shop.says(++visitor, std::chrono::seconds(second));
  shop.lives(shop.core.events());
  EXPECT_EQ(shop.forecast(0s).arrivals_per_second(shop.support()), std::nullopt) << "nothing has been seen yet";
  EXPECT_NEAR(shop.forecast(900s).arrivals_per_second(shop.support()).value(), 0.0088819307146, 1e-12);
}

TEST(MonitorForecastTest, OneArrivalRightAfterTheOpeningAndTheEveningBeforeIsForgotten) {
  Shop shop;
  shop.hours(
      1s, {{.open = shop.start + 1h, .close = shop.start + 9h}, {.open = shop.start + 24h, .close = shop.start + 33h}});
  shop.core.tick(shop.start + 24h);
  add_contacts(shop.history, shop.start + 9h - 1s, 40);
  shop.says(1, 24h + 30s);
  shop.lives(shop.core.events());
  EXPECT_NEAR(shop.forecast(24h + 60s).arrivals_per_second(shop.support()).value(), 0.016663580647, 1e-12);
  EXPECT_EQ(shop.forecast(20h).arrivals_per_second(shop.support()), std::nullopt) << "closed";
}

// ---- The four weeks before

// Open from 8 to 16 on each of 40 days; three agents for three chats each.
Shop month_of_days(std::uint32_t min_agents = 1) {
  Shop shop([&](Settings& settings) {
    settings.queues[0].min_agents = min_agents;
    settings.queues[0].first_response.threshold = 80s;
    for (auto& agent : settings.agents) agent.capacity = 3;
  });
  std::vector<Interval> open;
  for (int day = 0; day < 40; ++day) {
    open.push_back({.open = shop.start + 2h + day * 24h, .close = shop.start + 10h + day * 24h});
  }
  shop.hours(1s, open);
  return shop;
}

TEST(MonitorForecastTest, AtTheOpeningTheUsualRateStandsAlone) {
  Shop shop = month_of_days();
  const Millis opening = 28 * 24h + 2h;
  for (int weeks = 1; weeks <= 4; ++weeks) {
    add_contacts(shop.history, shop.start + opening - weeks * 7 * 24h + 3min, weeks * 6);  // 15 in the mean
    add_contacts(shop.history, shop.start + opening - weeks * 7 * 24h + 15min, 30);        // the next quarter
    add_contacts(shop.history, shop.start + opening - weeks * 7 * 24h + 24h, 99);          // another day
  }
  add_handles(shop.history, shop.start + opening - 24h, 20, 720s);
  shop.tick(opening);
  const Forecast forecast = shop.forecast(opening);
  EXPECT_NEAR(forecast.arrivals_per_second(shop.support()).value(), 60 / 3600.0, 1e-12);
  EXPECT_NEAR(forecast.mean_handle_seconds(shop.support()).value(), 720, 1e-12);
  // rq-017: 60 an hour, 720 s each, 80 % in 60 s (20 s of the 80 s are typing): 16 slots, 6 agents.
  EXPECT_EQ(forecast.agents_required(shop.support()), 6);
  // 15 and 30 in the next two quarters, then nobody: 45 an hour are 9 erlang and need 13 slots.
  const auto hour = forecast.next_hour(shop.support());
  ASSERT_TRUE(hour.has_value());
  EXPECT_NEAR(hour->arrivals, 45, 1e-9);
  EXPECT_EQ(hour->agents_required, 5);
}

TEST(MonitorForecastTest, AFewMinutesLaterThePresentHasItsShare) {
  Shop shop = month_of_days();
  const Millis opening = 28 * 24h + 2h;
  for (int weeks = 1; weeks <= 4; ++weeks) add_contacts(shop.history, shop.start + opening - weeks * 7 * 24h, 15);
  shop.tick(opening);
  // Ten minutes without anybody: (1 - e^(-600/900)) / 2 of the rate is that of the present, which is 0.
  const double share = (1 - std::exp(-600.0 / 900)) / 2;
  EXPECT_NEAR(shop.forecast(opening + 10min).arrivals_per_second(shop.support()).value(), (1 - share) * 60 / 3600.0,
              1e-12);
}

TEST(MonitorForecastTest, OnlyTheOpenPartOfThoseWeeksCounts) {
  Shop shop = month_of_days();
  // Two of the four days were closed then, one opened five minutes late.
  const Millis opening = 28 * 24h + 2h;
  std::vector<Interval> open;
  for (int day = 0; day < 40; ++day) {
    if (day == 7 || day == 14) continue;
    open.push_back(
        {.open = shop.start + 2h + day * 24h + (day == 21 ? 5min : 0min), .close = shop.start + 10h + day * 24h});
  }
  shop.hours(2s, open);
  add_contacts(shop.history, shop.start + opening - 7 * 24h + 6min, 20);
  add_contacts(shop.history, shop.start + opening - 28 * 24h, 5);
  shop.tick(opening);
  EXPECT_NEAR(shop.forecast(opening).arrivals_per_second(shop.support()).value(), 25 / 1500.0, 1e-12);
}

TEST(MonitorForecastTest, TheSameQuarterIsThatOfTheQueuesOwnClock) {
  Shop shop([](Settings& settings) { settings.queues[0].schedule.timezone = "Europe/Helsinki"; });
  const monitor::LocalMidnight midnight = calendar::local_midnight;
  // 9 o'clock in Helsinki, a week after the end of summer time (25 October 2026), and four times before.
  const Instant now = instant_from_ms(1'793'602'800'000);  // 2026-11-02T07:00:00Z
  shop.core.tick(now);
  for (const int days : {21, 14, 7}) add_contacts(shop.history, now - days * 24h - (days > 7 ? 1h : 0h), 10);
  add_contacts(shop.history, now - 28 * 24h - 1h, 10);
  const Forecast forecast(shop.core.state(), shop.history, now, midnight);
  // Always open, nobody now: half the rate is the present's.
  EXPECT_NEAR(forecast.arrivals_per_second(shop.support()).value(), 0.5 * 10 / 900.0, 1e-12);
}

TEST(MonitorForecastTest, TheMinimumIsRequiredWhateverTheModelSays) {
  Shop shop = month_of_days(8);
  const Millis opening = 28 * 24h + 2h;
  add_contacts(shop.history, shop.start + opening - 7 * 24h, 15);
  add_handles(shop.history, shop.start + opening - 24h, 20, 720s);
  shop.tick(opening);
  EXPECT_EQ(shop.forecast(opening).agents_required(shop.support()), 8);
}

// ---- What is not known is absent

TEST(MonitorForecastTest, ADeskWithoutAPastAndAClosedOneSayLittle) {
  Shop shop = month_of_days();
  add_handles(shop.history, shop.start, 19, 60s);
  shop.tick(2h);
  shop.ready("aino", 2h + 1s);
  const Forecast few = shop.forecast(2h + 1min);
  EXPECT_NEAR(few.mean_handle_seconds(shop.support()).value(), 60, 1e-9);
  EXPECT_EQ(few.estimated_wait_seconds(shop.support()), std::nullopt);
  EXPECT_EQ(few.agents_required(shop.support()), std::nullopt);
  EXPECT_FALSE(few.next_hour(shop.support()).has_value());
  EXPECT_EQ(few.arrivals_per_second(shop.support()), 0);

  add_handles(shop.history, shop.start, 1, 60s);
  const Forecast enough = shop.forecast(2h + 1min);
  EXPECT_EQ(enough.estimated_wait_seconds(shop.support()), 0);
  EXPECT_EQ(enough.agents_required(shop.support()), 1);
  EXPECT_TRUE(enough.next_hour(shop.support()).has_value());

  shop.tick(10h);
  const Forecast closed = shop.forecast(12h);
  EXPECT_NEAR(closed.mean_handle_seconds(shop.support()).value(), 60, 1e-9);
  EXPECT_EQ(closed.estimated_wait_seconds(shop.support()), std::nullopt);
  EXPECT_EQ(closed.arrivals_per_second(shop.support()), std::nullopt);
  EXPECT_EQ(closed.agents_required(shop.support()), std::nullopt);
  EXPECT_FALSE(closed.next_hour(shop.support()).has_value());

  History none;
  const Forecast nothing(shop.core.state(), none, shop.start + 12h, by_utc);
  EXPECT_EQ(nothing.mean_handle_seconds(shop.support()), std::nullopt);
}

TEST(MonitorForecastTest, TheBudgetIsOfTwoHundredAtLeast) {
  const Target target{.threshold = 60s, .goal_permille = 800};
  EXPECT_DOUBLE_EQ(monitor::budget_contacts(target, {}), 40);
  EXPECT_DOUBLE_EQ(monitor::budget_contacts(target, {.good = 150, .bad = 50, .excluded = 500}), 40);
  EXPECT_DOUBLE_EQ(monitor::budget_contacts(target, {.good = 250, .bad = 50, .excluded = 0}), 60);
}

// ---- The gauges and the wall

std::map<std::string, std::map<std::string, double>> written(const Shop& shop, const History& history, Millis t) {
  monitor::Sheet sheet;
  const Instant now = shop.start + t;
  const Forecast forecast(shop.core.state(), history, now, by_utc);
  for (const auto& [id, queue] : shop.core.state().queues) {
    monitor::write_forecast(sheet, queue, forecast, history.of(id), now, "default");
  }
  std::map<std::string, std::map<std::string, double>> values;
  for (const auto& family : sheet.take()) {
    for (const auto& metric : family.metric) {
      std::string last;
      for (const auto& one : metric.label) last = one.value;
      values[family.name][last] = metric.gauge.value;
    }
  }
  return values;
}

TEST(MonitorForecastTest, TheGaugesShowTheForecast) {
  Shop shop = four_waiters();
  add_handles(shop.history, shop.start, 50, 600s);
  const auto values = written(shop, shop.history, 1000s);
  EXPECT_NEAR(values.at("heti_queue_predicted_breaches").at("support"), 3.56943969353, 1e-9);
  EXPECT_NEAR(values.at("heti_queue_estimated_wait_seconds").at("support"), 500, 1e-9);
  EXPECT_NEAR(values.at("heti_queue_mean_handle_seconds").at("support"), 600, 1e-9);
  EXPECT_EQ(values.at("heti_queue_arrivals_per_second").at("support"), 0) << "none is in this history";
  EXPECT_EQ(values.at("heti_agents_required").at("model"), 1);
  EXPECT_DOUBLE_EQ(values.at("heti_slo_budget_contacts").at("first_response"), 40);
  EXPECT_DOUBLE_EQ(values.at("heti_slo_budget_contacts").at("reply"), 20);
}

TEST(MonitorForecastTest, TheServicesOwnQueueIsLeftOut) {
  Shop shop([](Settings& settings) {
    settings.queues.push_back({.name = "heti-probe", .display_name = "Probe"});
    settings.agents.push_back(
        {.name = "heti-probe", .display_name = "Probe", .queues = {"heti-probe"}, .capacity = 2, .supervisor = false});
  });
  for (const auto& [name, values] : written(shop, shop.history, 1s)) {
    EXPECT_FALSE(values.contains("heti-probe")) << name;
  }
  const auto wall = wall_of(shop.core.state(), shop.history, shop.start, calendar::local_midnight, 1);
  ASSERT_EQ(wall.queues.size(), 1u);
  EXPECT_EQ(wall.queues[0].name, "support");
}

TEST(MonitorForecastTest, TheWallShowsTheSameFigures) {
  Shop shop = four_waiters();
  add_handles(shop.history, shop.start, 50, 600s);
  Sample verdict = sample_of(SampleKind::verdict, shop.start - 7h);  // the day before, by UTC
  shop.history.take(verdict);
  verdict.at = shop.start + 1s;
  for (const Verdict given : {Verdict::good, Verdict::good, Verdict::good, Verdict::bad, Verdict::excluded}) {
    verdict.verdict = given;
    shop.history.take(verdict);
  }
  const auto wall = wall_of(shop.core.state(), shop.history, shop.start + 1000s, calendar::local_midnight, 60);
  EXPECT_EQ(wall.at, (shop.start + 1000s).time_since_epoch());
  EXPECT_EQ(wall.clock_speed, 60u);
  ASSERT_EQ(wall.queues.size(), 1u);
  const auto& support = wall.queues[0];
  EXPECT_EQ(support.display_name, "Support");
  EXPECT_TRUE(support.open);
  EXPECT_EQ(support.waiting, 4u);
  EXPECT_EQ(support.oldest_wait, 105s);
  EXPECT_EQ(support.oldest_unanswered, 900s) << "those who were accepted are not answered either";
  EXPECT_EQ(support.overdue, 6u);
  EXPECT_EQ(support.target, 120s);
  EXPECT_EQ(support.goal, 0.8);
  EXPECT_NEAR(support.predicted_breaches, 3.56943969353, 1e-9);
  EXPECT_EQ(support.estimated_wait, 500s);
  EXPECT_EQ(support.staffed, 3u);
  EXPECT_EQ(support.free_slots, 0u);
  EXPECT_EQ(support.min_agents, 1u);
  EXPECT_EQ(support.agents_required, 1u);
  EXPECT_EQ(support.good_today, 3u);
  EXPECT_EQ(support.bad_today, 1u);
  EXPECT_EQ(support.service_level_today, 0.75);
  EXPECT_EQ(support.staffed_today, 0.9) << "all but the first 100 of 1000 s";

  const History none;
  const auto fresh = wall_of(shop.core.state(), none, shop.start + 1000s, calendar::local_midnight, 1).queues[0];
  EXPECT_EQ(fresh.service_level_today, std::nullopt);
  EXPECT_EQ(fresh.estimated_wait, std::nullopt);
  EXPECT_EQ(fresh.agents_required, std::nullopt);
  EXPECT_FALSE(fresh.next_hour.has_value());
}

}  // namespace
}  // namespace heti::tests
