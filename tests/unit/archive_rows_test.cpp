// What comes back is what was said: entries, records, names, ratings, and where personal text lies.
#include <set>

#include "service/archive/facts_reader.hpp"
#include "service/base/bytes.hpp"
#include "service/core/stored_event.hpp"
#include "service/journal/hash.hpp"
#include "tests/unit/archive_desk.hpp"

namespace heti::archive::test {
namespace {

std::vector<PublicId> ids_of(const std::vector<Record>& records) {
  std::vector<PublicId> ids;
  for (const Record& record : records) ids.push_back(record.conversation);
  return ids;
}

TEST(ArchiveRowsTest, EverythingPostedComesBackEqual) {
  BusyDesk desk;
  live_a_day(desk);
  const auto archive = in_memory(desk.core.journal());
  const Said said = said_in(desk.core.journal());
  ASSERT_EQ(said.entries.size(), 2u);
  EXPECT_GE(said.entries.at(public_id(1001)).size(), 10u);
  for (const auto& [id, entries] : said.entries) {
    const Transcript transcript = transcript_of(*archive, id);
    EXPECT_EQ(transcript.entries, entries);
    // The record, beside the core's own view of the conversation.
    const Conversation* live = desk.core.state().find(id);
    ASSERT_NE(live, nullptr);
    const ChatView view = chat_view(desk.core.state(), *live, desk.core.state().now);
    const Record& record = transcript.record;
    EXPECT_EQ(record.conversation, id);
    EXPECT_EQ(record.visitor, view.visitor);
    EXPECT_EQ(record.queue, view.queue);
    EXPECT_EQ(record.facts, view.facts);
    EXPECT_EQ(record.created, view.created);
    EXPECT_EQ(record.last_seq, view.last_seq);
    EXPECT_EQ(record.preview, view.preview);
    EXPECT_EQ(record.preview_author, view.preview_author);
    EXPECT_EQ(record.rating, view.rating);
    const bool over = live->state == ConversationState::closed || live->state == ConversationState::wrapup;
    EXPECT_EQ(record.closed_at, over ? std::optional(live->closed_at) : std::nullopt);
    const auto last = live->last_agent ? desk.core.state().agents.at(*live->last_agent).settings : AgentSettings{};
    EXPECT_EQ(record.agent_name, last.name);
    EXPECT_EQ(record.agent_display_name, last.display_name);
  }
  EXPECT_EQ(archive->error(), std::nullopt);
}

TEST(ArchiveRowsTest, AnAgentIsCalledAsItWasThenInLinesAndAsItIsNowInRecords) {
  BusyDesk desk;
  live_a_day(desk);
  const TempDirectory directory;
  std::vector<std::string> names;
  for (int again = 0; again < 2; ++again) {  // The names must also be known to a process that did not see them given.
    const auto archive = open_or_fail(directory.path(), desk.core.journal());
    const Transcript transcript = transcript_of(*archive, public_id(1001));
    names.clear();
    for (const Entry& entry : transcript.entries) {
      if (!entry.name.empty()) names.push_back(entry.name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"Aino A.", "Aino A.", "Aino A.", "eero", "Eero the Elder"}));
    EXPECT_EQ(transcript.record.agent_display_name, "Eero the Elder");
  }
  desk.settings.agents.push_back(
      {.name = "uma", .display_name = "Uma", .queues = {"support"}, .capacity = 3, .supervisor = false});
  desk.applies(21min);
  desk.ready("uma", 22min);
  desk.says(3, 22min + 1s, "hello");
  desk.accepts("uma", 3, 22min + 2s);
  const auto archive = open_or_fail(directory.path(), desk.core.journal());
  ASSERT_EQ(desk.held_by(3), "uma");
  EXPECT_EQ(transcript_of(*archive, public_id(1003)).record.agent_name, "uma");
  EXPECT_EQ(File(directory.path()).rows("SELECT agent, name FROM agents ORDER BY agent"),
            (std::vector<std::string>{"1|aino", "2|eero", "3|ville", "4|maija", "5|zoe", "6|uma"}));
}

TEST(ArchiveRowsTest, PagesGoBackFromTheEnd) {
  BusyDesk desk;
  for (int i = 1; i <= 25; ++i) desk.says(1, Millis{i * 1000}, "message " + std::to_string(i));
  const auto archive = in_memory(desk.core.journal());
  const std::vector<Entry> all = said_in(desk.core.journal()).entries.at(public_id(1001));
  ASSERT_EQ(all.size(), 25u);
  const auto page = [&](std::uint64_t before, std::uint32_t limit) {
    return transcript_of(*archive, public_id(1001), before, limit).entries;
  };
  const auto part = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    return std::vector<Entry>(all.begin() + from, all.begin() + to);
  };
  EXPECT_EQ(page(0, 10), part(15, 25));
  EXPECT_EQ(page(16, 10), part(5, 15));
  EXPECT_EQ(page(6, 10), part(0, 5));
  EXPECT_EQ(page(1, 10), part(0, 0));
  EXPECT_EQ(page(26, 25), all);
  EXPECT_EQ(page(25, 25), part(0, 24));
  EXPECT_EQ(page(~std::uint64_t{0}, 1), part(24, 25));
  EXPECT_EQ(page(0, 0), part(0, 0));
}

