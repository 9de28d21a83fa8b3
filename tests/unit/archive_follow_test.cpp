// How the archive follows: nothing is missed, nothing comes twice, whatever dies in between; and what stops it.
#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "tests/unit/archive_test_tools.hpp"

namespace heti::archive::test {
namespace {

constexpr std::uint64_t everything = ~std::uint64_t{0};

// Short chats, and one long one that runs through all of them, until the journal has this many batches.
void fill(BusyDesk& desk, std::uint64_t batches) {
  desk.ready("aino", 0s);
  desk.ready("maija", 0s);
  Millis t = 1s;
  for (std::uint64_t v = 2; desk.core.journal().tail().position.value() < batches; ++v, t += 20s) {
    desk.says(1, t, "long story, part " + std::to_string(v));
    desk.tick(t + 500ms);
    if (const std::string name = desk.offered_to(1); !name.empty()) desk.accepts(name, 1, t + 1s);
    desk.says(v, t + 2s, "question " + std::to_string(v));
    const std::string name = desk.offered_to(v);
    ASSERT_FALSE(name.empty());
    desk.accepts(name, v, t + 3s);
    desk.notes(name, v, t + 4s, "note " + std::to_string(v));
    desk.answers(name, v, t + 5s, "answer " + std::to_string(v));
    desk.closes(name, v, t + 6s);
    desk.core.get<Done>(desk.start + t + 7s,
                        cmd::FinishWrapUp{.agent = desk.agent(name), .conversation = public_id(1000 + v)});
    if (v % 3 == 0) desk.rates(v, t + 8s, 1 + static_cast<std::uint32_t>(v % 5), "comment " + std::to_string(v));
  }
}

// The rows that an archive has which never stopped.
std::vector<std::int64_t> counts_of(const journal::Journal& journal) {
  const TempDirectory directory;
  {
    const auto archive = open_or_fail(directory.path(), journal);
    EXPECT_TRUE(ask_closed(*archive, {}).has_value());
  }
  return counts(directory.path());
}

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
  fill(desk, 3'300);
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
  EXPECT_EQ(File(directory.path()).number("SELECT count(*) FROM facts WHERE history NOT IN (SELECT id FROM histories)"),
            0);
  EXPECT_GT(File(directory.path()).number("SELECT count(*) FROM facts"), 0);
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
  EXPECT_EQ(File(directory.path()).number("SELECT count(*) FROM facts WHERE history NOT IN (SELECT id FROM histories)"),
            0);
  EXPECT_GT(File(directory.path()).number("SELECT count(*) FROM facts"), 0);
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

TEST(ArchiveFollowTest, TwoWorkspacesShareAFile) {
  BusyDesk desk;
  fill(desk, 50);
  BusyDesk other;
  other.says(1, 0s, "elsewhere");
  const TempDirectory directory;
  { ASSERT_TRUE(ask_closed(*open_or_fail(directory.path(), desk.core.journal(), "one"), {}).has_value()); }
  {
    const auto archive = open_or_fail(directory.path(), other.core.journal(), "two");
    EXPECT_EQ(transcript_of(*archive, public_id(1001)).record.preview, "elsewhere");
  }
  const auto archive = open_or_fail(directory.path(), desk.core.journal(), "one");
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

TEST(ArchiveFollowTest, AJournalThatEndsBeforeTheRowsIsNotFollowed) {
  BusyDesk desk;
  fill(desk, 40);
  const TempDirectory directory;
  { ASSERT_TRUE(ask_closed(*open_or_fail(directory.path(), desk.core.journal()), {}).has_value()); }
  Window window(desk.core.journal(), 30);
  const auto archive = open_or_fail(directory.path(), window);
  const auto answer = ask_closed(*archive, {});
  ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().find("but the journal ends at batch 30"), std::string::npos) << answer.error();
  EXPECT_TRUE(archive->error().has_value());
}

TEST(ArchiveFollowTest, AnotherJournalUnderTheSameHistoryIsNotFollowed) {
  BusyDesk desk;
  fill(desk, 40);
  BusyDesk other;
  other.says(1, 1s, "another life");
  const std::uint64_t length = other.core.journal().tail().position.value();
  for (const std::uint64_t shown : {length, length + 5}) {  // At the same length, and longer.
    const TempDirectory directory;
    Window impostor(other.core.journal(), length);
    impostor.other_history = desk.core.journal().history();
    { ASSERT_TRUE(ask_closed(*open_or_fail(directory.path(), impostor), {}).has_value()); }
    Window window(desk.core.journal(), shown);
    const auto archive = open_or_fail(directory.path(), window);
    EXPECT_FALSE(ask_closed(*archive, {}).has_value());
    const std::string error = archive->error().value_or("");
    EXPECT_NE(error.find(shown == length ? "not the journal that it followed" : "does not follow"), std::string::npos)
        << error;
  }
}

// Every database that is opened while this lives finds its disk full when it grows.
struct SmallDisks {
  SmallDisks() { sqlite3_auto_extension(reinterpret_cast<Extension>(&limit)); }
  ~SmallDisks() { sqlite3_cancel_auto_extension(reinterpret_cast<Extension>(&limit)); }
  static int limit(sqlite3* connection, char**, const sqlite3_api_routines*) {
    return sqlite3_exec(connection, "PRAGMA max_page_count=45", nullptr, nullptr, nullptr);
  }
};

TEST(ArchiveFollowTest, AFullDiskStopsItAndWithRoomAgainItGoesOn) {
  BusyDesk desk;
  fill(desk, 2'500);
  const TempDirectory directory;
  {
    const SmallDisks small;
    const auto archive = open_or_fail(directory.path(), desk.core.journal());
    const auto answer = ask_closed(*archive, {});
    ASSERT_FALSE(answer.has_value());
    EXPECT_NE(answer.error().find("database or disk is full"), std::string::npos) << answer.error();
    EXPECT_LT(archive->position(), desk.core.journal().tail().position);
  }
  const auto archive = open_or_fail(directory.path(), desk.core.journal());
  expect_same(*archive, *in_memory(desk.core.journal()), said_in(desk.core.journal()));
}

TEST(ArchiveFollowTest, AFileOfAnotherKindOrFormatIsRefused) {
  BusyDesk desk;
  const auto refusal = [&](const char* sql) {
    const TempDirectory directory;
    File(directory.path()).rows(sql);
    const auto archive =
        archive::open({.directory = directory.path().string(), .workspace = "default"}, desk.core.journal());
    return archive ? std::string("opened") : archive.error().substr(archive.error().find(": ") + 2);
  };
  EXPECT_NE(refusal("CREATE TABLE t(x)").find("is not an archive of Heti"), std::string::npos);
  EXPECT_NE(refusal("CREATE TABLE t(x); PRAGMA application_id=1212503105; PRAGMA user_version=3").find("has format 3"),
            std::string::npos);
  EXPECT_FALSE(archive::open({.directory = "/nowhere/at/all", .workspace = "default"}, desk.core.journal()));
}

// A file as format 1 left it, with rows that the journal still has.
void make_format_1(const std::filesystem::path& directory, const journal::Journal& journal) {
  { ASSERT_TRUE(ask_closed(*open_or_fail(directory, journal), {}).has_value()); }
  File(directory).rows("DROP TABLE facts; PRAGMA user_version=1");
}

TEST(ArchiveFollowTest, AFileOfFormat1IsWrittenAnewFromTheJournal) {
  BusyDesk desk;
  fill(desk, 300);
  const TempDirectory directory;
  make_format_1(directory.path(), desk.core.journal());
  std::vector<std::string> warnings;
  {
    const auto archive = open_or_fail(directory.path(), desk.core.journal(), "default",
                                      [&](std::string_view sentence) { warnings.emplace_back(sentence); });
    ASSERT_NE(archive, nullptr);
    expect_same(*archive, *in_memory(desk.core.journal()), said_in(desk.core.journal()));
  }
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("has format 1, which keeps no facts; it is written anew"), std::string::npos);
  File file(directory.path());
  EXPECT_EQ(file.number("PRAGMA user_version"), 2);
  EXPECT_EQ(file.number("SELECT max(position) FROM facts"), file.number("SELECT position FROM histories"));
  EXPECT_EQ(file.number("SELECT count(*) FROM facts WHERE name='message.posted'"),
            file.number("SELECT count(*) FROM entries WHERE kind=0") + file.number("SELECT count(*) FROM notes"));
}

TEST(ArchiveFollowTest, AFileOfFormat1StaysIfTheJournalHasNoBeginning) {
  BusyDesk desk;
  fill(desk, 100);
  const TempDirectory directory;
  make_format_1(directory.path(), desk.core.journal());
  const auto before = counts(directory.path());
  Window window(desk.core.journal(), 100);
  window.before_read = [] { return std::unexpected("batch 1 is missing; the next is 50"); };
  const auto archive = archive::open({.directory = directory.path().string(), .workspace = "default"}, window);
  ASSERT_FALSE(archive.has_value());
  EXPECT_NE(archive.error().find("does not reach back to its first batch (batch 1 is missing"), std::string::npos)
      << archive.error();
  EXPECT_EQ(counts(directory.path()), before);
  EXPECT_EQ(File(directory.path()).number("PRAGMA user_version"), 1);
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

}  // namespace
}  // namespace heti::archive::test
