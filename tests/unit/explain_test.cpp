// What explain tells agrees with what the core did, wherever the facts come from.
#include <boost/json.hpp>

#include "service/explain_print.hpp"
#include "service/journal/sqlite_reader.hpp"
#include "tests/unit/explain_desk.hpp"

namespace heti::explaining::test {
namespace {

Life life_in(const journal::Journal& journal, std::uint64_t visitor, Instant now, bool with_text = false) {
  const auto story = find_story(id_of(visitor), nullptr, view_of(journal));
  EXPECT_TRUE(story.has_value()) << story.error();
  return story ? life_of(*story, now, with_text) : Life{};
}

std::vector<const Clock*> clocks_of(const Life& life, ClockKind kind) {
  std::vector<const Clock*> found;
  for (const ContactLife& contact : life.contacts) {
    for (const Clock& clock : contact.clocks) {
      if (clock.kind == kind) found.push_back(&clock);
    }
  }
  return found;
}

TEST(ExplainTest, AChatIsToldWithItsClocksAndWhoGaveThem) {
  Desk desk(in_helsinki);
  desk.ready("aino", 0s);
  desk.ready("eero", 0s);
  desk.says(1, 1s, "a secret");
  desk.declines(desk.offered_to(1), 1, 3s);
  desk.accepts(desk.offered_to(1), 1, 5s);
  const std::string who = desk.held_by(1);
  desk.answers(who, 1, 9s, "an answer");
  desk.says(1, 20s);
  desk.says(1, 25s);
  desk.answers(who, 1, 160s);
  desk.closes(who, 1, 170s);
  desk.tick(400s);
  const Life life = life_in(desk.core.journal(), 1, desk.start + 400s);
  EXPECT_EQ(disagreements(life), std::vector<std::string>{});
  EXPECT_EQ(life.queue, "support");
  EXPECT_EQ(life.zone, "Europe/Helsinki");
  EXPECT_EQ(life.state, ConversationState::closed);
  ASSERT_EQ(life.contacts.size(), 1u);
  EXPECT_EQ(life.contacts[0].outcome, Outcome::answered);

  const auto waits = clocks_of(life, ClockKind::wait);
  ASSERT_EQ(waits.size(), 1u);
  EXPECT_EQ(waits[0]->elapsed, 4s);
  EXPECT_EQ(waits[0]->stopped_how, who + " has it: the only free agent");
  ASSERT_EQ(waits[0]->offers.size(), 2u);
  EXPECT_EQ(waits[0]->offers[0].result, OfferEnd::declined);
  EXPECT_EQ(waits[0]->offers[1].result, OfferEnd::accepted);

  const auto first = clocks_of(life, ClockKind::first_response);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0]->elapsed, 8s);
  EXPECT_EQ(first[0]->target, Millis{60s});
  EXPECT_EQ(first[0]->stopped_how, who + " wrote");
  ASSERT_TRUE(first[0]->judgement.has_value());
  EXPECT_EQ(first[0]->judgement->verdict, Verdict::good);
  EXPECT_EQ(first[0]->judgement->why, who + " answered with message 3");
  EXPECT_EQ(life.lines[first[0]->judgement->line].name, "verdict.given");
  EXPECT_EQ(life.lines[first[0]->started_by].name, "contact.queued");

  const auto replies = clocks_of(life, ClockKind::reply);
  ASSERT_EQ(replies.size(), 1u);  // Two messages, one turn, from the first.
  EXPECT_EQ(replies[0]->started, desk.start + 20s);
  EXPECT_EQ(replies[0]->elapsed, 140s);
  EXPECT_EQ(replies[0]->judgement->verdict, Verdict::bad);
  EXPECT_EQ(replies[0]->judgement->elapsed, 120s + Millis{1});
  EXPECT_EQ(replies[0]->judgement->why, "nobody had answered when it was due");

  const std::string text = to_text(life);
  EXPECT_NE(text.find("2026-06-01 09:00:01.000 +03:00"), std::string::npos) << text;
  EXPECT_NE(text.find("the visitor writes message 1, 8 characters"), std::string::npos) << text;
  EXPECT_NE(text.find("verdict on the reply: BROKEN at 2 min 00.001 s"), std::string::npos) << text;
  EXPECT_NE(text.find("; not asked again for 1 min 00.000 s, or 10.000 s if nobody else staffs"), std::string::npos);
  EXPECT_NE(text.find("contact 1 ends: answered"), std::string::npos) << text;
  EXPECT_EQ(text.find("secret"), std::string::npos) << "personal text unasked for";
}

