// Settings change under the feet of those who work and wait.
#include <gtest/gtest.h>

#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

void apply(Desk& desk, Millis t, const std::function<void(Settings&)>& change) {
  Settings settings = desk.settings;
  change(settings);
  desk.core.get<Done>(desk.start + t,
                      cmd::ApplySettings{.settings = settings, .replaces_version = desk.core.state().settings_version});
}

void without_aino(Settings& s) {
  std::erase_if(s.agents, [](const AgentSettings& agent) { return agent.name == "aino"; });
}

TEST(SettingsTest, WhatAQueueDoesNotSayIsAsTheDomainPageHasIt) {
  const QueueSettings unsaid;
  EXPECT_EQ(unsaid.first_response, (Target{60s, 800}));
  EXPECT_EQ(unsaid.reply, (Target{120s, 900}));
  EXPECT_EQ(unsaid.short_abandon, 10s);
  EXPECT_EQ(unsaid.visitor_grace, 60s);
  EXPECT_EQ(unsaid.idle_close, 10min);
  EXPECT_EQ(unsaid.agent_grace, 30s);
  EXPECT_EQ(unsaid.offer_timeout, 20s);
  EXPECT_EQ(unsaid.bar, 60s);
  EXPECT_EQ(unsaid.reoffer, 10s);
  EXPECT_EQ(unsaid.wrapup, 60s);
  EXPECT_EQ(unsaid.reopen_window, 24h);
  EXPECT_EQ(unsaid.closing, 30min);
  EXPECT_EQ(unsaid.min_agents, 1U);
}

TEST(SettingsTest, AVersionThatIsNotInForceIsNotReplaced) {
  Desk desk;
  const auto replaces = [&](std::uint64_t version) {
    return desk.core.at(desk.start + 1s, cmd::ApplySettings{.settings = {}, .replaces_version = version});
  };
  EXPECT_EQ(refusal(replaces(0)), Refusal::conflict);
  EXPECT_EQ(refusal(replaces(2)), Refusal::conflict);
  EXPECT_NE(desk.core.state().queue_named("support"), nullptr);
  EXPECT_TRUE(done(replaces(1)));
  EXPECT_EQ(desk.core.state().queue_named("support"), nullptr);
}

TEST(SettingsTest, WhoIsTakenOutOfTheCompanyGivesEverythingBack) {
  Desk desk([](Settings& s) { s.agents[0].capacity = 3; });
  desk.ready("aino", 0s);
  for (std::uint64_t v = 1; v <= 3; ++v) desk.says(v, 1s);
  desk.accepts("aino", 1, 2s);
  desk.accepts("aino", 2, 2s);
  desk.closes("aino", 2, 3s);
  const AgentId aino = desk.agent("aino");
  ASSERT_EQ(desk.offered_to(3), "aino");
  apply(desk, 10s, without_aino);

  const Agent& gone = desk.core.state().agents.at(aino);
  EXPECT_EQ(gone.status, AgentStatus::offline);
  EXPECT_EQ(gone.reason, StatusReason::removed);
  EXPECT_EQ(gone.busy(), 0u);
  EXPECT_EQ(desk.chat(1).state, ConversationState::queued);
  EXPECT_EQ(desk.chat(1).contact->key, desk.start + 1s);
  EXPECT_EQ(desk.chat(1).contact->stay_since, desk.start + 10s);
  EXPECT_EQ(desk.core.all<event::ChatRequeued>().back().stage, Stage::requeue);
  EXPECT_EQ(desk.chat(2).state, ConversationState::closed) << "its wrap-up is over";
  EXPECT_EQ(desk.core.all<event::WrapUpEnded>().back().wrapup, Millis{7s});
  EXPECT_EQ(desk.offered_to(3), "");
  EXPECT_EQ(desk.core.all<event::OfferEnded>().back().result, OfferEnd::rescinded);
  EXPECT_EQ(refusal(desk.core.at(desk.start + 11s, cmd::AgentHello{.agent = aino, .connection = {}})),
            Refusal::not_found);

  desk.ready("eero", 12s);
  EXPECT_EQ(desk.offered_to(1), "eero");
  EXPECT_EQ(desk.offered_to(3), "eero");
  desk.core.expect_replay_gives_the_same_bytes();
}

TEST(SettingsTest, WhoComesBackIntoTheCompanyIsTheSamePerson) {
  Desk desk;
  const AgentId aino = desk.agent("aino");
  apply(desk, 1s, without_aino);
  EXPECT_EQ(desk.core.state().agent_named("aino"), nullptr);
  apply(desk, 2s, [](Settings&) {});
  EXPECT_EQ(desk.agent("aino"), aino);
  desk.ready("aino", 3s);
  desk.says(1, 4s);
  EXPECT_EQ(desk.offered_to(1), "aino");
}

TEST(SettingsTest, WhoWaitsInAQueueThatIsTakenAwayIsTold) {
  Desk desk;
  desk.says(1, 0s);
  apply(desk, 10s, [](Settings& s) { s.queues.clear(); });
  EXPECT_EQ(desk.chat(1).state, ConversationState::closed);
  EXPECT_EQ(desk.core.all<event::ChatClosed>().back().reason, CloseReason::queue_closed);
  EXPECT_EQ(desk.core.all<event::ContactEnded>().back().outcome, Outcome::missed);
  EXPECT_EQ(desk.core.all<event::ContactEnded>().back().waited, Millis{10s});
}

TEST(SettingsTest, HelpFromAQueueThatDoesNotExistIsNoHelpAndNoHarm) {
  Desk desk([](Settings& s) {
    s.queues[0].overflow = "nowhere";
    s.queues[0].overflow_after = 30s;
  });
  desk.says(1, 0s);
  desk.tick(30s);
  ASSERT_EQ(desk.core.all<event::RoutingWidened>().size(), 1u);
  EXPECT_EQ(desk.core.all<event::RoutingWidened>()[0].queue, Desk::queue) << "its own line";
  desk.tick(40s);
  EXPECT_EQ(desk.core.all<event::RoutingWidened>().size(), 1u) << "once for each stay";
  desk.ready("aino", 41s);
  EXPECT_EQ(desk.offered_to(1), "aino");
}

}  // namespace
}  // namespace heti::tests
