// Runs: what is gathered comes back whatever the bounds cut, and bytes that are damaged are told, never believed.
#include <algorithm>
#include <random>
#include <set>

#include "service/archive/facts_reader.hpp"
#include "service/base/bytes.hpp"
#include "service/core/stored_event.hpp"
#include "service/journal/hash.hpp"
#include "tests/unit/archive_desk.hpp"

namespace heti::archive::test {
namespace {

std::vector<std::int64_t> runs_of(const std::filesystem::path& directory, std::uint64_t conversation) {
  std::vector<std::int64_t> first;
  for (const std::string& row : File(directory).rows("SELECT first_seq FROM runs WHERE first_seq>0 AND conversation=" +
                                                     std::to_string(conversation) + " ORDER BY id")) {
    first.push_back(std::stoll(row));
  }
  return first;
}

// Everything that the archive says of a journal, beside what the core says, page by page.
void expect_pages(Archive& archive, const journal::Journal& journal, std::uint32_t limit) {
  for (const auto& [id, all] : said_in(journal).entries) {
    EXPECT_EQ(transcript_of(archive, id).entries, all);
    const auto size = static_cast<std::uint64_t>(all.size());
    for (std::uint64_t before = 1; before <= size + 1; ++before) {
      const auto end = static_cast<std::ptrdiff_t>(before - 1);
      const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, end - std::ptrdiff_t{limit});
      ASSERT_EQ(transcript_of(archive, id, before, limit).entries,
                std::vector<Entry>(all.begin() + begin, all.begin() + end))
          << to_string(id) << " before " << before << ", " << limit << " lines";
    }
  }
}

// The facts of each conversation, beside the journal's events.
void expect_facts(const std::filesystem::path& directory, const journal::Journal& journal) {
  auto reader = FactsReader::open(directory.string(), "default", journal.history());
  ASSERT_TRUE(reader.has_value() && reader->has_value());
  std::map<std::uint64_t, std::vector<std::string>> expected;  // as text: place and bytes of the event
  std::map<std::uint64_t, std::vector<std::string>> texts;
  const auto describe_fact = [](std::uint64_t position, std::size_t index, std::uint64_t of, const Event& event) {
    ByteWriter bytes;
    write_event(bytes, event);
    return std::to_string(position) + "." + std::to_string(index) + " of " + std::to_string(of) + ": " + bytes.take();
  };
  std::vector<std::uint64_t> conversations;
  const auto each = [&](const std::function<void(const journal::Batch&, std::size_t, const Event&)>& act) {
    const auto read = journal.read({}, [&](const journal::Batch& batch, const journal::Hash&) {
      const auto events = decode_batch(batch.payload);
      for (std::size_t i = 0; i < events->size(); ++i) act(batch, i, (*events)[i]);
      return true;
    });
    ASSERT_TRUE(read.has_value());
  };
  each([&](const journal::Batch&, std::size_t, const Event& event) {
    if (const auto* started = std::get_if<event::ConversationStarted>(&event.body)) {
      conversations.push_back(started->conversation.value());
    }
    if (const auto* posted = std::get_if<event::MessagePosted>(&event.body)) {
      texts[posted->conversation.value()].push_back(posted->text);
    }
  });
  ASSERT_FALSE(conversations.empty());
  each([&](const journal::Batch& batch, std::size_t i, const Event& event) {
    const auto of = whose(event.body);
    if (!of) return;
    for (const std::uint64_t conversation : conversations) {
      if (of->value() != 0 && of->value() != conversation) continue;
      expected[conversation].push_back(
          describe_fact(batch.position.value(), i, of->value(), without_personal_text(event)));
    }
  });
  for (const std::uint64_t conversation : conversations) {
    const auto facts = (*reader)->facts(ConversationId{conversation});
    ASSERT_TRUE(facts.has_value()) << facts.error();
    std::vector<std::string> found;
    for (const Fact& fact : *facts) {
      found.push_back(describe_fact(fact.position.value(), fact.index, fact.conversation.value(), fact.event));
    }
    EXPECT_EQ(found, expected[conversation]);
    const auto said = (*reader)->texts(ConversationId{conversation});
    ASSERT_TRUE(said.has_value()) << said.error();
    std::vector<std::string> all;
    for (const auto& [seq, text] : said->by_seq) all.push_back(text);
    for (const auto& [place, text] : said->notes) all.push_back(text);
    std::ranges::sort(all);
    std::ranges::sort(texts[conversation]);
    EXPECT_TRUE(std::ranges::includes(all, texts[conversation]));
  }
}

TEST(ArchiveRunTest, ARunEndsAtItsBounds) {
  const auto first_of_runs = [](std::uint64_t messages, const std::function<std::string(std::uint64_t)>& text) {
    BusyDesk desk;
    for (std::uint64_t i = 1; i <= messages; ++i) desk.says(1, Millis{i * 1000}, text(i));
    const TempDirectory directory;
    {
      const auto archive = open_or_fail(directory.path(), desk.core.journal());
      expect_pages(*archive, desk.core.journal(), 7);
      EXPECT_EQ(transcript_of(*archive, public_id(1001)).record.preview, text(messages).substr(0, 120));
    }
    expect_facts(directory.path(), desk.core.journal());
    return runs_of(directory.path(), 1);
  };
  const auto short_text = [](std::uint64_t i) { return "message " + std::to_string(i); };
  EXPECT_EQ(first_of_runs(64, short_text), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(first_of_runs(65, short_text), (std::vector<std::int64_t>{1, 65}));
  EXPECT_EQ(first_of_runs(129, short_text), (std::vector<std::int64_t>{1, 65, 129}));
  // Beside each text stand its number and length, beside all of them the number of the layout: 1 + 4 * 3 bytes.
  const auto fits = [](std::uint64_t i) { return std::string(i == 4 ? 4096 - 13 : 4096, 'x'); };
  EXPECT_EQ(first_of_runs(4, fits), (std::vector<std::int64_t>{1}));
  const auto too_long = [](std::uint64_t i) { return std::string(i == 4 ? 4096 : 4096, 'x'); };
  EXPECT_EQ(first_of_runs(4, too_long), (std::vector<std::int64_t>{1, 4}));
  // One text alone may be longer than the bound.
  const auto longest = [](std::uint64_t) {
    std::string text;
    for (int i = 0; i < 6'000; ++i) text += "\xE2\x82\xAC";
    return text;
  };
  EXPECT_EQ(first_of_runs(3, longest), (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(ArchiveRunTest, EventsWithoutALineEndARunAsWell) {
  BusyDesk desk;
  desk.says(1, 1s, "hello");
  for (int i = 0; i < 600; ++i) {
    desk.leaves(1, Millis{2000 + i * 20});
    desk.returns(1, Millis{2010 + i * 20});
  }
  const TempDirectory directory;
  {
    EXPECT_EQ(transcript_of(*open_or_fail(directory.path(), desk.core.journal()), public_id(1001)).entries.size(), 1u);
  }
  expect_facts(directory.path(), desk.core.journal());
  File file(directory.path());
  EXPECT_EQ(file.number("SELECT count(*) FROM runs WHERE conversation=1"), 5);
  EXPECT_LT(file.number("SELECT max(length(events)) FROM runs"), 16 << 10);
}

// Many chats at once, in transactions of any length, by an archive that is stopped and opened again.
TEST(ArchiveRunTest, WhateverTheTransactionsArePagesAndFactsAreTheSame) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    std::mt19937 random(seed);
    const auto up_to = [&random](std::uint64_t max) {
      return std::uniform_int_distribution<std::uint64_t>(1, max)(random);
    };
    BusyDesk desk;
    desk.ready("aino", 0s);
    desk.ready("maija", 0s);
    for (int i = 0; i < 400; ++i) {
      const std::uint64_t v = up_to(5);
      const Millis t = 1s + Millis{i * 700};
      const std::string name = desk.core.state().find(public_id(1000 + v)) == nullptr ? "" : desk.held_by(v);
      const std::uint64_t what = up_to(20);
      if (name.empty() || what <= 8) {
        desk.says(v, t, std::string(up_to(what == 1 ? 9'000 : 60), static_cast<char>('a' + i % 26)));
        if (const std::string asked = desk.offered_to(v); !asked.empty()) desk.accepts(asked, v, t + 1ms);
      } else if (what == 9) {
        desk.notes(name, v, t, "note " + std::to_string(i));
      } else if (what == 10) {
        desk.closes(name, v, t);
        desk.core.at(desk.start + t + 1ms, cmd::Rate{.visitor = public_id(v),  // Refused if nobody has answered.
                                                     .conversation = public_id(1000 + v),
                                                     .score = 3,
                                                     .comment = "comment " + std::to_string(i)});
      } else {
        desk.answers(name, v, t, "answer " + std::to_string(i));
      }
      desk.tick(t + 2ms);
    }
    const std::uint64_t batches = desk.core.journal().tail().position.value();
    const TempDirectory directory;
    Window window(desk.core.journal(), 0);
    for (std::uint64_t shown = 0; shown < batches;) {
      const auto archive = open_or_fail(directory.path(), window);
      for (int stage = 0; stage < 3 && shown < batches; ++stage) {
        shown = std::min(batches, shown + up_to(seed % 2 == 0 ? 10 : 200));
        window.show(shown);
        ASSERT_TRUE(ask_closed(*archive, {}).has_value());
      }
    }
    const auto archive = open_or_fail(directory.path(), desk.core.journal());
    expect_pages(*archive, desk.core.journal(), static_cast<std::uint32_t>(up_to(80)));
    const auto whole = in_memory(desk.core.journal());
    expect_same(*archive, *whole, said_in(desk.core.journal()));
    const auto closed = closed_of(*archive, {"support", "sales"});
    const auto closed_at_once = closed_of(*whole, {"support", "sales"});
    ASSERT_EQ(closed.size(), closed_at_once.size());
    for (std::size_t i = 0; i < closed.size(); ++i) EXPECT_EQ(describe(closed[i]), describe(closed_at_once[i]));
    expect_facts(directory.path(), desk.core.journal());
  }
}

struct Damage {
  const char* column;
  const char* read;
  const char* write;
};

// Whatever byte of a run is another one, it is told with the conversation's name, by every way of asking.
TEST(ArchiveRunTest, EveryDamagedByteIsToldWithTheNameOfTheConversation) {
  BusyDesk desk;
  desk.ready("aino", 0s);
  desk.serves("aino", 1, 1s);
  desk.rates(1, 20s, 4, "fine");
  const TempDirectory directory;
  {
    EXPECT_EQ(transcript_of(*open_or_fail(directory.path(), desk.core.journal()), public_id(1001)).entries.size(), 5u);
  }
  const std::string name = "conversation " + to_string(public_id(1001)) + " is damaged (run ";
  for (const Damage& at : {Damage{"events", "SELECT events FROM runs WHERE conversation=1",
                                  "UPDATE runs SET events=?1 WHERE conversation=1"},
                           Damage{"texts", "SELECT texts FROM entry_texts", "UPDATE entry_texts SET texts=?1"}}) {
    File file(directory.path());
    const auto whole = file.values(at.read);
    ASSERT_EQ(whole.size(), 1u);
    const std::string& sound = whole[0][0];
    ASSERT_GT(sound.size(), 30u);
    const auto expect_told = [&](const std::string& bytes, std::size_t where) {
      file.put(at.write, bytes);
      const auto archive = open_or_fail(directory.path(), desk.core.journal());
      const auto transcript = ask_transcript(*archive, public_id(1001));
      ASSERT_FALSE(transcript.has_value()) << at.column << " at " << where;
      EXPECT_NE(transcript.error().find(name), std::string::npos) << transcript.error();
      if (std::string(at.column) == "texts") {
        const auto closed = ask_closed(*archive, {"support"});
        ASSERT_FALSE(closed.has_value());
        EXPECT_NE(closed.error().find(name), std::string::npos) << closed.error();
      }
      auto reader = FactsReader::open(directory.path().string(), "default", desk.core.journal().history());
      ASSERT_TRUE(reader.has_value() && reader->has_value());
      const bool events = std::string(at.column) == "events";
      const auto facts = (*reader)->facts(ConversationId{1});
      const auto texts = (*reader)->texts(ConversationId{1});
      ASSERT_NE(facts.has_value(), texts.has_value());
      EXPECT_EQ(texts.has_value(), events);
      const std::string& told = events ? facts.error() : texts.error();
      EXPECT_NE(told.find("conversation 1 is damaged (run "), std::string::npos) << told;
    };
    for (std::size_t i = 0; i < sound.size(); i += 5) {
      std::string bytes = sound;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << (i % 8)));
      expect_told(bytes, i);
    }
    for (const std::size_t left :
         {std::size_t{0}, std::size_t{1}, std::size_t{7}, sound.size() / 2, sound.size() - 1}) {
      expect_told(sound.substr(0, left), left);
    }
    file.put(at.write, sound);
  }
  File(directory.path()).rows("UPDATE runs SET first_seq=2 WHERE conversation=1");
  const auto strange = ask_transcript(*open_or_fail(directory.path(), desk.core.journal()), public_id(1001));
  ASSERT_FALSE(strange.has_value());
  EXPECT_NE(strange.error().find("its events are those of another"), std::string::npos) << strange.error();
  File(directory.path()).rows("UPDATE runs SET first_seq=1 WHERE conversation=1");
  EXPECT_EQ(transcript_of(*open_or_fail(directory.path(), desk.core.journal()), public_id(1001)).entries,
            said_in(desk.core.journal()).entries.at(public_id(1001)));
}

std::string with_checksum(std::string bytes) {
  const journal::Hash hash = journal::short_sha256({bytes});
  return bytes + std::string(journal::bytes_of(hash).substr(0, 8));
}

void expect_ascending(const std::expected<std::vector<Kept>, std::string>& kept) {
  if (!kept) return;
  std::uint64_t last = 0;
  for (const Kept& one : *kept) {
    if (one.seq == 0) continue;
    EXPECT_GT(one.seq, last);
    EXPECT_TRUE(one.text_hash.empty() || one.text_hash.size() == 16);
    last = one.seq;
  }
}

// The checksum aside: the decoder itself believes nothing, whoever wrote the bytes.
TEST(ArchiveRunTest, BytesUnderARightChecksumAreNotBelievedEither) {
  archive::Run run;
  const journal::Hash hash{};
  const std::string text_hash(journal::bytes_of(hash));
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const std::string text = "text " + std::to_string(i);
    Event event{.at = instant_from_ms(5),
                .body = event::MessagePosted{.conversation = ConversationId{7},
                                             .seq = i,
                                             .author = Author::visitor,
                                             .agent = {},
                                             .stream = "s",
                                             .n = i,
                                             .body_hash = 0,
                                             .text = "6"}};
    const Line line{.seq = i, .name = "Aino", .text_hash = text_hash, .text = text};
    run.add(journal::Position{i}, 0, event, &line);
  }
  const std::string texts = run.take_texts();
  const std::string events = run.take_events();
  EXPECT_TRUE(run.empty());
  ASSERT_EQ(read_events(events)->size(), 3u);
  EXPECT_EQ((*read_events(events))[2].name, "Aino");
  ASSERT_EQ(read_texts(texts)->size(), 3u);
  EXPECT_EQ(text_in(*read_texts(texts), 2), "text 2");
  EXPECT_EQ(text_in(*read_texts(texts), 4), "");
  std::size_t refused = 0;
  for (const std::string& blob : {events, texts}) {
    const std::string body = blob.substr(0, blob.size() - 8);
    for (std::size_t i = 0; i < body.size(); ++i) {
      for (int value = 0; value < 256; ++value) {
        std::string bytes = body;
        bytes[i] = static_cast<char>(value);
        const auto kept = read_events(with_checksum(bytes));
        const auto said = read_texts(with_checksum(bytes));
        refused += kept || said ? 0 : 1;
        expect_ascending(kept);
        if (said) {
          for (const auto& [seq, text] : *said) EXPECT_LE(text.size(), body.size());
        }
      }
    }
    for (std::size_t left = 0; left < body.size(); ++left) {
      const auto kept = read_events(with_checksum(body.substr(0, left)));
      EXPECT_TRUE(!kept || kept->size() < 3);
    }
  }
  EXPECT_GT(refused, 1'000u);
  EXPECT_EQ(read_events(with_checksum("\x01")).error(), "its event 1 cannot be what was written");
  EXPECT_EQ(read_texts(with_checksum("\x01")).error(), "its text 1 cannot be what was written");
  EXPECT_EQ(read_texts(with_checksum("\x02")).error(), "its layout 2 is not known to this program, which knows 1");
  EXPECT_EQ(read_events("short").error(), "it is cut off");
}

// More conversations than are remembered from one transaction to the next.
TEST(ArchiveRunTest, AConversationThatWasForgottenIsReadFromItsRow) {
  constexpr std::uint64_t many = 5'000;
  BusyDesk desk;  // For the settings.
  const Instant at = desk.core.state().now;
  const auto journal = journal::make_memory();
  const auto copied = desk.core.journal().read({}, [&](const journal::Batch& batch, const journal::Hash&) {
    return journal::test::append(*journal, batch) == journal::AppendResult::durable;
  });
  ASSERT_TRUE(copied.has_value());
  const TempDirectory directory;
  const auto archive = open_or_fail(directory.path(), *journal);
  for (std::uint64_t seq = 0; seq <= 3; ++seq) {
    std::vector<Event> events;
    for (std::uint64_t c = 1; c <= many; ++c) {
      event::ConversationStarted started;
      started.conversation = ConversationId{c};
      started.public_id = public_id(c);
      started.queue = QueueId{1};
      event::MessagePosted posted;
      posted.conversation = ConversationId{c};
      posted.seq = seq;
      posted.n = seq;
      posted.text = "text " + std::to_string(seq);
      event::RatingGiven rated;
      rated.conversation = ConversationId{c};
      rated.seq = seq;
      rated.score = 4;
      rated.comment = "text 2";
      const EventBody said = seq == 2 ? EventBody{rated} : EventBody{posted};
      events.push_back({.at = at, .body = seq == 0 ? EventBody{started} : said});
    }
    ASSERT_EQ(journal::test::append(*journal, encode_batch(events)), journal::AppendResult::durable);
    ASSERT_TRUE(ask_closed(*archive, {}).has_value()) << archive->error().value_or("");
  }
  for (const std::uint64_t c : {std::uint64_t{1}, many / 2, many}) {
    const Transcript transcript = transcript_of(*archive, public_id(c));
    EXPECT_EQ(transcript.entries.size(), 3u);
    EXPECT_EQ(transcript.record.last_seq, 3u);
    EXPECT_EQ(transcript.record.preview, "text 3");
    EXPECT_EQ(transcript.record.rating_comment, "text 2");
  }
  std::set<std::string> hashes;
  const auto salts = File(directory.path()).values("SELECT salt FROM people WHERE conversation=1");
  for (const Held::Said& line : held_in(directory.path()).lines) {
    if (line.conversation != "1") continue;
    EXPECT_EQ(line.text_hash, journal::bytes_of(journal::short_sha256({salts[0][0], line.text})));
    hashes.insert(line.text_hash);
  }
  EXPECT_EQ(hashes.size(), 3u);
}

}  // namespace
}  // namespace heti::archive::test
