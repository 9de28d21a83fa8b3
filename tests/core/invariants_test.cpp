// The watchmen are watched: a state or a history that breaks a rule is called by the number of that rule.
#include "service/core/invariants.hpp"

#include <gtest/gtest.h>

#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

bool says(const std::vector<std::string>& broken, const std::string& rule) {
  return std::any_of(broken.begin(), broken.end(), [&](const std::string& what) { return what.starts_with(rule); });
}

// Aino holds chat 1 and is offered chat 2; visitor 3 waits; eero is logged in, ville is not.
struct Morning : Desk {
  Morning() {
    ready("aino", 0s);
    connects("eero", 0s);
    says(1, 1s);
    accepts("aino", 1, 2s);
    answers("aino", 1, 3s);
    says(2, 4s);
    says(3, 5s);
  }
};

Conversation& chat(State& state, std::uint64_t visitor) { return *state.find(public_id(1000 + visitor)); }
Agent& agent(State& state, std::uint32_t id) { return state.agents.at(AgentId{id}); }
Queue& support(State& state) { return state.queues.at(Desk::queue); }

struct Damage {
  const char* rule;
  std::function<void(State&)> done;
};

const std::vector<Damage> damages = {
    {"1: a contact has at most one agent", [](State& s) { chat(s, 2).agent = AgentId{1}; }},
    {"1: an offer stands in OFFERED only", [](State& s) { chat(s, 2).offer.reset(); }},
    {"1: an agent holds it in ASSIGNED and WRAPUP only", [](State& s) { chat(s, 1).agent.reset(); }},
    {"1: who holds it has a slot for it", [](State& s) { agent(s, 1).engagements.clear(); }},
    {"1: the agent knows the offer", [](State& s) { agent(s, 1).offers.clear(); }},
    {"1: an offer is known to both sides", [](State& s) { agent(s, 1).offers.insert(chat(s, 3).id); }},
    {"3: who waits stands in the line", [](State& s) { support(s).waiting.clear(); }},
    {"3: of whom nobody was offered is known to routing", [](State& s) { support(s).unoffered.clear(); }},
    {"3: routing knows who has a free slot", [](State& s) { agent(s, 1).settings.capacity = 9; }},
    {"5: sequence numbers have no gap at the end", [](State& s) { chat(s, 1).recent.pop_back(); }},
    {"5: sequence numbers have no gap (", [](State& s) { chat(s, 1).recent.pop_front(), --chat(s, 1).recent[0].seq; }},
    {"6: a live contact stands in", [](State& s) { chat(s, 1).contact.reset(); }},
    {"6: nobody is gone with an open connection", [](State& s) { chat(s, 1).gone_at = s.now; }},
    {"6: patience runs only with who is gone", [](State& s) { chat(s, 1).gone_due = s.now + 1min; }},
    {"6: an answer gives a verdict", [](State& s) { chat(s, 1).contact->first_response.judged = false; }},
    {"6: a turn opens after the first response", [](State& s) { chat(s, 3).contact->turn = Promise{}; }},
    {"9: not ONLINE means no offer", [](State& s) { agent(s, 1).status = AgentStatus::away; }},
    {"9: an OFFLINE agent holds nothing", [](State& s) { agent(s, 1).status = AgentStatus::offline; }},
    {"9: who is there has a connection", [](State& s) { agent(s, 2).connections.clear(); }},
    {"9: a LOST agent has no connection", [](State& s) { agent(s, 2).status = AgentStatus::lost; }},
    {"9: the last chat ends the shift", [](State& s) { agent(s, 2).status = AgentStatus::finishing; }},
    {"10: a waiting contact has a deadline",
     [](State& s) { chat(s, 3).contact->first_response.breach_at = s.now - 1ms; }},
    {"11: a closed queue breaks no promise", [](State& s) { support(s).hours = {}; }},
    {"11: a promise breaks at the first open", [](State& s) { chat(s, 3).contact->first_response.breach_at += 1ms; }},
    {"13: open = staffed + understaffed", [](State& s) { support(s).totals.open += 1ms; }},
    {"13: who staffs a queue is counted right", [](State& s) { ++support(s).staffed; }},
};

