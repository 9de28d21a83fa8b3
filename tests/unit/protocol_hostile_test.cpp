// decode() is total: whatever comes in, it gives a frame or one of its codes, quickly and without an exception.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "protocol/codec.hpp"
#include "protocol_fixtures.hpp"

namespace heti::protocol {
namespace {

bool is_code_of_decode(ErrorCode code) {
  return code == ErrorCode::bad_json || code == ErrorCode::bad_frame || code == ErrorCode::unknown_event ||
         code == ErrorCode::too_big || code == ErrorCode::forbidden;
}

ErrorCode refused_as(std::string_view text) {
  const auto frame = decode(Role::visitor, text);
  EXPECT_FALSE(frame.has_value());
  return frame.has_value() ? ErrorCode::rate_limited : frame.error();
}

TEST(ProtocolHostileTest, NoPrefixOfAFrameIsAFrame) {
  for (const auto& fixture : fixtures::read_folder("valid", "client")) {
    if (fixture.text().size() > 1'000) continue;
    const std::string text = fixture.text();
    for (std::size_t size = 0; size < text.size(); ++size) {
      const auto frame = decode(fixture.role(), std::string_view(text).substr(0, size));
      ASSERT_FALSE(frame.has_value()) << fixture.name() << " cut to " << size;
      EXPECT_EQ(frame.error(), ErrorCode::bad_json);
    }
  }
}

TEST(ProtocolHostileTest, DamagedFramesGiveAFrameOrACode) {
  constexpr unsigned seed = 42;
  std::mt19937 random(seed);
  const auto valid = fixtures::read_folder("valid", "client");
  const auto invalid = fixtures::read_folder("invalid", "client");
  std::vector<std::string> texts;
  for (const auto* folder : {&valid, &invalid}) {
    for (const auto& fixture : *folder) {
      if (fixture.text().size() <= 1'000) texts.push_back(fixture.text());
    }
  }
  const auto below = [&random](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  std::size_t accepted = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = texts[below(texts.size())];
    for (std::size_t damage = below(4); damage > 0 && !text.empty(); --damage) {
      const std::size_t place = below(text.size());
      switch (below(4)) {
        case 0: text[place] = static_cast<char>(below(256)); break;
        case 1: text.erase(place, 1 + below(8)); break;
        case 2: text.insert(place, 1, "{}[]\",:\\0-e"[below(11)]); break;
        default: text.insert(place, texts[below(texts.size())].substr(0, below(40))); break;
      }
    }
    const auto frame = decode(below(2) == 0 ? Role::visitor : Role::agent, text);
    if (frame.has_value()) {
      ++accepted;
    } else {
      ASSERT_TRUE(is_code_of_decode(frame.error())) << "seed " << seed << ", round " << round;
    }
  }
  EXPECT_GT(accepted, 1'000U) << "some must get through, or the damage is too great to try anything";
}

TEST(ProtocolHostileTest, TheLargestFramesOfEveryShapeAreRefusedInATime) {
  const auto fill = [](std::string_view head, std::string_view piece) {
    std::string text(head);
    while (text.size() + piece.size() <= frame_bytes_max) text += piece;
    return text;
  };
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(refused_as(fill("", "[")), ErrorCode::bad_json);
  EXPECT_EQ(refused_as(fill("", "{\"a\":")), ErrorCode::bad_json);
  EXPECT_EQ(refused_as(fill("{\"t\":\"typing\",\"x\":", "[")), ErrorCode::bad_json);
  EXPECT_EQ(refused_as(fill("{\"", "k")), ErrorCode::bad_json);
  EXPECT_EQ(refused_as(fill("{\"t\":\"", "\\u0041")), ErrorCode::bad_json);
  EXPECT_EQ(refused_as(fill("{\"t\":", "9")), ErrorCode::bad_json);
  EXPECT_EQ(refused_as(fill("", "\xff")), ErrorCode::bad_json);
  EXPECT_EQ(refused_as(fill("", std::string_view("\0", 1))), ErrorCode::bad_json);
  std::string fields = "{\"t\":\"typing\"";
  for (int i = 0; fields.size() < frame_bytes_max - 20; ++i) fields += ",\"" + std::to_string(i) + "\":0";
  EXPECT_EQ(refused_as(fields + "}"), ErrorCode::bad_frame);
  EXPECT_EQ(refused_as(fill("{\"t\":\"typing\",\"x\":[0", ",0").substr(0, frame_bytes_max - 3) + "]}"),
            ErrorCode::bad_json);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{1});
}

TEST(ProtocolTextTest, BlankIsWhatABrowserTrimsAway) {
  for (const std::string_view blank :
       {"", " ", "\t\n\v\f\r ", "\u00a0", "\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"}) {
    EXPECT_EQ(check_text(blank), RefusalCode::empty);
  }
  // A zero-width space and U+0085 are no white space to ECMAScript's trim().
  for (const std::string_view text : {"a", " a ", "\u200b", "\u0085", "🙂"})
    EXPECT_EQ(check_text(text), std::nullopt);
}

TEST(ProtocolTextTest, LengthIsCountedInBytes) {
  EXPECT_EQ(check_text(std::string(text_bytes_max, 'a')), std::nullopt);
  EXPECT_EQ(check_text(std::string(text_bytes_max + 1, 'a')), RefusalCode::too_long);
}

TEST(ProtocolTextTest, PreviewIsOneLineOfWholeCharacters) {
  const auto times = [](std::size_t count, std::string_view piece) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += piece;
    return text;
  };
  EXPECT_EQ(preview_of(""), "");
  EXPECT_EQ(preview_of(" \n "), "");
  EXPECT_EQ(preview_of("  two\r\n\r\n lines\t"), "two lines");
  EXPECT_EQ(preview_of(times(120, "ä")), times(120, "ä"));
  EXPECT_EQ(preview_of(times(120, "ä") + " \n"), times(120, "ä"));
  EXPECT_EQ(preview_of(times(121, "ä")), times(119, "ä") + "…");
  EXPECT_EQ(preview_of(times(120, "🙂") + " more"), times(119, "🙂") + "…");
  EXPECT_EQ(preview_of(times(119, "x") + " more"), times(119, "x") + "…");
  EXPECT_EQ(preview_of(times(118, "x") + " more"), times(118, "x") + "…");
}

}  // namespace
}  // namespace heti::protocol
