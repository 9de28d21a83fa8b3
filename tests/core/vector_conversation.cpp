#include <algorithm>
#include <cmath>
#include <map>

#include "service/core/service_level.hpp"
#include "service/core/staffing.hpp"
#include "tests/core/driver.hpp"
#include "tests/core/vector_ops.hpp"

namespace heti::tests {
namespace {

using namespace core;
namespace cmd = core::command;

constexpr QueueId queue{1};
const Schedules& schedules() {
  static const Schedules all;
  return all;
}

Millis seconds(const json::object& params, const char* key) {
  return std::chrono::seconds{params.at(key).to_number<std::int64_t>()};
}

// One visitor's story: words of the vector file become commands.
class Story {
 public:
  Story(const json::object& file, const json::object& vector) : vector_(vector) {
    const json::object& params = file.at("default_params").as_object();
    const json::array& events = vector.at("events").as_array();
    for (const json::value& event : events) pushes_ = pushes_ || event.at("e").as_string() == "offer";
    QueueSettings settings{.name = "support", .display_name = "Support"};
    settings.first_response.threshold = seconds(params, "sla_first_s");
    settings.reply.threshold = seconds(params, "sla_reply_s");
    settings.short_abandon = seconds(params, "short_abandon_s");
    settings.visitor_grace = seconds(params, "visitor_grace_s");
    settings.agent_grace = seconds(params, "agent_grace_s");
    settings.reopen_window = seconds(params, "reopen_window_s");
    settings.after_hours = AfterHours::queue;
    EXPECT_EQ(file.at("after_hours").as_string(), "queue");
    settings.mode = pushes_ ? RoutingMode::push_accept : RoutingMode::pull;
    Settings all;
    all.queues.push_back(settings);
    for (const char* name : {"a", "b", "c", "d", "e"}) {
      all.agents.push_back(
          {.name = name, .display_name = name, .queues = {"support"}, .capacity = 3, .supervisor = false});
    }
    const Instant begin = instant(events.front().at("t"));
    const Instant from = begin - std::chrono::days{2};
    core_.get<Done>(from, cmd::ApplySettings{.settings = all, .replaces_version = 0});
    const auto spec = vector.find("schedule");
    for (HoursVersion& version :
         schedules().versions(spec == vector.end() ? nullptr : &spec->value(), from, begin + std::chrono::days{420})) {
      core_.get<Done>(from, cmd::SetCalendar{.queue = queue,
                                             .effective_from = version.effective_from,
                                             .open = std::move(version.open),
                                             .tzdata_version = "test"});
    }
    bot_first_ = vector.contains("bot_first") && vector.at("bot_first").as_bool();
  }

  void run() {
    for (const json::value& event : vector_.at("events").as_array()) step(event.as_object());
    now_ = instant(vector_.at("now"));
    core_.tick(now_);
  }

  void expect(const json::object& expected) {
    for (const auto& [key, value] : expected) {
      SCOPED_TRACE(std::string(key));
      if (key == "episodes") {
        expect_episodes(value.as_array());
      } else if (key == "waits") {
        json::array waits;
        for (const auto& e : core_.all<event::ChatAssigned>()) waits.push_back({stage_name(e.stage), e.wait.count()});
        EXPECT_EQ(json::serialize(waits), json::serialize(value));
      } else if (key == "reply_ms") {
        json::array replies;
        for (const auto& e : core_.all<event::ReplyGiven>()) replies.push_back(e.time.count());
        EXPECT_EQ(json::serialize(replies), json::serialize(value));
      } else if (key == "reply_breaches") {
        const auto verdicts = core_.all<event::VerdictGiven>();
        EXPECT_EQ(std::count_if(verdicts.begin(), verdicts.end(),
                                [](const auto& e) { return e.sla == Sla::reply && e.verdict == Verdict::bad; }),
                  value.as_int64());
      } else if (key == "open_turn_ms") {
        const auto& contact = conversation().contact;
        ASSERT_TRUE(contact && contact->turn);
        EXPECT_EQ(hours().elapsed(contact->turn->started, now_).count(), value.as_int64());
      } else {
        ADD_FAILURE() << "not compared";
      }
    }
    core_.expect_replay_gives_the_same_bytes();
  }

