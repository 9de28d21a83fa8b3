#include "service/monitor/gauges.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "service/core/staffing.hpp"
#include "service/monitor/words.hpp"

namespace heti::monitor {
namespace {

using core::Agent;
using core::AgentStatus;
using core::Contact;
using core::Conversation;
using core::ConversationState;
using core::Promise;
using core::Queue;
using core::State;

// The visitor is away within the grace and the first response is not judged: the verdict is held, and the contact
// counts as waiting, but neither as overdue nor as oldest.
bool held(const Conversation& conversation) {
  return conversation.gone_at.has_value() && !conversation.contact->first_response.judged;
}

void add_promise(OpenPromises& promises, const Queue& queue, const Promise& promise, Instant now) {
  const Millis elapsed = queue.hours.elapsed(promise.started, now);
  promises.oldest = std::max(promises.oldest, elapsed);
  if (elapsed > promise.threshold) ++promises.overdue;
}

void add_live(LiveFigures& figures, const Queue& queue, const Conversation& conversation, Instant now) {
  if (held(conversation)) return;
  const Contact& contact = *conversation.contact;
  if (conversation.waits()) {
    figures.oldest_wait = std::max(figures.oldest_wait, queue.hours.elapsed(contact.stay_since, now));
  }
  if (!contact.first_response_time) {
    add_promise(figures.promises[static_cast<std::size_t>(core::Sla::first_response)], queue, contact.first_response,
                now);
  } else if (contact.turn) {
    add_promise(figures.promises[static_cast<std::size_t>(core::Sla::reply)], queue, *contact.turn, now);
  }
}

enum class Standing : std::uint8_t { free, full, away, finishing, lost, offline };
constexpr std::array<std::string_view, 6> standing_words{"free", "full", "away", "finishing", "lost", "offline"};

Standing standing_of(const Agent& agent) {
  switch (agent.status) {
    case AgentStatus::online: return agent.has_free_slot() ? Standing::free : Standing::full;
    case AgentStatus::away: return Standing::away;
    case AgentStatus::finishing: return Standing::finishing;
    case AgentStatus::lost: return Standing::lost;
    case AgentStatus::offline: return Standing::offline;
  }
  std::abort();
}

using Standings = std::array<std::uint64_t, standing_words.size()>;

// By queue; each agent is looked at once.
std::map<core::QueueId, Standings> standings_of(const State& state) {
  std::map<core::QueueId, Standings> standings;
  for (const auto& [id, agent] : state.agents) {
    if (agent.removed || core::is_reserved(agent.settings.name)) continue;
    const auto standing = static_cast<std::size_t>(standing_of(agent));
    for (const core::QueueId queue : agent.queues) ++standings[queue][standing];
  }
  return standings;
}

class Writer {
 public:
  Writer(Sheet& sheet, const GaugeInputs& in) : sheet_(sheet), in_(in), standings_(standings_of(in.state)) {}

  void write(const Queue& queue) {
    queue_ = &queue;
    write_hours();
    write_staff();
    write_integrals();
    write_targets();
  }

  void write_slots() {
    std::uint64_t busy = 0;
    std::uint64_t free = 0;
    for (const auto& [id, agent] : in_.state.agents) {
      if (core::is_reserved(agent.settings.name)) continue;
      busy += agent.busy();
      if (!agent.removed && agent.staffs() && agent.has_free_slot()) free += agent.settings.capacity - agent.busy();
    }
    const Label site = label("workspace", in_.workspace);
    sheet_.gauge(catalogue::slots, {site, label("state", "busy")}, static_cast<double>(busy));
    sheet_.gauge(catalogue::slots, {site, label("state", "free")}, static_cast<double>(free));
  }

 private:
  Labels labels(std::optional<Label> more = std::nullopt) const {
    Labels all{label("workspace", in_.workspace), label("queue", queue_->settings.name)};
    if (more) all.push_back(std::move(*more));
    return all;
  }
  void gauge(const Metric& metric, double value) { sheet_.gauge(metric, labels(), value); }
  void gauge(const Metric& metric, std::string_view name, std::string_view value_of_label, double value) {
    sheet_.gauge(metric, labels(label(name, value_of_label)), value);
  }

