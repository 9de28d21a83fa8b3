// Every server and HTTP fixture: the struct that the service would fill, encoded, is the JSON of the fixture.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "protocol/codec.hpp"
#include "protocol/http.hpp"
#include "protocol_fixtures.hpp"

namespace heti::protocol {
namespace {

namespace json = boost::json;
using fixtures::Fixture;
using fixtures::read_folder;

const PublicId conversation = parse_public_id("5f2c9a0e7b1d4c3f8a6e0b9d2c4f1a73").value();
const PublicId visitor = parse_public_id("0b7d1c52e94f4a6d9c3e8f1a2b4c6d80").value();
const std::string token = "v1.c29tZSB0b2tlbg.Zm9yIHRlc3Rz";
const std::string stream = "k3f9x0";

Instant at(int hours, int minutes, int seconds, int ms) {
  using namespace std::chrono;
  return sys_days{year{2026} / June / 1} + std::chrono::hours{hours} + std::chrono::minutes{minutes} +
         std::chrono::seconds{seconds} + Millis{ms};
}
const Instant t0 = at(6, 0, 0, 0);
const Instant t1 = at(6, 0, 7, 250);
const Instant t2 = at(6, 0, 41, 3);
const Instant t3 = at(6, 9, 30, 0);

QueueState support_for_visitors() {
  QueueState queue;
  queue.name = "support";
  queue.display_name = "Customer support";
  queue.open = true;
  queue.next_change = at(13, 0, 0, 0);
  return queue;
}
QueueState support_for_agents() {
  QueueState queue = support_for_visitors();
  queue.waiting = 2;
  queue.staffed = 1;
  return queue;
}

Chat offered_chat() {
  Chat chat;
  chat.conversation = conversation;
  chat.queue = "support";
  chat.state = ConversationState::offered;
  chat.visitor = {visitor, "Väinö", "Winter boots – Shop"};
  chat.offered_to = "aino";
  chat.offer = Millis{14'200};
  chat.preview = preview_of("Do you ship to Åland?\nThanks 🙂");
  chat.preview_role = AuthorRole::visitor;
  chat.last_seq = 1;
  chat.visitor_online = true;
  chat.created = t0;
  chat.wait = Wait{Sla::first_response, Millis{5'800}, true, Millis{60'000}, false};
  chat.as_of = t1;
  return chat;
}
Chat wrapup_chat() {
  Chat chat;
  chat.conversation = conversation;
  chat.queue = "support";
  chat.state = ConversationState::wrapup;
  chat.visitor.id = visitor;
  chat.agent = "aino";
  chat.agent_name = "Aino";
  chat.last_seq = 9;
  chat.created = t0;
  chat.as_of = t3;
  chat.rating = 4;
  return chat;
}
Chat overdue_chat() {
  Chat chat = wrapup_chat();
  chat.state = ConversationState::assigned;
  chat.preview = "Hello?";
  chat.preview_role = AuthorRole::visitor;
  chat.last_seq = 5;
  chat.wait = Wait{Sla::reply, Millis{120'001}, false, Millis{120'000}, true};
  chat.rating.reset();
  return chat;
}

Entry message(std::uint64_t seq, Instant when, AuthorRole role, std::string_view name, std::string_view text) {
  MessageEntry body;
  body.author.role = role;
  if (!name.empty()) body.author.name = name;
  body.text = text;
  return {seq, when, body};
}
Entry numbered(Entry entry, std::string_view in_stream, std::uint64_t n) {
  auto& body = std::get<MessageEntry>(entry.body);
  body.stream = in_stream;
  body.n = n;
  return entry;
}

// Lines `from` + 1 to `to` of one conversation that has every kind of line.
std::vector<Entry> entries(std::size_t from, std::size_t to) {
  const std::vector<Entry> all{
      numbered(message(1, t0, AuthorRole::visitor, "", "Do you ship to Åland?\nThanks 🙂"), stream, 1),
      message(2, t0, AuthorRole::automatic, "Heti", "Somebody is with you right away."),
      {3, t1, AssignedEntry{"Aino"}},
      numbered(message(4, t2, AuthorRole::agent, "Aino", " <b>Yes</b> & \"gladly\" \\ "),
               "0123456789abcdefghijklmnopqrstuv", 12),
      {5, t2, LeftEntry{"Aino"}},
      {6, t3, ClosedEntry{ClosedBy::visitor, CloseReason::closed}},
      {7, t3, RatedEntry{5}},
      {8, t3, ReopenedEntry{}},
  };
  return {all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to)};
}

ConversationView view(ConversationState state, std::uint64_t last_seq) {
  ConversationView view;
  view.id = conversation;
  view.queue = "support";
  view.state = state;
  view.last_seq = last_seq;
  return view;
}
ConversationView queued_view() {
  auto queued = view(ConversationState::queued, 2);
  queued.visitor_online = true;
  queued.position = 3;
  return queued;
}
ConversationView new_view() {
  auto fresh = view(ConversationState::fresh, 0);
  fresh.visitor_online = true;
  return fresh;
}
ConversationView closed_view() {
  auto closed = view(ConversationState::closed, 8);
  closed.agent = "Aino";
  closed.visitor_online = true;
  closed.rating = 5;
  closed.can_rate = true;
  return closed;
}
ConversationView assigned_view_for_agents() {
  auto assigned = view(ConversationState::assigned, 4);
  assigned.agent = "Aino";
  assigned.visitor_online = true;
  assigned.agent_online = true;
  assigned.visitor =
      VisitorView{visitor, "Väinö", "vaino@example.org", "https://shop.example/boots?size=42", "Winter boots – Shop"};
  return assigned;
}
ConversationView offline_message_view() {
  auto offline = view(ConversationState::offline_message, 1);
  offline.visitor = VisitorView{visitor, {}, {}, {}, {}};
  return offline;
}
ConversationView transcript_view() {
  auto closed = view(ConversationState::closed, 8);
  closed.agent = "Aino";
  closed.rating = 5;
  closed.visitor = VisitorView{visitor, {}, {}, {}, {}};
  return closed;
}

Wall wall() {
  Wall::Queue support;
  support.name = "support";
  support.display_name = "Customer support";
  support.open = true;
  support.next_change = Millis{1780318800000};
  support.waiting = 3;
  support.oldest_wait = Millis{41250};
  support.oldest_unanswered = Millis{74000};
  support.target = Millis{60000};
  support.goal = 0.8;
  support.overdue = 1;
  support.predicted_breaches = 1.5;
  support.estimated_wait = Millis{95000};
  support.staffed = 2;
  support.min_agents = 2;
  support.agents_required = 3;
  support.staffed_today = 0.96875;
  support.service_level_today = 0.875;
  support.good_today = 42;
  support.bad_today = 6;
  support.next_hour = Wall::Hour{17.25, 3};
  Wall::Queue night;
  night.name = "night";
  night.display_name = "Night desk";
  night.waiting = 1;
  night.oldest_wait = Millis{9000};
  night.oldest_unanswered = Millis{9000};
  night.target = Millis{120000};
  night.goal = 0.75;
  night.predicted_breaches = 0.25;
  night.min_agents = 1;
  return {Millis{1780293600000}, 1, {support, night}};
}

VisitorWelcome welcome_back() {
  QueueState queue;
  queue.name = "support";
  queue.display_name = "Customer support";
  queue.closing = true;
  queue.after_hours = AfterHours::queue;
  VisitorWelcome welcome{token, visitor, "h7c1", t0, queue, {}, "Väinö"};
  welcome.conversation = VisitorWelcome::Present{conversation, ConversationState::assigned, 7};
  return welcome;
}

AgentWelcome full_welcome() {
  QueueState sales;
  sales.name = "sales";
  sales.display_name = "Sales";
  sales.after_hours = AfterHours::refuse;
  sales.waiting = 0;
  sales.staffed = 0;
  return {"h7c1",
          t1,
          {"aino", "Aino", AgentStatus::online, {}, 3, 1},
          {support_for_agents(), sales},
          {offered_chat(), wrapup_chat()}};
}

Colleagues all_colleagues() {
  return {{{"aino", "Aino", AgentStatus::online, 3, 1, {"support", "sales"}},
           {"eero", "Eero", AgentStatus::lost, 2, 2, {"support"}}},
          {{"sales", "Sales", false, 0}, {"support", "Customer support", true, 1}},
          false};
}

Instant end_of_year() { return std::chrono::sys_days{std::chrono::year{2027} / std::chrono::January / 1} - Millis{1}; }

std::map<std::string, ServerFrame> server_frames() {
  using S = ConversationState;
  return {
      {"visitor_welcome_new", VisitorWelcome{token, visitor, "h7c1", t0, support_for_visitors(), {}, {}}},
      {"visitor_welcome_back", welcome_back()},
      {"visitor_welcome_demonstration", VisitorWelcome{token, visitor, "h7c1", t0, support_for_visitors(), {}, {}, 60}},
      {"agent_welcome_empty",
       AgentWelcome{
           "h7c1", t0, {"aino", "Aino", AgentStatus::away, StatusReason::connected, 3, 0}, {support_for_agents()}, {}}},
      {"agent_welcome_full", full_welcome()},
      {"agent_welcome_demonstration", AgentWelcome{"h7c1",
                                                   t0,
                                                   {"aino", "Aino", AgentStatus::away, StatusReason::connected, 3, 0},
                                                   {support_for_agents()},
                                                   {},
                                                   60}},
      {"opened_new", Opened{1, new_view(), {}}},
      {"opened_queued", Opened{2, queued_view(), entries(0, 2)}},
      {"opened_every_kind_of_entry", Opened{3, closed_view(), entries(0, 8)}},
      {"opened_agent", Opened{3, assigned_view_for_agents(), entries(2, 4)}},
      {"opened_agent_unnamed_visitor", Opened{4, offline_message_view(), {}}},
      {"page_some", Page{4, conversation, entries(0, 3)}},
      {"page_none", Page{5, conversation, {}}},
      {"entry_added_message", EntryAdded{conversation, entries(3, 4).front()}},
      {"entry_added_closed_for_spam",
       EntryAdded{conversation, {6, t3, ClosedEntry{ClosedBy::agent, CloseReason::spam}}}},
      {"entry_added_control_characters", EntryAdded{conversation, message(9, end_of_year(), AuthorRole::bot, "Robo",
                                                                          "tab\t cr\r\n bell\a </script> \u2028 €")}},
      {"acked", Acked{conversation, stream, 3, 6}},
      {"ok", Ok{12, {}}},
      {"ok_with_time", Ok{13, t3}},
      {"refused_already_assigned", Refused{RefusalCode::already_assigned, std::uint64_t{12}, {}, {}}},
      {"refused_agent_unavailable", Refused{RefusalCode::agent_unavailable, std::uint64_t{15}, {}, {}}},
      {"refused_overloaded", Refused{RefusalCode::overloaded, std::uint64_t{1}, {}, Millis{5'000}}},
      {"post_refused_resend_from", Refused{RefusalCode::resend_from, PostKey{conversation, stream, 5}, 4, {}}},
      {"post_refused_too_long", Refused{RefusalCode::too_long, PostKey{conversation, stream, 4}, {}, {}}},
      {"post_refused_try_later", Refused{RefusalCode::try_later, PostKey{conversation, stream, 4}, {}, Millis{1'000}}},
      {"state_changed_queued", StateChanged{conversation, S::queued, {}, true, false, false, 1}},
      {"state_changed_assigned", StateChanged{conversation, S::assigned, "Aino", true, true, false, {}}},
      {"state_changed_final", StateChanged{conversation, S::final, {}, false, false, true, {}}},
      {"chat_changed_offered", ChatChanged{offered_chat()}},
      {"chat_changed_wrapup", ChatChanged{wrapup_chat()}},
      {"chat_changed_overdue", ChatChanged{overdue_chat()}},
      {"chat_gone", ChatGone{conversation}},
      {"agent_changed_away", AgentChanged{AgentStatus::away, StatusReason::offers_missed, 3, 1}},
      {"agent_changed_online", AgentChanged{AgentStatus::online, {}, 3, 0}},
      {"agent_changed_by_supervisor", AgentChanged{AgentStatus::away, StatusReason::supervisor, 3, 2}},
      {"colleagues_all", all_colleagues()},
      {"colleagues_changed", Colleagues{{{"eero", "Eero", AgentStatus::offline, 2, 0, {}}}, {}, true}},
      {"queue_changed_visitor", QueueChanged{support_for_visitors()}},
      {"queue_changed_agent", QueueChanged{support_for_agents()}},
      {"peer_typing_visitor", PeerTyping{conversation, Role::visitor, {}}},
      {"peer_typing_agent", PeerTyping{conversation, Role::agent, "Aino"}},
      {"failed_bad_frame", Failed{ErrorCode::bad_frame}},
      {"failed_auth_timeout", Failed{ErrorCode::auth_timeout}},
  };
}

std::map<std::string, std::string> http_bodies() {
  Chat closed = wrapup_chat();
  closed.state = ConversationState::closed;
  return {
      {"account", encode(Account{"aino", "Aino"})},
      {"ticket", encode(Ticket{"t1.YWlubw.bm90LXJlYWw"})},
      {"site", encode(Site{support_for_visitors(),
                           {"Chat with us", "Hello! How can we help?", "We are closed. Leave us a message.",
                            "Write a message"}})},
      {"closed_chats", encode(ClosedChats{{ClosedChat{closed, t3}}})},
      {"transcript", encode(Transcript{transcript_view(), entries(0, 8)})},
      {"wall", encode(wall())},
      {"failure", encode(HttpFailure::wrong_password)},
  };
}

TEST(ProtocolEncodeTest, EveryServerFixtureIsWhatItsStructEncodesTo) {
  const auto frames = server_frames();
  const auto all = read_folder("valid", "server");
  EXPECT_EQ(all.size(), frames.size());
  for (const Fixture& fixture : all) {
    SCOPED_TRACE(fixture.name());
    const auto frame = frames.find(fixture.name());
    ASSERT_NE(frame, frames.end());
    const std::string text = encode(frame->second);
    EXPECT_EQ(json::parse(text), fixture.content.at("frame")) << text;
    EXPECT_EQ(text.find_first_of("\r\n"), std::string::npos);
    EXPECT_TRUE(text.starts_with(R"({"t":")")) << "a reader of traffic finds the name first";
  }
}

TEST(ProtocolEncodeTest, EveryServerFrameHasAFixture) {
  std::set<std::string> seen;
  for (const Fixture& fixture : read_folder("valid", "server")) seen.insert(fixture.word("schema"));
  const auto frames = fixtures::members_of(fixtures::read_schema("server_frame"), "oneOf");
  EXPECT_EQ(seen, std::set<std::string>(frames.begin(), frames.end()));
}

TEST(ProtocolEncodeTest, EveryHttpFixtureIsWhatItsStructEncodesTo) {
  const auto bodies = http_bodies();
  std::size_t compared = 0;
  for (const Fixture& fixture : read_folder("http")) {
    SCOPED_TRACE(fixture.name());
    if (fixture.word("schema") == "http_login") {
      EXPECT_TRUE(decode_login(json::serialize(fixture.content.at("body"))).has_value());
      continue;
    }
    ASSERT_TRUE(bodies.contains(fixture.name()));
    EXPECT_EQ(json::parse(bodies.at(fixture.name())), fixture.content.at("body"));
    ++compared;
  }
  EXPECT_EQ(compared, bodies.size());
}

TEST(ProtocolEncodeTest, AFrameLargerThanTheStackArenaIsWhole) {
  std::vector<Entry> many;
  for (std::uint64_t seq = 1; seq <= 200; ++seq) {
    many.push_back(numbered(message(seq, t0, AuthorRole::visitor, "", std::string(1'000, 'x')), stream, seq));
  }
  const auto page = json::parse(encode(Page{1, conversation, many})).as_object();
  ASSERT_EQ(page.at("entries").as_array().size(), 200U);
  EXPECT_EQ(page.at("entries").at(199).at("seq"), 200);
  EXPECT_EQ(page.at("entries").at(199).at("text").as_string().size(), 1'000U);
}

}  // namespace
}  // namespace heti::protocol
