// Every client fixture, valid and invalid, through decode().
#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <set>

#include "protocol/codec.hpp"
#include "protocol/http.hpp"
#include "protocol_fixtures.hpp"

namespace heti::protocol {

void PrintTo(const ClientFrame& frame, std::ostream* out) { *out << "client frame of type " << frame.index(); }

namespace {

using fixtures::Fixture;
using fixtures::read_folder;

const PublicId conversation = parse_public_id("5f2c9a0e7b1d4c3f8a6e0b9d2c4f1a73").value();

std::string eight_thousand_umlauts() {
  std::string text;
  for (int i = 0; i < 8'000; ++i) text += "ä";
  return text;
}

// What each valid client fixture means.
const std::map<std::string, ClientFrame>& meanings() {
  static const std::map<std::string, ClientFrame> all{
      {"visitor_hello_first", VisitorHello{std::nullopt, "support"}},
      {"visitor_hello_again", VisitorHello{"v1.c29tZSB0b2tlbg.Zm9yIHRlc3Rz", "support"}},
      {"agent_hello", AgentHello{"t1.YWlubw.bm90LXJlYWw"}},
      {"start_plain", Start{1, {}, {}, {}, {}}},
      {"start_full",
       Start{1, "https://shop.example/boots?size=42", "Winter boots – Shop", "Väinö", "vaino@example.org"}},
      {"start_empty_texts_are_absent", Start{9'007'199'254'740'991, {}, {}, {}, {}}},
      {"open_from_nothing", Open{2, conversation, 0}},
      {"open_resume", Open{3, conversation, 841}},
      {"history_default", History{4, conversation, 742, 100}},
      {"history_limit", History{5, conversation, 1, 200}},
      {"post_visitor", Post{conversation, "k3f9x0", 1, "Do you ship to Åland?\nThanks 🙂"}},
      {"post_agent", Post{conversation, "0123456789abcdefghijklmnopqrstuv", 12, " <b>Yes</b> & \"gladly\" \\ "}},
      {"post_longest_text", Post{conversation, "k3f9x0", 2, eight_thousand_umlauts()}},
      {"post_longest_frame", Post{conversation, "k3f9x0", 3, "Spaces follow."}},
      {"typing_visitor", Typing{conversation}},
      {"typing_agent", Typing{conversation}},
      {"close_visitor", Close{6, conversation, false}},
      {"close_agent", Close{6, conversation, false}},
      {"close_agent_spam", Close{7, conversation, true}},
      {"rate_score", Rate{8, conversation, 5, std::nullopt}},
      {"rate_comment", Rate{9, conversation, 1, "Nobody came."}},
      {"status_online", Status{10, AgentStatus::online}},
      {"status_away", Status{11, AgentStatus::away}},
      {"accept", Accept{12, conversation}},
      {"decline", Decline{13, conversation}},
      {"done", Done{14, conversation}},
      {"transfer_to_agent", Transfer{15, conversation, std::nullopt, "eero"}},
      {"transfer_to_queue", Transfer{16, conversation, "sales", std::nullopt}},
      {"transfer_to_agent_of_queue", Transfer{17, conversation, "sales", "eero"}},
      {"transfer_back_to_the_line", Transfer{18, conversation, std::nullopt, std::nullopt}},
      {"transfer_empty_texts_are_absent", Transfer{18, conversation, std::nullopt, std::nullopt}},
      {"set_status_away", SetStatus{19, "eero", AgentStatus::away}},
      {"set_status_finishing", SetStatus{20, "eero", AgentStatus::finishing}},
      {"set_status_offline", SetStatus{21, "eero", AgentStatus::offline}},
  };
  return all;
}

TEST(ProtocolDecodeTest, EveryValidFixtureMeansWhatItSays) {
  const auto all = read_folder("valid", "client");
  EXPECT_EQ(all.size(), meanings().size());
  for (const Fixture& fixture : all) {
    SCOPED_TRACE(fixture.name());
    const auto expected = meanings().find(fixture.name());
    ASSERT_NE(expected, meanings().end());
    const auto frame = decode(fixture.role(), fixture.text());
    ASSERT_TRUE(frame.has_value()) << to_string(frame.error());
    EXPECT_EQ(*frame, expected->second);
    if (const auto* post = std::get_if<Post>(&*frame)) {
      EXPECT_EQ(check_text(post->text), std::nullopt);
    }
  }
}

TEST(ProtocolDecodeTest, EveryClientFrameHasAValidFixture) {
  std::set<std::string> seen;
  for (const Fixture& fixture : read_folder("valid", "client")) seen.insert(fixture.word("schema"));
  const auto frames = fixtures::members_of(fixtures::read_schema("client_frame"), "oneOf");
  EXPECT_EQ(seen, std::set<std::string>(frames.begin(), frames.end()));
}

TEST(ProtocolDecodeTest, EveryInvalidFixtureGetsItsCode) {
  const auto all = read_folder("invalid", "client");
  EXPECT_GE(all.size(), 40U);
  for (const Fixture& fixture : all) {
    SCOPED_TRACE(fixture.name());
    const auto frame = decode(fixture.role(), fixture.text());
    if (fixture.has("refusal")) {
      ASSERT_TRUE(frame.has_value()) << to_string(frame.error());
      const auto refusal = check_text(std::get<Post>(*frame).text);
      ASSERT_TRUE(refusal.has_value());
      EXPECT_EQ(to_string(*refusal), fixture.word("refusal"));
    } else {
      ASSERT_FALSE(frame.has_value());
      EXPECT_EQ(to_string(frame.error()), fixture.word("error"));
    }
  }
}

TEST(ProtocolDecodeTest, OrderOfFieldsAndWhiteSpaceDoNotMatter) {
  const auto frame = decode(Role::visitor,
                            " {\n\t\"after\" : 5 , \"conversation\":\"5f2c9a0e7b1d4c3f8a6e0b9d2c4f1a73\", "
                            "\"\\u0074\" : \"\\u006fpen\", \"ref\":1 } \r\n");
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(*frame, (ClientFrame{Open{1, conversation, 5}}));
}

TEST(ProtocolDecodeTest, LimitsCountCodePointsAndHoldExactly) {
  const auto start = [](std::size_t letters) {
    std::string name;
    for (std::size_t i = 0; i < letters; ++i) name += "🙂";
    return decode(Role::visitor, R"({"t":"start","ref":1,"name":")" + name + "\"}");
  };
  EXPECT_TRUE(start(name_length_max).has_value());
  EXPECT_EQ(start(name_length_max + 1).error(), ErrorCode::bad_frame);
}

TEST(ProtocolLoginTest, TakesANameAndAPasswordAndNothingElse) {
  const auto login = decode_login(R"({"name":"aino","password":"correct horse"})");
  ASSERT_TRUE(login.has_value());
  EXPECT_EQ(login->name, "aino");
  EXPECT_EQ(login->password, "correct horse");
  EXPECT_EQ(decode_login("name=aino").error(), ErrorCode::bad_json);
  EXPECT_EQ(decode_login(R"({"name":"aino"})").error(), ErrorCode::bad_frame);
  EXPECT_EQ(decode_login(R"({"name":"aino","password":""})").error(), ErrorCode::bad_frame);
  EXPECT_EQ(decode_login(R"({"name":"aino","password":["a"]})").error(), ErrorCode::bad_frame);
  EXPECT_EQ(decode_login(R"({"name":"aino","password":"x","role":"admin"})").error(), ErrorCode::bad_frame);
  EXPECT_EQ(decode_login(std::string(frame_bytes_max + 1, ' ')).error(), ErrorCode::too_big);
}

}  // namespace
}  // namespace heti::protocol