TEST(ExplainTest, TextIsToldOnlyIfAskedForAndCannotSteerATerminal) {
  Desk desk;
  desk.says(1, 1s, "caf\xC3\xA9 \x1B[31mred\n\xC2\x9B\xFF");
  const std::string told = to_text(life_in(desk.core.journal(), 1, desk.start + 2s, true));
  EXPECT_NE(told.find("| caf\xC3\xA9 \\x1b[31mred\\n\\x9b\\xff\n"), std::string::npos) << told;
  for (const bool json : {false, true}) {
    const Life silent = life_in(desk.core.journal(), 1, desk.start + 2s);
    EXPECT_EQ((json ? to_json(silent) : to_text(silent)).find("caf"), std::string::npos);
  }
}

TEST(ExplainTest, AClockStandsStillWhileTheQueueIsClosed) {
  Desk desk([](Settings& all) {
    in_helsinki(all);
    all.queues[0].after_hours = AfterHours::queue;
    all.queues[0].visitor_grace = 48h;
  });
  desk.hours(1s,
             {{.open = desk.start, .close = desk.start + 1h}, {.open = desk.start + 24h, .close = desk.start + 32h}});
  desk.says(1, 1h - 20s);
  desk.tick(2h);
  const Life night = life_in(desk.core.journal(), 1, desk.start + 2h);
  const auto running = clocks_of(night, ClockKind::first_response);
  ASSERT_EQ(running.size(), 1u);
  EXPECT_FALSE(running[0]->stopped.has_value());
  EXPECT_EQ(running[0]->elapsed, 20s);
  EXPECT_EQ(running[0]->breaks_at, desk.start + 24h + 40s + Millis{1});  // More than 60 s.
  ASSERT_EQ(running[0]->pauses.size(), 1u);
  EXPECT_EQ(running[0]->pauses[0].to, desk.start + 24h);
  EXPECT_FALSE(running[0]->pauses[0].ended.has_value());
  EXPECT_NE(to_text(night).find("waits in the line of support"), std::string::npos);

  desk.tick(24h + 1min);
  const Life day = life_in(desk.core.journal(), 1, desk.start + 24h + 1min);
  EXPECT_EQ(disagreements(day), std::vector<std::string>{});
  const Clock& first = *clocks_of(day, ClockKind::first_response).at(0);
  ASSERT_EQ(first.pauses.size(), 1u);
  EXPECT_EQ(first.pauses[0].from, desk.start + 1h);
  EXPECT_EQ(first.pauses[0].to, desk.start + 24h);
  ASSERT_TRUE(first.pauses[0].began && first.pauses[0].ended);
  EXPECT_EQ(day.lines[*first.pauses[0].began].name, "queue.closed");
  EXPECT_EQ(day.lines[*first.pauses[0].ended].name, "queue.opened");
  ASSERT_TRUE(first.judgement.has_value());
  EXPECT_EQ(first.judgement->elapsed, 60s + Millis{1});
  EXPECT_EQ(day.lines[first.judgement->line].at, desk.start + 24h + 40s + Millis{1});
}

