// Words of the wire into words of the core, and back: pure functions, without sockets.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "protocol/codec.hpp"
#include "service/gateway/colleagues.hpp"
#include "service/gateway/reply.hpp"
#include "service/gateway/to_core.hpp"
#include "service/gateway/to_wire.hpp"

namespace heti::gateway {
namespace {

namespace command = core::command;
using protocol::Role;

constexpr PublicId conversation{.high = 1, .low = 2};
constexpr PublicId visitor{.high = 3, .low = 4};
constexpr Instant morning = instant_from_ms(1'780'293'600'000);

Self visitor_self() {
  return Self{.role = Role::visitor,
              .visitor = visitor,
              .queue = core::QueueId{5},
              .agent = {},
              .connection = {.node = 1, .incarnation = 2, .number = 3}};
}
Self agent_self() {
  return Self{.role = Role::agent,
              .visitor = {},
              .queue = {},
              .agent = core::AgentId{6},
              .connection = {.node = 1, .incarnation = 2, .number = 3}};
}

TEST(ToCoreTest, WhoSendsIsKnownFromTheSocket) {
  const protocol::Post post{.conversation = conversation, .stream = "s", .n = 7, .text = "moi"};
  const auto by_visitor = std::get<command::Post>(to_core(visitor_self(), post));
  EXPECT_EQ(by_visitor.sender.visitor, visitor);
  EXPECT_FALSE(by_visitor.sender.agent.has_value());
  EXPECT_EQ(by_visitor.author, core::Author::visitor);
  EXPECT_EQ(by_visitor.conversation, conversation);
  EXPECT_EQ(by_visitor.stream, "s");
  EXPECT_EQ(by_visitor.n, 7u);
  EXPECT_EQ(by_visitor.text, "moi");
  const auto by_agent = std::get<command::Post>(to_core(agent_self(), post));
  EXPECT_FALSE(by_agent.sender.visitor.has_value());
  EXPECT_EQ(by_agent.sender.agent, core::AgentId{6});
  EXPECT_EQ(by_agent.author, core::Author::agent);
}

TEST(ToCoreTest, HelloAndItsEndNameTheConnection) {
  EXPECT_EQ(std::get<command::VisitorHello>(hello_command(visitor_self())).queue, core::QueueId{5});
  EXPECT_EQ(std::get<command::VisitorGone>(gone_command(visitor_self())).connection, visitor_self().connection);
  EXPECT_EQ(std::get<command::AgentHello>(hello_command(agent_self())).agent, core::AgentId{6});
  EXPECT_EQ(std::get<command::AgentGone>(gone_command(agent_self())).connection, agent_self().connection);
}

TEST(ToCoreTest, StartTakesQueueFromHelloAndFactsFromTheFrame) {
  const protocol::Start frame{.ref = 1,
                              .page_url = "https://shop.example/a",
                              .page_title = std::nullopt,
                              .name = "Ville",
                              .email = std::nullopt};
  const auto start = std::get<command::Start>(to_core(visitor_self(), frame, conversation));
  EXPECT_EQ(start.visitor, visitor);
  EXPECT_EQ(start.conversation, conversation);
  EXPECT_EQ(start.queue, core::QueueId{5});
  EXPECT_EQ(start.connection, visitor_self().connection);
  EXPECT_EQ(start.facts,
            (core::VisitorFacts{.name = "Ville", .email = "", .page_url = "https://shop.example/a", .page_title = ""}));
  EXPECT_FALSE(start.bot_first);
}

TEST(ToCoreTest, AgentWishesCarryTheAgent) {
  const Self self = agent_self();
  EXPECT_EQ(std::get<command::Accept>(to_core(self, protocol::Accept{.ref = 1, .conversation = conversation})).agent,
            self.agent);
  EXPECT_EQ(std::get<command::Decline>(to_core(self, protocol::Decline{.ref = 1, .conversation = conversation})).agent,
            self.agent);
  EXPECT_EQ(
      std::get<command::FinishWrapUp>(to_core(self, protocol::Done{.ref = 1, .conversation = conversation})).agent,
      self.agent);
  EXPECT_EQ(
      std::get<command::SetStatus>(to_core(self, protocol::Status{.ref = 1, .status = protocol::AgentStatus::online}))
          .status,
      core::AgentStatus::online);
  EXPECT_TRUE(
      std::get<command::Close>(to_core(self, protocol::Close{.ref = 1, .conversation = conversation, .spam = true}))
          .spam);
}

TEST(ToCoreTest, TransferNamesWhereItGoesAndWhoHandsOn) {
  const Self self = agent_self();
  const protocol::Transfer frame{.ref = 1, .conversation = conversation, .queue = "sales", .agent = "eero"};
  const auto both = std::get<command::Transfer>(to_core(self, frame, core::QueueId{7}, core::AgentId{8}));
  EXPECT_EQ(both.agent, self.agent);
  EXPECT_EQ(both.conversation, conversation);
  EXPECT_EQ(both.to_queue, core::QueueId{7});
  EXPECT_EQ(both.to_agent, core::AgentId{8});
  const auto back = std::get<command::Transfer>(to_core(self, frame, std::nullopt, std::nullopt));
  EXPECT_EQ(back.to_queue, std::nullopt);
  EXPECT_EQ(back.to_agent, std::nullopt);
}

TEST(ToCoreTest, StatusOfAColleagueNamesTheSupervisor) {
  const protocol::SetStatus frame{.ref = 1, .agent = "eero", .status = protocol::AgentStatus::finishing};
  const auto set = std::get<command::SetStatus>(to_core(agent_self(), frame, core::AgentId{8}));
  EXPECT_EQ(set.agent, core::AgentId{8});
  EXPECT_EQ(set.status, core::AgentStatus::finishing);
  EXPECT_EQ(set.by, agent_self().agent);
  const auto own = std::get<command::SetStatus>(
      to_core(agent_self(), protocol::Status{.ref = 1, .status = protocol::AgentStatus::away}));
  EXPECT_EQ(own.by, std::nullopt);
}

core::ConversationView view() {
  core::ConversationView out;
  out.conversation = conversation;
  out.queue = "support";
  out.state = core::ConversationState::queued;
  out.last_seq = 2;
  out.position = 3;
  out.visitor = visitor;
  out.facts = {.name = "Ville", .email = "ville@example.org", .page_url = "", .page_title = ""};
  core::Entry first;
  first.seq = 1;
  first.at = morning;
  first.kind = core::EntryKind::message;
  first.author = core::Author::visitor;
  first.text = "moi";
  first.stream = "s";
  first.n = 1;
  core::Entry second;
  second.seq = 2;
  second.at = morning;
  second.kind = core::EntryKind::closed;
  second.by = core::ClosedBy::agent;
  second.reason = core::CloseReason::spam;
  out.entries = {first, second};
  return out;
}

TEST(ToWireTest, VisitorsDoNotSeeWhatIsForAgents) {
  const auto for_visitor = to_wire(view(), Role::visitor);
  EXPECT_FALSE(for_visitor.visitor.has_value());
  const std::string frame = reply_to(std::uint64_t{1}, view(), Role::visitor, Instant{}).frame;
  EXPECT_EQ(frame.find("ville@example.org"), std::string::npos);
  const auto for_agent = to_wire(view(), Role::agent);
  ASSERT_TRUE(for_agent.visitor.has_value());
  EXPECT_EQ(for_agent.visitor->email, "ville@example.org");
  EXPECT_EQ(for_agent.visitor->page_url, std::nullopt);
}

TEST(ToWireTest, QueueCountsAreForAgents) {
  core::QueueView queue;
  queue.name = "support";
  queue.open = true;
  queue.waiting = 4;
  queue.staffed = 2;
  queue.next_change = morning;
  EXPECT_EQ(to_wire(queue, Role::agent).waiting, 4u);
  EXPECT_EQ(to_wire(queue, Role::agent).staffed, 2u);
  EXPECT_EQ(to_wire(queue, Role::visitor).waiting, std::nullopt);
  EXPECT_EQ(to_wire(queue, Role::visitor).staffed, std::nullopt);
  EXPECT_EQ(to_wire(queue, Role::visitor).next_change, morning);
}

TEST(ToWireTest, EachKindOfEntryHasItsBody) {
  const auto entries = to_wire(view().entries);
  ASSERT_EQ(entries.size(), 2u);
  const auto& message = std::get<protocol::MessageEntry>(entries[0].body);
  EXPECT_EQ(message.author.role, protocol::AuthorRole::visitor);
  EXPECT_EQ(message.author.name, std::nullopt);
  EXPECT_EQ(message.stream, "s");
  EXPECT_EQ(message.n, 1u);
  const auto& closed = std::get<protocol::ClosedEntry>(entries[1].body);
  EXPECT_EQ(closed.by, protocol::ClosedBy::agent);
  EXPECT_EQ(closed.reason, protocol::CloseReason::spam);

  core::Entry assigned;
  assigned.kind = core::EntryKind::assigned;
  assigned.name = "Aino";
  EXPECT_EQ(std::get<protocol::AssignedEntry>(to_wire(assigned).body).agent, "Aino");
  assigned.kind = core::EntryKind::left;
  EXPECT_EQ(std::get<protocol::LeftEntry>(to_wire(assigned).body).agent, "Aino");
  assigned.kind = core::EntryKind::rated;
  assigned.score = 5;
  EXPECT_EQ(std::get<protocol::RatedEntry>(to_wire(assigned).body).score, 5u);
  assigned.kind = core::EntryKind::reopened;
  EXPECT_TRUE(std::holds_alternative<protocol::ReopenedEntry>(to_wire(assigned).body));
}

TEST(ToWireTest, MessageOfTheServiceHasNoStream) {
  core::Entry entry;
  entry.kind = core::EntryKind::message;
  entry.author = core::Author::system;
  entry.text = "hello";
  const auto message = std::get<protocol::MessageEntry>(to_wire(entry).body);
  EXPECT_EQ(message.stream, std::nullopt);
  EXPECT_EQ(message.n, std::nullopt);
}

TEST(ToWireTest, ChatHasWhatIsThereAndNothingElse) {
  core::ChatView chat;
  chat.conversation = conversation;
  chat.state = core::ConversationState::offered;
  chat.offered_to = core::AgentId{6};
  chat.offered_to_name = "aino";
  chat.offer_left = Millis{1500};
  chat.preview = "moi";
  chat.preview_author = core::Author::visitor;
  chat.wait = core::WaitView{
      .sla = core::Sla::reply, .elapsed = Millis{10}, .running = true, .target = Millis{60'000}, .breached = false};
  const auto out = to_wire(chat);
  EXPECT_EQ(out.agent, std::nullopt);
  EXPECT_EQ(out.offered_to, "aino");
  EXPECT_EQ(out.offer, Millis{1500});
  EXPECT_EQ(out.preview_role, protocol::AuthorRole::visitor);
  ASSERT_TRUE(out.wait.has_value());
  EXPECT_EQ(out.wait->sla, protocol::Sla::reply);
  EXPECT_EQ(out.rating, std::nullopt);
}

TEST(ToWireTest, StateFrameSaysTheSameAsOpened) {
  const auto opened = to_wire(view(), Role::visitor);
  const auto state = state_frame(view());
  EXPECT_EQ(state.conversation, opened.id);
  EXPECT_EQ(state.state, opened.state);
  EXPECT_EQ(state.agent, opened.agent);
  EXPECT_EQ(state.visitor_online, opened.visitor_online);
  EXPECT_EQ(state.agent_online, opened.agent_online);
  EXPECT_EQ(state.can_rate, opened.can_rate);
  EXPECT_EQ(state.position, opened.position);
}

TEST(ToWireTest, WelcomeNamesThePresentConversation) {
  core::WelcomeView welcome;
  welcome.queue.name = "support";
  EXPECT_EQ(visitor_welcome(welcome, "t", visitor, "h", morning).conversation, std::nullopt);
  welcome.conversation = view();
  const auto frame = visitor_welcome(welcome, "t", visitor, "h", morning);
  ASSERT_TRUE(frame.conversation.has_value());
  EXPECT_EQ(frame.conversation->id, conversation);
  EXPECT_EQ(frame.conversation->last_seq, 2u);
  EXPECT_EQ(frame.name, "Ville");
}

TEST(ToWireTest, ClosedChatOfTheArchive) {
  archive::Record record;
  record.conversation = conversation;
  record.visitor = visitor;
  record.queue = "support";
  record.created = morning;
  record.closed_at = morning + Millis{5};
  record.preview = std::string(500, 'x');
  record.preview_author = core::Author::agent;
  record.agent_name = "aino";
  const auto closed = closed_chat(record, morning);
  EXPECT_EQ(closed.closed_at, morning + Millis{5});
  EXPECT_EQ(closed.chat.state, protocol::ConversationState::closed);
  EXPECT_EQ(closed.chat.preview, protocol::preview_of(record.preview));
  EXPECT_EQ(closed.chat.preview_role, protocol::AuthorRole::agent);
  EXPECT_EQ(conversation_of(record).state, protocol::ConversationState::closed);
}

TEST(ReplyTest, PostIsAckedWithItsPlace) {
  const protocol::PostKey key{.conversation = conversation, .stream = "s", .n = 7};
  const Reply reply = reply_to(key, core::Posted{.n = 7, .seq = 12}, Role::visitor, Instant{});
  ASSERT_TRUE(reply.acked.has_value());
  EXPECT_EQ(reply.acked->n, 7u);
  EXPECT_EQ(reply.acked->seq, 12u);
  EXPECT_TRUE(reply.frame.empty());
  EXPECT_FALSE(reply.refused.has_value());
}

TEST(ReplyTest, RefusalNamesThePostAndWhereToResendFrom) {
  const protocol::PostKey key{.conversation = conversation, .stream = "s", .n = 7};
  const Reply reply =
      reply_to(key, core::Refused{.code = core::Refusal::resend_from, .resend_from = 3}, Role::visitor, Instant{});
  EXPECT_EQ(reply.refused, protocol::RefusalCode::resend_from);
  EXPECT_NE(reply.frame.find("\"resend_from\":3"), std::string::npos);
  EXPECT_NE(reply.frame.find("\"n\":7"), std::string::npos);
}

TEST(ReplyTest, EveryRefusalOfTheCoreHasItsWord) {
  for (const auto code : {core::Refusal::not_found, core::Refusal::not_allowed, core::Refusal::wrong_state,
                          core::Refusal::queue_closed, core::Refusal::already_assigned, core::Refusal::conflict,
                          core::Refusal::resend_from, core::Refusal::agent_unavailable}) {
    EXPECT_EQ(protocol::to_string(to_wire(code)), core::name_of(code));
  }
}

TEST(ToWireTest, SupervisorIsTheReason) {
  EXPECT_EQ(to_wire(core::StatusReason::supervisor), protocol::StatusReason::supervisor);
}

// Two queues; aino serves both, eero the first, leena the second and is a supervisor, and one agent was removed.
core::State team() {
  core::State state;
  const auto add_queue = [&](std::uint32_t id, std::string name, core::AfterHours after_hours) {
    core::Queue& queue = state.queues[core::QueueId{id}];
    queue.id = core::QueueId{id};
    queue.settings = {.name = name, .display_name = "The " + name, .after_hours = after_hours};
  };
  add_queue(1, "support", core::AfterHours::message);
  add_queue(2, "sales", core::AfterHours::queue);
  add_queue(3, "old", core::AfterHours::queue);
  state.queues[core::QueueId{3}].removed = true;
  const auto add_agent = [&](std::uint32_t id, std::string name, std::vector<core::QueueId> queues) {
    core::Agent& agent = state.agents[core::AgentId{id}];
    agent.id = core::AgentId{id};
    agent.settings = {.name = name, .display_name = "The " + name, .queues = {}, .capacity = 3};
    agent.queues = std::move(queues);
  };
  add_agent(1, "aino", {core::QueueId{1}, core::QueueId{2}});
  add_agent(2, "eero", {core::QueueId{1}, core::QueueId{3}});
  add_agent(3, "leena", {core::QueueId{2}});
  add_agent(4, "gone", {core::QueueId{1}});
  state.agents[core::AgentId{3}].settings.supervisor = true;
  state.agents[core::AgentId{4}].removed = true;
  return state;
}

std::vector<std::string> names_in(const boost::json::value& list) {
  std::vector<std::string> names;
  for (const auto& item : list.as_array()) names.emplace_back(item.at("name").as_string());
  return names;
}

TEST(ColleaguesTest, ListedAreThoseOfOneQueueAndForSupervisorsAll) {
  using Names = std::vector<std::string>;
  const core::State state = team();
  const auto listed_by = [&state](std::uint32_t id) {
    const auto frames = first_colleague_frames(state, state.agents.at(core::AgentId{id}));
    EXPECT_EQ(frames.size(), 1u);
    return boost::json::parse(frames.at(0));
  };
  EXPECT_EQ(names_in(listed_by(1).at("agents")), (Names{"aino", "eero", "leena"}));
  EXPECT_EQ(names_in(listed_by(2).at("agents")), (Names{"aino", "eero"}));
  EXPECT_EQ(names_in(listed_by(3).at("agents")), (Names{"aino", "eero", "leena"}));
  EXPECT_EQ(names_in(listed_by(2).at("queues")), (Names{"support", "sales"}));
  EXPECT_EQ(listed_by(2).at("supervisor"), false);
  EXPECT_EQ(listed_by(3).at("supervisor"), true);
}

TEST(ColleaguesTest, FrameTellsFreeSlotsAndWhichQueuesTakeChats) {
  core::State state = team();
  core::Agent& eero = state.agents[core::AgentId{2}];
  eero.status = core::AgentStatus::online;
  eero.offers.insert(core::ConversationId{9});
  state.queues[core::QueueId{1}].staffed = 1;
  const auto frames = colleague_frames(state, {core::AgentId{2}, core::AgentId{4}},
                                       {core::QueueId{1}, core::QueueId{2}, core::QueueId{3}}, false);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(boost::json::parse(frames[0]), boost::json::parse(R"({"t":"colleagues","agents":[
    {"name":"eero","display_name":"The eero","status":"online","capacity":3,"busy":1,"queues":["support"]}],"queues":[
    {"name":"support","display_name":"The support","open":false,"staffed":1},
    {"name":"sales","display_name":"The sales","open":true,"staffed":0}],"supervisor":false})"));
  EXPECT_TRUE(colleague_frames(state, {core::AgentId{4}}, {core::QueueId{3}}, true).empty());
}

TEST(ColleaguesTest, LargeTeamComesInSeveralFrames) {
  core::State state;
  for (std::uint32_t i = 1; i <= 2 * colleagues_per_frame_max + 1; ++i) {
    core::Agent& agent = state.agents[core::AgentId{i}];
    agent.id = core::AgentId{i};
    agent.settings.name = std::to_string(i);
    agent.queues = {core::QueueId{1}};
  }
  state.queues[core::QueueId{1}].settings.name = "support";
  const auto frames = first_colleague_frames(state, state.agents.at(core::AgentId{1}));
  ASSERT_EQ(frames.size(), 3u);
  std::set<std::string> names;
  for (const std::string& frame : frames) {
    EXPECT_LE(frame.size(), protocol::frame_bytes_max);
    for (const std::string& name : names_in(boost::json::parse(frame).at("agents"))) names.insert(name);
  }
  EXPECT_EQ(names.size(), state.agents.size());
  EXPECT_EQ(boost::json::parse(frames[0]).at("queues").as_array().size(), 1u);
  EXPECT_EQ(boost::json::parse(frames[2]).at("queues").as_array().size(), 0u);
  EXPECT_EQ(first_colleague_frames(core::State{}, core::Agent{}).size(), 1u);
}

TEST(ReplyTest, OpenedSubscribesFromItsLastLine) {
  const Reply reply = reply_to(std::uint64_t{4}, view(), Role::agent, Instant{});
  ASSERT_TRUE(reply.opened.has_value());
  EXPECT_EQ(reply.opened->conversation, conversation);
  EXPECT_EQ(reply.opened->last_seq, 2u);
  EXPECT_NE(reply.frame.find("\"t\":\"opened\""), std::string::npos);
  EXPECT_NE(reply.frame.find("\"ref\":4"), std::string::npos);
}

TEST(ReplyTest, NewestEntriesArePickedWithinTheirBytes) {
  std::vector<core::Entry> entries(10);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].seq = i + 1;
    entries[i].text = std::string(1000, 'x');
  }
  const auto some = newest_within(entries, 3600);
  ASSERT_EQ(some.size(), 3u);
  EXPECT_EQ(some.front().seq, 8u);
  EXPECT_EQ(some.back().seq, 10u);
  EXPECT_EQ(newest_within(entries, 1).size(), 1u);
  EXPECT_EQ(newest_within(entries, 1'000'000).size(), 10u);
  EXPECT_TRUE(newest_within({}, 10).empty());
}

}  // namespace
}  // namespace heti::gateway