TEST(InvariantsTest, EveryDamageToTheStateIsCalledByItsRule) {
  const Morning desk;
  const std::string whole = state_bytes(desk.core.state());
  ASSERT_TRUE(broken_invariants(*state_from_bytes(whole), true).empty());
  for (const Damage& damage : damages) {
    State state = *state_from_bytes(whole);
    damage.done(state);
    EXPECT_TRUE(says(broken_invariants(state, true), damage.rule)) << damage.rule;
  }
}

TEST(InvariantsTest, ARoundFindsInPartsWhatIsBroken) {
  const Morning desk;
  const std::string whole = state_bytes(desk.core.state());
  const auto found = [](const State& state) {
    InvariantRound round;
    std::vector<std::string> broken;
    // A queue a call; there are two, so that the third begins anew.
    for (int call = 0; call < 3; ++call) {
      for (std::string& sentence : round.next(state, true)) broken.push_back(std::move(sentence));
    }
    return broken;
  };
  EXPECT_TRUE(found(*state_from_bytes(whole)).empty());
  for (const Damage& damage : damages) {
    State state = *state_from_bytes(whole);
    damage.done(state);
    EXPECT_TRUE(says(found(state), damage.rule)) << damage.rule;
  }
}

TEST(InvariantsTest, ARoundLooksAtAFewConversationsACall) {
  const Morning desk;
  State state = *state_from_bytes(state_bytes(desk.core.state()));
  const std::size_t sound = 2 * InvariantRound::conversations_each;
  for (std::uint64_t id = 1001; id <= 1000 + sound; ++id) {
    Conversation& closed = state.conversations[ConversationId{id}];
    closed.id = ConversationId{id};
    closed.queue = Desk::queue;
    closed.state = ConversationState::closed;
  }
  Contact& left_over = state.conversations.rbegin()->second.contact.emplace();
  left_over.line = Desk::queue;
  InvariantRound round;
  EXPECT_FALSE(says(round.next(state, false), "6: a live contact stands in"));
  EXPECT_FALSE(says(round.next(state, false), "6: a live contact stands in"));
  EXPECT_TRUE(says(round.next(state, false), "6: a live contact stands in")) << "the last three of them";
}

TEST(InvariantsTest, BytesThatNameWhatIsNotThereAreNoState) {
  const Morning desk;
  const std::string whole = state_bytes(desk.core.state());
  const QueueId nowhere{99};
  const AgentId nobody{99};
  const ConversationId nothing{99};
  const std::vector<std::function<void(State&)>> strays{
      [&](State& s) { chat(s, 3).queue = nowhere; },
      [&](State& s) { chat(s, 3).contact->line = nowhere; },
      [&](State& s) { chat(s, 3).contact->overflow = nowhere; },
      [&](State& s) { chat(s, 3).contact.reset(); },
      [&](State& s) { chat(s, 3).id = nothing; },
      [&](State& s) { chat(s, 1).offer = Offer{.agent = nobody, .due = s.now, .rule = {}}; },
      [&](State& s) { chat(s, 1).agent = nobody; },
      [&](State& s) {
        support(s).waiting.insert({s.now, nothing});
      },
      [&](State& s) { support(s).id = nowhere; },
      [&](State& s) { agent(s, 1).queues.push_back(nowhere); },
      [&](State& s) { agent(s, 1).offers.insert(nothing); },
      [&](State& s) { agent(s, 1).id = nobody; },
      [&](State& s) { agent(s, 2).engagements[EngagementId{99}].conversation = nothing; },
  };
  for (std::size_t i = 0; i < strays.size(); ++i) {
    State state = *state_from_bytes(whole);
    strays[i](state);
    EXPECT_FALSE(state_from_bytes(state_bytes(state))) << "stray " << i;
  }
}

