#include "service/monitor/forecast.hpp"

#include <algorithm>
#include <cmath>

#include "service/core/erlang.hpp"
#include "service/core/staffing.hpp"
#include "service/monitor/gauges.hpp"
#include "service/monitor/words.hpp"

namespace heti::monitor {
namespace {

using core::Conversation;
using core::ConversationState;
using core::Queue;

constexpr Millis hour = std::chrono::hours{1};
constexpr Millis week = std::chrono::days{7};
constexpr int weeks = 4;

bool waits_for_the_first_response(const Conversation& conversation) {
  const core::Contact& contact = *conversation.contact;
  const bool held = conversation.gone_at.has_value() && !contact.first_response.judged;
  return !contact.first_response_time && !contact.outbound && !held;
}

double mean_of(const core::HandleTimes& times) { return times.mean_seconds().value_or(0); }

}  // namespace

int Forecast::Desk::capacity_of_one() const {
  const int agents = staffed > 0 ? staffed : members;
  const int held = staffed > 0 ? slots : members_slots;
  return agents == 0 ? 1 : std::max(1, held / agents);
}

Forecast::Forecast(const core::State& state, const History& history, Instant now, const LocalMidnight& local_midnight,
                   Work work)
    : history_(history), now_(now), local_midnight_(local_midnight) {
  for (const auto& [id, queue] : state.queues) desks_[id].unoffered = static_cast<int>(queue.unoffered.size());
  for (const auto& [agent_id, agent] : state.agents) {
    if (agent.removed || core::is_reserved(agent.settings.name)) continue;
    const int capacity = static_cast<int>(agent.settings.capacity);
    for (const core::QueueId id : agent.queues) {
      Desk& desk = desks_.at(id);
      ++desk.members;
      desk.members_slots += capacity;
      if (!agent.staffs()) continue;
      ++desk.staffed;
      desk.slots += capacity;
      desk.free_slots += std::max(0, capacity - static_cast<int>(agent.busy()));
      for (const auto& [engagement_id, engagement] : agent.engagements) {
        desk.ages.push_back(std::max(Millis{0}, now - engagement.accepted));
      }
    }
  }
  next_ = desks_.begin();
  if (work == Work::in_steps) return;
  for (const auto& [id, queue] : state.queues) {
    for (const auto& [key, waiting] : queue.waiting) take_waiting(state, id, state.conversations.at(waiting));
  }
  while (step()) {
  }
}

// Those of one line stand for the slots of its queue, and count as breaches of the queue that made the promise.
void Forecast::take_waiting(const core::State& state, core::QueueId line, const Conversation& conversation) {
  if (left_out(state.queues.at(line))) return;
  Desk& desk = desks_.at(line);
  const bool offered = conversation.state == ConversationState::offered;
  if (!offered) ++desk.ranked;  // Whoever is away keeps the place.
  if (!waits_for_the_first_response(conversation)) return;
  const core::Promise& promise = conversation.contact->first_response;
  const Queue& home = state.queues.at(conversation.queue);
  desk.line.push_back({.home = home.id,
                       .position = desk.ranked,
                       .offered = offered,
                       .left = promise.threshold - home.hours.elapsed(promise.started, now_)});
}

// First what is known of each queue: the risks in a line depend on that of other queues, too.
bool Forecast::step() {
  if (next_ == desks_.end() && !learned_) {
    learned_ = true;
    next_ = desks_.begin();
  }
  if (next_ == desks_.end()) return false;
  if (!learned_) {
    learn(next_->first, next_->second);
    ++next_;
  } else if (judge_line(next_->second)) {
    ++next_;
  }
  return true;
}

void Forecast::learn(core::QueueId id, Desk& desk) const {
  const Instant from = now_ - four_weeks;
  const QueueHistory& known = history_.of(id);
  desk.handle_times = known.handle_times(from);
  desk.typing = known.typing_median(from).value_or(core::typing_median_default);
  desk.theta = known.patience(from).staffing_theta();
}

// True when all of the line are judged.
bool Forecast::judge_line(const Desk& desk) {
  if (desk.line.empty()) return true;
  const std::size_t samples = desk.handle_times.count();
  const bool known = samples > 0 || desk.slots == 0;
  if (!departures_) {
    departures_ = samples >= core::age_samples_min
                      ? core::DepartureForecast(desk.slots, desk.ages, desk.handle_times)
                      : core::DepartureForecast(samples == 0 ? 0 : desk.slots, mean_of(desk.handle_times));
  }
  const std::size_t end = std::min(desk.line.size(), judged_ + waiting_at_once);
  for (; judged_ < end; ++judged_) {
    const Waiting& one = desk.line[judged_];
    const Millis slack = one.left - desks_.at(one.home).typing;
    double risk = 0;
    if (one.offered || !known) {
      risk = slack < Millis{0} ? 1 : 0;
    } else {
      risk = core::breach_risk({.position = one.position, .slack = slack}, desk.free_slots, *departures_);
    }
    breaches_[one.home] += risk;
  }
  if (judged_ < desk.line.size()) return false;
  departures_.reset();
  judged_ = 0;
  return true;
}

double Forecast::predicted_breaches(const Queue& queue) const {
  const auto found = breaches_.find(queue.id);
  return found == breaches_.end() ? 0 : found->second;
}

std::optional<double> Forecast::mean_handle_seconds(const Queue& queue) const {
  return desks_.at(queue.id).handle_times.mean_seconds();
}

// ---- How fast they arrive

// Within one opening business time is plain time.
std::optional<double> Forecast::rate_of_the_present(const Queue& queue) const {
  const Instant opened = queue.hours.last_change(now_);
  core::ArrivalRate rate(Millis{0});
  for (const Instant at : history_.of(queue.id).arrivals(std::max(opened, now_ - arrivals_kept))) {
    if (at <= now_) rate.arrive(at - opened);
  }
  return rate.per_second(now_ - opened);
}

double Forecast::share_of_the_present(const Queue& queue) const {
  const Millis open_for = now_ - queue.hours.last_change(now_);
  return -std::expm1(-core::in_seconds(open_for) / core::in_seconds(core::arrival_memory)) / 2;
}

Instant Forecast::midnight_of(const std::string& zone, Instant at) const {
  const auto [known, fresh] = midnights_.try_emplace({zone, at});
  if (fresh) known->second = local_midnight_(zone, at);
  return known->second;
}

// Contacts of the same quarter of an hour in the four weeks before, by the time that the queue was open then. A day is
// found by its noon, so that a clock change in between does not lead to its neighbour.
std::optional<double> Forecast::rate_of_the_day(const Queue& queue, Instant at) const {
  const std::string& zone = queue.settings.schedule.timezone;
  const bool local = local_midnight_ != nullptr && !zone.empty();
  const Instant midnight = local ? midnight_of(zone, at) : Instant{};
  std::uint64_t contacts = 0;
  Millis open{};
  for (int ago = 1; ago <= weeks; ++ago) {
    const Instant that_midnight = local ? midnight_of(zone, midnight - ago * week + 12 * hour) : -ago * week + midnight;
    const Instant quarter = core::quarter_of(that_midnight + (at - midnight));
    const Instant end = quarter + core::quarter_hour;
    const auto since = core::totals_since(queue, quarter, now_);
    const auto after = core::totals_since(queue, end, now_);
    if (end > now_ || !since || !after || since->open <= after->open) continue;
    open += since->open - after->open;
    contacts += history_.of(queue.id).contacts(quarter, end);
  }
  if (open == Millis{0}) return std::nullopt;
  return static_cast<double>(contacts) / core::in_seconds(open);
}

std::optional<double> Forecast::arrivals_per_second(const Queue& queue) const {
  if (!queue.hours.is_open(now_)) return std::nullopt;
  const auto present = rate_of_the_present(queue);
  const auto usual = rate_of_the_day(queue, now_);
  if (!usual) return present;
  const double share = present ? share_of_the_present(queue) : 0;
  return share * present.value_or(0) + (1 - share) * *usual;
}

// ---- How long, and how many

std::optional<double> Forecast::estimated_wait_seconds(const Queue& queue) const {
  if (!queue.hours.is_open(now_)) return std::nullopt;
  const Desk& desk = desks_.at(queue.id);
  const core::QueuePace pace{.slots = desk.slots,
                             .free_slots = desk.free_slots,
                             .handle_seconds = mean_of(desk.handle_times),
                             .handle_samples = desk.handle_times.count(),
                             .theta_per_second = desk.theta};
  return core::mean_wait_seconds(pace, desk.unoffered + 1);
}

std::optional<int> Forecast::agents_for(const Queue& queue, double arrivals_per_second) const {
  const Desk& desk = desks_.at(queue.id);
  if (desk.handle_times.count() < core::wait_samples_min) return std::nullopt;
  const core::Target& target = queue.settings.first_response;
  const auto slots = core::required_servers(
      {.arrivals_per_second = arrivals_per_second, .handle_seconds = mean_of(desk.handle_times)},
      {.service_level = target.goal_permille / 1000.0, .target = core::effective_target(target.threshold, desk.typing)},
      desk.theta);
  if (!slots) return std::nullopt;
  return std::max(core::agents_for_slots(*slots, desk.capacity_of_one()), static_cast<int>(queue.settings.min_agents));
}

std::optional<int> Forecast::agents_required(const Queue& queue) const {
  const auto rate = arrivals_per_second(queue);
  if (!rate) return std::nullopt;
  return agents_for(queue, *rate);
}

// Quarter by quarter, as the history knows them.
std::optional<NextHour> Forecast::next_hour(const Queue& queue) const {
  if (!queue.hours.is_open(now_)) return std::nullopt;
  const auto present = rate_of_the_present(queue);
  const double share = present ? share_of_the_present(queue) : 0;
  const Instant end = queue.hours.deadline(now_, hour);
  double arrivals = 0;
  for (Instant at = now_; at < end;) {
    const Instant next = std::min(end, core::quarter_of(at) + core::quarter_hour);
    const double open = core::in_seconds(queue.hours.elapsed(at, next));
    if (open > 0) {
      const auto usual = rate_of_the_day(queue, at);
      if (!usual && !present) return std::nullopt;
      arrivals += open * (usual ? share * present.value_or(0) + (1 - share) * *usual : *present);
    }
    // Over a night to the next opening, not through each of its quarters.
    at = queue.hours.is_open(next) ? next : std::min(end, queue.hours.next_change(next));
  }
  const auto agents = agents_for(queue, arrivals / core::in_seconds(hour));
  if (!agents) return std::nullopt;
  return NextHour{.arrivals = arrivals, .agents_required = *agents};
}

// ---- The gauges

double budget_contacts(const core::Target& target, const VerdictCounts& trailing) {
  const double judged = std::max(static_cast<double>(trailing.judged()), budget_contacts_min);
  return (1000.0 - target.goal_permille) / 1000.0 * judged;
}

void write_forecast(Sheet& sheet, const Queue& queue, const Forecast& forecast, const QueueHistory& history,
                    Instant now, const std::string& workspace) {
  if (left_out(queue)) return;
  const auto gauge = [&](const Metric& metric, std::optional<double> value, std::optional<Label> more = {}) {
    if (!value) return;
    Labels labels{label("workspace", workspace), label("queue", queue.settings.name)};
    if (more) labels.push_back(*std::move(more));
    sheet.gauge(metric, std::move(labels), *value);
  };
  const auto arrivals = forecast.arrivals_per_second(queue);
  gauge(catalogue::queue_predicted_breaches, forecast.predicted_breaches(queue));
  gauge(catalogue::queue_estimated_wait, forecast.estimated_wait_seconds(queue));
  gauge(catalogue::queue_arrivals, arrivals);
  gauge(catalogue::queue_mean_handle, forecast.mean_handle_seconds(queue));
  if (arrivals) gauge(catalogue::agents_required, forecast.agents_for(queue, *arrivals), label("basis", "model"));
  for (const core::Sla sla : all_slas) {
    const core::Target& target =
        sla == core::Sla::first_response ? queue.settings.first_response : queue.settings.reply;
    const VerdictCounts trailing = history.verdicts(sla, now - four_weeks);
    gauge(catalogue::slo_budget, budget_contacts(target, trailing), label("sla", word(sla)));
  }
}

}  // namespace heti::monitor