  // `open` is what the service acts by. If the calendar says otherwise, a change is due and has not happened, and the
  // next change is shown in the past: so a stuck schedule can be seen.
  void write_hours() {
    const Queue& queue = *queue_;
    const bool due = queue.open != queue.hours.is_open(in_.now);
    const Instant last = queue.hours.last_change(in_.now);
    const Instant next = due ? last : queue.hours.next_change(in_.now);
    const Instant since = due ? queue.hours.last_change(last - Millis{1}) : last;
    gauge(catalogue::queue_open, queue.open ? 1 : 0);
    gauge(catalogue::queue_closing, queue.closing() ? 1 : 0);
    gauge(catalogue::queue_open_since, queue.open ? unix_seconds(in_.wall.shows(since)) : 0);
    gauge(catalogue::queue_next_change, next == never ? 0 : unix_seconds(in_.wall.shows(next)));
  }

  void write_staff() {
    const Standings& counts = standings_[queue_->id];
    for (std::size_t i = 0; i < counts.size(); ++i) {
      gauge(catalogue::agents, "status", standing_words[i], static_cast<double>(counts[i]));
    }
    gauge(catalogue::agents_required, "basis", "configured", queue_->settings.min_agents);
    gauge(catalogue::unstaffed_streak, seconds(core::unstaffed_streak(*queue_, in_.now)));
    gauge(catalogue::understaffed_streak, seconds(core::understaffed_streak(*queue_, in_.now)));
  }

  void write_integrals() {
    const core::StaffingTotals now = core::totals_at(*queue_, in_.now);
    const auto found = in_.totals_at_start.find(queue_->id);
    const core::StaffingTotals start = found == in_.totals_at_start.end() ? core::StaffingTotals{} : found->second;
    // Never below 0: after a start with the wall clock behind the journal's last mark the integrals have to catch up.
    const auto counter = [&](const Metric& metric, Millis core::StaffingTotals::*which) {
      sheet_.counter(metric, labels(), seconds(std::max(Millis{0}, now.*which - start.*which)));
    };
    counter(catalogue::open_seconds, &core::StaffingTotals::open);
    counter(catalogue::staffed_seconds, &core::StaffingTotals::staffed);
    counter(catalogue::unstaffed_seconds, &core::StaffingTotals::unstaffed);
    counter(catalogue::understaffed_seconds, &core::StaffingTotals::understaffed);
    counter(catalogue::saturated_seconds, &core::StaffingTotals::saturated);
    counter(catalogue::shortfall_seconds, &core::StaffingTotals::shortfall);
  }

  void write_targets() {
    for (const core::Sla sla : all_slas) {
      const core::Target& target =
          sla == core::Sla::first_response ? queue_->settings.first_response : queue_->settings.reply;
      gauge(catalogue::slo_threshold, "sla", word(sla), seconds(target.threshold));
      gauge(catalogue::slo_target, "sla", word(sla), target.goal_permille / 1000.0);
    }
  }

