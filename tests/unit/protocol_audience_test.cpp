// x-audience: each field of each schema names who may see it, and no visitor is sent a field that is for staff.
#include <gtest/gtest.h>

#include <set>

#include "protocol_fixtures.hpp"

namespace heti::protocol {
namespace {

namespace json = boost::json;
using fixtures::read_schema;

bool is_for(const json::object& schema, std::string_view who) {
  const auto* audience = schema.if_contains("x-audience");
  if (audience == nullptr) return false;
  for (const auto& word : audience->as_array()) {
    if (word.as_string() == who) return true;
  }
  return false;
}

std::string without_extension(const json::value& ref) {
  const std::string file(ref.as_string());
  return file.substr(0, file.size() - std::string_view(".json").size());
}

// The schema of an object: the field's own, that it refers to, or the member of a union that has this `kind`.
json::object resolve(json::object schema, const json::object& value) {
  if (const auto* all_of = schema.if_contains("allOf")) {
    return resolve(read_schema(without_extension(all_of->at(0).at("$ref"))), value);
  }
  if (const auto* ref = schema.if_contains("$ref")) return resolve(read_schema(without_extension(*ref)), value);
  if (schema.contains("oneOf")) {
    for (const auto& name : fixtures::members_of(schema, "oneOf")) {
      auto member = read_schema(name);
      if (member.at("properties").at("kind").at("const") == value.at("kind")) return member;
    }
    throw std::runtime_error("no member of the union has this kind");
  }
  return schema;
}

// Names of the fields of `value`, at any depth, that `who` may not see.
void collect_hidden(const json::object& value, const json::object& schema, std::string_view who,
                    std::set<std::string>& hidden) {
  for (const auto& [name, item] : value) {
    const auto& field = schema.at("properties").at(name).as_object();
    if (!is_for(field, who)) hidden.insert(std::string(name));
    if (item.is_object()) collect_hidden(item.as_object(), resolve(field, item.as_object()), who, hidden);
    if (item.is_array()) {
      for (const auto& part : item.as_array()) {
        if (!part.is_object()) continue;  // words: the list's own audience is theirs
        const auto& items = field.at("items").as_object();
        collect_hidden(part.as_object(), resolve(items, part.as_object()), who, hidden);
      }
    }
  }
}

std::set<std::string> hidden_from(std::string_view who, const fixtures::Fixture& fixture) {
  std::set<std::string> hidden;
  collect_hidden(fixture.content.at("frame").as_object(), read_schema(fixture.word("schema")), who, hidden);
  return hidden;
}

TEST(ProtocolAudienceTest, EveryFieldOfEverySchemaHasAnAudience) {
  std::size_t fields = 0;
  for (const auto& file : std::filesystem::directory_iterator(fixtures::protocol_folder() / "schemas")) {
    const auto schema = read_schema(file.path().stem().string());
    const auto* properties = schema.if_contains("properties");
    if (properties == nullptr) continue;
    EXPECT_EQ(schema.at("additionalProperties"), false) << file.path();
    for (const auto& [name, field] : properties->as_object()) {
      ++fields;
      EXPECT_FALSE(field.at("x-audience").as_array().empty()) << file.path() << " " << name;
      for (const auto& who : field.at("x-audience").as_array()) {
        EXPECT_TRUE(who == "visitor" || who == "agent" || who == "supervisor") << file.path() << " " << name;
      }
    }
  }
  EXPECT_GT(fields, 100U);
}

TEST(ProtocolAudienceTest, FixturesForARoleHoldOnlyWhatItMaySee) {
  for (const auto& fixture : fixtures::read_folder("valid", "server")) {
    SCOPED_TRACE(fixture.name());
    EXPECT_EQ(hidden_from(fixture.word("role"), fixture), std::set<std::string>{});
  }
}

TEST(ProtocolAudienceTest, WhatIsForStaffWouldBeNoticedInAVisitorsFrame) {
  for (const auto& fixture : fixtures::read_folder("valid", "server")) {
    if (fixture.name() == "colleagues_all") {
      EXPECT_EQ(hidden_from("visitor", fixture),
                (std::set<std::string>{"t", "agents", "name", "display_name", "status", "capacity", "busy", "queues",
                                       "open", "staffed", "supervisor"}));
    }
    if (fixture.name() == "queue_changed_agent") {
      EXPECT_EQ(hidden_from("visitor", fixture), (std::set<std::string>{"waiting", "staffed"}));
    }
    if (fixture.name() == "opened_agent") {
      EXPECT_EQ(hidden_from("visitor", fixture),
                (std::set<std::string>{"visitor", "id", "name", "email", "page_url", "page_title"}));
    }
  }
}

}  // namespace
}  // namespace heti::protocol