TEST(ArchiveRowsTest, AConversationThatWasOpenedAgainIsNotClosedAndAsksForANewRating) {
  BusyDesk desk;
  const auto archive = in_memory(desk.core.journal());
  desk.ready("aino", 0s);
  desk.serves("aino", 1, 1s);
  desk.rates(1, 20s, 2, "not good");
  Record record = transcript_of(*archive, public_id(1001)).record;
  EXPECT_EQ(record.closed_at, desk.start + 11s);
  EXPECT_EQ(record.rating, 2u);
  EXPECT_EQ(record.rating_comment, "not good");
  EXPECT_EQ(ids_of(closed_of(*archive, {"support"})), std::vector{public_id(1001)});

  desk.says(1, 30s, "still here");
  record = transcript_of(*archive, public_id(1001)).record;
  EXPECT_EQ(record.closed_at, std::nullopt);
  EXPECT_EQ(record.rating, 0u);
  EXPECT_EQ(record.rating_comment, "");
  EXPECT_EQ(record.agent_name, "aino");
  EXPECT_TRUE(closed_of(*archive, {"support"}).empty());

  desk.accepts("aino", 1, 31s);
  desk.answers("aino", 1, 32s, "sorry");
  desk.closes("aino", 1, 40s);
  desk.rates(1, 41s, 5, "better");
  const Transcript transcript = transcript_of(*archive, public_id(1001));
  EXPECT_EQ(transcript.record.closed_at, desk.start + 40s);
  EXPECT_EQ(transcript.record.rating, 5u);
  EXPECT_EQ(transcript.record.rating_comment, "better");
  EXPECT_EQ(transcript.entries, said_in(desk.core.journal()).entries.at(public_id(1001)));
  std::vector<std::uint32_t> scores;
  for (const Entry& entry : transcript.entries) {
    if (entry.kind == EntryKind::rated) scores.push_back(entry.score);
  }
  EXPECT_EQ(scores, (std::vector<std::uint32_t>{2, 5})) << "the former rating stays a line";
}

TEST(ArchiveRowsTest, AMessageLeftAfterHoursIsNotClosedUntilSomebodyClosesIt) {
  BusyDesk desk;
  const auto archive = in_memory(desk.core.journal());
  desk.ready("aino", 0s);
  desk.serves("aino", 1, 1s);
  EXPECT_EQ(closed_of(*archive, {"support"}).size(), 1u);
  desk.hours(60s, {});
  desk.tick(1h);
  desk.says(1, 2h, "anybody?");
  ASSERT_EQ(desk.chat(1).state, ConversationState::offline_message);
  EXPECT_TRUE(closed_of(*archive, {"support"}).empty());
  EXPECT_EQ(transcript_of(*archive, public_id(1001)).record.preview, "anybody?");
  desk.closes("aino", 1, 3h);
  EXPECT_EQ(transcript_of(*archive, public_id(1001)).record.closed_at, desk.start + 3h);
}