TEST(InvariantsTest, NobodyWaitsBesideAFreeAgentOnceTheRoutingStepHasRun) {
  const Morning desk;
  State state = *state_from_bytes(state_bytes(desk.core.state()));
  agent(state, 2).status = AgentStatus::online;
  EXPECT_TRUE(says(broken_invariants(state, true), "3: nobody waits beside a free agent"));
  EXPECT_FALSE(says(broken_invariants(state, false), "3: nobody waits beside a free agent")) << "it has yet to run";
  chat(state, 3).skills = {"german"};
  EXPECT_FALSE(says(broken_invariants(state, true), "3: nobody waits beside a free agent")) << "eero has no German";
}

// A watch over what happened so far, and one event more.
struct Watched : Morning {
  std::vector<std::string> after(EventBody body, Millis t = 10s) {
    InvariantWatch watch;
    EXPECT_TRUE(watch.after(core.state(), core.events()).empty());
    return watch.after(core.state(), std::vector{Event{.at = start + t, .body = std::move(body)}});
  }
  event::VerdictGiven verdict(std::uint64_t v, Millis elapsed = 1s) const {
    return {.conversation = chat(v).id,
            .contact = chat(v).contact->id,
            .sla = Sla::first_response,
            .verdict = Verdict::good,
            .clock_started = start,
            .elapsed = elapsed};
  }
  event::ContactEnded end(std::uint64_t v, ContactId contact) const {
    return {.conversation = chat(v).id, .contact = contact, .outcome = {}, .reason = {}, .waited = {}};
  }
};

TEST(InvariantsTest, WhatWasOnceGivenDoesNotChange) {
  Watched desk;
  EXPECT_TRUE(says(desk.after(event::QueueOpened{.queue = Desk::queue}, 4s), "6: journal time never decreases"));
  EXPECT_TRUE(says(desk.after(desk.verdict(1)), "6: a verdict once given never changes"));
  EXPECT_TRUE(says(desk.after(desk.verdict(3, -1ms)), "6: clocks never run back"));
  EXPECT_TRUE(desk.after(desk.verdict(3)).empty()) << "the first one is good";
}

TEST(InvariantsTest, AContactEndsOnceWithAVerdictAndBeforeTheNext) {
  Watched desk;
  EXPECT_TRUE(says(desk.after(desk.end(3, desk.chat(3).contact->id)), "6: a contact ends with a verdict"));
  EXPECT_TRUE(says(desk.after(desk.end(1, ContactId{99})), "6: the contact that ends is the live one"));
  const event::ContactQueued again{
      .conversation = desk.chat(1).id, .contact = ContactId{99}, .stage = Stage::reopen, .seq = 4, .key = desk.start};
  EXPECT_TRUE(says(desk.after(again), "6: a contact ends before the next begins"));
  const event::ContactInitiated begun{
      .conversation = desk.chat(1).id, .contact = ContactId{99}, .engagement = {}, .agent = AgentId{1}, .seq = 4};
  EXPECT_TRUE(says(desk.after(begun), "6: a contact ends before the next begins"));
}

TEST(InvariantsTest, AClockBelongsToALiveContact) {
  Watched desk;
  desk.closes("aino", 1, 6s);
  const ConversationId closed = desk.chat(1).id;
  const event::VerdictGiven verdict{.conversation = closed,
                                    .contact = ContactId{1},
                                    .sla = Sla::first_response,
                                    .verdict = Verdict::good,
                                    .clock_started = desk.start,
                                    .elapsed = 1s};
  const auto expected = "6: a clock belongs to a live contact";
  EXPECT_TRUE(says(desk.after(verdict), expected));
  EXPECT_TRUE(says(desk.after(desk.end(1, ContactId{1})), expected));
  EXPECT_TRUE(says(desk.after(event::FirstResponseGiven{.conversation = closed, .contact = {}, .time = {}}), expected));
  EXPECT_TRUE(says(desk.after(event::ReplyGiven{.conversation = closed, .contact = {}, .time = {}}), expected));
}