  Sheet& sheet_;
  const GaugeInputs& in_;
  std::map<core::QueueId, Standings> standings_;
  const Queue* queue_ = nullptr;
};

}  // namespace

bool left_out(const Queue& queue) { return queue.removed || core::is_reserved(queue.settings.name); }

LiveWalk::LiveWalk(const State& state, Instant now) : now_(now) {
  for (const auto& [id, queue] : state.queues) {
    figures_[id];
    for (const auto& [key, waiting] : queue.waiting) {
      live_.push_back({.conversation = waiting, .line = id, .engagement = std::nullopt});
    }
  }
  for (const auto& [agent_id, agent] : state.agents) {
    for (const auto& [engagement_id, engagement] : agent.engagements) {
      live_.push_back({.conversation = engagement.conversation, .engagement = engagement_id});
    }
  }
}

bool LiveWalk::step(const State& state, std::size_t count, const OnWaiting& on_waiting) {
  const std::size_t end = std::min(live_.size(), next_ + count);
  for (; next_ < end; ++next_) look_at(state, live_[next_], on_waiting);
  return next_ < live_.size();
}

void LiveWalk::look_at(const State& state, const Live& live, const OnWaiting& on_waiting) {
  const auto found = state.conversations.find(live.conversation);
  if (found == state.conversations.end()) return;  // Final already; a wrap-up may outlive it.
  const Conversation& conversation = found->second;
  if (live.engagement && conversation.engagement != live.engagement) return;  // Reopened while the wrap-up goes on.
  // The promise is that of the queue where the visitor came in, wherever they wait now.
  const auto home = figures_.find(conversation.queue);
  if (home == figures_.end()) return;
  LiveFigures& figures = home->second;
  switch (conversation.state) {
    case ConversationState::queued: ++figures.queued; break;
    case ConversationState::offered: ++figures.offered; break;
    case ConversationState::assigned: ++figures.assigned; break;
    case ConversationState::wrapup: ++figures.wrapup; return;
    default: return;
  }
  add_live(figures, state.queues.at(conversation.queue), conversation, now_);
  if (live.engagement || conversation.state == ConversationState::assigned) return;
  ++figures_.at(live.line).waiting;
  on_waiting(live.line, conversation);
}

void write_gauges(Sheet& sheet, const GaugeInputs& in) {
  Writer writer(sheet, in);
  std::set<std::string> tzdata_versions;
  for (const auto& [id, queue] : in.state.queues) {
    if (left_out(queue)) continue;
    writer.write(queue);
    if (!queue.tzdata_version.empty()) tzdata_versions.insert(queue.tzdata_version);
  }
  writer.write_slots();
  for (const std::string& version : tzdata_versions) {
    sheet.gauge(catalogue::tzdata_info, {label("version", version)}, 1);
  }
}

void write_live(Sheet& sheet, const State& state, const std::map<core::QueueId, LiveFigures>& all,
                const std::function<std::uint64_t(core::QueueId)>& fresh, const std::string& workspace) {
  for (const auto& [id, figures] : all) {
    const auto found = state.queues.find(id);
    if (found == state.queues.end() || left_out(found->second)) continue;
    const Labels labels{label("workspace", workspace), label("queue", found->second.settings.name)};
    const auto gauge = [&](const Metric& metric, double value) { sheet.gauge(metric, labels, value); };
    const auto by = [&](const Metric& metric, std::string_view name, std::string_view of, double value) {
      Labels more = labels;
      more.push_back(label(name, of));
      sheet.gauge(metric, std::move(more), value);
    };
    gauge(catalogue::queue_waiting, static_cast<double>(figures.waiting));
    gauge(catalogue::queue_oldest_wait, seconds(figures.oldest_wait));
    for (const core::Sla sla : all_slas) {
      const OpenPromises& promises = figures.promises[static_cast<std::size_t>(sla)];
      by(catalogue::queue_oldest_unanswered, "sla", word(sla), seconds(promises.oldest));
      by(catalogue::queue_overdue, "sla", word(sla), static_cast<double>(promises.overdue));
    }
    const std::array<std::pair<std::string_view, std::uint64_t>, 5> states{{{"new", fresh(id)},
                                                                            {"queued", figures.queued},
                                                                            {"offered", figures.offered},
                                                                            {"assigned", figures.assigned},
                                                                            {"wrapup", figures.wrapup}}};
    for (const auto& [state_word, count] : states) {
      by(catalogue::conversations, "state", state_word, static_cast<double>(count));
    }
  }
}

std::map<core::QueueId, LineFigures> line_figures(const State& state, Instant now) {
  LiveWalk walk(state, now);
  walk.step(state, std::numeric_limits<std::size_t>::max() / 2, [](core::QueueId, const Conversation&) {});
  std::map<core::QueueId, LineFigures> lines;
  for (const auto& [id, figures] : walk.figures()) {
    const OpenPromises& first = figures.promises[static_cast<std::size_t>(core::Sla::first_response)];
    lines[id] = {.oldest_wait = figures.oldest_wait, .oldest_unanswered = first.oldest, .overdue = first.overdue};
  }
  return lines;
}

}  // namespace heti::monitor
