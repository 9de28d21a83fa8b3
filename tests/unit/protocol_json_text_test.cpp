// JSON text as it is written, read back by a library that knows nothing of how it was.
#include "protocol/json_text.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <random>

namespace heti::protocol {
namespace {

template <class T>
std::string written(const T& value) {
  return text_of([&](Fields& out) { out.add("value", value); });
}

template <class T>
std::string reread(const T& value) {
  return std::string(boost::json::parse(written(value)).at("value").as_string());
}

TEST(JsonTextTest, EveryCharacterAtEveryPlaceOfAWordComesBack) {
  for (std::size_t size = 1; size <= 24; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int c = 0; c < 0x80; ++c) {
        std::string text(size, 'x');
        text[place] = static_cast<char>(c);
        ASSERT_EQ(reread(text), text) << size << " " << place << " " << c;
      }
    }
  }
}

TEST(JsonTextTest, TextsOfAnyKindComeBack) {
  std::mt19937_64 random(11);
  const std::vector<std::string> pieces = {"a", "plain words ",     "\"",   "\\", "\n", "\x01", "ä",
                                           "€", "\xF0\x9F\x98\x80", "\x7f", "/"};
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    for (std::uint64_t count = random() % 60; count > 0; --count) text += pieces[random() % pieces.size()];
    ASSERT_EQ(reread(text), text);
  }
}

TEST(JsonTextTest, OnlyWhatMustBeEscapedIs) {
  EXPECT_EQ(written(std::string("a\"b\\c\b\f\n\r\t\x1f/ä\x7f")), R"({"value":"a\"b\\c\b\f\n\r\t\u001f/ä)"
                                                                 "\x7f\"}");
}

TEST(JsonTextTest, ALongTextIsWholeAndSoIsTheNext) {
  const std::string big(500'000, '"');
  EXPECT_EQ(reread(big), big);
  EXPECT_EQ(written(std::string("small")), R"({"value":"small"})");
}

TEST(JsonTextTest, InstantsOfOneSecondAndOfOthersTakeTurns) {
  const auto at = [](std::int64_t ms) { return written(instant_from_ms(ms)); };
  EXPECT_EQ(at(0), R"({"value":"1970-01-01T00:00:00.000Z"})");
  EXPECT_EQ(at(999), R"({"value":"1970-01-01T00:00:00.999Z"})");
  EXPECT_EQ(at(-1), R"({"value":"1969-12-31T23:59:59.999Z"})");
  EXPECT_EQ(at(1'000), R"({"value":"1970-01-01T00:00:01.000Z"})");
  EXPECT_EQ(at(1'780'272'000'123), R"({"value":"2026-06-01T00:00:00.123Z"})");
  EXPECT_EQ(at(7), R"({"value":"1970-01-01T00:00:00.007Z"})");
}

TEST(JsonTextTest, NumbersAndIdsAreWhole) {
  EXPECT_EQ(written(std::uint64_t{18'446'744'073'709'551'615u}), R"({"value":18446744073709551615})");
  EXPECT_EQ(written(Millis{-9'223'372'036'854'775'807}), R"({"value":-9223372036854775807})");
  EXPECT_EQ(written(PublicId{.high = 0x0123456789abcdef, .low = 0xfedcba9876543210}),
            R"({"value":"0123456789abcdeffedcba9876543210"})");
  EXPECT_EQ(written(std::vector<std::string>{}), R"({"value":[]})");
  EXPECT_EQ(written(std::vector<std::uint64_t>{1, 22}), R"({"value":[1,22]})");
}

}  // namespace
}  // namespace heti::protocol
