#include "tests/simulation/mirror.hpp"
#include "tests/simulation/words.hpp"

#include <algorithm>

namespace heti::simulation {
namespace {

constexpr std::uint64_t visitor_tag = 0x5600000000000000ull;
constexpr std::uint64_t conversation_tag = 0x4300000000000000ull;

std::uint32_t add_name(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) names.push_back(name);
  return static_cast<std::uint32_t>(names.size());
}

}  // namespace

PublicId visitor_id(std::uint32_t visitor) { return {.high = visitor_tag, .low = visitor}; }
PublicId conversation_id(std::uint32_t visitor, std::uint32_t how_many) {
  return {.high = conversation_tag, .low = visitor * 1000ull + how_many};
}
std::uint32_t visitor_of(const PublicId& visitor) { return static_cast<std::uint32_t>(visitor.low); }

void Mirror::wished(Wish wish, std::uint64_t chat, std::uint32_t agent) {
  wishes_.push_back({.wish = wish, .chat = chat, .agent = agent, .done = false});
}

void Mirror::answered(Wish wish, std::uint64_t chat, std::uint32_t agent, bool done) {
  const auto same = [&](const Wished& w) { return w.wish == wish && w.chat == chat && w.agent == agent && !w.done; };
  const auto found = std::find_if(wishes_.begin(), wishes_.end(), same);
  if (found == wishes_.end()) return;
  if (done) {
    found->done = true;
  } else {
    wishes_.erase(found);
  }
}

void Mirror::answers_are_over() {
  std::erase_if(wishes_, [](const Wished& w) { return w.done; });
  for (auto& [number, agent] : agents_) agent.statuses_since_answers = {agent.status};
}

// Whoever was told that it is done; after a crash nobody was told, so whoever asked first. `agent` 0: anybody.
std::optional<std::uint32_t> Mirror::who_wished(Wish wish, std::uint64_t chat, std::uint32_t agent) {
  const auto fits = [&](const Wished& w) {
    return w.wish == wish && w.chat == chat && w.done == told_ && (agent == 0 || w.agent == agent);
  };
  const auto found = std::find_if(wishes_.begin(), wishes_.end(), fits);
  if (found == wishes_.end()) return std::nullopt;
  const std::uint32_t who = found->agent;
  wishes_.erase(found);
  return who;
}

void Mirror::will_open(std::uint32_t queue, std::vector<Interval> open, Schedule schedule) {
  openings_.push_back({queue, std::move(open), std::move(schedule)});
}

const Mirror::Chat* Mirror::chat(std::uint64_t number) const {
  const auto found = chats_.find(number);
  return found == chats_.end() ? nullptr : &found->second;
}
const Mirror::Chat* Mirror::chat_of(std::uint32_t visitor) const {
  const auto found = latest_.find(visitor);
  return found == latest_.end() ? nullptr : chat(found->second);
}
const Mirror::Chat* Mirror::chat_with(const PublicId& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : chat(found->second);
}
const Mirror::Agent& Mirror::agent(std::uint32_t number) const {
  static const Agent nobody{};
  const auto found = agents_.find(number);
  return found == agents_.end() ? nobody : found->second;
}
const Schedule* Mirror::hours(std::uint32_t queue) const {
  const auto found = hours_.find(queue);
  return found == hours_.end() ? nullptr : &found->second;
}
std::uint32_t Mirror::queue_number(const std::string& name) const {
  const auto found = std::find(queue_names_.begin(), queue_names_.end(), name);
  return found == queue_names_.end() ? 0 : static_cast<std::uint32_t>(found - queue_names_.begin() + 1);
}
const core::QueueSettings* Mirror::queue(std::uint32_t number) const {
  if (number == 0 || number > queue_names_.size()) return nullptr;
  for (const auto& settings : settings_.queues) {
    if (settings.name == queue_names_[number - 1]) return &settings;
  }
  return nullptr;
}

void Mirror::see(const std::vector<core::Event>& events, const core::State& state, bool told) {
  told_ = told;
  batch_ = &events;
  posted_ahead_.clear();
  closed_ahead_.clear();
  for (index_ = 0; index_ < events.size(); ++index_) {
    ++counts_[events[index_].body.index()];
    show(events[index_]);
    check_entry(state, events[index_]);
  }
  batch_ = nullptr;
}

