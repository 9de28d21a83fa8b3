// The list of promises: which are on it, since when, and by what each was decided.
#include "service/explain_promises.hpp"

#include <boost/json.hpp>

#include "tests/unit/explain_desk.hpp"

namespace heti::explaining::test {
namespace {

using std::chrono::days;

constexpr Instant at(std::chrono::year_month_day date, Millis time) { return std::chrono::sys_days(date) + time; }
constexpr std::chrono::year_month_day june(unsigned day) {
  return std::chrono::year{2026} / std::chrono::June / std::chrono::day{day};
}

PromiseList list_of(const journal::Journal& journal, Instant now, const PromisesAsked& asked) {
  auto list = list_promises(asked, nullptr, view_of(journal), now);
  EXPECT_TRUE(list.has_value()) << list.error();
  return list ? std::move(*list) : PromiseList{};
}

std::vector<std::string> events_of(const JudgedPromise& promise) {
  std::vector<std::string> found;
  for (const Line& line : promise.events) found.emplace_back(line.name);
  return found;
}

TEST(ExplainSinceTest, TodayBeginsAtMidnightOnTheQueuesOwnWall) {
  const Instant noon = at(june(1), 12h);
  EXPECT_EQ(begin_of({}, "UTC", noon), at(june(1), 0h));
  EXPECT_EQ(begin_of({}, "Europe/Helsinki", noon), at(june(1), -3h));
  EXPECT_EQ(begin_of({}, "Pacific/Auckland", noon), at(june(1), 12h)) << "June 2 begins there";
  EXPECT_EQ(begin_of({}, "Pacific/Auckland", noon - Millis{1}), at(june(1), -12h));
  EXPECT_EQ(begin_of({}, "America/New_York", noon), at(june(1), 4h));
  EXPECT_EQ(begin_of({}, "America/New_York", at(june(1), 4h) - Millis{1}), at(june(1), -20h));
  EXPECT_EQ(begin_of({}, "Nowhere/AtAll", noon), at(june(1), 0h));
  const auto year = std::chrono::year{2026};
  // Midnight is left out, and comes twice.
  EXPECT_EQ(begin_of({.date = year / 4 / 24}, "Africa/Cairo", noon), at(year / 4 / 23, 22h));
  EXPECT_EQ(begin_of({.date = year / 10 / 25}, "Atlantic/Azores", noon), at(year / 10 / 25, 0h));
  // Left out from half an hour before it to half an hour after: the day begins where the clock has jumped to.
  EXPECT_EQ(begin_of({.date = std::chrono::year{1919} / 3 / 31}, "America/Toronto", noon),
            at(std::chrono::year{1919} / 3 / 31, 4h + 30min));
  // A day of 25 hours, asked at its end.
  EXPECT_EQ(begin_of({}, "Europe/Helsinki", at(year / 10 / 25, 21h + 59min)), at(year / 10 / 24, 21h));
  EXPECT_EQ(begin_of({.back = 8h}, "America/New_York", noon), at(june(1), 4h));
  for (const char* zone : {"UTC", "Pacific/Kiritimati", "Pacific/Niue", "Africa/Cairo", "Asia/Kolkata"}) {
    for (const Since& since : {Since{}, Since{.date = june(1)}, Since{.back = 30h}}) {
      for (Millis t{0}; t < 49h; t += 37min) {
        ASSERT_LE(earliest(since, noon + t), begin_of(since, zone, noon + t)) << zone;
      }
    }
  }
}

TEST(ExplainSinceTest, ABeginningIsADateOrHoursBack) {
  EXPECT_EQ(parse_since("2026-06-01")->date, june(1));
  EXPECT_EQ(parse_since("8h")->back, Millis{8h});
  EXPECT_EQ(parse_since("9600h")->back, Millis{9600h});
  for (const char* bad :
       {"", "h", "0h", "-1h", "8", "8.5h", "9601h", "2026-02-30", "2026-6-1", "01.06.2026", "2026-06-01T"}) {
    const auto refused = parse_since(bad);
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_NE(refused.error().find("give a date such as 2026-06-01, or hours back such as 8h"), std::string::npos);
  }
}

TEST(ExplainPromisesTest, EachBrokenPromiseIsToldWithWhatDecidedIt) {
  Desk desk(in_helsinki);
  desk.ready("aino", 0s);
  desk.says(1, 1s);  // kept, then a late reply
  desk.accepts("aino", 1, 3s);
  desk.answers("aino", 1, 9s);
  desk.says(1, 20s);
  desk.answers("aino", 1, 160s);
  desk.closes("aino", 1, 170s);
  desk.sets("aino", AgentStatus::away, 200s);
  desk.says(2, 300s);  // nobody is there
  desk.tick(400s);
  desk.sets("aino", AgentStatus::online, 500s);
  desk.accepts("aino", 2, 501s);
  desk.answers("aino", 2, 502s);
  desk.says(3, 600s);  // closed by the agent without a word
  desk.accepts("aino", 3, 601s);
  desk.closes("aino", 3, 602s);
  desk.core.expect_replay_gives_the_same_bytes();
  const PromiseList list =
      list_of(desk.core.journal(), desk.start + 700s, {.verdict = Verdict::bad, .sla = {}, .queue = {}, .since = {}});
  ASSERT_EQ(list.promises.size(), 3u);
  EXPECT_EQ(list.disagreements, std::vector<std::string>{});

  const JudgedPromise& reply = list.promises[0];
  EXPECT_EQ(to_string(reply.conversation), id_of(1));
  EXPECT_EQ(reply.sla, Sla::reply);
  EXPECT_EQ(reply.target, Millis{120s});
  EXPECT_EQ(reply.started, desk.start + 20s);
  EXPECT_EQ(reply.decided, desk.start + 140s + Millis{1});
  EXPECT_EQ(reply.elapsed, 120s + Millis{1});
  EXPECT_EQ(reply.why, "nobody had answered when it was due");
  EXPECT_EQ(events_of(reply), (std::vector<std::string>{"message.posted", "verdict.given"}));
  EXPECT_EQ(reply.events[reply.verdict].name, "verdict.given");

  const JudgedPromise& first = list.promises[1];
  EXPECT_EQ(to_string(first.conversation), id_of(2));
  EXPECT_EQ(first.sla, Sla::first_response);
  EXPECT_EQ(first.decided, desk.start + 360s + Millis{1});
  EXPECT_EQ(events_of(first), (std::vector<std::string>{"contact.queued", "verdict.given"}));

  const JudgedPromise& closed = list.promises[2];
  EXPECT_EQ(to_string(closed.conversation), id_of(3));
  EXPECT_EQ(closed.decided, desk.start + 602s);
  EXPECT_EQ(closed.elapsed, Millis{2s});
  EXPECT_NE(closed.why.find("the contact ended: "), std::string::npos) << closed.why;
  EXPECT_EQ(closed.events.back().name, "contact.ended") << "the end decided it, and stands behind its verdict";
  EXPECT_EQ(closed.events.front().name, "contact.queued");

  ASSERT_EQ(list.counts.size(), 1u);
  EXPECT_EQ(list.counts[0].first_response, 2u);
  EXPECT_EQ(list.counts[0].reply, 1u);
  EXPECT_EQ(list.counts[0].since, at(june(1), -3h));

  const std::string text = to_text(list);
  for (const std::string& told :
       {"conversation " + id_of(2) + ", contact 2\n  promise   first response within 1 min 00.000 s, queue support\n",
        std::string("  started   2026-06-01 09:05:00.000 +03:00  contact.queued ("),
        std::string("  broke     2026-06-01 09:06:00.001 +03:00  at 1 min 00.001 s ("),
        std::string("): nobody had answered when it was due\n"),
        std::string("queue    first response    reply  since\n"
                    "support               2        1  2026-06-01 00:00:00.000 +03:00\n3 bad, as of ")}) {
    EXPECT_NE(text.find(told), std::string::npos) << told << "\nis not in\n" << text;
  }

  const auto count = [&](Verdict verdict, std::optional<Sla> sla) {
    return list_of(desk.core.journal(), desk.start + 700s, {.verdict = verdict, .sla = sla, .queue = {}, .since = {}})
        .promises.size();
  };
  EXPECT_EQ(count(Verdict::bad, Sla::reply), 1u);
  EXPECT_EQ(count(Verdict::bad, Sla::first_response), 2u);
  EXPECT_EQ(count(Verdict::good, std::nullopt), 1u);
  EXPECT_EQ(count(Verdict::excluded, std::nullopt), 0u);
}

TEST(ExplainPromisesTest, TheTimeThatTheQueueWasClosedIsAPause) {
  Desk desk([](Settings& all) {
    in_helsinki(all);
    all.queues[0].after_hours = AfterHours::queue;
    all.queues[0].visitor_grace = 48h;
  });
  desk.hours(1s,
             {{.open = desk.start, .close = desk.start + 1h}, {.open = desk.start + 24h, .close = desk.start + 32h}});
  desk.says(1, 1h - 20s);
  desk.tick(33h);
  const PromiseList list =
      list_of(desk.core.journal(), desk.start + 33h, {.verdict = Verdict::bad, .sla = {}, .queue = {}, .since = {}});
  ASSERT_EQ(list.promises.size(), 1u) << "it was broken today, though it was given yesterday";
  const JudgedPromise& promise = list.promises[0];
  EXPECT_EQ(promise.decided, desk.start + 24h + 40s + Millis{1});
  ASSERT_EQ(promise.pauses.size(), 1u) << "the clock runs on to the next night, but that is not in it";
  EXPECT_EQ(promise.pauses[0].why, Pause::Why::closed);
  EXPECT_EQ(promise.pauses[0].from, desk.start + 1h);
  EXPECT_EQ(promise.pauses[0].to, desk.start + 24h);
  EXPECT_EQ(events_of(promise), (std::vector<std::string>{"contact.queued", "queue.closed", "queue.closing_ended",
                                                          "queue.opened", "verdict.given"}));
  ASSERT_TRUE(promise.pauses[0].began && promise.pauses[0].ended);
  EXPECT_EQ(promise.events[*promise.pauses[0].began].name, "queue.closed");
  EXPECT_EQ(promise.events[*promise.pauses[0].ended].name, "queue.opened");
  EXPECT_NE(to_text(list).find("  paused    2026-06-01 10:00:00.000 +03:00  until 2026-06-02 09:00:00.000 +03:00, "),
            std::string::npos)
      << to_text(list);
}

// Two queues on two walls: what was broken at the same moment is today's in one and yesterday's in the other.
TEST(ExplainPromisesTest, TodayIsEachQueuesOwn) {
  BusyDesk desk;
  desk.settings.queues[0].schedule.timezone = "Europe/Helsinki";
  desk.settings.queues[1].schedule.timezone = "America/New_York";
  desk.settings.queues.push_back({.name = "heti-probe", .display_name = "Probe"});
  desk.applies(1s);
  desk.core.get<Done>(desk.start + 1s, cmd::SetCalendar{.queue = QueueId{3},
                                                        .effective_from = desk.start + 1s,
                                                        .open = {{.open = desk.start, .close = desk.start + days{9}}},
                                                        .tzdata_version = "test"});
  const auto asks = [&](std::uint64_t v, Millis t, QueueId queue) {
    desk.starts(v, t, queue, {});
    desk.posts(v, t, "s", 1, "hello");
  };
  asks(1, 1h, BusyDesk::queue);
  asks(2, 1h, BusyDesk::sales);
  asks(3, 1h, QueueId{3});
  desk.tick(2h);
  asks(4, 15h + 30min, BusyDesk::queue);  // 00:30 in Helsinki
  desk.tick(16h);
  const Instant now = desk.start + 16h;  // 01:00 in Helsinki, 18:00 in New York
  const auto told = [&](const PromisesAsked& asked) {
    std::vector<std::string> found;
    for (const JudgedPromise& promise : list_of(desk.core.journal(), now, asked).promises) {
      found.push_back(promise.queue + " " + to_string(promise.conversation));
    }
    return found;
  };
  using Told = std::vector<std::string>;
  EXPECT_EQ(told({.verdict = Verdict::bad}), (Told{"sales " + id_of(2), "support " + id_of(4)}));
  EXPECT_EQ(told({.verdict = Verdict::bad, .sla = {}, .queue = "sales"}), Told{"sales " + id_of(2)});
  EXPECT_EQ(told({.verdict = Verdict::bad, .sla = {}, .queue = {}, .since = {.date = june(1)}}),
            (Told{"sales " + id_of(2), "support " + id_of(1), "support " + id_of(4)}));
  EXPECT_EQ(told({.verdict = Verdict::bad, .sla = {}, .queue = {}, .since = {.back = 2h}}),
            Told{"support " + id_of(4)});
  // At the very instant it still counts.
  const Instant broken = desk.start + 15h + 31min + Millis{1};
  const auto exactly = [&](Instant asked_at) {
    return list_of(desk.core.journal(), asked_at,
                   {.verdict = Verdict::bad, .sla = {}, .queue = "support", .since = {.back = 2h}})
        .promises.size();
  };
  EXPECT_EQ(exactly(broken + 2h), 1u);
  EXPECT_EQ(exactly(broken + 2h + Millis{1}), 0u);

  const PromiseList all = list_of(desk.core.journal(), now, {.verdict = Verdict::good});
  ASSERT_EQ(all.counts.size(), 2u) << "queues of the service's own are on no list";
  EXPECT_EQ(all.counts[0].queue, "sales");
  EXPECT_EQ(all.counts[0].since, at(june(1), 4h));
  EXPECT_EQ(all.counts[1].since, at(june(1), 21h));
  const auto unknown =
      list_promises({.verdict = Verdict::bad, .sla = {}, .queue = "shop"}, nullptr, view_of(desk.core.journal()), now);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error(), "there is no queue \"shop\"; there are: support, sales");
}

TEST(ExplainPromisesTest, JsonSaysTheSame) {
  Desk desk(in_helsinki);
  desk.says(1, 1s, "a secret");
  desk.tick(100s);
  const PromiseList list = list_of(desk.core.journal(), desk.start + 200s, {.verdict = Verdict::bad});
  const std::string text = to_json(list);
  EXPECT_EQ(text.find("secret"), std::string::npos);
  const auto parsed = boost::json::parse(text).as_object();
  EXPECT_EQ(parsed.at("verdict").as_string(), "bad");
  EXPECT_EQ(parsed.at("total").to_number<int>(), 1);
  const auto& promise = parsed.at("promises").as_array().at(0).as_object();
  EXPECT_EQ(promise.at("conversation").as_string(), id_of(1));
  EXPECT_EQ(promise.at("queue").as_string(), "support");
  EXPECT_EQ(promise.at("sla").as_string(), "first_response");
  EXPECT_EQ(promise.at("target_ms").to_number<int>(), 60'000);
  EXPECT_EQ(promise.at("elapsed_ms").to_number<int>(), 60'001);
  EXPECT_EQ(promise.at("started").as_string(), "2026-06-01T06:00:01.000Z");
  EXPECT_EQ(promise.at("decided").as_string(), "2026-06-01T06:01:01.001Z");
  const auto& events = promise.at("events").as_array();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].at("event").as_string(), "verdict.given");
  EXPECT_EQ(events[1].at("position"), promise.at("decided_by").at("position"));
  EXPECT_EQ(events[1].at("since_ms").to_number<int>(), 60'001);
  EXPECT_EQ(parsed.at("counts").as_array().at(0).at("first_response").to_number<int>(), 1);
}

}  // namespace
}  // namespace heti::explaining::test
