// Names are an interface: dashboards, alert rules and logs say them.
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "service/core/answer.hpp"
#include "service/core/command.hpp"
#include "service/core/event.hpp"

namespace heti::tests {
namespace {

using namespace core;

std::string_view name_of_wish(const Command& command) { return name_of_command(command.index()); }

TEST(NamesTest, EveryCommandHasItsOwn) {
  EXPECT_EQ(name_of_wish(command::Tick{}), "tick");
  EXPECT_EQ(name_of_wish(command::ApplySettings{}), "apply_settings");
  EXPECT_EQ(name_of_wish(command::SetCalendar{}), "set_calendar");
  EXPECT_EQ(name_of_wish(command::ResumeService{}), "resume_service");
  EXPECT_EQ(name_of_wish(command::EndClosing{}), "end_closing");
  EXPECT_EQ(name_of_wish(command::AgentHello{}), "agent_hello");
  EXPECT_EQ(name_of_wish(command::AgentGone{}), "agent_gone");
  EXPECT_EQ(name_of_wish(command::SetStatus{}), "set_status");
  EXPECT_EQ(name_of_wish(command::VisitorHello{}), "visitor_hello");
  EXPECT_EQ(name_of_wish(command::VisitorGone{}), "visitor_gone");
  EXPECT_EQ(name_of_wish(command::Start{}), "start");
  EXPECT_EQ(name_of_wish(command::Open{}), "open");
  EXPECT_EQ(name_of_wish(command::Post{}), "post");
  EXPECT_EQ(name_of_wish(command::HandOver{}), "hand_over");
  EXPECT_EQ(name_of_wish(command::Accept{}), "accept");
  EXPECT_EQ(name_of_wish(command::Decline{}), "decline");
  EXPECT_EQ(name_of_wish(command::Close{}), "close");
  EXPECT_EQ(name_of_wish(command::FinishWrapUp{}), "finish_wrapup");
  EXPECT_EQ(name_of_wish(command::Transfer{}), "transfer");
  EXPECT_EQ(name_of_wish(command::Initiate{}), "initiate");
  EXPECT_EQ(name_of_wish(command::Rate{}), "rate");
}

TEST(NamesTest, EveryRefusalHasItsOwn) {
  EXPECT_EQ(name_of(Refusal::not_found), "not_found");
  EXPECT_EQ(name_of(Refusal::not_allowed), "not_allowed");
  EXPECT_EQ(name_of(Refusal::wrong_state), "wrong_state");
  EXPECT_EQ(name_of(Refusal::queue_closed), "queue_closed");
  EXPECT_EQ(name_of(Refusal::already_assigned), "already_assigned");
  EXPECT_EQ(name_of(Refusal::conflict), "conflict");
  EXPECT_EQ(name_of(Refusal::resend_from), "resend_from");
  EXPECT_EQ(name_of(Refusal::agent_unavailable), "agent_unavailable");
  for (std::size_t i = 1; i <= refusals; ++i) EXPECT_NE(name_of(static_cast<Refusal>(i)), "unknown") << i;
}

TEST(NamesTest, NoTwoEventsShareOne) {
  const std::set<std::string_view> names = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::set{name_of(EventBody(std::in_place_index<I>))...};
  }
  (std::make_index_sequence<std::variant_size_v<EventBody>>{});
  EXPECT_EQ(names.size(), std::variant_size_v<EventBody>);
  EXPECT_EQ(name_of(event::FirstResponseGiven{}), "first_response.given");
  EXPECT_EQ(name_of(event::WrapUpEnded{}), "wrapup.ended");
}

}  // namespace
}  // namespace heti::tests
