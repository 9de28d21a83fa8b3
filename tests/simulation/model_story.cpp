#include "tests/simulation/model_story.hpp"

namespace heti::simulation {

using core::AgentStatus;
using core::StatusReason;

namespace {
std::string tag_of(const char* kind, std::uint64_t number) { return std::string(kind).append(std::to_string(number)); }
}  // namespace

core::Settings one_queue() {
  core::Settings settings;
  settings.queues.push_back({.name = "support", .display_name = "Support"});
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    settings.agents.push_back(
        {.name = name, .display_name = name, .queues = {"support"}, .capacity = 3, .supervisor = false});
  }
  return settings;
}

Schedule always() {
  Schedule schedule;
  schedule.timezone = "UTC";
  for (auto& day : schedule.weekly) day = {{0, 24 * 60}};
  return schedule;
}

Schedule office(const std::string& timezone) {
  Schedule schedule;
  schedule.timezone = timezone;
  for (std::size_t day = 0; day < 5; ++day) schedule.weekly[day] = {{8 * 60, 16 * 60}};
  return schedule;
}

Schedule closed_always() {
  Schedule schedule;
  schedule.timezone = "UTC";
  return schedule;
}

Story::Story(core::Settings settings, Instant begin) : settings_(std::move(settings)), begin_(begin) {
  now_ = begin - 1min;
  see(seen::Settings{settings_});
  for (std::uint32_t queue = 1; queue <= settings_.queues.size(); ++queue) hours(always(), queue);
}

Story& Story::at(Instant t) {
  while (!promised_.empty() && promised_.begin()->first < t) {
    now_ = promised_.begin()->first;
    const auto tell = promised_.begin()->second.second;
    promised_.erase(promised_.begin());
    tell();
  }
  now_ = t;
  return *this;
}

void Story::later(Millis delay, const std::string& tag, std::function<void()> tell) {
  if (!quiet_) promised_.insert({now_ + delay, {tag, std::move(tell)}});
}

void Story::over(std::uint64_t chat) {
  std::erase_if(promised_, [&](const auto& p) { return p.second.first == tag_of("chat ", chat); });
}

Story& Story::hours(Schedule schedule, std::uint32_t queue) {
  return see(seen::Hours{.queue = queue, .schedule = std::move(schedule)});
}

Story& Story::settings(core::Settings settings) {
  settings_ = settings;
  return see(seen::Settings{std::move(settings)});
}

Story& Story::starts(std::uint64_t chat, std::uint32_t queue, Millis credit, std::vector<std::string> skills,
                     bool bot_first) {
  see(seen::Started{.visitor = chat,
                    .conversation = chat,
                    .queue = queue,
                    .bot_first = bot_first,
                    .credit = credit,
                    .skills = std::move(skills)});
  return returns(chat);
}

Story& Story::writes(std::uint64_t chat) {
  see(seen::VisitorPosted{.conversation = chat, .seq = ++seq_[chat]});
  if (!over_[chat]) return *this;
  over_[chat] = answered_[chat] = false;
  return see(seen::Reopened{chat});
}

Story& Story::leaves(std::uint64_t chat) {
  see(seen::VisitorDisconnected{.conversation = chat, .connection = visitor_connection_[chat]});
  if (over_[chat]) return *this;
  const core::QueueSettings& rules = settings_.queues.front();
  later(answered_[chat] ? rules.idle_close : rules.visitor_grace, tag_of("chat ", chat),
        [this, chat] { end(chat, core::ClosedBy::visitor, core::CloseReason::abandoned); });
  return *this;
}

Story& Story::returns(std::uint64_t chat) {
  over(chat);
  visitor_connection_[chat] = ++connections_;
  return see(seen::VisitorConnected{.conversation = chat, .connection = connections_});
}

Story& Story::closes(std::uint64_t chat) {
  see(seen::VisitorClosed{chat});
  end(chat, core::ClosedBy::visitor, core::CloseReason::closed);
  return *this;
}

Story& Story::ready(std::uint32_t agent) {
  if (!agent_connection_.contains(agent)) {
    agent_connection_[agent] = ++connections_;
    see(seen::AgentConnected{.agent = agent, .connection = connections_});
    see(seen::StatusShown{.agent = agent, .status = AgentStatus::away, .reason = StatusReason::connected});
  }
  return status(agent, AgentStatus::online);
}

Story& Story::status(std::uint32_t agent, AgentStatus status, StatusReason reason) {
  if (reason == StatusReason::chosen) see(seen::StatusSet{.agent = agent, .status = status});
  return see(seen::StatusShown{.agent = agent, .status = status, .reason = reason});
}

