#include "config/text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace heti::config {
namespace {

using namespace std::chrono_literals;

TEST(ConfigTextTest, DurationsAreAWholeNumberAndAUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("60s"), 60s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("24h"), 24h);
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("999999999h"), 999'999'999h);
  for (const std::string text :
       {"", "s", "60", "60 s", " 60s", "-1s", "+1s", "1.5h", "1h30m", "60S", "1d", "1000000000s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ConfigTextTest, DurationsArePrintedInTheUnitOfTheirSize) {
  EXPECT_EQ(print_duration(0ms), "0s");
  EXPECT_EQ(print_duration(1500ms), "1500ms");
  EXPECT_EQ(print_duration(120s), "120s");
  EXPECT_EQ(print_duration(180s), "3m");
  EXPECT_EQ(print_duration(30min), "30m");
  EXPECT_EQ(print_duration(60min), "1h");
  EXPECT_EQ(print_duration(90min), "90m");
  EXPECT_EQ(print_duration(720h), "720h");
}

TEST(ConfigTextTest, PrintedDurationsAreReadBack) {
  for (std::int64_t ms = 0; ms < 1'000'000'000; ms = ms * 3 + 250) {
    EXPECT_EQ(parse_duration(print_duration(Millis{ms})), Millis{ms}) << ms;
  }
}

TEST(ConfigTextTest, NamesAreShortAndPlain) {
  EXPECT_TRUE(is_name("support"));
  EXPECT_TRUE(is_name("a-b_9"));
  EXPECT_TRUE(is_name(std::string(32, 'a')));
  for (const std::string& text : {std::string(), std::string(33, 'a'), std::string("Support"), std::string("a.b"),
                                  std::string("a b"), std::string("ä"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(is_name(text)) << text;
  }
}

TEST(ConfigTextTest, LettersBeyondAsciiBelongInQuotesAndComments) {
  const std::string mark = "\xef\xbb\xbf";
  for (const std::string& text : {
           std::string(),
           mark + "a = 1",
           std::string("a = 1 # ä\nb = 2 # ö"),
           std::string("a = \"ä\"\nb = 'ö'"),
           std::string("a = \"\\\"ä\\\\\" # ö"),
           std::string("a = 'ä\\' # ö"),
           std::string("a = \"\"\"ä\n\"ö\" \\\"\"\" å\"\"\"\nb = '''ä\nö'' '''"),
           std::string("a = \"\" # ä"),
           std::string("a = \"ä"),  // It never ends, and the library says so.
           std::string("a = \"\"\"ä\"\"\"\"\"\n\"ö\" = 'å'"),
           std::string("\"ä\".'ö' = [\"å\", 'ä', # ö\n \"å\"]\r\n[ \"ä\" ]"),
       }) {
    EXPECT_EQ(misplaced(text), std::nullopt) << text;
  }
  EXPECT_EQ(misplaced("ä = 1"), 0u);
  EXPECT_EQ(misplaced("a = \"ä\" ö"), 9u);
  EXPECT_EQ(misplaced("a = '\\' ö"), 8u);
  EXPECT_EQ(misplaced("a = \"\"\"x\"\"\" ö"), 12u);
  EXPECT_EQ(misplaced("a = \"\nö"), 6u);
  EXPECT_EQ(misplaced("a = 20\"ä\""), 6u);
  EXPECT_EQ(misplaced("a = \"b\" 'ä'"), 8u);
  EXPECT_EQ(misplaced("# ä\n" + mark), 5u) << "no mark of byte order there";
}

TEST(ConfigTextTest, OriginsAreAsBrowsersSendThem) {
  for (const std::string text :
       {"https://shop.example", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:80"}) {
    EXPECT_TRUE(is_origin(text)) << text;
  }
  for (const std::string text : {"", "*", "null", "shop.example", "https://", "https://shop.example/",
                                 "ftp://shop.example", "https://shop.example:", "https://shop.example:123456",
                                 "https://Shop.example", "https://a b", "http://[::1", "http://[zz]"}) {
    EXPECT_FALSE(is_origin(text)) << text;
  }
}

TEST(ConfigTextTest, AddressesAreInFigures) {
  for (const std::string text : {"0.0.0.0", "127.0.0.1", "::", "fe80::1"}) EXPECT_TRUE(is_ip_address(text)) << text;
  for (const std::string text : {"", "localhost", "127.1", "256.0.0.1", "[::]"})
    EXPECT_FALSE(is_ip_address(text)) << text;
}

TEST(ConfigTextTest, PlainTextIsUtf8WithoutControls) {
  for (const std::string text : {"", "Hyvää päivää", "日本語", "\xf0\x9f\x91\x8b"})
    EXPECT_TRUE(is_plain_text(text)) << text;
  for (const std::string text : {"a\nb", "\x7f", "\xff", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
                                 "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\x80"}) {
    EXPECT_FALSE(is_plain_text(text)) << text;
  }
}

TEST(ConfigTextTest, QuotedTextIsEscaped) {
  EXPECT_EQ(in_quotes("a\"b\\c\n\x7f ä"), "\"a\\\"b\\\\c\\u000a\\u007f ä\"");
}

TEST(ConfigTextTest, NearestWordIsProposedOnlyWhenItIsNear) {
  EXPECT_EQ(nearest("min_agent", {"min_agents", "mode"}), "min_agents");
  EXPECT_EQ(nearest("prot", {"address", "port"}), "port");
  EXPECT_EQ(nearest("closng", {"closing", "closed"}), "closing");
  EXPECT_EQ(nearest("colour", {"port", "address"}), std::nullopt);
  EXPECT_EQ(nearest("log", {"web"}), std::nullopt);
  EXPECT_EQ(nearest("x", {"y"}), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

}  // namespace
}  // namespace heti::config
