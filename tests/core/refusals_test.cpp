// Wishes of those who may not: each is refused for its own reason, and nothing happens.
#include <gtest/gtest.h>

#include "tests/core/desk.hpp"

namespace heti::tests {
namespace {

constexpr AgentId nobody{99};
constexpr QueueId nowhere{99};

cmd::Start a_start(std::uint64_t visitor, std::uint64_t conversation, QueueId queue = Desk::queue) {
  return {.visitor = public_id(visitor),
          .conversation = public_id(conversation),
          .queue = queue,
          .connection = std::nullopt,
          .facts = {},
          .bot_first = false};
}

cmd::Post a_post(Sender sender, Author author) {
  return {.sender = sender, .conversation = public_id(1001), .author = author, .stream = "", .n = 0, .text = "x"};
}

cmd::Open an_open(Sender sender) { return {.sender = sender, .conversation = public_id(1001), .after = 0}; }

// The desk with the agents of `names` alone, and no queue "support" if `queue` is false.
Settings reduced(const Desk& desk, const std::vector<std::string>& names, bool queue = true) {
  Settings settings = desk.settings;
  std::erase_if(settings.agents, [&](const AgentSettings& agent) {
    return std::find(names.begin(), names.end(), agent.name) == names.end();
  });
  if (!queue) settings.queues.clear();
  return settings;
}

// With an agent who holds visitor 1's chat.
struct Held : Desk {
  explicit Held(const std::function<void(Settings&)>& change = [](Settings&) {}) : Desk(change) {
    ready("aino", 0s);
    says(1, 1s);
    accepts("aino", 1, 2s);
  }
  Answer transfers(Millis t, std::optional<QueueId> line, std::optional<AgentId> to) {
    return core.at(
        start + t,
        cmd::Transfer{.agent = agent("aino"), .conversation = public_id(1001), .to_queue = line, .to_agent = to});
  }
  // Asks, and looks that nothing became of it.
  Refusal refused(Millis t, const Command& command) {
    const std::size_t before = core.events().size();
    const Refusal why = refusal(core.at(start + t, command));
    EXPECT_EQ(core.events().size(), before);
    return why;
  }
};

TEST(RefusalsTest, OnlyAnAgentCallsSomethingSpamAndOnlySomebodyCloses) {
  Held desk;
  const auto close = [](Sender sender, bool spam) {
    return cmd::Close{.sender = sender, .conversation = public_id(1001), .spam = spam};
  };
  EXPECT_EQ(desk.refused(3s, close(Sender::of_visitor(public_id(1)), true)), Refusal::not_allowed);
  EXPECT_EQ(desk.refused(3s, close(Sender::of_visitor(public_id(2)), false)), Refusal::not_found);
  EXPECT_EQ(desk.refused(3s, close(Sender{}, false)), Refusal::not_allowed);
  EXPECT_EQ(desk.refused(3s, close(Sender::of_agent(nobody), false)), Refusal::not_found);
  EXPECT_EQ(desk.refused(3s, close(Sender::of_agent(desk.agent("eero")), false)), Refusal::not_allowed);
  EXPECT_EQ(desk.held_by(1), "aino");
}

TEST(RefusalsTest, NobodySpeaksInAnothersName) {
  Held desk;
  const Sender visitor = Sender::of_visitor(public_id(1));
  EXPECT_EQ(desk.refused(3s, a_post(visitor, Author::agent)), Refusal::not_allowed);
  EXPECT_EQ(desk.refused(3s, a_post(visitor, Author::note)), Refusal::not_allowed);
  EXPECT_EQ(desk.refused(3s, a_post(visitor, Author::system)), Refusal::not_allowed);
  EXPECT_EQ(desk.refused(3s, a_post(Sender::of_agent(desk.agent("aino")), Author::bot)), Refusal::not_allowed);
  EXPECT_EQ(desk.refused(3s, a_post(Sender::of_agent(desk.agent("aino")), Author::visitor)), Refusal::not_allowed);
  EXPECT_EQ(desk.refused(3s, a_post(Sender::of_agent(nobody), Author::agent)), Refusal::not_found);
  for (const Author person : {Author::visitor, Author::agent, Author::note}) {
    EXPECT_EQ(desk.refused(3s, a_post(Sender{}, person)), Refusal::not_allowed);
  }
  for (const Author machine : {Author::bot, Author::automatic, Author::system}) {
    desk.core.get<Posted>(desk.start + 4s, a_post(Sender{}, machine));
  }
  EXPECT_TRUE(desk.core.all<event::FirstResponseGiven>().empty());
}

TEST(RefusalsTest, WhoIsNoAgentOpensNothingAndTheServiceOpensEverything) {
  Held desk;
  EXPECT_EQ(desk.refused(3s, an_open(Sender::of_agent(nobody))), Refusal::not_found);
  const auto view = desk.core.get<ConversationView>(desk.start + 3s, an_open(Sender{}));
  EXPECT_EQ(view.entries.size(), 2u) << "the message, and that aino came";
  desk.core.get<Done>(desk.start + 4s,
                      cmd::ApplySettings{.settings = reduced(desk, {"aino", "ville"}), .replaces_version = 1});
  EXPECT_EQ(desk.refused(5s, an_open(Sender::of_agent(AgentId{2}))), Refusal::not_found) << "eero has left the company";
}

TEST(RefusalsTest, AnIdThatBelongsToAnotherVisitorIsAConflict) {
  Held desk;
  EXPECT_EQ(desk.refused(3s, a_start(2, 1001)), Refusal::conflict);
  desk.ready("eero", 3s);
  EXPECT_EQ(desk.refused(4s, cmd::Initiate{.agent = desk.agent("eero"),
                                           .visitor = public_id(2),
                                           .conversation = public_id(1001),
                                           .queue = Desk::queue}),
            Refusal::conflict);
}

TEST(RefusalsTest, AQueueThatIsNoMoreIsLikeOneThatNeverWas) {
  Held desk;
  EXPECT_EQ(desk.refused(3s, a_start(2, 1002, nowhere)), Refusal::not_found);
  EXPECT_EQ(desk.refused(3s, cmd::EndClosing{.queue = nowhere}), Refusal::not_found);
  EXPECT_EQ(desk.refused(
                3s, cmd::SetCalendar{.queue = nowhere, .effective_from = desk.start, .open = {}, .tzdata_version = ""}),
            Refusal::not_found);
  desk.core.get<Done>(desk.start + 4s, cmd::ApplySettings{.settings = reduced(desk, {"aino", "eero", "ville"}, false),
                                                          .replaces_version = 1});
  const ConnectionId connection{.node = 1, .incarnation = 1, .number = 500};
  for (const QueueId queue : {Desk::queue, nowhere}) {
    EXPECT_EQ(desk.refused(5s, a_start(2, 1002, queue)), Refusal::not_found);
    EXPECT_EQ(desk.refused(5s, cmd::VisitorHello{.visitor = public_id(2), .queue = queue, .connection = connection}),
              Refusal::not_found);
    EXPECT_EQ(desk.refused(5s, cmd::Initiate{.agent = desk.agent("aino"),
                                             .visitor = public_id(2),
                                             .conversation = public_id(1002),
                                             .queue = queue}),
              Refusal::not_found);
    EXPECT_EQ(refusal(desk.transfers(5s, queue, std::nullopt)), Refusal::not_found);
  }
  EXPECT_EQ(desk.held_by(1), "aino") << "a chat that somebody holds goes on";
}

TEST(RefusalsTest, ATransferNeedsSomebodyWhoMayAndCanTakeIt) {
  Held desk([](Settings& s) {
    s.queues.push_back({.name = "sales", .display_name = "Sales", .after_hours = AfterHours::queue});
    s.agents[2].queues = {"sales"};
  });
  desk.ready("eero", 3s);
  desk.ready("ville", 3s);
  const QueueId sales{2};
  EXPECT_EQ(refusal(desk.transfers(4s, std::nullopt, nobody)), Refusal::not_found);
  EXPECT_EQ(refusal(desk.transfers(4s, std::nullopt, desk.agent("ville"))), Refusal::agent_unavailable)
      << "not of this queue";
  EXPECT_EQ(refusal(desk.transfers(4s, sales, desk.agent("eero"))), Refusal::agent_unavailable) << "not of that queue";
  EXPECT_EQ(desk.refused(4s, cmd::Transfer{.agent = desk.agent("eero"), .conversation = public_id(1001)}),
            Refusal::not_allowed)
      << "it is not eero's";
  EXPECT_EQ(desk.held_by(1), "aino");
  EXPECT_TRUE(done(desk.transfers(5s, sales, desk.agent("ville"))));
  EXPECT_EQ(desk.offered_to(1), "ville");
}

TEST(RefusalsTest, AnAgentWhoHasLeftTheCompanyIsNotTheTargetOfATransfer) {
  Held desk;
  const AgentId eero = desk.agent("eero");
  desk.core.get<Done>(desk.start + 3s,
                      cmd::ApplySettings{.settings = reduced(desk, {"aino", "ville"}), .replaces_version = 1});
  EXPECT_EQ(refusal(desk.transfers(4s, std::nullopt, eero)), Refusal::not_found);
  EXPECT_EQ(desk.held_by(1), "aino");
}

TEST(RefusalsTest, AfterTheEndOfClosingAChatStaysWithWhoHasIt) {
  Held desk;
  desk.ready("eero", 3s);
  EXPECT_EQ(desk.refused(4s, cmd::EndClosing{.queue = Desk::queue}), Refusal::wrong_state) << "it is open";
  desk.hours(10s, {});
  EXPECT_TRUE(done(desk.core.at(desk.start + 11s, cmd::EndClosing{.queue = Desk::queue})));
  EXPECT_EQ(refusal(desk.transfers(12s, std::nullopt, std::nullopt)), Refusal::queue_closed);
  EXPECT_EQ(refusal(desk.transfers(12s, std::nullopt, desk.agent("eero"))), Refusal::queue_closed);
  EXPECT_EQ(desk.held_by(1), "aino");
}

TEST(RefusalsTest, OnlyASupervisorOfTheCompanyChangesAnothersStatusAndNobodyIsMadeLost) {
  Held desk([](Settings& s) { s.agents[2].supervisor = true; });
  const AgentId aino = desk.agent("aino"), ville = desk.agent("ville");
  EXPECT_EQ(desk.refused(3s, cmd::SetStatus{.agent = aino, .status = AgentStatus::lost}), Refusal::not_allowed);
  EXPECT_EQ(desk.refused(3s, cmd::SetStatus{.agent = nobody, .status = AgentStatus::away}), Refusal::not_found);
  EXPECT_EQ(desk.refused(3s, cmd::SetStatus{.agent = aino, .status = AgentStatus::away, .by = nobody}),
            Refusal::not_found);
  EXPECT_EQ(desk.refused(3s, cmd::SetStatus{.agent = desk.agent("eero"), .status = AgentStatus::away, .by = ville}),
            Refusal::wrong_state)
      << "eero is not there";
  desk.core.get<Done>(desk.start + 4s,
                      cmd::ApplySettings{.settings = reduced(desk, {"aino", "eero"}), .replaces_version = 1});
  EXPECT_EQ(desk.refused(5s, cmd::SetStatus{.agent = aino, .status = AgentStatus::away, .by = ville}),
            Refusal::not_found);
  EXPECT_EQ(desk.refused(5s, cmd::SetStatus{.agent = ville, .status = AgentStatus::away}), Refusal::not_found);
}

TEST(RefusalsTest, AClaimIsForWhoMayTakeItAndHasAFreeSlot) {
  Desk desk([](Settings& s) {
    s.queues[0].mode = RoutingMode::pull;
    s.agents[0].capacity = 1;
  });
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.says(2, 1s);
  desk.accepts("aino", 1, 2s);
  EXPECT_EQ(refusal(desk.accepts("aino", 2, 3s)), Refusal::agent_unavailable);
  EXPECT_EQ(refusal(desk.accepts("eero", 2, 3s)), Refusal::agent_unavailable) << "not ready";
  EXPECT_EQ(refusal(desk.declines("eero", 2, 3s)), Refusal::wrong_state) << "nobody was offered it";
  EXPECT_EQ(desk.chat(2).state, ConversationState::queued);
}

TEST(RefusalsTest, AnOfferIsForTheAgentWhoGotIt) {
  Desk desk;
  desk.ready("aino", 0s);
  desk.says(1, 1s);
  desk.ready("eero", 2s);
  ASSERT_EQ(desk.offered_to(1), "aino");
  EXPECT_EQ(refusal(desk.accepts("eero", 1, 3s)), Refusal::not_allowed);
  EXPECT_EQ(refusal(desk.declines("eero", 1, 3s)), Refusal::wrong_state);
  EXPECT_EQ(desk.offered_to(1), "aino");
}

}  // namespace
}  // namespace heti::tests