TEST(InvariantsTest, AnAnswerGivesAVerdict) {
  Watched desk;
  const auto expected = "6: an answer gives a verdict";
  const event::FirstResponseGiven first{.conversation = desk.chat(3).id, .contact = {}, .time = {}};
  EXPECT_TRUE(says(desk.after(first), expected));
  const event::ReplyGiven reply{.conversation = desk.chat(1).id, .contact = {}, .time = {}};
  EXPECT_TRUE(says(desk.after(reply), expected));
}

TEST(InvariantsTest, LinesAreNumberedWithoutAGapAndNothingFollowsTheEnd) {
  Watched desk;
  const auto line = [&](std::uint64_t seq) {
    event::MessagePosted posted{};
    posted.conversation = desk.chat(1).id;
    posted.seq = seq;
    return posted;
  };
  EXPECT_TRUE(desk.after(line(desk.chat(1).last_seq + 1)).empty());
  EXPECT_TRUE(says(desk.after(line(desk.chat(1).last_seq + 2)), "5: sequence numbers run 1, 2, 3"));
  EXPECT_TRUE(says(desk.after(line(desk.chat(1).last_seq)), "5: sequence numbers run 1, 2, 3"));

  InvariantWatch watch;
  watch.after(desk.core.state(), desk.core.events());
  const Event over{.at = desk.start + 10s, .body = event::ConversationFinal{.conversation = desk.chat(1).id}};
  EXPECT_FALSE(says(watch.after(desk.core.state(), std::vector{over}), "15:"));
  const Event late{.at = desk.start + 11s, .body = event::ConversationFinal{.conversation = desk.chat(1).id}};
  EXPECT_TRUE(says(watch.after(desk.core.state(), std::vector{late}), "15: after FINAL nothing changes"));
}

TEST(InvariantsTest, NobodyIsGivenMoreThanTheyHaveSlotsForUnlessTheSlotsWereCut) {
  Watched desk;
  Settings settings = desk.settings;
  settings.agents[0].capacity = 1;
  InvariantWatch watch;
  watch.after(desk.core.state(), desk.core.events());
  const std::size_t before = desk.core.events().size();
  desk.core.get<Done>(desk.start + 6s, cmd::ApplySettings{.settings = settings, .replaces_version = 1});
  const std::vector<Event> cut(desk.core.events().begin() + static_cast<std::ptrdiff_t>(before),
                               desk.core.events().end());
  EXPECT_TRUE(watch.after(desk.core.state(), cut).empty()) << "nobody is evicted";
  const event::ChatOffered more{
      .conversation = desk.chat(3).id, .agent = AgentId{1}, .due = desk.start + 30s, .rule = RoutedBy::only_one};
  EXPECT_TRUE(says(watch.after(desk.core.state(), std::vector{Event{.at = desk.start + 7s, .body = more}}),
                   "2: no more chats than slots"));
}

TEST(InvariantsTest, TimeWithNobodyIsUnderstaffedUnlessNobodyWasNeeded) {
  Watched desk;
  InvariantWatch watch;
  const auto apply = [&](Millis t, std::uint32_t min_agents, std::uint64_t version) {
    desk.settings.queues[0].min_agents = min_agents;
    const std::size_t before = desk.core.events().size();
    desk.core.get<Done>(desk.start + t, cmd::ApplySettings{.settings = desk.settings, .replaces_version = version});
    return std::vector<Event>(desk.core.events().begin() + static_cast<std::ptrdiff_t>(before),
                              desk.core.events().end());
  };
  EXPECT_TRUE(watch.after(desk.core.state(), desk.core.events()).empty());
  EXPECT_TRUE(watch.after(desk.core.state(), apply(1h, 0, 1)).empty());
  State state = *state_from_bytes(state_bytes(desk.core.state()));
  const std::vector quiet{Event{.at = desk.start + 3h, .body = event::QueueOpened{.queue = Desk::queue}}};
  support(state).totals.unstaffed += 10min;
  EXPECT_TRUE(watch.after(state, quiet).empty()) << "nobody was needed";
  support(state).settings.min_agents = 1;
  EXPECT_TRUE(watch.after(state, quiet).empty()) << "until now";
  support(state).totals.unstaffed += 1ms;
  EXPECT_TRUE(says(watch.after(state, quiet), "13: unstaffed <= understaffed"));
}