void Mirror::show(const core::Event& event) {
  at_ = event.at;
  std::visit([this](const auto& e) { on(e); }, event.body);
}

// What participants see of a conversation is numbered 1, 2, 3 ... and is the same for all of them.
void Mirror::check_entry(const core::State& state, const core::Event& event) {
  auto entry = core::entry_of(state, event);
  if (!entry) return;
  Chat& chat = at(entry->first);
  if (entry->second.seq != chat.entries.size() + 1) {
    complain(numbered("invariant 5: entry ", entry->second.seq) + " of C" + std::to_string(chat.number) +
             " follows entry " + std::to_string(chat.entries.size()));
  }
  if (chat.state == core::ConversationState::final) complain(numbered("invariant 15: C", chat.number) + " changed");
  chat.entries.push_back(std::move(entry->second));
}

void Mirror::on(const core::event::SettingsApplied& e) {
  for (const auto& queue : e.settings.queues) add_name(queue_names_, queue.name);
  for (const auto& agent : e.settings.agents) add_name(agent_names_, agent.name);
  settings_ = e.settings;
  settings_version_ = e.version;
  saw(seen::Settings{e.settings});
}

void Mirror::on(const core::event::CalendarSet& e) {
  const auto meant = std::find_if(openings_.begin(), openings_.end(), [&](const Opening& opening) {
    return opening.queue == e.queue.value() && opening.open == e.open;
  });
  if (meant == openings_.end()) return complain("durable: hours that nobody has set");
  hours_[meant->queue] = meant->schedule;
  saw(seen::Hours{.queue = meant->queue, .schedule = meant->schedule});
  openings_.erase(meant);
}

void Mirror::on(const core::event::QueueClosingEnded& e) {
  if (who_wished(Wish::end_closing, e.queue.value(), 0)) saw(seen::ClosingEnded{.queue = e.queue.value()});
}

void Mirror::on(const core::event::ServiceResumed& e) {
  const Instant from = at_;
  at_ = e.resumed_at;
  // A start after which nothing was done before the next outage: seen from outside it was one outage.
  const auto undone = [&](const Sighting& sighting) {
    const auto* gone = std::get_if<seen::OfferGone>(&sighting.what);
    return sighting.at < e.down_from || (gone != nullptr && gone->how == core::OfferEnd::service);
  };
  const bool same =
      last_down_ && sightings_[*last_down_].at == e.down_from &&
      std::all_of(sightings_.begin() + static_cast<std::ptrdiff_t>(*last_down_) + 1, sightings_.end(), undone);
  if (same) {
    sightings_[*last_down_].at = at_;
  } else {
    last_down_ = sightings_.size();
    saw(seen::Down{.from = e.down_from});
  }
  at_ = from;
  for (auto& [number, chat] : chats_) {
    if (!chat.connections.empty()) chat.gone_since = from;
    chat.connections.clear();
  }
  connected_.clear();
  for (auto& [number, agent] : agents_) {
    if (agent.status != core::AgentStatus::offline) agent.status = core::AgentStatus::lost;
    agent.connections.clear();
  }
}

void Mirror::on(const core::event::AgentConnected& e) {
  agents_[e.agent.value()].connections.insert(e.connection.number);
  ever_connected_.insert(e.connection.number);
  connected_.insert(e.connection.number);
  saw(seen::AgentConnected{.agent = e.agent.value(), .connection = e.connection.number});
}
void Mirror::on(const core::event::AgentDisconnected& e) {
  agents_[e.agent.value()].connections.erase(e.connection.number);
  connected_.erase(e.connection.number);
  saw(seen::AgentDisconnected{.agent = e.agent.value(), .connection = e.connection.number});
}

void Mirror::on(const core::event::AgentStatusChanged& e) {
  const std::uint32_t number = e.agent.value();
  if (e.reason == core::StatusReason::chosen || e.reason == core::StatusReason::supervisor) {
    saw(seen::StatusSet{.agent = number, .status = e.to});
  }
  agents_[number].status = e.to;
  agents_[number].statuses_since_answers.insert(e.to);
  saw(seen::StatusShown{.agent = number, .status = e.to, .reason = e.reason});
}

}  // namespace heti::simulation
