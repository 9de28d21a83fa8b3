// Erasing what was said: where personal text lies, what stays when it goes, and how a conversation goes on without it.
#include "service/journal/hash.hpp"
#include "tests/unit/archive_desk.hpp"

namespace heti::archive::test {
namespace {

// Erasure, when it comes, deletes from three tables and nothing else; the lines stay as facts.
TEST(ArchiveErasureTest, PersonalTextLiesInTablesOfItsOwnAndTheFactsHoldOnlyItsSaltedHash) {
  BusyDesk desk;
  live_a_day(desk);
  const TempDirectory directory;
  const std::string secret = "kind but slow";
  { EXPECT_EQ(transcript_of(*open_or_fail(directory.path(), desk.core.journal()), public_id(1001)).record.rating, 0u); }
  {
    File file(directory.path());
    std::map<std::string, std::string> salts;
    for (const auto& row : file.values("SELECT conversation, salt FROM people")) salts[row[0]] = row[1];
    EXPECT_EQ(salts.size(), 2u);
    EXPECT_EQ(file.number("SELECT count(DISTINCT salt) FROM people WHERE length(salt)=16"), 2);
    bool rated = false;
    for (const Held::Said& line : held_in(directory.path()).lines) {
      rated = rated || line.text == secret;
      const journal::Hash hash = journal::short_sha256({salts.at(line.conversation), line.text});
      EXPECT_EQ(line.text_hash, line.text.empty() ? "" : journal::bytes_of(hash)) << line.seq;
    }
    EXPECT_TRUE(rated);
    EXPECT_GE(held_in(directory.path()).texts, 7u);
    file.rows("PRAGMA secure_delete=ON; DELETE FROM entry_texts; DELETE FROM note_texts; DELETE FROM people");
  }
  const std::string bytes = journal::test::slurp(directory.path() / "archive.db");
  EXPECT_FALSE(bytes.empty());
  for (const std::string text : {"DROP TABLE", "xxxxxxxx", "angry", "kind but slow", "O'Hara", "example.org", "shop"}) {
    EXPECT_EQ(bytes.find(text), std::string::npos) << text;
  }
  const auto archive = open_or_fail(directory.path(), desk.core.journal());
  const Transcript transcript = transcript_of(*archive, public_id(1001));
  std::vector<Entry> blank = said_in(desk.core.journal()).entries.at(public_id(1001));
  for (Entry& entry : blank) entry.text.clear();
  EXPECT_EQ(transcript.entries, blank);
  EXPECT_EQ(transcript.record.preview, "");
  EXPECT_EQ(transcript.record.facts, VisitorFacts{});
}

// Who was erased and goes on talking is somebody new: no salt comes back, and what was erased stays away.
TEST(ArchiveErasureTest, AConversationGoesOnAfterItsPersonalTextWasErased) {
  BusyDesk desk;
  const TempDirectory directory;
  desk.says(1, 1s, "my secret");
  {
    EXPECT_EQ(transcript_of(*open_or_fail(directory.path(), desk.core.journal()), public_id(1001)).entries.size(), 1u);
  }
  File(directory.path()).rows("DELETE FROM entry_texts; DELETE FROM note_texts; DELETE FROM people");
  desk.starts(1, 2s, BusyDesk::queue, {.name = "Somebody New", .email = {}, .page_url = {}, .page_title = {}});
  desk.says(1, 3s, "and on");
  {
    const auto archive = open_or_fail(directory.path(), desk.core.journal());
    const Transcript transcript = transcript_of(*archive, public_id(1001));
    ASSERT_EQ(transcript.entries.size(), 2u);
    EXPECT_EQ(transcript.entries[0].text, "");
    EXPECT_EQ(transcript.entries[1].text, "and on");
    EXPECT_EQ(transcript.record.facts.name, "Somebody New");
    EXPECT_EQ(archive->error(), std::nullopt);
  }
  const auto salts = File(directory.path()).values("SELECT salt FROM people");
  ASSERT_EQ(salts.size(), 1u);
  EXPECT_EQ(held_in(directory.path()).lines[1].text_hash,
            journal::bytes_of(journal::short_sha256({salts[0][0], "and on"})));
}

}  // namespace
}  // namespace heti::archive::test