TEST(ExplainTest, AVerdictThatWasHeldNamesTheAbsenceAndTheReturn) {
  Desk desk;
  desk.says(1, 0s);
  desk.leaves(1, 30s);
  desk.returns(1, 85s);
  const Life back = life_in(desk.core.journal(), 1, desk.start + 85s);
  const Clock& first = *clocks_of(back, ClockKind::first_response).at(0);
  ASSERT_EQ(first.pauses.size(), 1u);
  EXPECT_EQ(first.pauses[0].why, Pause::Why::held);
  EXPECT_EQ(first.pauses[0].from, desk.start + 30s);
  EXPECT_EQ(first.pauses[0].to, desk.start + 85s);
  EXPECT_EQ(back.lines[first.pauses[0].began.value()].name, "visitor.disconnected");
  EXPECT_EQ(back.lines[first.pauses[0].ended.value()].name, "visitor.connected");
  EXPECT_EQ(first.judgement.value().elapsed, 85s);
  EXPECT_NE(first.judgement->why.find("they came back"), std::string::npos);

  desk.says(2, 100s);
  desk.leaves(2, 130s);
  desk.tick(300s);
  const Life gone = life_in(desk.core.journal(), 2, desk.start + 300s);
  EXPECT_EQ(disagreements(gone), std::vector<std::string>{});
  const Clock& left = *clocks_of(gone, ClockKind::first_response).at(0);
  EXPECT_EQ(left.stopped, desk.start + 130s);  // The leaving counts, not the end of the grace.
  EXPECT_EQ(left.elapsed, 30s);
  EXPECT_EQ(left.judgement.value().verdict, Verdict::excluded);
  EXPECT_EQ(left.judgement->why, "the contact ended: the visitor left unanswered, before the first response was due");
  EXPECT_EQ(gone.contacts.at(0).reason, EndReason::abandoned_within);
}

TEST(ExplainTest, EachStayInALineIsAClockOfItsOwn) {
  BusyDesk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.accepts("aino", 1, 2s);
  desk.ready("maija", 3s);
  desk.core.get<Done>(
      desk.start + 10s,
      cmd::Transfer{.agent = desk.agent("aino"), .conversation = public_id(1001), .to_queue = BusyDesk::sales});
  desk.tick(11s);
  desk.accepts("maija", 1, 14s);
  desk.drops("maija", 20s);
  desk.tick(60s);
  const Life life = life_in(desk.core.journal(), 1, desk.start + 60s);
  EXPECT_EQ(disagreements(life), std::vector<std::string>{});
  const auto waits = clocks_of(life, ClockKind::wait);
  ASSERT_EQ(waits.size(), 3u);
  EXPECT_EQ(waits[0]->stage, Stage::first);
  EXPECT_EQ(waits[1]->stage, Stage::transfer);
  EXPECT_EQ(waits[1]->line, "sales");
  EXPECT_EQ(waits[1]->elapsed, 4s);
  EXPECT_EQ(waits[2]->stage, Stage::requeue);
  EXPECT_EQ(waits[2]->started, desk.start + 20s);  // From the disconnect.
  EXPECT_FALSE(waits[2]->stopped.has_value());
  EXPECT_EQ(waits[2]->elapsed, 40s);
  EXPECT_NE(to_text(life).find("Maija turns lost (was online): the last connection is gone"), std::string::npos);
}

TEST(ExplainTest, EveryClockComesToWhatItsEventsSay) {
  std::size_t verdicts = 0;
  std::size_t waits = 0;
  std::size_t paused = 0;
  std::size_t held = 0;
  std::size_t given = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    Desk desk([](Settings& all) {
      all.queues[0].after_hours = AfterHours::queue;
      all.queues[0].reopen_window = 1h;
    });
    live_at_random(desk, seed, 400);
    given += desk.core.all<event::VerdictGiven>().size();
    for (std::uint64_t v = 1; v <= 6; ++v) {
      // A visitor whose conversation became final may have begun another of the same id: all but the last are read by
      // their number.
      for (const auto& started : desk.core.all<event::ConversationStarted>()) {
        if (started.public_id != public_id(1000 + v)) continue;
        auto story = find_story(id_of(v), nullptr, view_of(desk.core.journal()));
        ASSERT_TRUE(story.has_value()) << story.error();
        if (story->conversation != started.conversation) {
          story->conversation = started.conversation;
          story->facts.clear();
          const auto read = desk.core.journal().read({}, [&](const journal::Batch& batch, const journal::Hash&) {
            const auto events = decode_batch(batch.payload);
            for (std::size_t i = 0; i < events->size(); ++i) {
              const auto of = archive::whose((*events)[i].body);
              if (!of || (of->value() != 0 && *of != started.conversation)) continue;
              story->facts.push_back({batch.position, i, *of, archive::without_personal_text((*events)[i])});
            }
            return true;
          });
          ASSERT_TRUE(read.has_value());
        }
        const Life life = life_of(*story, desk.core.state().now, false);
        EXPECT_EQ(disagreements(life), std::vector<std::string>{}) << "seed " << seed << "\n" << to_text(life);
        for (const ContactLife& contact : life.contacts) {
          for (const Clock& clock : contact.clocks) {
            verdicts += clock.judgement.has_value() ? 1 : 0;
            waits += clock.kind == ClockKind::wait && clock.told ? 1 : 0;
            for (const Pause& pause : clock.pauses) ++(pause.why == Pause::Why::held ? held : paused);
          }
        }
        const Conversation* live = desk.core.state().find(public_id(1000 + v));
        if (live != nullptr && live->id == started.conversation) {
          EXPECT_EQ(life.state, live->state) << to_text(life);
        }
      }
    }
  }
  EXPECT_EQ(verdicts, given) << "each verdict belongs to a clock";
  EXPECT_GE(verdicts, 1000u);
  EXPECT_GE(waits, 200u);
  EXPECT_GE(paused, 300u);
  EXPECT_GE(held, 100u);
  std::printf("explain: %zu verdicts, %zu waits, %zu pauses, %zu absences agree\n", verdicts, waits, paused, held);
}