TEST(ArchiveRowsTest, ClosedChatsAreTheLatestFirstOfTheQueuesAskedFor) {
  BusyDesk desk;
  desk.ready("aino", 0s);
  for (std::uint64_t v = 1; v <= 6; ++v) desk.serves("aino", v, Millis{v * 60'000});
  desk.sets("aino", AgentStatus::away, 400s);
  desk.ready("maija", 400s);
  for (std::uint64_t v = 7; v <= 9; ++v) {
    desk.starts(v, Millis{v * 60'000}, BusyDesk::sales, {});
    desk.serves("maija", v, Millis{v * 60'000 + 1000});
  }
  desk.says(3, 600s, "again");  // No longer closed.
  const auto archive = in_memory(desk.core.journal());
  const auto ids = [](std::vector<std::uint64_t> visitors) {
    std::vector<PublicId> out;
    for (const auto v : visitors) out.push_back(public_id(1000 + v));
    return out;
  };
  EXPECT_EQ(ids_of(closed_of(*archive, {"support"})), ids({6, 5, 4, 2, 1}));
  EXPECT_EQ(ids_of(closed_of(*archive, {"sales"})), ids({9, 8, 7}));
  EXPECT_EQ(ids_of(closed_of(*archive, {"support", "sales", "support"})), ids({9, 8, 7, 6, 5, 4, 2, 1}));
  EXPECT_EQ(ids_of(closed_of(*archive, {"sales", "support"}, 4)), ids({9, 8, 7, 6}));
  EXPECT_EQ(ids_of(closed_of(*archive, {"support", "sales"}, 0)), ids({}));
  EXPECT_EQ(ids_of(closed_of(*archive, {"no such queue"})), ids({}));
  EXPECT_EQ(ids_of(closed_of(*archive, {})), ids({}));
  const Record latest = closed_of(*archive, {"sales"}).front();
  EXPECT_EQ(describe(latest), describe(transcript_of(*archive, public_id(1009)).record));
  EXPECT_EQ(latest.agent_name, "maija");
  EXPECT_EQ(latest.preview, "answer to 9");
  EXPECT_EQ(latest.preview_author, Author::agent);
  EXPECT_EQ(latest.queue, "sales");
}

TEST(ArchiveRowsTest, WhatClosesInTheSameInstantIsListedYoungestFirst) {
  BusyDesk desk;
  for (std::uint64_t v = 1; v <= 4; ++v) desk.says(v, 1s);
  for (std::uint64_t v = 1; v <= 4; ++v) desk.leaves(v, 2s);
  desk.tick(10min);
  const auto archive = in_memory(desk.core.journal());
  EXPECT_EQ(ids_of(closed_of(*archive, {"support"}, 3)),
            (std::vector{public_id(1004), public_id(1003), public_id(1002)}));
}

TEST(ArchiveRowsTest, AnUnknownConversationGivesNothing) {
  BusyDesk desk;
  desk.says(1, 0s);
  const auto archive = in_memory(desk.core.journal());
  const auto answer = ask_transcript(*archive, public_id(77));
  ASSERT_TRUE(answer.has_value()) << answer.error();
  EXPECT_FALSE(answer->has_value());
}

TEST(ArchiveRowsTest, AFinalConversationIsStillReadAndAReusedIdGivesTheYoungest) {
  BusyDesk desk;
  desk.ready("aino", 0s);
  desk.serves("aino", 1, 1s);
  desk.tick(48h);
  ASSERT_EQ(desk.core.state().find(public_id(1001)), nullptr);
  const auto archive = in_memory(desk.core.journal());
  EXPECT_EQ(transcript_of(*archive, public_id(1001)).entries, said_in(desk.core.journal()).entries.at(public_id(1001)));
  EXPECT_EQ(transcript_of(*archive, public_id(1001)).record.closed_at, desk.start + 11s);
}

TEST(ArchiveRowsTest, NotesAreKeptApartAndNeverCountAsSaid) {
  BusyDesk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s, "hello");
  desk.accepts("aino", 1, 2s);
  desk.notes("aino", 1, 3s, "a note");
  const TempDirectory directory;
  const auto archive = open_or_fail(directory.path(), desk.core.journal());
  const Transcript transcript = transcript_of(*archive, public_id(1001));
  EXPECT_EQ(transcript.entries.size(), 2u);
  EXPECT_EQ(transcript.record.preview, "hello");
  EXPECT_EQ(transcript.record.last_seq, 2u);
  File file(directory.path());
  EXPECT_EQ(file.rows("SELECT conversation, agent, name, text FROM notes JOIN note_texts"
                      " USING(history, conversation, position, idx)"),
            (std::vector<std::string>{"1|1|Aino A.|a note"}));
  const Held held = held_in(directory.path());
  ASSERT_EQ(held.lines.size(), 2u);
  EXPECT_EQ(held.lines[0].text, "hello");
  EXPECT_EQ(held.lines[1].text, "");
  EXPECT_EQ(held.texts, 1u);
}

std::string bytes_of_event(const Event& event) {
  ByteWriter out;
  write_event(out, event);
  return out.take();
}

// What is kept is the event, but for what could name or quote a visitor.
void expect_without_text(const Event& kept, const Event& event) {
  EXPECT_EQ(bytes_of_event(kept), bytes_of_event(without_personal_text(event)));
  if (const auto* posted = std::get_if<event::MessagePosted>(&event.body)) {
    const auto& message = std::get<event::MessagePosted>(kept.body);
    EXPECT_EQ(length_of(message), characters(posted->text));
    EXPECT_EQ(message.body_hash, 0u);
    EXPECT_EQ(message.seq, posted->seq);
  } else if (const auto* rated = std::get_if<event::RatingGiven>(&kept.body)) {
    EXPECT_EQ(rated->comment, "");
    EXPECT_EQ(rated->score, 4u);
  } else if (const auto* started = std::get_if<event::ConversationStarted>(&kept.body)) {
    EXPECT_EQ(started->facts, VisitorFacts{});
  }
}

TEST(ArchiveRowsTest, EveryEventIsKeptAsAFactOnceInOrderWithoutItsPersonalText) {
  BusyDesk desk;
  live_a_day(desk);
  const TempDirectory directory;
  { EXPECT_EQ(transcript_of(*open_or_fail(directory.path(), desk.core.journal()), public_id(1001)).record.rating, 0u); }
  auto reader = FactsReader::open(directory.path().string(), "default", desk.core.journal().history());
  ASSERT_TRUE(reader.has_value() && reader->has_value());
  EXPECT_EQ((*reader)->place().position, desk.core.journal().tail().position);
  const auto named = (*reader)->find(to_string(public_id(1001)).substr(0, 10), 10);
  ASSERT_TRUE(named.has_value());
  ASSERT_EQ(named->size(), 2u);

  std::set<std::pair<std::uint64_t, std::size_t>> seen;
  for (const Named& name : *named) {
    const auto facts = (*reader)->facts(name.conversation);
    ASSERT_TRUE(facts.has_value()) << facts.error();
    auto fact = facts->begin();
    const auto read = desk.core.journal().read({}, [&](const journal::Batch& batch, const journal::Hash&) {
      const auto events = decode_batch(batch.payload);
      for (std::size_t i = 0; i < events->size(); ++i) {
        const auto of = whose((*events)[i].body);
        if (!of || (of->value() != 0 && *of != name.conversation)) continue;
        if (fact == facts->end()) return false;
        seen.insert({batch.position.value(), i});
        EXPECT_EQ(fact->position, batch.position);
        EXPECT_EQ(fact->index, i);
        EXPECT_EQ(fact->conversation, *of);
        expect_without_text(fact->event, (*events)[i]);
        ++fact;
      }
      return true;
    });
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(fact, facts->end());
  }
  std::size_t connections = 0;
  for (const Event& event : desk.core.events()) connections += whose(event.body) ? 0 : 1;
  EXPECT_GE(connections, 3u);  // Of agents: what is not kept.
  EXPECT_EQ(seen.size() + connections, desk.core.events().size());
  EXPECT_EQ(held_in(directory.path()).events.size(), seen.size());
}

TEST(ArchiveRowsTest, LengthsAreCountedInCharacters) {
  EXPECT_EQ(characters(""), 0u);
  EXPECT_EQ(characters("caf\xC3\xA9"), 4u);
  EXPECT_EQ(characters("\xF0\x9F\x98\x80!"), 2u);
}

}  // namespace
}  // namespace heti::archive::test