 private:
  const Conversation& conversation() const { return *core_.state().find(public_id(2)); }
  const BusinessTime& hours() const { return core_.state().queues.at(queue).hours; }

  AgentId named(std::string_view name) const { return core_.state().agent_named(name)->id; }
  AgentId holder() const { return conversation().agent.value_or(last_holder_); }

  AgentId fresh_agent() {
    for (const auto& [id, agent] : core_.state().agents) {
      if (agent.status == AgentStatus::offline && agent.last_assigned == Instant{}) return id;
    }
    return AgentId{};
  }

  void ready(Instant t, AgentId agent) {
    const Agent& known = core_.state().agents.at(agent);
    if (known.connections.empty()) core_.at(t, cmd::AgentHello{.agent = agent, .connection = connection()});
    core_.get<Done>(t, cmd::SetStatus{.agent = agent, .status = AgentStatus::online});
  }

  ConnectionId connection() { return {.node = 1, .incarnation = 1, .number = ++connections_}; }

  void post(Instant t, Author author, Sender sender) {
    core_.get<Posted>(
        t,
        cmd::Post{.sender = sender, .conversation = public_id(2), .author = author, .stream = "", .n = 0, .text = "x"});
  }

  void step(const json::object& event) {
    const Instant t = instant(event.at("t"));
    const std::string word(event.at("e").as_string());
    SCOPED_TRACE(word);
    if (word == "visitor_message") {
      if (core_.state().find(public_id(2)) == nullptr) {
        visitor_connection_ = connection();
        core_.get<ConversationView>(t, cmd::Start{.visitor = public_id(1),
                                                  .conversation = public_id(2),
                                                  .queue = queue,
                                                  .connection = visitor_connection_,
                                                  .facts = {},
                                                  .bot_first = bot_first_});
      }
      post(t, Author::visitor, Sender::of_visitor(public_id(1)));
    } else if (word == "bot_message") {
      post(t, Author::bot, Sender{});
    } else if (word == "auto_message") {
      post(t, Author::automatic, Sender{});
    } else if (word == "note") {
      post(t, Author::note, Sender::of_agent(named("a")));
    } else if (word == "typing") {
      // Goes past the core.
    } else if (word == "enqueue") {
      core_.get<Done>(t, cmd::HandOver{.conversation = public_id(2)});
    } else if (word == "accept") {
      const AgentId agent = event.contains("agent") ? named(event.at("agent").as_string()) : fresh_agent();
      if (core_.state().agents.at(agent).status != AgentStatus::online) ready(t, agent);
      core_.get<Done>(t, cmd::Accept{.agent = agent, .conversation = public_id(2)});
      last_holder_ = agent;
    } else if (word == "agent_message") {
      post(t, Author::agent, Sender::of_agent(holder()));
    } else if (word == "agent_close") {
      const bool spam = event.contains("reason") && event.at("reason").as_string() == "spam";
      core_.get<Done>(t, cmd::Close{.sender = Sender::of_agent(holder()), .conversation = public_id(2), .spam = spam});
    } else if (word == "visitor_close") {
      core_.get<Done>(
          t, cmd::Close{.sender = Sender::of_visitor(public_id(1)), .conversation = public_id(2), .spam = false});
    } else if (word == "visitor_disconnect") {
      core_.at(t, cmd::VisitorGone{.visitor = public_id(1), .connection = visitor_connection_});
    } else if (word == "visitor_reconnect") {
      visitor_connection_ = connection();
      core_.at(t, cmd::VisitorHello{.visitor = public_id(1), .queue = queue, .connection = visitor_connection_});
    } else if (word == "agent_disconnect") {
      const Agent& agent = core_.state().agents.at(holder());
      core_.at(t, cmd::AgentGone{.agent = agent.id, .connection = *agent.connections.begin()});
    } else if (word == "agent_reconnect") {
      core_.at(t, cmd::AgentHello{.agent = holder(), .connection = connection()});
    } else if (word == "transfer") {
      core_.get<Done>(t, cmd::Transfer{.agent = holder(), .conversation = public_id(2)});
    } else if (word == "system_close") {
      core_.get<Done>(t, cmd::EndClosing{.queue = queue});
    } else if (word == "offer") {
      ready(t, named(event.at("agent").as_string()));
      ASSERT_TRUE(conversation().offer.has_value());
      EXPECT_EQ(conversation().offer->agent, named(event.at("agent").as_string()));
    } else if (word == "offer_expired") {
      core_.tick(t + Millis{1});
      ASSERT_FALSE(conversation().offer.has_value());
      EXPECT_EQ(core_.events().back().at, t);
    } else {
      ADD_FAILURE() << "unknown word";
    }
  }

