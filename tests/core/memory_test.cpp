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

TEST(MemoryTest, LongLinesLeaveRoomForFewerOfThem) {
  Desk desk;
  for (std::size_t n = 1; n <= 4; ++n) desk.says(1, 1s, std::string(recent_text_max / 4, 'x'));
  EXPECT_EQ(opened(desk, 2s, 0).entries.front().seq, 1u) << "four fill it";
  desk.says(1, 3s, "y");
  EXPECT_EQ(opened(desk, 4s, 0).entries.front().seq, 2u);
  desk.core.expect_replay_gives_the_same_bytes();
  State reread = *state_from_bytes(state_bytes(desk.core.state()));
  EXPECT_EQ(reread.find(public_id(1001))->recent_text, desk.chat(1).recent_text) << "counted anew after a snapshot";
  desk.says(1, 5s, std::string(recent_text_max + 1, 'z'));
  EXPECT_EQ(opened(desk, 6s, 0).entries.size(), 1u) << "the newest stays";
  desk.says(1, 7s, "short again");
  EXPECT_EQ(opened(desk, 8s, 0).entries.size(), 1u);
  EXPECT_EQ(desk.chat(1).recent_text, 11u);
}

TEST(MemoryTest, ARepeatIsAnsweredWithTheNewestNumberWhenItsPlaceIsForgotten) {
  Desk desk;
  for (std::size_t n = 1; n <= mark_posts_max + 1; ++n) desk.says(1, 1s, "line " + std::to_string(n));
  const std::size_t kept = desk.core.events().size();
  const Posted old = std::get<Posted>(desk.posts(1, 2s, "s", 1, "line 1"));
  EXPECT_EQ(old.n, mark_posts_max + 1) << "kept, but no longer known where: everything up to the newest is durable";
  EXPECT_EQ(old.seq, mark_posts_max + 1);
  const std::uint64_t known = mark_posts_max + 1 - mark_posts_kept + 1;
  EXPECT_EQ(seq(desk.posts(1, 2s, "s", known, "line " + std::to_string(known))), known);
  EXPECT_EQ(refusal(desk.posts(1, 2s, "s", known, "another line")), Refusal::conflict);
  EXPECT_EQ(desk.core.events().size(), kept) << "a repeat adds nothing";
}

TEST(MemoryTest, ARepeatAddsNothingHoweverManyTabsCameBetween) {
  Desk desk;
  desk.says(1, 0s, "first");
  desk.says(1, 0s, "second");
  for (std::size_t tab = 2; tab <= long_marks_max + 1; ++tab) {
    for (std::uint64_t n = 1; n <= 2; ++n) desk.posts(1, 1s, "tab" + std::to_string(tab), n, "hello");
  }
  const std::size_t kept = desk.core.events().size();
  const Posted first = std::get<Posted>(desk.posts(1, 2s, "s", 1, "first"));
  EXPECT_EQ(first.n, 2u) << "of the tab that was silent longest only the last post is known";
  EXPECT_EQ(first.seq, 2u);
  EXPECT_EQ(seq(desk.posts(1, 2s, "s", 2, "second")), 2u);
  EXPECT_EQ(refusal(desk.posts(1, 2s, "s", 2, "other")), Refusal::conflict);
  EXPECT_EQ(seq(desk.posts(1, 2s, "tab2", 1, "hello")), 3u) << "the others know all of theirs";
  EXPECT_EQ(desk.core.events().size(), kept) << "nothing is stored twice";
  desk.says(1, 3s, "third");
  EXPECT_EQ(seq(desk.posts(1, 4s, "s", 2, "second")), 2u) << "it is long again";
  EXPECT_EQ(std::get<Posted>(desk.posts(1, 4s, "tab2", 1, "hello")).n, 2u) << "and now the second tab is cut";
  desk.core.expect_replay_gives_the_same_bytes();
}

TEST(MemoryTest, ATabAfterAThousandIsRefusedAndTheOthersGoOn) {
  Desk desk;
  desk.says(1, 0s);
  for (std::size_t tab = 2; tab <= marks_max; ++tab) desk.posts(1, 1s, "tab" + std::to_string(tab), 1, "hello");
  EXPECT_EQ(refusal(desk.posts(1, 2s, "one too many", 1, "hello")), Refusal::not_allowed);
  EXPECT_EQ(seq(desk.posts(1, 2s, "tab7", 2, "still here")), marks_max + 1);
  EXPECT_EQ(seq(desk.posts(1, 2s, "tab8", 1, "hello")), 8u);
}

TEST(MemoryTest, AClosingFarAheadIsDueToAnIndexOfTodayAndToOneMadeAnew) {
  Desk desk;  // open for 500 days
  desk.says(1, 0s);
  desk.tick(std::chrono::days{101});
  EXPECT_TRUE(desk.core.state().queues.at(Desk::queue).due_as.has_value());
  desk.core.expect_replay_gives_the_same_bytes();
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