Story& Story::drops(std::uint32_t agent) {
  see(seen::AgentDisconnected{.agent = agent, .connection = agent_connection_[agent]});
  agent_connection_.erase(agent);
  status(agent, AgentStatus::lost, StatusReason::disconnected);
  later(settings_.queues.front().agent_grace, tag_of("agent ", agent), [this, agent] {
    status(agent, AgentStatus::offline, StatusReason::grace_over);
    for (const auto& [chat, holder] : std::map(holder_)) {
      if (holder != agent) continue;
      holder_.erase(chat);
      see(seen::Left{.conversation = chat, .agent = agent});
    }
  });
  return *this;
}

Story& Story::reconnects(std::uint32_t agent) {
  std::erase_if(promised_, [&](const auto& p) { return p.second.first == tag_of("agent ", agent); });
  agent_connection_[agent] = ++connections_;
  see(seen::AgentConnected{.agent = agent, .connection = connections_});
  return status(agent, AgentStatus::online, StatusReason::reconnected);
}

Story& Story::offered(std::uint64_t chat, std::uint32_t agent) {
  offer_[chat] = agent;
  return see(seen::Offered{.conversation = chat, .agent = agent});
}

Story& Story::accepts(std::uint64_t chat, std::uint32_t agent) {
  offer_.erase(chat);
  see(seen::OfferGone{.conversation = chat, .agent = agent, .how = core::OfferEnd::accepted});
  return takes(chat, agent);
}

Story& Story::declines(std::uint64_t chat, std::uint32_t agent) {
  offer_.erase(chat);
  return see(seen::OfferGone{.conversation = chat, .agent = agent, .how = core::OfferEnd::declined});
}

Story& Story::expires(std::uint64_t chat, std::uint32_t agent) {
  offer_.erase(chat);
  return see(seen::OfferGone{.conversation = chat, .agent = agent, .how = core::OfferEnd::expired});
}

Story& Story::takes(std::uint64_t chat, std::uint32_t agent) {
  holder_[chat] = agent;
  return see(seen::Assigned{.conversation = chat, .agent = agent});
}

Story& Story::answers(std::uint64_t chat, std::uint32_t agent) {
  answered_[chat] = true;
  return see(seen::AgentPosted{.conversation = chat, .agent = agent, .seq = ++seq_[chat]});
}

Story& Story::agent_closes(std::uint64_t chat, std::uint32_t agent, bool spam) {
  see(seen::AgentClosed{.conversation = chat, .agent = agent, .spam = spam});
  end(chat, core::ClosedBy::agent, spam ? core::CloseReason::spam : core::CloseReason::closed);
  return *this;
}

Story& Story::closed_by_system(std::uint64_t chat, core::CloseReason reason) {
  end(chat, core::ClosedBy::system, reason);
  return *this;
}

void Story::end(std::uint64_t chat, core::ClosedBy by, core::CloseReason reason) {
  over(chat);
  if (offer_.contains(chat)) {
    see(seen::OfferGone{.conversation = chat, .agent = offer_[chat], .how = core::OfferEnd::rescinded});
    offer_.erase(chat);
  }
  see(seen::Closed{.conversation = chat, .by = by, .reason = reason});
  over_[chat] = true;
  if (!holder_.contains(chat)) return;
  const std::uint32_t agent = holder_[chat];
  holder_.erase(chat);
  later(settings_.queues.front().wrapup, "slot",
        [this, chat, agent] { see(seen::SlotFree{.conversation = chat, .agent = agent}); });
}

Story& Story::done(std::uint64_t chat, std::uint32_t agent) {
  see(seen::WrapUpFinished{.conversation = chat, .agent = agent});
  return see(seen::SlotFree{.conversation = chat, .agent = agent});
}

Story& Story::transfers(std::uint64_t chat, std::optional<std::uint32_t> to_queue,
                        std::optional<std::uint32_t> to_agent) {
  const std::uint32_t agent = holder_[chat];
  holder_.erase(chat);
  see(seen::Transferred{.conversation = chat, .agent = agent, .to_queue = to_queue, .to_agent = to_agent});
  return see(seen::Left{.conversation = chat, .agent = agent});
}

Model Story::model(Instant end, std::vector<std::string>* complaints) {
  at(end);
  Model model;
  for (const Sighting& sighting : sightings_) model.see(sighting);
  const std::vector<std::string> found = model.complaints_at_end(end);
  if (complaints != nullptr) *complaints = found;
  return model;
}

std::vector<std::string> Story::complaints(Millis end) {
  std::vector<std::string> found;
  model(begin_ + end, &found);
  return found;
}

std::vector<std::string> Story::figures(Millis end, Measure measure) {
  std::vector<std::string> out;
  const Model seen = model(begin_ + end);
  for (const Figure& figure : seen.figures()) {
    if (figure.measure != measure) continue;
    const std::string text = told(figure);
    out.push_back(text.substr(0, text.rfind(", at ")));
  }
  return out;
}

}  // namespace heti::simulation