  static const char* stage_name(Stage stage) {
    switch (stage) {
      case Stage::first: return "first";
      case Stage::reopen: return "reopen";
      case Stage::transfer: return "transfer";
      case Stage::requeue: return "requeue";
      case Stage::outbound: return "outbound";
    }
    return "?";
  }
  static json::value reason_name(EndReason reason) {
    switch (reason) {
      case EndReason::none: return nullptr;
      case EndReason::abandoned_short: return "short";
      case EndReason::abandoned_within: return "within";
      case EndReason::abandoned_after: return "after";
      case EndReason::queue_closed: return "queue_closed";
      case EndReason::timeout: return "timeout";
      case EndReason::agent_closed: return "agent_closed";
      case EndReason::error: return "error";
      case EndReason::unanswered_turn: return "unanswered_turn";
    }
    return nullptr;
  }
  static const char* outcome_name(Outcome outcome) {
    switch (outcome) {
      case Outcome::answered: return "answered";
      case Outcome::abandoned: return "abandoned";
      case Outcome::missed: return "missed";
      case Outcome::spam: return "spam";
      case Outcome::outbound: return "outbound";
    }
    return "?";
  }
  static const char* verdict_name(Verdict verdict) {
    switch (verdict) {
      case Verdict::good: return "good";
      case Verdict::bad: return "bad";
      case Verdict::excluded: return "excluded";
    }
    return "?";
  }

  // What the core's events say of each contact.
  std::vector<json::object> episodes() const {
    std::map<ContactId, std::size_t> place;
    std::vector<json::object> found;
    const auto of = [&](ContactId id) -> json::object& { return found[place.at(id)]; };
    for (const Event& event : core_.events()) {
      if (const auto* e = std::get_if<event::ContactQueued>(&event.body)) {
        place[e->contact] = found.size();
        const Millis target = core_.state().queues.at(queue).settings.first_response.threshold;
        found.push_back({{"stage", stage_name(e->stage)},
                         {"verdict", nullptr},
                         {"outcome", "pending"},
                         {"reason", nullptr},
                         {"deadline", to_ms(hours().deadline(event.at, target))},
                         {"wait_so_far_ms", hours().elapsed(event.at, now_).count()}});
      } else if (const auto* first = std::get_if<event::FirstResponseGiven>(&event.body)) {
        of(first->contact)["frt_ms"] = first->time.count();
        of(first->contact)["outcome"] = "answered";
      } else if (const auto* verdict = std::get_if<event::VerdictGiven>(&event.body)) {
        if (verdict->sla != Sla::first_response) continue;
        EXPECT_TRUE(of(verdict->contact)["verdict"].is_null()) << "a second verdict";
        of(verdict->contact)["verdict"] = verdict_name(verdict->verdict);
      } else if (const auto* ended = std::get_if<event::ContactEnded>(&event.body)) {
        of(ended->contact)["outcome"] = outcome_name(ended->outcome);
        of(ended->contact)["reason"] = reason_name(ended->reason);
      }
    }
    return found;
  }

