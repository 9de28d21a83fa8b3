// The conversations and staffing of the vector file, told to the model as sightings.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/simulation/model_story.hpp"

namespace heti::simulation {
namespace {

namespace json = boost::json;

json::value vectors() {
  std::ifstream in(std::string(HETI_SOURCE_DIR) + "/tests/vectors/sla_clock.json");
  std::stringstream text;
  text << in.rdbuf();
  return json::parse(text.str());
}

Instant instant(const json::value& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0;
  const std::string value(text.as_string());
  std::sscanf(value.c_str(), "%d-%d-%dT%d:%d:%d.%dZ", &year, &month, &day, &hour, &minute, &second, &millis);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + Millis{millis};
}

Schedule schedule(std::string_view name) {
  if (name == "hki_office") return office("Europe/Helsinki");
  if (name == "hki_closed") return closed_always();
  Schedule around = always();
  if (name == "ny_247") around.timezone = "America/New_York";
  EXPECT_TRUE(name == "ny_247" || name == "always") << name;
  return around;
}

bool tells(const json::object& vector, std::string_view word) {
  for (const json::value& event : vector.at("events").as_array()) {
    if (event.at("e").as_string() == word) return true;
  }
  return false;
}

core::Settings settings_of(const json::object& vector) {
  core::Settings settings = one_queue();
  core::QueueSettings& queue = settings.queues.front();
  queue.mode = tells(vector, "offer") ? core::RoutingMode::push_accept : core::RoutingMode::pull;
  // A queue that takes contacts by night does not send the waiting away in the evening.
  queue.after_hours = tells(vector, "system_close") ? core::AfterHours::message : core::AfterHours::queue;
  return settings;
}

class Conversation {
 public:
  explicit Conversation(const json::object& vector)
      : vector_(vector), story_(settings_of(vector), instant(vector.at("events").at(0).at("t"))) {
    const json::value* spec = vector.if_contains("schedule");
    if (spec == nullptr) return;
    if (spec->is_string()) {
      story_.hours(schedule(spec->as_string()));
      return;
    }
    for (const json::value& version : spec->as_array()) {
      const json::object& object = version.as_object();
      if (object.contains("effective_from")) {
        changes_.push_back({instant(object.at("effective_from")), schedule(object.at("schedule").as_string())});
      } else {
        story_.hours(schedule(object.at("schedule").as_string()));
      }
    }
  }

  void run() {
    for (const json::value& event : vector_.at("events").as_array()) {
      const Instant t = instant(event.at("t"));
      for (; !changes_.empty() && changes_.front().first <= t; changes_.erase(changes_.begin())) {
        story_.at(changes_.front().first).hours(changes_.front().second);
      }
      step(story_.at(t), event.as_object());
    }
    std::vector<std::string> complaints;
    const Model model = story_.model(instant(vector_.at("now")), &complaints);
    EXPECT_EQ(complaints, std::vector<std::string>{});
    for (const Figure& figure : model.figures()) add(figure);
  }

  void expect(const json::object& expected) {
    if (const json::value* episodes = expected.if_contains("episodes")) expect_episodes(episodes->as_array());
    if (const json::value* waits = expected.if_contains("waits")) {
      EXPECT_EQ(json::serialize(waits_), json::serialize(*waits));
    }
    if (const json::value* replies = expected.if_contains("reply_ms")) {
      EXPECT_EQ(json::serialize(replies_), json::serialize(*replies));
    }
    if (const json::value* breaches = expected.if_contains("reply_breaches")) {
      EXPECT_EQ(reply_breaches_, breaches->as_int64());
    }
  }

 private:
  std::uint32_t agent_in(const json::object& event) const {
    if (!event.contains("agent")) return 0;
    return static_cast<std::uint32_t>(event.at("agent").as_string().front() - 'a' + 1);
  }

  void step(Story& s, const json::object& event) {
    const std::string_view word = event.at("e").as_string();
    if (word == "visitor_message") {
      if (!started_) s.starts(1, 1, 0ms, {}, vector_.contains("bot_first") && vector_.at("bot_first").as_bool());
      started_ = true;
      s.writes(1);
    } else if (word == "bot_message" || word == "auto_message" || word == "note" || word == "typing") {
      // Words of machines, and what the visitor does not see.
    } else if (word == "enqueue") {
      s.see(seen::HandedOver{1});
    } else if (word == "accept") {
      const std::uint32_t named = agent_in(event);
      const std::uint32_t agent = named != 0 ? named : ++fresh_agents_;
      if (!ready_.contains(agent)) s.ready(agent);
      ready_.insert(agent);
      if (tells(vector_, "offer"))
        s.accepts(1, agent);
      else
        s.takes(1, agent);
    } else if (word == "agent_message") {
      s.answers(1, s.holder(1));
    } else if (word == "agent_close") {
      s.agent_closes(1, s.holder(1), event.contains("reason") && event.at("reason").as_string() == "spam");
    } else if (word == "visitor_close") {
      s.closes(1);
    } else if (word == "visitor_disconnect") {
      s.leaves(1);
    } else if (word == "visitor_reconnect") {
      s.returns(1);
    } else if (word == "agent_disconnect") {
      s.drops(lost_ = s.holder(1));
    } else if (word == "agent_reconnect") {
      s.reconnects(lost_);
    } else if (word == "transfer") {
      s.transfers(1);
    } else if (word == "system_close") {
      s.closed_by_system(1, core::CloseReason::queue_closed);
    } else if (word == "offer") {
      s.ready(agent_in(event)).offered(1, agent_in(event));
      ready_.insert(agent_in(event));
    } else if (word == "offer_expired") {
      s.expires(1, agent_in(event));
    } else {
      ADD_FAILURE() << "unknown word " << word;
    }
  }

