#include "service/gateway/hub.hpp"

#include <algorithm>

#include "service/gateway/session.hpp"

namespace heti::gateway {

void Hub::add(Session& session) { sessions_.insert(&session); }

void Hub::remove(Session& session) {
  sessions_.erase(&session);
  for (const auto& subscription : session.subscriptions()) {
    const auto found = subscribers_.find(subscription.conversation);
    if (found == subscribers_.end()) continue;
    std::erase(found->second, &session);
    if (found->second.empty()) subscribers_.erase(found);
  }
  const auto found = consoles_.find(session.self().agent);
  if (session.self().role == protocol::Role::agent && found != consoles_.end()) {
    std::erase(found->second, &session);
    if (found->second.empty()) consoles_.erase(found);
  }
}

void Hub::add_console(Session& session, core::AgentId agent) { consoles_[agent].push_back(&session); }

void Hub::subscribe(const PublicId& conversation, Session& session) {
  auto& list = subscribers_[conversation];
  if (std::find(list.begin(), list.end(), &session) == list.end()) list.push_back(&session);
}

void Hub::entry(const PublicId& conversation, std::uint64_t seq, const std::string& frame) {
  const auto found = subscribers_.find(conversation);
  if (found == subscribers_.end()) return;
  for (Session* session : found->second) session->push_entry(conversation, seq, frame);
}

void Hub::state(const PublicId& conversation, const std::string& frame) {
  const auto found = subscribers_.find(conversation);
  if (found == subscribers_.end()) return;
  for (Session* session : found->second) {
    if (session->self().role == protocol::Role::visitor) session->push(frame);
  }
}

void Hub::typing(const PublicId& conversation, const Session* from, bool from_visitor, core::AgentId agent,
                 const std::string& frame) {
  const auto found = subscribers_.find(conversation);
  if (found == subscribers_.end()) return;
  for (Session* session : found->second) {
    // Nobody is told of their own typing, in none of their windows.
    const bool is_visitor = session->self().role == protocol::Role::visitor;
    const bool own = session == from || (from_visitor ? is_visitor : !is_visitor && session->self().agent == agent);
    if (!own) session->push_typing(frame);
  }
}

void Hub::announce() {
  for (Session* session : sessions_) session->announce();
}

void Hub::forget(const PublicId& conversation) {
  const auto found = subscribers_.find(conversation);
  if (found == subscribers_.end()) return;
  for (Session* session : found->second) session->unsubscribe(conversation);
  subscribers_.erase(found);
}

void Hub::consoles(const std::vector<core::AgentId>& agents, const std::string& frame) {
  for (const core::AgentId agent : agents) {
    const auto found = consoles_.find(agent);
    if (found == consoles_.end()) continue;
    for (Session* session : found->second) session->push(frame);
  }
}

void Hub::overview(const std::vector<core::AgentId>& agents, const std::string& frame) {
  for (const core::AgentId agent : agents) {
    const auto found = consoles_.find(agent);
    if (found == consoles_.end()) continue;
    for (Session* session : found->second) session->push_overview(frame);
  }
}

void Hub::queue_to_consoles(core::QueueId queue, const std::string& frame) {
  for (const auto& [login, agent] : directory_->agents) {
    const auto found = consoles_.find(agent.id);
    if (found == consoles_.end()) continue;
    if (std::find(agent.queue_ids.begin(), agent.queue_ids.end(), queue) == agent.queue_ids.end()) continue;
    for (Session* session : found->second) session->push_overview(frame);
  }
}

void Hub::queue_to_visitors(core::QueueId queue, const std::string& frame) {
  for (Session* session : sessions_) {
    if (session->self().role == protocol::Role::visitor && session->self().queue == queue) session->push(frame);
  }
}

void Hub::sign_out(const std::vector<std::uint64_t>& session_keys) {
  for (Session* session : sessions_) {
    if (session->self().role != protocol::Role::agent) continue;
    const auto key = session->session_key();
    if (key && std::find(session_keys.begin(), session_keys.end(), *key) != session_keys.end()) session->sign_out();
  }
}

void Hub::hand_over_down_to(std::size_t may_stay) {
  std::size_t staying = 0;
  for (Session* session : sessions_) {
    if (!session->is_ended() && ++staying > may_stay) session->hand_over();
  }
}

void Hub::begin_history() {
  for (Session* session : sessions_) session->begin_history();
}

void Hub::restart_consoles() {
  for (Session* session : sessions_) {
    if (session->self().role == protocol::Role::agent) session->hand_over();
  }
}

}  // namespace heti::gateway