// The same answer from the journal alone, from the archive alone (the journal's beginning is gone), and from both.
TEST(ExplainTest, ItIsAllOneWhereTheFactsComeFrom) {
  Desk desk(in_helsinki);
  live_at_random(desk, 7, 300);
  const TempDirectory directory;
  const auto on_disk = journal::test::open_or_fail({.directory = directory.path()});
  const auto copied = desk.core.journal().read({}, [&](const journal::Batch& batch, const journal::Hash&) {
    return journal::test::append(*on_disk, batch) == journal::AppendResult::durable;
  });
  ASSERT_TRUE(copied.has_value());
  const std::uint64_t tail = on_disk->tail().position.value();
  const Instant now = desk.core.state().now + 1h;
  for (const std::uint64_t archived : {tail / 2, tail}) {
    Window window(*on_disk, archived);
    {
      const auto archive = archive::test::open_or_fail(directory.path(), window);
      ASSERT_TRUE(archive::test::ask_closed(*archive, {}).has_value());
      // Beside the owner of both.
      auto reader = journal::SqliteReader::open(directory.path(), "default");
      ASSERT_TRUE(reader.has_value()) << reader.error();
      EXPECT_EQ(reader->history(), on_disk->history());
      auto facts = archive::FactsReader::open(directory.path(), "default", reader->history());
      ASSERT_TRUE(facts.has_value() && facts->has_value()) << facts.error();
      std::uint64_t first_read = tail + 1;
      const JournalView view{.history = reader->history(), .read = [&](journal::Position after, const auto& each) {
                               return reader->read(after, [&](const journal::Batch& batch, const journal::Hash& hash) {
                                 first_read = std::min(first_read, batch.position.value());
                                 return each(batch, hash);
                               });
                             }};
      for (std::uint64_t v = 1; v <= 6; ++v) {
        if (desk.core.state().find(public_id(1000 + v)) == nullptr) continue;
        const auto story = find_story(id_of(v), &**facts, view);
        ASSERT_TRUE(story.has_value()) << story.error();
        EXPECT_EQ(story->archived.value(), archived);
        EXPECT_EQ(story->tail.value(), tail);
        Life life = life_of(*story, now, true);
        Life expected = life_in(desk.core.journal(), v, now, true);
        EXPECT_FALSE(life.lines.empty());
        expected.archived = life.archived;
        EXPECT_EQ(to_text(life), to_text(expected));
        EXPECT_EQ(to_json(life), to_json(expected));
      }
      EXPECT_EQ(first_read, archived + 1) << "what the archive holds is not read from the journal";
    }
  }
}

