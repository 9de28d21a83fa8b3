// What the memory keeps of a conversation has an end: entries, numbers of clients, the preview.
#include <gtest/gtest.h>

#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

ConversationView opened(Desk& desk, Millis t, std::uint64_t after) {
  return desk.core.get<ConversationView>(
      desk.start + t,
      cmd::Open{.sender = Sender::of_visitor(public_id(1)), .conversation = public_id(1001), .after = after});
}

TEST(MemoryTest, TheLastTwoHundredLinesAreAtHandAndOlderOnesAreLeftToTheArchive) {
  Desk desk;
  for (std::size_t n = 1; n <= recent_entries_max; ++n) desk.says(1, 1s, "line " + std::to_string(n));
  EXPECT_EQ(opened(desk, 2s, 0).entries.front().seq, 1u);
  desk.says(1, 3s, "one more");
  const ConversationView view = opened(desk, 4s, 0);
  EXPECT_EQ(view.entries.size(), recent_entries_max);
  EXPECT_EQ(view.entries.front().seq, 2u);
  EXPECT_EQ(view.entries.front().text, "line 2");
  EXPECT_EQ(view.entries.back().text, "one more");
  EXPECT_EQ(opened(desk, 5s, recent_entries_max).entries.size(), 1u) << "only what comes after the line that is known";
  desk.core.expect_replay_gives_the_same_bytes();
}

TEST(MemoryTest, ARepeatIsKnownByItsNumberEvenWhenItsPlaceIsForgotten) {
  Desk desk;
  for (std::size_t n = 1; n <= mark_posts_max + 1; ++n) desk.says(1, 1s, "line " + std::to_string(n));
  const std::size_t kept = desk.core.events().size();
  EXPECT_EQ(seq(desk.posts(1, 2s, "s", 1, "line 1")), 0u) << "kept, but no longer known where";
  EXPECT_EQ(seq(desk.posts(1, 2s, "s", 2, "line 2")), 2u);
  EXPECT_EQ(refusal(desk.posts(1, 2s, "s", 2, "line two")), Refusal::conflict);
  EXPECT_EQ(desk.core.events().size(), kept) << "a repeat adds nothing";
}

TEST(MemoryTest, OfTooManyTabsTheOneThatWasSilentLongestIsForgotten) {
  Desk desk;
  desk.says(1, 0s);
  for (std::size_t tab = 2; tab <= marks_max; ++tab) desk.posts(1, 1s, "tab" + std::to_string(tab), 1, "hello");
  desk.says(1, 2s, "still here");  // So the second tab is now the one that was silent longest.
  desk.posts(1, 3s, "one too many", 1, "hello");
  EXPECT_EQ(desk.chat(1).marks.size(), marks_max);
  EXPECT_EQ(seq(desk.posts(1, 4s, "s", 1, "hello")), 1u) << "a repeat of the first tab";
  EXPECT_EQ(seq(desk.posts(1, 4s, "tab3", 1, "hello")), 3u) << "of the third";
  const std::uint64_t last = desk.chat(1).last_seq;
  EXPECT_EQ(seq(desk.posts(1, 5s, "tab2", 1, "hello")), last + 1) << "the second is a stranger who begins anew";
}

TEST(MemoryTest, ThePreviewIsCutBetweenCharacters) {
  Desk desk;
  desk.says(1, 0s, std::string(120, 'a'));
  EXPECT_EQ(desk.chat(1).preview, std::string(120, 'a')) << "it fits";
  desk.says(1, 1s, std::string(121, 'b'));
  EXPECT_EQ(desk.chat(1).preview, std::string(120, 'b'));
  desk.says(1, 2s, std::string(118, 'c') + "\u00e4" + "tail");
  EXPECT_EQ(desk.chat(1).preview, std::string(118, 'c') + "\u00e4") << "the two bytes end at the limit";
  desk.says(1, 3s, std::string(119, 'd') + "\u00e4" + "tail");
  EXPECT_EQ(desk.chat(1).preview, std::string(119, 'd')) << "the second byte would be beyond it";
  desk.says(1, 4s, std::string(117, 'e') + "\U0001f41f" + "tail");
  EXPECT_EQ(desk.chat(1).preview, std::string(117, 'e')) << "the fourth of four would be beyond it";
}

}  // namespace
}  // namespace heti::tests
