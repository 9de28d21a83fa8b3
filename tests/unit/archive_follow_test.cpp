// How the archive follows: nothing is missed, nothing comes twice, whatever dies in between; and what stops it.
#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "service/sequencer/recovery.hpp"
#include "tests/unit/archive_desk.hpp"

namespace heti::archive::test {
namespace {

// Dies when it is about to commit for the nth time; SQLite calls this for every connection that is opened.
struct Death {
  static inline int commits_left = 0;
  static int commit(void*) { return --commits_left <= 0 ? ::kill(::getpid(), SIGKILL) : 0; }
  static int install(sqlite3* connection, char**, const sqlite3_api_routines*) {
    sqlite3_commit_hook(connection, &commit, nullptr);
    return SQLITE_OK;
  }
};
using Extension = void (*)();

TEST(ArchiveFollowTest, AKilledProcessLosesNoRowAndWritesNoneTwice) {
  BusyDesk desk;
  fill(desk, 12'300);
  const Said said = said_in(desk.core.journal());
  // Each process writes one chunk, then dies: with the next one written and not committed, or before it is begun.
  for (const bool in_transaction : {true, false}) {
    const TempDirectory directory;
    int killed = 0;
    bool finished = false;
    while (!finished && killed < 50) {
      std::fflush(nullptr);          // Or the child would print it again.
      const pid_t child = ::fork();  // While no other thread runs here: the child needs every lock to be free.
      ASSERT_GE(child, 0);
      if (child == 0) {
        Window window(desk.core.journal(), everything);
        if (in_transaction) {
          Death::commits_left = killed == 0 ? 4 : 2;  // The first also makes the tables and begins the history.
          sqlite3_auto_extension(reinterpret_cast<Extension>(&Death::install));
        } else {
          window.before_read = [&window]() -> std::expected<void, std::string> {
            if (window.reads == 2) ::kill(::getpid(), SIGKILL);
            return {};
          };
        }
        const auto archive = archive::open({.directory = directory.path().string(), .workspace = "default"}, window);
        const bool fine = archive && ask_closed(**archive, {}).has_value();
        ::_exit(fine ? 0 : 1);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << status;
      finished = WIFEXITED(status);
      killed += finished ? 0 : 1;
    }
    EXPECT_TRUE(finished);
    EXPECT_GE(killed, 3) << "at or after each of the first three chunks";
    {
      const auto archive = open_or_fail(directory.path(), desk.core.journal());
      expect_same(*archive, *in_memory(desk.core.journal()), said);
      EXPECT_EQ(archive->position(), desk.core.journal().tail().position);
    }
    EXPECT_EQ(counts(directory.path()), counts_of(desk.core.journal()));
  }
}

TEST(ArchiveFollowTest, OpenedAgainAtAnyPlaceItGoesOnAsIfItHadNotStopped) {
  BusyDesk desk;
  fill(desk, 60);
  const std::uint64_t batches = desk.core.journal().tail().position.value();
  const TempDirectory directory;
  for (std::uint64_t shown = 0; shown <= batches; ++shown) {
    Window window(desk.core.journal(), shown);
    const auto archive = open_or_fail(directory.path(), window);
    ASSERT_TRUE(ask_closed(*archive, {"support"}).has_value());
  }
  const auto whole = in_memory(desk.core.journal());
  const auto archive = open_or_fail(directory.path(), desk.core.journal());
  const Said said = said_in(desk.core.journal());
  expect_same(*archive, *whole, said);
  File file(directory.path());
  EXPECT_EQ(file.number("SELECT count(*) FROM notes"), static_cast<std::int64_t>(said.notes));
  EXPECT_EQ(archive->position().value(), batches);
}

TEST(ArchiveFollowTest, AnAnswerHoldsEverythingThatWasDurableWhenItWasAsked) {
  BusyDesk desk;
  const auto archive = in_memory(desk.core.journal());
  for (int i = 1; i <= 300; ++i) {
    desk.says(1, Millis{i * 10}, "message " + std::to_string(i));
    const Transcript transcript = transcript_of(*archive, public_id(1001), 0, 1);
    ASSERT_EQ(transcript.entries.size(), 1u);
    ASSERT_EQ(transcript.entries[0].text, "message " + std::to_string(i));
  }
}

TEST(ArchiveFollowTest, EveryQuestionIsAnsweredOnceEvenIfTheArchiveGoesAway) {
  BusyDesk desk;
  fill(desk, 300);
  std::atomic<int> answers = 0;
  {
    const auto archive = in_memory(desk.core.journal());
    for (int i = 0; i < 100; ++i) archive->transcript(public_id(1001), 0, 10, [&](const auto&) { ++answers; });
    for (int i = 0; i < 100; ++i) archive->closed_chats({"support"}, 10, [&](const auto&) { ++answers; });
  }
  EXPECT_EQ(answers, 200);
}

TEST(ArchiveFollowTest, TheJournalIsReadOnlyWhenItHasSomethingNew) {
  BusyDesk desk;
  fill(desk, 30);
  Window window(desk.core.journal(), everything);
  const auto archive = in_memory(window);
  ASSERT_TRUE(ask_closed(*archive, {}).has_value());
  const int reads = window.reads;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(ask_closed(*archive, {}).has_value());
  EXPECT_EQ(window.reads, reads);
}

// Copies the first batches of a journal into another one, which has a history of its own.
std::unique_ptr<journal::Journal> copy_of(const journal::Journal& from, std::uint64_t batches) {
  auto copy = journal::make_memory();
  const auto read = from.read({}, [&](const journal::Batch& batch, const journal::Hash&) {
    if (batch.position.value() > batches) return false;
    EXPECT_EQ(journal::test::append(*copy, batch), journal::AppendResult::durable);
    return true;
  });
  EXPECT_TRUE(read.has_value());
  return copy;
}

TEST(ArchiveFollowTest, ANewHistoryIsWrittenAnewAndNothingOfTheLostEndRemains) {
  BusyDesk desk;
  fill(desk, 200);
  const std::uint64_t common = desk.core.journal().tail().position.value();
  desk.says(500, 9h, "this was lost");
  const auto shorter = copy_of(desk.core.journal(), common);
  ASSERT_NE(shorter->history(), desk.core.journal().history());

  const TempDirectory directory;
  {
    const auto archive = open_or_fail(directory.path(), desk.core.journal());
    EXPECT_EQ(transcript_of(*archive, public_id(1500)).record.preview, "this was lost");
  }
  std::atomic<int> warnings = 0;
  {
    const auto archive = open_or_fail(directory.path(), *shorter, "default", [&](std::string_view) { ++warnings; });
    const auto lost = ask_transcript(*archive, public_id(1500));
    ASSERT_TRUE(lost.has_value()) << lost.error();
    EXPECT_FALSE(lost->has_value());
    const auto fresh = in_memory(*shorter);
    expect_same(*archive, *fresh, said_in(*shorter));
    EXPECT_EQ(archive->position().value(), common);
  }
  EXPECT_EQ(warnings, 1);
  EXPECT_EQ(counts(directory.path()), counts_of(*shorter));
  EXPECT_EQ(File(directory.path()).number("SELECT count(*) FROM histories"), 1);
  EXPECT_EQ(File(directory.path()).number("SELECT count(*) FROM runs WHERE history NOT IN (SELECT id FROM histories)"),
            0);
  EXPECT_GT(File(directory.path()).number("SELECT count(*) FROM runs"), 0);
  EXPECT_EQ(journal::test::slurp(directory.path() / "archive.db").find("this was lost"), std::string::npos);
}

TEST(ArchiveFollowTest, TheRowsOfTheOldHistoryStayUntilTheNewOneHasBeenReadToItsEnd) {
  BusyDesk desk;
  fill(desk, 50);
  const TempDirectory directory;
  { ASSERT_TRUE(ask_closed(*open_or_fail(directory.path(), desk.core.journal()), {}).has_value()); }
  const auto before = counts(directory.path());

  Window window(desk.core.journal(), everything);
  window.other_history = public_id(99);
  window.before_read = [] { return std::unexpected(std::string("batch 1 is missing")); };
  {
    const auto archive = open_or_fail(directory.path(), window);
    const auto answer = ask_closed(*archive, {});
    ASSERT_FALSE(answer.has_value());
    EXPECT_NE(answer.error().find("batch 1 is missing"), std::string::npos);
    EXPECT_EQ(archive->position().value(), 0u);
  }
  EXPECT_EQ(counts(directory.path()), before);
  window.before_read = nullptr;
  { EXPECT_TRUE(ask_closed(*open_or_fail(directory.path(), window), {}).has_value()); }
  EXPECT_EQ(counts(directory.path()), before);
  EXPECT_EQ(File(directory.path()).number("SELECT count(*) FROM histories"), 1);
  EXPECT_EQ(File(directory.path()).number("SELECT count(*) FROM runs WHERE history NOT IN (SELECT id FROM histories)"),
            0);
  EXPECT_GT(File(directory.path()).number("SELECT count(*) FROM runs"), 0);
}

TEST(ArchiveFollowTest, AHistoryThatChangesWhileItRunsIsNoticed) {
  BusyDesk desk;
  fill(desk, 50);
  Window window(desk.core.journal(), 20);
  const auto archive = in_memory(window);
  ASSERT_TRUE(ask_closed(*archive, {}).has_value());
  archive->closed_chats({}, 1, [&window](const auto&) { window.other_history = public_id(99); });  // On its thread.
  ASSERT_TRUE(ask_closed(*archive, {}).has_value());
  window.show(everything);
  expect_same(*archive, *in_memory(desk.core.journal()), said_in(desk.core.journal()));
}

TEST(ArchiveFollowTest, ABatchThatCannotBeReadStopsItWithASentenceAndIsNotSkipped) {
  BusyDesk desk;
  desk.says(1, 0s, "before");
  const std::uint64_t good = desk.core.journal().tail().position.value();
  const TempDirectory directory;
  {
    const auto archive = open_or_fail(directory.path(), desk.core.journal());
    EXPECT_EQ(transcript_of(*archive, public_id(1001)).entries.size(), 1u);
  }
  std::string newer = encode_batch({});
  newer[0] = 2;
  ASSERT_EQ(journal::test::append(desk.core.journal(), newer), journal::AppendResult::durable);
  ASSERT_EQ(journal::test::append(desk.core.journal(), encode_batch({})), journal::AppendResult::durable);
  std::promise<std::string> warned;
  const auto archive = open_or_fail(directory.path(), desk.core.journal(), "default",
                                    [&warned](std::string_view sentence) { warned.set_value(std::string(sentence)); });
  const std::string sentence = "the archive has stopped: batch " + std::to_string(good + 1) +
                               ": batch format 2 is not known to this build (it knows 1)";
  EXPECT_EQ(warned.get_future().get(), sentence);
  EXPECT_EQ(archive->error(), sentence);
  EXPECT_EQ(ask_transcript(*archive, public_id(1001)).error(), sentence);
  EXPECT_EQ(ask_closed(*archive, {"support"}).error(), sentence);
  EXPECT_EQ(archive->position().value(), good);
}

// A disk that is full for a while: SQLite asks this for every connection that is opened, and takes 1 for no.
struct NoRoom {
  static inline std::atomic<int> says = 0;
  static int commit(void*) { return says; }
  static int install(sqlite3* connection, char**, const sqlite3_api_routines*) {
    sqlite3_commit_hook(connection, &commit, nullptr);
    return SQLITE_OK;
  }
};

TEST(ArchiveFollowTest, WhatCouldNotBeWrittenIsTriedAgainAndWrittenOnce) {
  BusyDesk desk;
  fill(desk, 40);
  const TempDirectory directory;
  ASSERT_EQ(sqlite3_auto_extension(reinterpret_cast<Extension>(&NoRoom::install)), SQLITE_OK);
  std::mutex mutex;
  std::vector<std::string> warnings;
  const auto warned = [&](std::string_view sentence) {
    const std::lock_guard lock(mutex);
    warnings.emplace_back(sentence);
  };
  {
    auto opened = archive::open(
        {.directory = directory.path().string(), .workspace = "default", .on_warning = warned, .try_again_after = 20ms},
        desk.core.journal());
    ASSERT_TRUE(opened.has_value()) << opened.error();
    Archive& archive = **opened;
    EXPECT_TRUE(ask_closed(archive, {}).has_value());
    NoRoom::says = 1;
    for (std::uint64_t v = 901; v <= 920; ++v)
      desk.says(v, 2h + std::chrono::seconds{v}, "nobody writes this down yet");
    EXPECT_FALSE(ask_closed(archive, {}).has_value());
    EXPECT_TRUE(archive.error().has_value());
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(ask_closed(archive, {}).has_value());
    NoRoom::says = 0;
    for (int i = 0; i < 200 && archive.error(); ++i) std::this_thread::sleep_for(20ms);
    EXPECT_FALSE(archive.error().has_value());
    EXPECT_TRUE(ask_closed(archive, {}).has_value());
    EXPECT_EQ(archive.error(), std::nullopt);
  }
  sqlite3_cancel_auto_extension(reinterpret_cast<Extension>(&NoRoom::install));
  EXPECT_EQ(counts(directory.path()), counts_of(desk.core.journal()));
  ASSERT_EQ(warnings.size(), 2u) << "each is said once";
  EXPECT_TRUE(warnings[0].starts_with("the archive has stopped: ")) << warnings[0];
  EXPECT_TRUE(warnings[1].starts_with("the archive goes on")) << warnings[1];
}

TEST(ArchiveFollowTest, AnEventOfAConversationThatNeverBeganStopsIt) {
  for (const EventBody& body : {EventBody{event::MessagePosted{.conversation = ConversationId{7},
                               .seq = 1,
                               .author = Author::visitor,
                               .agent = {},
                               .stream = "s",
                               .n = 1,
                               .body_hash = 0,
                               .text = "hello"}},
                                EventBody{event::OfflineMessageOpened{.conversation = ConversationId{7}}}}) {
    const auto journal = journal::make_memory();
    ASSERT_EQ(journal::test::append(*journal, encode_batch({{.at = instant_from_ms(5), .body = body}})),
              journal::AppendResult::durable);
    const auto archive = in_memory(*journal);
    EXPECT_EQ(ask_closed(*archive, {}).error(), "the archive has stopped: batch 1, event 1 (" +
                                                    std::string(name_of(body)) +
                                                    "): conversation 7 is not known to the archive");
    EXPECT_EQ(archive->position().value(), 0u);
  }
}

// The same number twice would hide a line behind another.
TEST(ArchiveFollowTest, LinesThatDoNotAscendStopTheArchive) {
  const auto post = [](std::uint64_t seq) {
    return Event{.at = instant_from_ms(5),
                 .body = event::MessagePosted{.conversation = ConversationId{1},
                                              .seq = seq,
                                              .author = Author::visitor,
                                              .agent = {},
                                              .stream = "s",
                                              .n = seq,
                                              .body_hash = 0,
                                              .text = "hello"}};
  };
  BusyDesk desk;
  desk.says(1, 1s, "hello");
  const std::uint64_t good = desk.core.journal().tail().position.value();
  ASSERT_EQ(journal::test::append(desk.core.journal(), encode_batch({post(2), post(2)})),
            journal::AppendResult::durable);
  const auto archive = in_memory(desk.core.journal());
  EXPECT_EQ(ask_closed(*archive, {}).error(),
            "the archive has stopped: batch " + std::to_string(good + 1) +
                ", event 2 (message.posted): line 2 of conversation 1 comes after its line 2");
}

TEST(ArchiveFollowTest, ItFollowsAJournalOnDiskWhileItIsWritten) {
  const TempDirectory directory;
  BusyDesk desk;
  fill(desk, 400);
  const auto on_disk = journal::test::open_or_fail({.directory = directory.path()});
  ASSERT_NE(on_disk, nullptr);
  {
    const auto archive = open_or_fail(directory.path(), *on_disk);
    std::uint64_t last = 0;
    const auto read = desk.core.journal().read({}, [&](const journal::Batch& batch, const journal::Hash&) {
      EXPECT_EQ(journal::test::append(*on_disk, batch), journal::AppendResult::durable);
      if (batch.position.value() % 50 == 0) {
        const std::uint64_t seen = transcript_of(*archive, public_id(1001)).record.last_seq;
        EXPECT_GT(seen, last);
        last = seen;
      }
      return true;
    });
    ASSERT_TRUE(read.has_value());
    expect_same(*archive, *in_memory(desk.core.journal()), said_in(desk.core.journal()));
  }
  const auto archive = open_or_fail(directory.path(), *on_disk);
  ASSERT_TRUE(ask_closed(*archive, {}).has_value());
  EXPECT_EQ(archive->position(), on_disk->tail().position);
}

TEST(ArchiveFollowTest, WhereTheJournalWasTrimmedItBeginsWithASnapshotAndKeepsWhatItHeldOfOtherHistories) {
  BusyDesk desk;
  desk.ready("aino", 0s);
  desk.serves("aino", 1, 10s);
  desk.says(2, 60s, "before the snapshot");
  desk.accepts("aino", 2, 61s);
  ASSERT_TRUE(sequencer::make_snapshot(desk.core.journal()));
  desk.answers("aino", 2, 70s, "after it");
  desk.closes("aino", 2, 80s);
  const TempDirectory directory;
  ASSERT_EQ(closed_of(*open_or_fail(directory.path(), desk.core.journal()), {"support"}).size(), 2u);

  Window window(desk.core.journal(), everything);
  window.other_history = PublicId{7, 8};
  std::vector<std::string> warnings;
  Options options{.directory = directory.path().string()};
  options.on_warning = [&warnings](std::string_view sentence) { warnings.emplace_back(sentence); };
  options.trimmed_through = [] { return journal::Position{3}; };
  for (int start = 0; start < 2; ++start) {  // As at the first start, so at the next.
    const auto archive = open(options, window);
    ASSERT_TRUE(archive.has_value()) << archive.error();
    const auto closed = closed_of(**archive, {"support"});
    ASSERT_FALSE(closed.empty());
    EXPECT_EQ(closed.front().conversation, public_id(1002));
    EXPECT_EQ(closed.front().agent_name, "aino");
    EXPECT_EQ(closed.front().preview, "after it");
    const Transcript transcript = transcript_of(**archive, public_id(1002));
    ASSERT_FALSE(transcript.entries.empty());
    for (const core::Entry& entry : transcript.entries) EXPECT_NE(entry.text, "before the snapshot");
    EXPECT_FALSE((*archive)->error().has_value());
    EXPECT_EQ(File(directory.path()).rows("SELECT count(*) FROM histories"), std::vector<std::string>{"2"});
  }
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("begins with the snapshot"), std::string::npos) << warnings[0];
}

}  // namespace
}  // namespace heti::archive::test
