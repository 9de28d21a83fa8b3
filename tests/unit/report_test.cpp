// The report, and that it comes to what the list of promises comes to, though the two are read from other things.
#include <boost/json.hpp>

#include "service/explain_promises.hpp"
#include "service/report_counts.hpp"
#include "tests/unit/explain_desk.hpp"

namespace heti::reporting::test {
namespace {

using namespace explaining::test;
using archive::FactsReader;
using explaining::PromiseList;
using explaining::Since;

Report report_of(FactsReader* archive, const journal::Journal& journal, Instant now, const Since& since = {}) {
  auto report = make_report(since, archive, view_of(journal), now);
  EXPECT_TRUE(report.has_value()) << report.error();
  return report ? std::move(*report) : Report{};
}

std::map<std::string, std::uint64_t> ended(const QueueReport& queue) {
  std::map<std::string, std::uint64_t> some;
  for (const auto& [word, count] : queue.ended) {
    if (count > 0) some[word] = count;
  }
  return some;
}

TEST(ReportTest, ItCountsContactsEndsAndVerdicts) {
  BusyDesk desk;
  desk.settings.queues.push_back({.name = "heti-probe", .display_name = "Probe"});
  desk.applies(0s);
  desk.core.get<Done>(desk.start, cmd::SetCalendar{.queue = QueueId{3},
                                                   .effective_from = desk.start,
                                                   .open = {{.open = desk.start, .close = desk.start + 100h}},
                                                   .tzdata_version = "test"});
  desk.ready("aino", 0s);
  desk.serves("aino", 1, 1s);
  desk.serves("aino", 1, 100s);  // opened again
  desk.serves("aino", 2, 200s);
  desk.sets("aino", AgentStatus::away, 300s);
  desk.says(3, 400s);
  desk.tick(500s);
  desk.starts(4, 600s, BusyDesk::sales, {});
  desk.posts(4, 600s, "s", 1, "how much?");
  const auto visitor_closes = [&](std::uint64_t v, Millis t) {
    desk.core.get<Done>(
        desk.start + t,
        cmd::Close{.sender = Sender::of_visitor(public_id(v)), .conversation = public_id(1000 + v), .spam = false});
  };
  visitor_closes(4, 605s);
  desk.starts(5, 610s, QueueId{3}, {});
  desk.posts(5, 610s, "s", 1, "probe");
  visitor_closes(5, 615s);
  const Report report = report_of(nullptr, desk.core.journal(), desk.start + 1h);
  ASSERT_EQ(report.queues.size(), 2u) << "queues of the service's own are in no report";
  const QueueReport& sales = report.queues[0];
  EXPECT_EQ(sales.queue, "sales");
  EXPECT_EQ(sales.contacts, 1u);
  EXPECT_EQ(ended(sales), (std::map<std::string, std::uint64_t>{{"abandoned_short", 1}}));
  EXPECT_EQ(sales.first_response, (Verdicts{.good = 0, .bad = 0, .excluded = 1}));
  EXPECT_EQ(service_level(sales.first_response), std::nullopt) << "no data is not 0 %";
  const QueueReport& support = report.queues[1];
  EXPECT_EQ(support.contacts, 4u);
  EXPECT_EQ(support.reopened, 1u);
  EXPECT_EQ(ended(support), (std::map<std::string, std::uint64_t>{{"answered", 3}}));
  EXPECT_EQ(support.ended.size(), 9u) << "also what did not happen is told";
  EXPECT_EQ(support.first_response, (Verdicts{.good = 3, .bad = 1, .excluded = 0}));
  EXPECT_EQ(service_level(support.first_response), 0.75);
  EXPECT_EQ(support.reply, Verdicts{});

  const std::string text = to_text(report);
  EXPECT_NE(text.find("  contacts        4, 1 of them reopened\n  ended           3 answered\n"
                      "  first response  3 good, 1 bad, 0 excluded: 75.0 %\n"
                      "  reply           0 good, 0 bad, 0 excluded: nothing was judged\n"),
            std::string::npos)
      << text;
  const auto parsed = boost::json::parse(to_json(report)).as_object();
  const auto& json = parsed.at("queues").as_array().at(1).as_object();
  EXPECT_EQ(json.at("first_response").at("bad").to_number<int>(), 1);
  EXPECT_EQ(json.at("first_response").at("service_level").to_number<double>(), 0.75);
  EXPECT_TRUE(json.at("reply").at("service_level").is_null());
  EXPECT_EQ(json.at("ended").at("answered").to_number<int>(), 3);

  // Since an instant in between only what came then.
  const Report late = report_of(nullptr, desk.core.journal(), desk.start + 300s + 1h, Since{.back = 1h});
  EXPECT_EQ(late.queues[1].contacts, 1u);
  EXPECT_EQ(late.queues[1].first_response, (Verdicts{.good = 0, .bad = 1, .excluded = 0}));
}

// Lives at random, in two queues; the report reads the samples of the archive and of the journal's tail, the list each
// conversation's events. A third count is that of the core's verdicts.
TEST(ReportTest, ItAgreesWithTheListWhateverIsInTheArchive) {
  std::uint64_t listed = 0;
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    BusyDesk desk;
    desk.settings.queues[0].after_hours = AfterHours::queue;
    desk.settings.queues[0].reopen_window = 1h;
    desk.applies(0s);
    desk.starts(50, 1s, BusyDesk::sales, {});
    desk.posts(50, 1s, "s", 1, "how much?");
    live_at_random(desk, seed, 250);
    const Instant now = desk.core.state().now + 1h;
    const Instant half = desk.start + (now - desk.start) / 2;
    const journal::Journal& journal = desk.core.journal();
    const std::uint64_t tail = journal.tail().position.value();
    for (const std::uint64_t archived : {std::uint64_t{0}, tail / 3, tail}) {
      const TempDirectory directory;
      std::optional<FactsReader> facts;
      if (archived > 0) {
        Window window(desk.core.journal(), archived);
        const auto archive = archive::test::open_or_fail(directory.path(), window);
        ASSERT_TRUE(archive::test::ask_closed(*archive, {}).has_value());
        auto opened = FactsReader::open(directory.path(), "default", journal.history());
        ASSERT_TRUE(opened.has_value() && opened->has_value());
        facts = std::move(*opened);
      }
      FactsReader* reader = facts ? &*facts : nullptr;
      for (const Instant from : {desk.start, half}) {
        const Since since{.date = {}, .back = now - from};
        const Report report = report_of(reader, journal, now, since);
        std::map<std::tuple<Sla, Verdict>, std::uint64_t> given;
        for (const Event& event : desk.core.events()) {
          const auto* verdict = std::get_if<event::VerdictGiven>(&event.body);
          if (verdict != nullptr && event.at >= from) ++given[{verdict->sla, verdict->verdict}];
        }
        for (const Verdict verdict : {Verdict::good, Verdict::bad, Verdict::excluded}) {
          const auto list = explaining::list_promises({.verdict = verdict, .sla = {}, .queue = {}, .since = since},
                                                      reader, view_of(journal), now);
          ASSERT_TRUE(list.has_value()) << list.error();
          EXPECT_EQ(list->disagreements, std::vector<std::string>{});
          ASSERT_EQ(list->counts.size(), report.queues.size());
          const auto number = [verdict](const Verdicts& of) {
            return verdict == Verdict::good ? of.good : verdict == Verdict::bad ? of.bad : of.excluded;
          };
          std::uint64_t first = 0;
          std::uint64_t reply = 0;
          for (std::size_t i = 0; i < report.queues.size(); ++i) {
            ASSERT_EQ(list->counts[i].queue, report.queues[i].queue);
            EXPECT_EQ(list->counts[i].first_response, number(report.queues[i].first_response)) << "seed " << seed;
            EXPECT_EQ(list->counts[i].reply, number(report.queues[i].reply)) << "seed " << seed;
            first += list->counts[i].first_response;
            reply += list->counts[i].reply;
          }
          EXPECT_EQ(first, (given[{Sla::first_response, verdict}])) << "seed " << seed << ", " << archived;
          EXPECT_EQ(reply, (given[{Sla::reply, verdict}])) << "seed " << seed << ", " << archived;
          EXPECT_EQ(list->promises.size(), first + reply);
          listed += list->promises.size();
        }
      }
    }
  }
  EXPECT_GE(listed, 1000u);
  std::printf("report: %llu promises on lists, as many in reports\n", static_cast<unsigned long long>(listed));
}

}  // namespace
}  // namespace heti::reporting::test
