// The file: what it is beside, what it is refused for, and how one of an older format becomes one of today's.
#include "tests/unit/archive_desk.hpp"

namespace heti::archive::test {
namespace {

using Extension = void (*)();

TEST(ArchiveFileTest, AnEmptyJournalBesideAnArchiveIsAMissingOneAndNothingIsDeleted) {
  BusyDesk desk;
  fill(desk, 200);
  const TempDirectory directory;
  {
    const auto archive = open_or_fail(directory.path(), desk.core.journal());
    ASSERT_TRUE(ask_transcript(*archive, public_id(1001)).has_value()) << "caught up with";
  }
  const auto empty = journal::make_memory();
  const auto refused = open({.directory = directory.path(), .workspace = "default"}, *empty);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().find("archive.db: holds what was said in workspace default, but the journal"),
            std::string::npos)
      << refused.error();
  EXPECT_TRUE(open({.directory = directory.path(), .workspace = "other"}, *empty).has_value());
  const auto archive = open_or_fail(directory.path(), desk.core.journal());
  expect_same(*archive, *in_memory(desk.core.journal()), said_in(desk.core.journal()));
}

TEST(ArchiveFileTest, TwoWorkspacesShareAFile) {
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

TEST(ArchiveFileTest, AJournalThatEndsBeforeTheRowsIsNotFollowed) {
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

TEST(ArchiveFileTest, AnotherJournalUnderTheSameHistoryIsNotFollowed) {
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

TEST(ArchiveFileTest, AFullDiskStopsItAndWithRoomAgainItGoesOn) {
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

TEST(ArchiveFileTest, AFileOfAnotherKindOrFormatIsRefused) {
  BusyDesk desk;
  const auto refusal = [&](const char* sql) {
    const TempDirectory directory;
    File(directory.path()).rows(sql);
    const auto archive =
        archive::open({.directory = directory.path().string(), .workspace = "default"}, desk.core.journal());
    return archive ? std::string("opened") : archive.error().substr(archive.error().find(": ") + 2);
  };
  EXPECT_NE(refusal("CREATE TABLE t(x)").find("is not an archive of Heti"), std::string::npos);
  EXPECT_NE(refusal("CREATE TABLE t(x); PRAGMA application_id=1212503105; PRAGMA user_version=5").find("has format 5"),
            std::string::npos);
  EXPECT_FALSE(archive::open({.directory = "/nowhere/at/all", .workspace = "default"}, desk.core.journal()));
}

// The tables as formats 1 and 2 had them.
constexpr const char* old_tables =
    "CREATE TABLE histories(id INTEGER PRIMARY KEY, workspace TEXT NOT NULL, history BLOB NOT NULL,"
    " position INTEGER NOT NULL, hash BLOB NOT NULL, UNIQUE(workspace, history)) STRICT;"
    "CREATE TABLE queues(history INTEGER NOT NULL REFERENCES histories ON DELETE CASCADE, queue INTEGER NOT NULL,"
    " name TEXT NOT NULL, display_name TEXT NOT NULL, PRIMARY KEY(history, queue)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE agents(history INTEGER NOT NULL REFERENCES histories ON DELETE CASCADE, agent INTEGER NOT NULL,"
    " name TEXT NOT NULL, display_name TEXT NOT NULL, PRIMARY KEY(history, agent)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE conversations(history INTEGER NOT NULL REFERENCES histories ON DELETE CASCADE,"
    " conversation INTEGER NOT NULL, public_id BLOB NOT NULL, visitor BLOB NOT NULL, queue INTEGER NOT NULL,"
    " agent INTEGER NOT NULL, created INTEGER NOT NULL, closed_at INTEGER, last_seq INTEGER NOT NULL,"
    " preview_seq INTEGER NOT NULL, rating INTEGER NOT NULL, rated_seq INTEGER NOT NULL,"
    " PRIMARY KEY(history, conversation)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX conversations_by_public_id ON conversations(history, public_id);"
    "CREATE INDEX conversations_closed ON conversations(history, queue, closed_at, conversation)"
    " WHERE closed_at IS NOT NULL;"
    "CREATE TABLE people(history INTEGER NOT NULL, conversation INTEGER NOT NULL, salt BLOB NOT NULL,"
    " name TEXT NOT NULL, email TEXT NOT NULL, page_url TEXT NOT NULL, page_title TEXT NOT NULL,"
    " PRIMARY KEY(history, conversation),"
    " FOREIGN KEY(history, conversation) REFERENCES conversations ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    "CREATE TABLE entries(history INTEGER NOT NULL, conversation INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " at INTEGER NOT NULL, kind INTEGER NOT NULL, author INTEGER NOT NULL, agent INTEGER NOT NULL,"
    " name TEXT NOT NULL, stream TEXT NOT NULL, n INTEGER NOT NULL, closed_by INTEGER NOT NULL,"
    " reason INTEGER NOT NULL, score INTEGER NOT NULL, text_hash BLOB, PRIMARY KEY(history, conversation, seq),"
    " FOREIGN KEY(history, conversation) REFERENCES conversations ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    "CREATE TABLE entry_texts(history INTEGER NOT NULL, conversation INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " text TEXT NOT NULL, PRIMARY KEY(history, conversation, seq),"
    " FOREIGN KEY(history, conversation, seq) REFERENCES entries ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    "CREATE TABLE notes(history INTEGER NOT NULL, conversation INTEGER NOT NULL, position INTEGER NOT NULL,"
    " idx INTEGER NOT NULL, at INTEGER NOT NULL, agent INTEGER NOT NULL, name TEXT NOT NULL, stream TEXT NOT NULL,"
    " n INTEGER NOT NULL, text_hash BLOB, PRIMARY KEY(history, conversation, position, idx),"
    " FOREIGN KEY(history, conversation) REFERENCES conversations ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    "CREATE TABLE note_texts(history INTEGER NOT NULL, conversation INTEGER NOT NULL, position INTEGER NOT NULL,"
    " idx INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY(history, conversation, position, idx),"
    " FOREIGN KEY(history, conversation, position, idx) REFERENCES notes ON DELETE CASCADE) STRICT, WITHOUT ROWID;";
constexpr const char* facts_of_format_2 =
    "CREATE TABLE facts(history INTEGER NOT NULL,"
    " conversation INTEGER NOT NULL, position INTEGER NOT NULL, idx INTEGER NOT NULL, at INTEGER NOT NULL,"
    " name TEXT NOT NULL, event BLOB NOT NULL, PRIMARY KEY(history, conversation, position, idx))"
    " STRICT, WITHOUT ROWID;";

// Format 3 had runs in place of entries and facts.
constexpr const char* runs_of_format_3 =
    "DROP TABLE entry_texts; DROP TABLE entries;"
    "ALTER TABLE conversations ADD COLUMN preview_author INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversations ADD COLUMN preview_run INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversations ADD COLUMN rated_run INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE runs(id INTEGER PRIMARY KEY, history INTEGER NOT NULL, conversation INTEGER NOT NULL,"
    " first_seq INTEGER NOT NULL, events BLOB NOT NULL) STRICT;"
    "CREATE INDEX runs_by_seq ON runs(history, conversation, first_seq);"
    "CREATE TABLE entry_texts(id INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE, texts BLOB NOT NULL) STRICT;";

// A file as an older format left it, with one conversation of which the journal knows all, or nothing.
void make_old(const std::filesystem::path& directory, const journal::Journal& journal, int format,
              std::uint64_t position) {
  const PublicId id = journal.history();
  File file(directory);
  file.rows(std::string("BEGIN;") + old_tables + (format == 2 ? facts_of_format_2 : "") +
            (format == 3 ? runs_of_format_3 : "") +
            "PRAGMA application_id=1212503105; PRAGMA user_version=" + std::to_string(format) + "; COMMIT");
  file.rows("INSERT INTO histories VALUES(1, 'default', x'" + to_string(id) + "', " + std::to_string(position) +
            ", zeroblob(16));"
            "INSERT INTO conversations(history, conversation, public_id, visitor, queue, agent, created, last_seq,"
            " preview_seq, rating, rated_seq) VALUES(1, 9, zeroblob(16), zeroblob(16), 1, 0, 5, 1, 1, 0, 0);"
            "INSERT INTO people VALUES(1, 9, zeroblob(16), '', '', '', '');");
  if (format == 3) {
    file.rows(
        "INSERT INTO runs VALUES(4, 1, 9, 1, x'00'); INSERT INTO entry_texts VALUES(4, CAST('said in an old format' AS "
        "BLOB))");
    return;
  }
  file.rows(
      "INSERT INTO entries VALUES(1, 9, 1, 5, 0, 0, 0, '', 's', 1, 0, 0, 0, zeroblob(16));"
      "INSERT INTO entry_texts VALUES(1, 9, 1, 'said in an old format');");
  if (format == 2) file.rows("INSERT INTO facts VALUES(1, 9, 1, 0, 5, 'message.posted', x'00')");
}

TEST(ArchiveFileTest, AFileOfAnOlderFormatIsWrittenAnewFromTheJournal) {
  for (const int format : {1, 2, 3}) {
    BusyDesk desk;
    fill(desk, 300);
    const TempDirectory directory;
    make_old(directory.path(), desk.core.journal(), format, 300);
    std::vector<std::string> warnings;
    {
      const auto archive = open_or_fail(directory.path(), desk.core.journal(), "default",
                                        [&](std::string_view sentence) { warnings.emplace_back(sentence); });
      ASSERT_NE(archive, nullptr);
      expect_same(*archive, *in_memory(desk.core.journal()), said_in(desk.core.journal()));
    }
    ASSERT_EQ(warnings.size(), 1u);
    const std::string has =
        "has format " + std::to_string(format) + "; it is written anew from the journal in format 4";
    EXPECT_NE(warnings[0].find(has), std::string::npos) << warnings[0];
    File file(directory.path());
    EXPECT_EQ(file.number("PRAGMA user_version"), 4);
    EXPECT_EQ(file.number("SELECT count(*) FROM sqlite_schema WHERE name='facts' OR name='entries'"), 0);
    EXPECT_EQ(counts(directory.path()), counts_of(desk.core.journal()));
    EXPECT_EQ(journal::test::slurp(directory.path() / "archive.db").find("in an old format"), std::string::npos);
  }
}

TEST(ArchiveFileTest, AFileOfAnOlderFormatStaysIfTheJournalCannotGiveAllOfIt) {
  BusyDesk desk;
  fill(desk, 100);
  for (const int format : {1, 2, 3}) {
    for (const bool without_beginning : {true, false}) {
      const TempDirectory directory;
      make_old(directory.path(), desk.core.journal(), format, without_beginning ? 100 : 101);
      Window window(desk.core.journal(), 100);
      if (without_beginning) {
        window.before_read = [] { return std::unexpected("batch 1 is missing; the next is 50"); };
      }
      const auto archive = archive::open({.directory = directory.path().string(), .workspace = "default"}, window);
      ASSERT_FALSE(archive.has_value());
      const std::string why = without_beginning ? "does not reach back to its first batch (batch 1 is missing"
                                                : "it has rows up to batch 101, but the journal ends at batch 100";
      EXPECT_NE(archive.error().find(why), std::string::npos) << archive.error();
      File file(directory.path());
      EXPECT_EQ(file.rows(format == 3 ? "SELECT texts FROM entry_texts" : "SELECT text FROM entry_texts"),
                std::vector<std::string>{"said in an old format"});
      EXPECT_EQ(file.number("PRAGMA user_version"), format);
    }
  }
}

}  // namespace
}  // namespace heti::archive::test