  void add(const Figure& figure) {
    static const char* stages[] = {"first", "reopen", "transfer", "requeue", "outbound"};
    static const char* verdicts[] = {"good", "bad", "excluded"};
    static const char* outcomes[] = {"answered", "abandoned", "missed", "spam", "outbound"};
    static const char* reasons[] = {"",        "short",        "within", "after",          "queue_closed",
                                    "timeout", "agent_closed", "error",  "unanswered_turn"};
    const auto index = [](auto value) { return static_cast<std::size_t>(value); };
    switch (figure.measure) {
      case Measure::begun:
        episodes_.push_back({{"stage", stages[index(figure.stage)]},
                             {"verdict", nullptr},
                             {"outcome", "pending"},
                             {"reason", nullptr}});
        return;
      case Measure::wait: waits_.push_back({stages[index(figure.stage)], figure.time.count()}); return;
      case Measure::first_response:
        episodes_.back()["frt_ms"] = figure.time.count();
        episodes_.back()["outcome"] = "answered";
        return;
      case Measure::reply: replies_.push_back(figure.time.count()); return;
      case Measure::verdict:
        if (figure.sla == core::Sla::first_response)
          episodes_.back()["verdict"] = verdicts[index(figure.verdict)];
        else if (figure.verdict == core::Verdict::bad)
          ++reply_breaches_;
        return;
      case Measure::ended:
        episodes_.back()["outcome"] = outcomes[index(figure.outcome)];
        if (figure.reason != core::EndReason::none) episodes_.back()["reason"] = reasons[index(figure.reason)];
        return;
      case Measure::requeue:
      case Measure::wrapup:
      case Measure::resolution: return;
    }
  }

  void expect_episodes(const json::array& expected) const {
    ASSERT_EQ(episodes_.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      for (const auto& [key, value] : expected[i].as_object()) {
        if (key == "deadline" || key == "wait_so_far_ms") continue;  // The model knows no future and no pending.
        EXPECT_EQ(json::serialize(episodes_[i].at(key)), json::serialize(value)) << "episode " << i << " " << key;
      }
    }
  }

  const json::object& vector_;
  Story story_;
  std::vector<std::pair<Instant, Schedule>> changes_;
  bool started_ = false;
  std::uint32_t fresh_agents_ = 0;
  std::uint32_t lost_ = 0;
  std::set<std::uint32_t> ready_;
  std::vector<json::object> episodes_;
  json::array waits_;
  json::array replies_;
  std::int64_t reply_breaches_ = 0;
};

TEST(ModelVectorsTest, EveryConversationOfTheVectorFile) {
  const json::value file = vectors();
  int told = 0;
  for (const json::value& value : file.at("vectors").as_array()) {
    const json::object& vector = value.as_object();
    if (vector.at("op").as_string() != "conversation") continue;
    SCOPED_TRACE(std::string(vector.at("id").as_string()));
    Conversation conversation(vector);
    conversation.run();
    conversation.expect(vector.at("expected").as_object());
    ++told;
  }
  EXPECT_GE(told, 30);
}

// Rows of (agent, ready, busy, capacity) become log-ins, chats and closings.
TEST(ModelVectorsTest, EveryStaffingOfTheVectorFile) {
  const json::value file = vectors();
  int told_of = 0;
  for (const json::value& value : file.at("vectors").as_array()) {
    const json::object& vector = value.as_object();
    if (vector.at("op").as_string() != "staffed") continue;
    SCOPED_TRACE(std::string(vector.at("id").as_string()));
    const Instant begin = instant(vector.at("from"));
    core::Settings settings = one_queue();
    settings.queues.front().mode = core::RoutingMode::pull;
    settings.queues.front().after_hours = core::AfterHours::queue;
    settings.queues.front().min_agents = vector.at("min_agents").to_number<std::uint32_t>();
    Story story(settings, begin);
    story.hours(closed_always()).at(begin).hours(schedule(vector.at("schedule").as_string()));
    QueueFigures before = story.model(begin).queue_figures(1);
    EXPECT_EQ(before.open, 0);  // The hours before do not count.
    std::map<std::uint32_t, std::vector<std::uint64_t>> held;
    std::uint64_t chats = 0;
    for (const json::value& row : vector.at("events").as_array()) {
      const auto agent = static_cast<std::uint32_t>(row.at("agent").as_string().front() - 'a' + 1);
      story.at(instant(row.at("t")));
      settings.agents[agent - 1].capacity = row.at("capacity").to_number<std::uint32_t>();
      story.settings(settings).ready(agent);
      const auto busy = row.at("busy").to_number<std::size_t>();
      while (held[agent].size() < busy) {
        ++chats;
        story.asks(chats).takes(chats, agent);
        held[agent].push_back(chats);
      }
      for (; held[agent].size() > busy; held[agent].pop_back()) {
        story.agent_closes(held[agent].back(), agent).done(held[agent].back(), agent);
      }
      if (!row.at("ready").as_bool()) story.status(agent, core::AgentStatus::away);
    }
    story.quiet();
    const QueueFigures found = story.model(instant(vector.at("to"))).queue_figures(1);
    const std::map<std::string, std::int64_t> figures{
        {"open_ms", found.open},           {"staffed_ms", found.staffed},
        {"unstaffed_ms", found.unstaffed}, {"understaffed_ms", found.understaffed},
        {"saturated_ms", found.saturated}, {"shortfall_agent_ms", found.shortfall}};
    for (const auto& [key, expected] : vector.at("expected").as_object()) {
      if (key == "staffed_ratio") continue;
      EXPECT_EQ(figures.at(key), expected.as_int64()) << key;
    }
    ++told_of;
  }
  EXPECT_GE(told_of, 3);
}

}  // namespace
}  // namespace heti::simulation