  void expect_episodes(const json::array& expected) const {
    const std::vector<json::object> found = episodes();
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      for (const auto& [key, value] : expected[i].as_object()) {
        const json::value wanted = key == "deadline" ? json::value(to_ms(instant(value))) : value;
        ASSERT_TRUE(found[i].contains(key)) << key;
        EXPECT_EQ(json::serialize(found[i].at(key)), json::serialize(wanted)) << "episode " << i << " " << key;
      }
    }
  }

  const json::object& vector_;
  Driver core_;
  bool pushes_ = false;
  bool bot_first_ = false;
  std::uint64_t connections_ = 0;
  ConnectionId visitor_connection_;
  AgentId last_holder_;
  Instant now_;
};

// Rows of (agent, ready, busy, capacity) become log-ins, chats and closings.
class Roster {
 public:
  explicit Roster(const json::object& vector) : begin_(instant(vector.at("from"))) {
    QueueSettings settings{.name = "support", .display_name = "Support"};
    settings.min_agents = vector.at("min_agents").to_number<std::uint32_t>();
    settings.mode = RoutingMode::pull;
    settings.after_hours = AfterHours::queue;
    settings_.queues.push_back(settings);
    core_.get<Done>(begin_, cmd::ApplySettings{.settings = settings_, .replaces_version = 0});
    for (HoursVersion& version :
         schedules().versions(&vector.at("schedule"), begin_ - std::chrono::days{2}, begin_ + std::chrono::days{420})) {
      core_.get<Done>(begin_, cmd::SetCalendar{.queue = queue,
                                               .effective_from = version.effective_from,
                                               .open = std::move(version.open),
                                               .tzdata_version = "test"});
    }
  }

  void row(const json::object& event) {
    const Instant t = instant(event.at("t"));
    const std::string name(event.at("agent").as_string());
    set_capacity(t, name, event.at("capacity").to_number<std::uint32_t>());
    const AgentId agent = core_.state().agent_named(name)->id;
    const auto known = [&]() -> const Agent& { return core_.state().agents.at(agent); };
    if (known().connections.empty()) {
      core_.at(t, cmd::AgentHello{.agent = agent, .connection = {.node = 1, .incarnation = 1, .number = ++count_}});
    }
    const auto busy = event.at("busy").to_number<std::uint32_t>();
    if (known().busy() < busy) core_.get<Done>(t, cmd::SetStatus{.agent = agent, .status = AgentStatus::online});
    while (known().busy() < busy) begin_chat(t, agent);
    while (known().busy() > busy) end_chat(t, agent);
    core_.get<Done>(t, cmd::SetStatus{.agent = agent,
                                      .status = event.at("ready").as_bool() ? AgentStatus::online : AgentStatus::away});
  }

  void expect(const json::object& expected, Instant until) {
    core_.tick(until);
    const StaffingTotals totals = totals_at(core_.state().queues.at(queue), until);
    const std::map<std::string, Millis> figures{
        {"open_ms", totals.open},           {"staffed_ms", totals.staffed},
        {"unstaffed_ms", totals.unstaffed}, {"understaffed_ms", totals.understaffed},
        {"saturated_ms", totals.saturated}, {"shortfall_agent_ms", totals.shortfall}};
    for (const auto& [key, value] : expected) {
      SCOPED_TRACE(std::string(key));
      if (key != "staffed_ratio") {
        EXPECT_EQ(figures.at(key).count(), value.as_int64());
      } else if (value.is_null()) {
        EXPECT_EQ(totals.open.count(), 0);
      } else {
        EXPECT_DOUBLE_EQ(static_cast<double>(totals.staffed.count()) / static_cast<double>(totals.open.count()),
                         value.to_number<double>());
      }
    }
    core_.expect_replay_gives_the_same_bytes();
  }

