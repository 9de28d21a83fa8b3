// The closed sets: C++ and the schemas spell the same words, and every field says who may see it.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "protocol/close_code.hpp"
#include "protocol/codec.hpp"
#include "protocol/http.hpp"
#include "protocol_fixtures.hpp"

namespace heti::protocol {
namespace {

namespace json = boost::json;
using fixtures::read_schema;
using Words = std::set<std::string>;

// The spellings of the enumerators 0 ... last.
template <class Enum>
Words words_up_to(Enum last) {
  Words words;
  for (int i = 0; i <= static_cast<int>(last); ++i) words.insert(std::string(to_string(static_cast<Enum>(i))));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(last) + 1) << "two words are spelt alike";
  return words;
}

Words enum_of(const json::value& schema) {
  Words words;
  for (const auto& word : schema.at("enum").as_array()) words.insert(std::string(word.as_string()));
  return words;
}
Words enum_of_field(std::string_view schema, std::string_view field) {
  return enum_of(read_schema(schema).at("properties").at(field));
}

TEST(ProtocolWordsTest, CppAndSchemasSpellTheSameWords) {
  EXPECT_EQ(words_up_to(Role::agent), enum_of(read_schema("role")));
  EXPECT_EQ(words_up_to(ConversationState::offline_message), enum_of(read_schema("conversation_state")));
  EXPECT_EQ(words_up_to(AuthorRole::system), enum_of(read_schema("author_role")));
  EXPECT_EQ(words_up_to(ClosedBy::system), enum_of_field("closed_entry", "by"));
  EXPECT_EQ(words_up_to(CloseReason::timeout), enum_of_field("closed_entry", "reason"));
  EXPECT_EQ(words_up_to(AgentStatus::lost), enum_of(read_schema("agent_status")));
  EXPECT_EQ(words_up_to(StatusReason::supervisor), enum_of(read_schema("status_reason")));
  EXPECT_EQ(words_up_to(AfterHours::refuse), enum_of(read_schema("after_hours")));
  EXPECT_EQ(words_up_to(Sla::reply), enum_of_field("wait", "sla"));
  EXPECT_EQ(words_up_to(ErrorCode::rate_limited), enum_of(read_schema("error_code")));
  EXPECT_EQ(words_up_to(RefusalCode::overloaded), enum_of(read_schema("refusal_code")));
  EXPECT_EQ(words_up_to(HttpFailure::try_later), enum_of_field("http_failure", "code"));
}

TEST(ProtocolWordsTest, TheRangeOfACloseCodeTellsWhetherToReconnect) {
  for (const auto code : {CloseCode::going_away, CloseCode::slow_consumer, CloseCode::draining, CloseCode::overloaded,
                          CloseCode::rate_limited, CloseCode::history_changed}) {
    EXPECT_TRUE(reconnects(code)) << to_string(code);
  }
  for (const auto code : {CloseCode::bye, CloseCode::protocol_error, CloseCode::invalid_text,
                          CloseCode::policy_violation, CloseCode::frame_too_big, CloseCode::auth_timeout,
                          CloseCode::auth_failed, CloseCode::forbidden, CloseCode::bad_frame}) {
    EXPECT_FALSE(reconnects(code)) << to_string(code);
  }
}

TEST(ProtocolWordsTest, EveryErrorClosesWithACodeOfItsKind) {
  EXPECT_EQ(close_code_of(ErrorCode::bad_json), CloseCode::bad_frame);
  EXPECT_EQ(close_code_of(ErrorCode::bad_frame), CloseCode::bad_frame);
  EXPECT_EQ(close_code_of(ErrorCode::unknown_event), CloseCode::bad_frame);
  EXPECT_EQ(close_code_of(ErrorCode::too_big), CloseCode::frame_too_big);
  EXPECT_EQ(close_code_of(ErrorCode::auth_timeout), CloseCode::auth_timeout);
  EXPECT_EQ(close_code_of(ErrorCode::auth_failed), CloseCode::auth_failed);
  EXPECT_EQ(close_code_of(ErrorCode::forbidden), CloseCode::forbidden);
  EXPECT_EQ(close_code_of(ErrorCode::rate_limited), CloseCode::rate_limited);
}

TEST(ProtocolWordsTest, TheDocumentsNameEveryCode) {
  const std::string prose = fixtures::read_file(fixtures::protocol_folder() / "PROTOCOL.md");
  const std::string asyncapi = fixtures::read_file(fixtures::protocol_folder() / "asyncapi.yaml");
  for (const auto code :
       {CloseCode::bye, CloseCode::going_away, CloseCode::protocol_error, CloseCode::invalid_text,
        CloseCode::policy_violation, CloseCode::frame_too_big, CloseCode::slow_consumer, CloseCode::draining,
        CloseCode::overloaded, CloseCode::rate_limited, CloseCode::history_changed, CloseCode::auth_timeout,
        CloseCode::auth_failed, CloseCode::forbidden, CloseCode::bad_frame}) {
    const std::string number = std::to_string(static_cast<int>(code));
    EXPECT_NE(prose.find("| " + number + " | `" + std::string(to_string(code)) + "` |"), std::string::npos) << number;
    EXPECT_NE(asyncapi.find("code: " + number), std::string::npos) << number;
  }
  for (const auto& word : words_up_to(ErrorCode::rate_limited)) {
    EXPECT_NE(prose.find("| `" + word + "` |"), std::string::npos) << word;
  }
  for (const auto& word : words_up_to(RefusalCode::overloaded)) {
    EXPECT_NE(prose.find("| `" + word + "` |"), std::string::npos) << word;
  }
  for (const auto& word : words_up_to(HttpFailure::try_later)) {
    EXPECT_NE(prose.find("`" + word + "`"), std::string::npos) << word;
  }
}

TEST(ProtocolWordsTest, TheDocumentsNameEveryFrame) {
  const std::string prose = fixtures::read_file(fixtures::protocol_folder() / "PROTOCOL.md");
  const std::string asyncapi = fixtures::read_file(fixtures::protocol_folder() / "asyncapi.yaml");
  for (const auto* side : {"client_frame", "server_frame"}) {
    for (const auto& name : fixtures::members_of(read_schema(side), "oneOf")) {
      const std::string event(read_schema(name).at("properties").at("t").at("const").as_string());
      EXPECT_NE(prose.find("`" + event + "`"), std::string::npos) << event;
      EXPECT_NE(asyncapi.find("schemas/" + name + ".json"), std::string::npos) << name;
    }
  }
}

TEST(ProtocolWordsTest, TheWorkedExampleIsWhatTheCodecReadsAndTheSchemasName) {
  std::istringstream prose(fixtures::read_file(fixtures::protocol_folder() / "PROTOCOL.md"));
  Words events;
  for (const auto& name : fixtures::members_of(read_schema("server_frame"), "oneOf")) {
    events.insert(std::string(read_schema(name).at("properties").at("t").at("const").as_string()));
  }
  std::size_t sent = 0;
  std::size_t received = 0;
  for (std::string line; std::getline(prose, line);) {
    if (line.size() < 4 || line[2] != ' ' || line[3] != '{') continue;
    const std::string text = line.substr(3);
    if (line[1] == '>') {
      const auto frame = decode(line[0] == 'A' ? Role::agent : Role::visitor, text);
      EXPECT_TRUE(frame.has_value()) << text;
      ++sent;
    } else {
      EXPECT_TRUE(events.contains(std::string(json::parse(text).at("t").as_string()))) << text;
      ++received;
    }
  }
  EXPECT_GE(sent, 10U);
  EXPECT_GE(received, 10U);
}

}  // namespace
}  // namespace heti::protocol