TEST(InvariantsTest, AnOfferKeepsItsSlotWhenCapacityIsCutBeforeItIsAccepted) {
  Watched desk;
  InvariantWatch watch;
  Settings settings = desk.settings;
  settings.agents[0].capacity = 1;
  desk.core.get<Done>(desk.start + 6s, cmd::ApplySettings{.settings = settings, .replaces_version = 1});
  watch.after(desk.core.state(), desk.core.events());
  const std::size_t before = desk.core.events().size();
  desk.accepts("aino", 2, 7s);
  ASSERT_EQ(desk.held_by(2), "aino");
  const std::vector<Event> accepted(desk.core.events().begin() + static_cast<std::ptrdiff_t>(before),
                                    desk.core.events().end());
  for (const std::string& broken : watch.after(desk.core.state(), accepted)) ADD_FAILURE() << broken;
}

TEST(InvariantsTest, WorkIsForAgentsThatExist) {
  Watched desk;
  InvariantWatch watch;
  watch.after(desk.core.state(), desk.core.events());
  const event::ChatOffered offered{
      .conversation = desk.chat(3).id, .agent = AgentId{99}, .due = desk.start + 30s, .rule = RoutedBy::only_one};
  EXPECT_TRUE(says(watch.after(desk.core.state(), std::vector{Event{.at = desk.start + 7s, .body = offered}}),
                   "9: work is for agents that exist"));
}

TEST(InvariantsTest, ThePlaceInTheLineAndTheIntegralsOnlyGoForward) {
  Watched desk;
  InvariantWatch watch;
  watch.after(desk.core.state(), desk.core.events());
  State state = *state_from_bytes(state_bytes(desk.core.state()));
  chat(state, 3).contact->key += 1s;
  support(state).totals.open -= 1ms;
  support(state).totals.staffed -= 1ms;
  const event::VisitorFactsChanged facts{.conversation = desk.chat(3).id, .facts = {}};
  const Event touched{.at = desk.start + 6s, .body = facts};
  const auto broken = watch.after(state, std::vector{touched});
  EXPECT_TRUE(says(broken, "8: requeue and transfer never change the place in the line"));
  EXPECT_TRUE(says(broken, "6: integrals never run back"));
}

TEST(InvariantsTest, ACommandOfAnotherNodeIsDecidedOnceInItsOrder) {
  Watched desk;
  InvariantWatch watch;
  watch.after(desk.core.state(), desk.core.events());
  const auto decided = [&](std::uint64_t incarnation, std::uint64_t n) {
    const event::CommandDecided body{
        .number = {.node = 7, .incarnation = incarnation, .n = n}, .told = Told::done, .code = 0, .n = 0, .seq = 0};
    return says(watch.after(desk.core.state(), std::vector{Event{.at = desk.start + 7s, .body = body}}),
                "17: a command of another node is decided once");
  };
  EXPECT_FALSE(decided(5, 3)) << "what came before is not known";
  EXPECT_FALSE(decided(5, 4));
  EXPECT_TRUE(decided(5, 4));
  EXPECT_TRUE(decided(5, 6));
  EXPECT_FALSE(decided(6, 1)) << "a later start begins anew";
  EXPECT_TRUE(decided(5, 7));
}

}  // namespace
}  // namespace heti::tests
