#include "service/base/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <set>

#include "service/base/public_id.hpp"
#include "service/base/ranked_set.hpp"

namespace heti::tests {
namespace {

enum class Colour : std::uint8_t { red = 0, blue = 1 };
struct Part {
  std::int64_t number = 0;
  std::string text;
  friend bool operator==(const Part&, const Part&) = default;
  auto fields() { return std::tie(number, text); }
};
struct Whole {
  bool flag = false;
  Colour colour{};
  std::optional<Part> part;
  std::vector<Part> parts;
  std::map<std::uint32_t, std::string> names;
  std::set<std::int32_t> numbers;
  std::variant<Part, std::uint64_t> either;
  std::array<std::uint8_t, 3> bytes{};
  Strong<struct WholeTag, std::uint32_t> id;
  Instant at;
  std::chrono::year_month_day date{};
  friend bool operator==(const Whole&, const Whole&) = default;
  auto fields() { return std::tie(flag, colour, part, parts, names, numbers, either, bytes, id, at, date); }
};

Whole sample() {
  using namespace std::chrono;
  return {.flag = true,
          .colour = Colour::blue,
          .part = Part{-7, "seven"},
          .parts = {{1, ""}, {std::numeric_limits<std::int64_t>::min(), std::string("\0x", 2)}},
          .names = {{3, "three"}, {4'000'000'000u, "many"}},
          .numbers = {-1, 0, 1},
          .either = std::uint64_t{300},
          .bytes = {1, 2, 255},
          .id = Strong<struct WholeTag, std::uint32_t>{9},
          .at = instant_from_ms(1'780'293'600'123),
          .date = year{2026} / 12 / 24};
}

TEST(BytesTest, WhatGoesInComesOut) {
  const auto back = from_bytes<Whole>(to_bytes(sample()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, sample());
}

TEST(BytesTest, TheBytesAreTheOnesWrittenDown) {
  // -7 zigzag is 13; 300 as LEB128 is ac 02.
  EXPECT_EQ(to_bytes(Part{-7, "ab"}), std::string("\x0d\x02"
                                                  "ab"));
  EXPECT_EQ(to_bytes(std::uint64_t{300}), "\xac\x02");
}

TEST(BytesTest, EveryPrefixAndEveryExtraByteIsRefused) {
  const std::string bytes = to_bytes(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(from_bytes<Whole>(bytes.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(from_bytes<Whole>(bytes + '\0').has_value());
}

TEST(BytesTest, ChangedBytesGiveNothingOrAnotherValueAndNeverHarm) {
  std::mt19937 random(7);
  const std::string bytes = to_bytes(sample());
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = bytes;
    changed[random() % changed.size()] = static_cast<char>(random());
    const auto value = from_bytes<Whole>(changed);
    if (value) {
      EXPECT_EQ(to_bytes(*value).size() <= changed.size() + 16, true);
    }
  }
}

TEST(BytesTest, ACountLargerThanTheInputAllocatesNothing) {
  std::string huge = "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
  EXPECT_FALSE(from_bytes<std::vector<std::uint64_t>>(huge).has_value());
  EXPECT_FALSE(from_bytes<std::string>(huge).has_value());
}

TEST(PublicIdTest, IsThirtyTwoLowerCaseHexDigits) {
  const PublicId id{0x0123456789abcdefull, 0xfedcba9876543210ull};
  EXPECT_EQ(to_string(id), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(parse_public_id(to_string(id)), id);
  for (const char* bad : {"", "0123456789abcdeffedcba987654321", "0123456789ABCDEFfedcba9876543210",
                          "0123456789abcdeffedcba98765432100", "g123456789abcdeffedcba9876543210"}) {
    EXPECT_FALSE(parse_public_id(bad).has_value()) << bad;
  }
}

TEST(RankedSetTest, KnowsThePlaceOfEach) {
  std::mt19937_64 random(7);
  RankedSet<int> ranked;
  std::set<int> plain;
  for (int step = 0; step < 20'000; ++step) {
    const int value = static_cast<int>(random() % 500);
    if (random() % 3 == 0) {
      ranked.erase(value);
      plain.erase(value);
    } else {
      ranked.insert(value);
      plain.insert(value);
    }
    ASSERT_EQ(ranked.size(), plain.size());
    ASSERT_EQ(ranked.contains(value), plain.contains(value));
    ASSERT_EQ(ranked.rank(value), static_cast<std::size_t>(std::distance(plain.begin(), plain.lower_bound(value))));
  }
  EXPECT_TRUE(std::ranges::equal(ranked, plain));
  ByteWriter out;
  encode(out, ranked);
  ByteWriter same;
  encode(same, plain);
  EXPECT_EQ(out.bytes(), same.bytes());
  RankedSet<int> reread;
  ByteReader in(out.bytes());
  decode(in, reread);
  EXPECT_TRUE(in.ok() && in.at_end());
  EXPECT_TRUE(std::ranges::equal(reread, plain));
}

}  // namespace
}  // namespace heti::tests
