// Who is there: connections, presence, and the slots of agents.
#include <algorithm>

#include "tests/simulation/model.hpp"

namespace heti::simulation {

using core::AgentStatus;
using core::StatusReason;

void Model::on(const seen::VisitorConnected& e) {
  Chat* known = chat(e.conversation);
  if (known == nullptr) return;
  known->connections.insert(e.connection);
  known->gone_at.reset();
  known->gone_due = never;
  judge_on_return(*known);
}

void Model::on(const seen::VisitorDisconnected& e) {
  Chat* known = chat(e.conversation);
  if (known == nullptr || known->connections.erase(e.connection) == 0) return;
  if (known->connections.empty()) visitor_left(*known, now_);
}

// They left now; our patience begins at `patient_from`, which is later when it was we who went.
void Model::visitor_left(Chat& left, Instant patient_from) {
  const core::QueueSettings& settings = desk(left.home).settings;
  left.gone_at = now_;
  left.gone_reading = odometers_.reading(left.home);
  left.gone_due = never;
  if (left.state == ChatState::fresh) left.gone_due = patient_from + settings.visitor_grace;
  if (left.contact) {
    left.gone_due = patient_from + (left.contact->answered ? settings.idle_close : settings.visitor_grace);
  }
  if (left.gone_due != never) expect_by(Due::Kind::gone, left.gone_due, left.number);
}

void Model::on(const seen::AgentConnected& e) {
  Clerk& known = clerk(e.agent);
  known.connections.insert(e.connection);
  if (known.status == AgentStatus::offline) become(e.agent, AgentStatus::away);
  if (known.status == AgentStatus::lost) become(e.agent, known.before_lost);
}

void Model::on(const seen::AgentDisconnected& e) {
  Clerk& known = clerk(e.agent);
  if (known.connections.erase(e.connection) == 0 || !known.connections.empty()) return;
  if (known.status != AgentStatus::offline && known.status != AgentStatus::lost) lose(e.agent, now_);
}

void Model::lose(std::uint32_t agent, Instant patient_from) {
  Clerk& known = clerk(agent);
  known.before_lost = known.status;
  become(agent, AgentStatus::lost);
  known.lost_at = now_;
  known.lost_readings = odometers_.readings();
  Millis grace{0};
  for (const std::uint32_t queue : known.queues) grace = std::max(grace, desk(queue).settings.agent_grace);
  known.grace_due = patient_from + grace;
  expect_by(Due::Kind::grace, known.grace_due, agent);
}

void Model::become(std::uint32_t agent, AgentStatus status) {
  Clerk& known = clerk(agent);
  touch(agent);
  known.status = status;
  known.grace_due = never;
  if (status == AgentStatus::online) known.expiries = 0;
  if (status != AgentStatus::offline) return;
  known.offline_at = known.released_since = now_;
  known.released_readings = odometers_.readings();
}

void Model::on(const seen::StatusSet& e) {
  Clerk& known = clerk(e.agent);
  touch(e.agent);
  if (known.status == e.status) return;
  const AgentStatus from = known.status;
  bool allowed = false;
  switch (e.status) {
    case AgentStatus::online:
    case AgentStatus::away:
      allowed = !known.connections.empty() && from != AgentStatus::finishing && from != AgentStatus::lost;
      break;
    case AgentStatus::finishing: allowed = from == AgentStatus::online || from == AgentStatus::away; break;
    case AgentStatus::offline: allowed = true; break;
    case AgentStatus::lost: break;
  }
  if (!allowed) return complain(e.agent, "may not change to status " + std::to_string(static_cast<int>(e.status)));
  become(e.agent, e.status);
}

// What the service decided by itself must have had its cause at this very instant; the rest is known already.
void Model::on(const seen::StatusShown& e) {
  Clerk& known = clerk(e.agent);
  touch(e.agent);
  known.shown = e.status;
  switch (e.reason) {
    case StatusReason::grace_over:
      if (known.status != AgentStatus::lost || known.grace_due != now_) {
        complain(e.agent, "is given up though no grace ends now");
      }
      become(e.agent, AgentStatus::offline);
      known.released_since = known.lost_at;
      if (!known.lost_readings.empty()) known.released_readings = known.lost_readings;
      return;
    case StatusReason::offers_missed:
      if (!known.online() || known.expiries < 2) {
        complain(e.agent, "is sent away after " + std::to_string(known.expiries) + " missed offers in a row");
      }
      become(e.agent, AgentStatus::away);
      return;
    case StatusReason::last_chat_closed:
      if (known.status != AgentStatus::finishing || known.busy() > 0) {
        complain(e.agent, "goes home with " + std::to_string(known.busy()) + " slots taken");
      }
      become(e.agent, AgentStatus::offline);
      return;
    case StatusReason::removed:
      if (!known.removed) complain(e.agent, "is removed though the settings name them");
      become(e.agent, AgentStatus::offline);
      return;
    case StatusReason::chosen:
    case StatusReason::connected:
    case StatusReason::disconnected:
    case StatusReason::reconnected:
    case StatusReason::service:
    case StatusReason::supervisor: return;
  }
}

void Model::on(const seen::WrapUpFinished& e) {
  touch(e.agent);
  for (Slot& slot : clerk(e.agent).slots) {
    if (slot.chat != e.conversation || !slot.ended) continue;
    slot.finished = now_;
    return;  // The oldest; and if there is none, it was over already.
  }
}

void Model::on(const seen::SlotFree& e) {
  Chat* known = chat(e.conversation);
  if (known == nullptr) return;
  touch(e.agent);
  std::vector<Slot>& slots = clerk(e.agent).slots;
  // An agent may have had the chat twice, and the settings may have changed in between: the later wrap-up can be the
  // first to end.
  const auto over = [&](const Slot& s) { return s.chat == e.conversation && s.ended.has_value(); };
  const auto cause = [&](const Slot& s) {
    return over(s) && (s.due == now_ || s.finished == now_ || clerk(e.agent).offline_at == now_);
  };
  auto slot = std::find_if(slots.begin(), slots.end(), cause);
  const bool caused = slot != slots.end();
  if (!caused) slot = std::find_if(slots.begin(), slots.end(), over);
  if (slot == slots.end()) return complain(*known, "frees a slot of agent " + std::to_string(e.agent) + " twice");
  if (!caused) complain(*known, "ends its wrap-up early, due at " + std::to_string(to_ms(slot->due)));
  Figure& wrapup = figure(*known, Measure::wrapup);
  wrapup.agent = e.agent;
  wrapup.time = now_ - slot->accepted;
  wrapup.wrapup = now_ - *slot->ended;
  slots.erase(slot);
}

void Model::check_clerk(std::uint32_t agent) {
  const Clerk& known = clerk(agent);
  if (known.online() && known.expiries >= 2) complain(agent, "has missed two offers in a row and is still ONLINE");
  if (known.status == AgentStatus::finishing && known.busy() == 0)
    complain(agent, "has no chat left and is not OFFLINE");
  if (known.status == AgentStatus::offline && !known.slots.empty()) {
    complain(agent, "is OFFLINE and has C" + std::to_string(known.slots.front().chat));
  }
  if (known.removed && known.status != AgentStatus::offline) complain(agent, "is removed and not OFFLINE");
  if (!known.online() && !known.offers.empty()) {
    complain(agent, "is not ONLINE and is offered C" + std::to_string(*known.offers.begin()));
  }
  if (known.shown != known.status) {
    complain(agent, "is shown with status " + std::to_string(static_cast<int>(known.shown)) + " instead of " +
                        std::to_string(static_cast<int>(known.status)));
  }
  for (const Slot& slot : known.slots) {
    if (slot.finished == now_) complain(agent, "is done with C" + std::to_string(slot.chat) + ", the slot is not free");
  }
}

}  // namespace heti::simulation