 private:
  void set_capacity(Instant t, const std::string& name, std::uint32_t capacity) {
    auto found = std::find_if(settings_.agents.begin(), settings_.agents.end(),
                              [&](const AgentSettings& a) { return a.name == name; });
    if (found != settings_.agents.end() && found->capacity == capacity) return;
    if (found == settings_.agents.end()) {
      settings_.agents.push_back(
          {.name = name, .display_name = name, .queues = {"support"}, .capacity = capacity, .supervisor = false});
    } else {
      found->capacity = capacity;
    }
    core_.get<Done>(t, cmd::ApplySettings{.settings = settings_, .replaces_version = core_.state().settings_version});
  }

  void begin_chat(Instant t, AgentId agent) {
    const PublicId visitor = public_id(1000 + ++count_);
    const PublicId chat = public_id(2000 + count_);
    core_.get<ConversationView>(t, cmd::Start{.visitor = visitor,
                                              .conversation = chat,
                                              .queue = queue,
                                              .connection = std::nullopt,
                                              .facts = {},
                                              .bot_first = false});
    core_.get<Posted>(t, cmd::Post{.sender = Sender::of_visitor(visitor),
                                   .conversation = chat,
                                   .author = Author::visitor,
                                   .stream = "",
                                   .n = 0,
                                   .text = "hello"});
    core_.get<Done>(t, cmd::Accept{.agent = agent, .conversation = chat});
  }

  void end_chat(Instant t, AgentId agent) {
    const auto& [id, engagement] = *core_.state().agents.at(agent).engagements.begin();
    const PublicId chat = core_.state().conversations.at(engagement.conversation).public_id;
    core_.get<Done>(t, cmd::Close{.sender = Sender::of_agent(agent), .conversation = chat, .spam = false});
    core_.get<Done>(t, cmd::FinishWrapUp{.agent = agent, .conversation = chat});
  }

  Instant begin_;
  Settings settings_;
  Driver core_;
  std::uint64_t count_ = 0;
};

}  // namespace

void run_conversation(const json::object& file, const json::object& vector) {
  Story story(file, vector);
  story.run();
  story.expect(vector.at("expected").as_object());
}

void run_staffed(const json::object&, const json::object& vector) {
  Roster roster(vector);
  for (const json::value& event : vector.at("events").as_array()) roster.row(event.as_object());
  roster.expect(vector.at("expected").as_object(), instant(vector.at("to")));
}

void run_service_level(const json::object&, const json::object& vector) {
  const json::object& input = vector.at("input").as_object();
  const auto count = [&](const char* key) {
    return input.contains(key) ? input.at(key).to_number<std::uint64_t>() : 0;
  };
  const ServiceLevels levels = service_levels({.answered = count("answered"),
                                               .answered_within = count("answered_within"),
                                               .abandoned = count("abandoned"),
                                               .abandoned_by_target = count("abandoned_by_target"),
                                               .abandoned_short = count("abandoned_short")});
  const std::map<std::string, std::optional<double>> figures{
      {"F1_abandon_within_is_success", levels.f1_abandon_within_is_success},
      {"F2_answered_only", levels.f2_answered_only},
      {"F3_all_abandons_fail", levels.f3_all_abandons_fail},
      {"F4_exclude_abandon_within", levels.f4_exclude_abandon_within},
      {"F5_exclude_short", levels.f5_exclude_short},
      {"abandonment_rate_all", levels.abandonment_rate_all},
      {"abandonment_rate_ex_short", levels.abandonment_rate_ex_short}};
  for (const auto& [key, value] : vector.at("expected").as_object()) {
    SCOPED_TRACE(std::string(key));
    const std::optional<double>& found = figures.at(key);
    ASSERT_EQ(found.has_value(), !value.is_null());
    if (found) {
      EXPECT_NEAR(*found, value.to_number<double>(), 1e-12);
    }
  }
}

}  // namespace heti::tests