TEST(ExplainTest, AnIdMayBeShortButNotAmbiguous) {
  Desk desk;
  desk.says(1, 1s);
  desk.says(2, 2s);
  const JournalView view = view_of(desk.core.journal());
  const std::string whole = id_of(1);
  EXPECT_TRUE(find_story(whole, nullptr, view).has_value());
  std::string upper = whole;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_TRUE(find_story(upper, nullptr, view).has_value());
  const auto several = find_story(whole.substr(0, 8), nullptr, view);
  ASSERT_FALSE(several.has_value());
  EXPECT_EQ(several.error(),
            "several conversations begin with " + whole.substr(0, 8) + ":\n  " + id_of(1) + "\n  " + id_of(2));
  EXPECT_EQ(find_story(whole.substr(0, 5), nullptr, view).error(),
            "\"48657\" is too short: give at least 6 digits of the id");
  EXPECT_EQ(find_story("ffffff", nullptr, view).error(), "no conversation begins with ffffff");
  EXPECT_NE(find_story("hello world", nullptr, view).error().find("is no conversation"), std::string::npos);
  EXPECT_FALSE(find_story(whole + "0", nullptr, view).has_value());
}

TEST(ExplainTest, AJournalThatDoesNotFollowTheArchiveIsNamed) {
  Desk desk;
  desk.says(1, 1s);
  const TempDirectory directory;
  const auto on_disk = journal::test::open_or_fail({.directory = directory.path()});
  const auto copied = desk.core.journal().read({}, [&](const journal::Batch& batch, const journal::Hash&) {
    return journal::test::append(*on_disk, batch) == journal::AppendResult::durable;
  });
  ASSERT_TRUE(copied.has_value());
  {
    const auto archive = archive::test::open_or_fail(directory.path(), *on_disk);
    ASSERT_TRUE(archive::test::ask_closed(*archive, {}).has_value());
  }
  auto facts = archive::FactsReader::open(directory.path().string(), "default", on_disk->history());
  ASSERT_TRUE(facts.has_value() && facts->has_value());
  Desk other;
  for (int i = 1; i < 30; ++i) other.says(1, Millis{i * 1000}, "another life");
  const auto story = find_story(id_of(1), &**facts, view_of(other.core.journal()));
  ASSERT_FALSE(story.has_value());
  EXPECT_NE(story.error().find("does not follow what the archive holds"), std::string::npos) << story.error();
  // Without facts the journal alone must do: of another history, or another format, nothing is believed.
  const auto strange = archive::FactsReader::open(directory.path().string(), "default", PublicId{.high = 1, .low = 2});
  ASSERT_TRUE(strange.has_value());
  EXPECT_FALSE(strange->has_value());
  EXPECT_FALSE(archive::FactsReader::open("/nowhere/at/all", "default", on_disk->history())->has_value());
  EXPECT_FALSE(journal::SqliteReader::open("/nowhere/at/all", "default").has_value());
  EXPECT_FALSE(journal::SqliteReader::open(directory.path(), "another").has_value());
}

TEST(ExplainTest, JsonSaysTheSame) {
  Desk desk(in_helsinki);
  desk.ready("aino", 0s);
  desk.says(1, 1s, "hello");
  desk.accepts("aino", 1, 3s);
  desk.answers("aino", 1, 9s, "hi");
  const auto parsed = boost::json::parse(to_json(life_in(desk.core.journal(), 1, desk.start + 10s, true))).as_object();
  EXPECT_EQ(parsed.at("conversation").as_string(), id_of(1));
  EXPECT_EQ(parsed.at("state").as_string(), "assigned");
  EXPECT_EQ(parsed.at("as_of").as_string(), "2026-06-01T06:00:10.000Z");
  const auto& clocks = parsed.at("contacts").as_array().at(0).at("clocks").as_array();
  ASSERT_EQ(clocks.size(), 2u);
  EXPECT_EQ(clocks[0].at("clock").as_string(), "first_response");
  EXPECT_EQ(clocks[0].at("elapsed_ms").to_number<std::int64_t>(), 8000);
  EXPECT_EQ(clocks[0].at("verdict").at("verdict").as_string(), "good");
  EXPECT_EQ(clocks[1].at("offers").as_array().at(0).at("rule").as_string(), "only_one");
  EXPECT_EQ(clocks[1].at("stopped").as_string(), "2026-06-01T06:00:03.000Z");
  bool said = false;
  for (const auto& event : parsed.at("events").as_array()) {
    said = said || (event.as_object().contains("text") && event.at("text").as_string() == "hello");
  }
  EXPECT_TRUE(said);
  EXPECT_TRUE(parsed.at("disagreements").as_array().empty());
}

}  // namespace
}  // namespace heti::explaining::test
