#include "service/gateway/fanout.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>

#include "protocol/codec.hpp"
#include "service/gateway/colleagues.hpp"
#include "service/gateway/to_wire.hpp"

namespace heti::gateway {

namespace event = core::event;

namespace {

constexpr std::int64_t gather_ms = 250;
constexpr std::size_t chats_with_a_batch = 32;

template <class... F>
struct Cases : F... {
  using F::operator()...;
};

SharedText shared(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

std::uint64_t fingerprint_of(const std::string& text) { return std::hash<std::string_view>{}(text) | 1; }

const core::Conversation* find(const core::State& state, core::ConversationId id) {
  const auto found = state.conversations.find(id);
  return found == state.conversations.end() ? nullptr : &found->second;
}

// The state frame does not carry entries, so none are asked for.
core::ConversationView bare_view(const core::State& state, const core::Conversation& conversation) {
  return core::conversation_view(state, conversation, conversation.last_seq);
}

}  // namespace

Fanout::Fanout(Relay& relay, GatewayMetrics& metrics)
    : relay_(relay),
      metrics_(metrics),
      chats_(
          [&relay](Consoles::Agents agents, std::string text, ChatLists::Urgent urgent) {
            relay.to_all([agents = std::move(agents), frame = shared(std::move(text)), urgent](Hub& hub) {
              urgent == ChatLists::Urgent::yes ? hub.consoles(agents, *frame) : hub.overview(agents, *frame);
            });
          },
          consoles_) {}

void Fanout::start(const core::State& state, Instant now) { publish_directory(make_directory(state, now, wording_)); }

void Fanout::set_wording(Wording wording) {
  wording_ = std::move(wording);
  if (directory_) publish_directory(with_wording(*directory_, wording_));
}

void Fanout::note_opened(const core::ConversationView& view) {
  known_.try_emplace(view.id, Known{.public_id = view.conversation});
  opened_in_lot_[view.id] = fingerprint_of(protocol::encode(state_frame(view)));
}

void Fanout::note_console(core::AgentId agent, const core::ConsoleView& view, const core::State& state) {
  consoles_.add(agent);
  chats_.greeted(agent, view, state);
}

Fanout::Known& Fanout::known(const core::Conversation& conversation) {
  return known_.try_emplace(conversation.id, Known{.public_id = conversation.public_id}).first->second;
}

void Fanout::on_durable(const sequencer::Durable& batch) {
  Touched touched;
  for (const core::Event& event : batch.events) {
    push_entry(batch.state, event);
    look_at(event, batch.state, touched);
  }
  if (touched.settings) consoles_.settings_changed();
  // Sockets of a node that followed have lived on through a change of the owner.
  if (touched.resumed) relay_.to_all([](Hub& hub) { hub.announce(); });
  if (touched.directory) publish_directory(make_directory(batch.state, batch.now, wording_));
  for (const core::ConversationId id : touched.conversations) {
    if (const auto* conversation = find(batch.state, id)) {
      push_state(batch.state, *conversation);
      chats_.changed(batch.state, *conversation, batch.now);
    }
  }
  for (const core::ConversationId id : touched.finals) push_final(id, batch.state);
  for (const core::AgentId id : touched.agents) {
    const auto agent = batch.state.agents.find(id);
    if (agent == batch.state.agents.end() || !consoles_.contains(id)) continue;
    const SharedText frame = shared(protocol::encode(to_wire(core::view_of(agent->second))));
    relay_.to_all([id, frame](Hub& hub) { hub.consoles({id}, *frame); });
  }
  for (const core::QueueId id : touched.opened_or_closed) push_queue(batch.state, id, batch.now, true);
  gathered_colleagues_.insert(touched.agents.begin(), touched.agents.end());
  gathered_transfer_queues_.insert(touched.opened_or_closed.begin(), touched.opened_or_closed.end());
  for (const core::AgentId id : touched.disconnected) {
    const auto agent = batch.state.agents.find(id);
    if (agent == batch.state.agents.end() || agent->second.connections.empty()) consoles_.remove(id);
  }
  // Queues and chats of a console are those of its welcome: other rules, another welcome.
  if (touched.settings && !consoles_.all().empty()) relay_.to_all([](Hub& hub) { hub.restart_consoles(); });
  opened_in_lot_.clear();
  send_gathered(batch.state, batch.now, chats_with_a_batch);
}

void Fanout::touch(core::ConversationId id, const core::State& state, Touched& touched) {
  if (touched.seen.insert(id).second) touched.conversations.push_back(id);
  touch_queue_of(id, state);
}

void Fanout::touch_queue_of(core::ConversationId id, const core::State& state) {
  const auto* conversation = find(state, id);
  if (conversation == nullptr) return;
  gathered_queues_.insert(conversation->queue);
  if (conversation->contact) gathered_queues_.insert(conversation->contact->line);
}

void Fanout::look_at(const core::Event& event, const core::State& state, Touched& touched) {
  const auto chat = [&](core::ConversationId id) { touch(id, state, touched); };
  const auto gathered = [&](core::ConversationId id) { chats_.gather(id); };
  const auto hours = [&](core::QueueId id) {
    touched.directory = true;
    touched.opened_or_closed.insert(id);
    // Clocks of those who wait stop and run with the queue.
    for (const auto& [conversation_id, conversation] : state.conversations) {
      if (conversation.queue == id && conversation.live()) chats_.gather(conversation_id);
    }
  };
  std::visit(Cases{
                 [&](const event::SettingsApplied&) {
                   touched.directory = touched.settings = true;
                   for (const auto& [id, queue] : state.queues) touched.opened_or_closed.insert(id);
                 },
                 [&](const event::CalendarSet& e) { hours(e.queue); },
                 [&](const event::ServiceResumed&) { touched.resumed = true; },
                 [&](const event::QueueOpened& e) { hours(e.queue); },
                 [&](const event::QueueClosed& e) { hours(e.queue); },
                 [&](const event::QueueClosingEnded& e) { hours(e.queue); },
                 [&](const event::AgentConnected&) {},
                 [&](const event::AgentDisconnected& e) { touched.disconnected.insert(e.agent); },
                 [&](const event::AgentStatusChanged& e) {
                   touched.agents.insert(e.agent);
                   const auto agent = state.agents.find(e.agent);
                   if (agent == state.agents.end()) return;
                   gathered_queues_.insert(agent->second.queues.begin(), agent->second.queues.end());
                   gathered_transfer_queues_.insert(agent->second.queues.begin(), agent->second.queues.end());
                   // Whoever talks with this agent sees whether somebody is there.
                   for (const auto& [engagement, slot] : agent->second.engagements) chat(slot.conversation);
                 },
                 [&](const event::ConversationStarted& e) { chat(e.conversation); },
                 [&](const event::VisitorConnected& e) { chat(e.conversation); },
                 [&](const event::VisitorDisconnected& e) { chat(e.conversation); },
                 [&](const event::MessagePosted& e) { gathered(e.conversation); },
                 [&](const event::ContactQueued& e) { chat(e.conversation); },
                 [&](const event::ContactInitiated& e) {
                   chat(e.conversation);
                   touched.agents.insert(e.agent);
                 },
                 // More agents may see it now.
                 [&](const event::RoutingWidened& e) { chat(e.conversation); },
                 [&](const event::ChatOffered& e) {
                   chat(e.conversation);
                   touched.agents.insert(e.agent);
                 },
                 [&](const event::OfferEnded& e) {
                   chat(e.conversation);
                   touched.agents.insert(e.agent);
                 },
                 [&](const event::ChatAssigned& e) {
                   chat(e.conversation);
                   touched.agents.insert(e.agent);
                 },
                 [&](const event::ChatRequeued& e) {
                   chat(e.conversation);
                   touched.agents.insert(e.agent);
                 },
                 [&](const event::FirstResponseGiven& e) { gathered(e.conversation); },
                 [&](const event::ReplyGiven& e) { gathered(e.conversation); },
                 [&](const event::VerdictGiven& e) { gathered(e.conversation); },
                 [&](const event::ContactEnded& e) { chat(e.conversation); },
                 [&](const event::ChatClosed& e) {
                   chat(e.conversation);
                   const auto* conversation = find(state, e.conversation);
                   if (conversation != nullptr && conversation->agent) touched.agents.insert(*conversation->agent);
                 },
                 [&](const event::WrapUpEnded& e) {
                   chat(e.conversation);
                   touched.agents.insert(e.agent);
                 },
                 [&](const event::ConversationFinal& e) { touched.finals.push_back(e.conversation); },
                 [&](const event::RatingGiven& e) { chat(e.conversation); },
                 [&](const event::BarEnded&) {},
                 [&](const event::OfflineMessageOpened& e) { chat(e.conversation); },
                 [&](const event::VisitorFactsChanged& e) { chat(e.conversation); },
                 [&](const event::CommandDecided&) {},
                 [&](const event::FeatureLevelRaised&) {},
             },
             event.body);
}

void Fanout::push_entry(const core::State& state, const core::Event& event) {
  auto entry = core::entry_of(state, event);
  if (!entry) return;
  PublicId conversation;
  if (const auto* found = find(state, entry->first)) {
    conversation = found->public_id;
  } else if (const auto kept = known_.find(entry->first); kept != known_.end()) {
    conversation = kept->second.public_id;
  } else {
    return;  // Began and ended within this batch: nobody can have opened it.
  }
  const std::uint64_t seq = entry->second.seq;
  const SharedText frame = shared(
      protocol::encode(protocol::EntryAdded{.conversation = conversation, .entry = to_wire(std::move(entry->second))}));
  relay_.to_all([conversation, seq, frame](Hub& hub) { hub.entry(conversation, seq, *frame); });
}

void Fanout::push_state(const core::State& state, const core::Conversation& conversation) {
  std::string text = protocol::encode(state_frame(bare_view(state, conversation)));
  const std::uint64_t now = fingerprint_of(text);
  Known& seen = known(conversation);
  // A socket that was answered in the middle of this lot knows the state as it was then.
  const auto answered = opened_in_lot_.find(conversation.id);
  const bool others_know = seen.sent_state == now;
  const bool answered_knows = answered == opened_in_lot_.end() || answered->second == now;
  seen.sent_state = now;
  if (others_know && answered_knows) return;
  const SharedText frame = shared(std::move(text));
  relay_.to_all([id = conversation.public_id, frame](Hub& hub) { hub.state(id, *frame); });
}

void Fanout::push_final(core::ConversationId id, const core::State& state) {
  chats_.forget(id, state);
  const auto seen = known_.find(id);
  if (seen == known_.end()) return;  // Nobody here has ever opened it.
  const PublicId public_id = seen->second.public_id;
  known_.erase(seen);
  protocol::StateChanged last;
  last.conversation = public_id;
  last.state = protocol::ConversationState::final;
  relay_.to_all([public_id, frame = shared(protocol::encode(last))](Hub& hub) {
    hub.state(public_id, *frame);
    hub.forget(public_id);
  });
}

void Fanout::push_queue(const core::State& state, core::QueueId id, Instant now, bool visitors_too) {
  const auto queue = state.queues.find(id);
  if (queue == state.queues.end() || queue->second.removed) return;
  const core::QueueView view = core::view_of(queue->second, now);
  const auto frame_for = [&view](protocol::Role audience) {
    return shared(protocol::encode(protocol::QueueChanged{.queue = to_wire(view, audience)}));
  };
  if (!consoles_.all().empty()) {
    relay_.to_all([id, frame = frame_for(protocol::Role::agent)](Hub& hub) { hub.queue_to_consoles(id, *frame); });
  }
  if (visitors_too) {
    relay_.to_all([id, frame = frame_for(protocol::Role::visitor)](Hub& hub) { hub.queue_to_visitors(id, *frame); });
  }
}

void Fanout::push_colleagues(const core::State& state, const std::set<core::AgentId>& agents,
                             const std::set<core::QueueId>& queues) {
  // Consoles that list the same of it share the frames.
  std::map<std::pair<bool, std::vector<core::AgentId>>, std::vector<core::AgentId>> viewers;
  for (const core::AgentId id : consoles_.all()) {
    const auto viewer = state.agents.find(id);
    if (viewer == state.agents.end()) continue;
    std::vector<core::AgentId> listed;
    for (const core::AgentId changed : agents) {
      const auto agent = state.agents.find(changed);
      if (agent != state.agents.end() && lists_colleague(viewer->second, agent->second)) listed.push_back(changed);
    }
    viewers[{viewer->second.settings.supervisor, std::move(listed)}].push_back(id);
  }
  for (const auto& [what, consoles] : viewers) {
    for (std::string& text : colleague_frames(state, what.second, queues, what.first)) {
      relay_.to_all([consoles, frame = shared(std::move(text))](Hub& hub) { hub.overview(consoles, *frame); });
    }
  }
}

void Fanout::push_overview(const core::State& state, core::AgentId agent, Instant now) {
  const auto viewer = state.agents.find(agent);
  if (viewer == state.agents.end() || !consoles_.contains(agent)) return;
  std::vector<std::string> frames = first_colleague_frames(state, viewer->second);
  for (const core::QueueId id : viewer->second.queues) {
    const auto queue = state.queues.find(id);
    if (queue == state.queues.end() || queue->second.removed) continue;
    frames.push_back(protocol::encode(
        protocol::QueueChanged{.queue = to_wire(core::view_of(queue->second, now), protocol::Role::agent)}));
  }
  for (const core::ChatView& chat : core::console_view(state, viewer->second, now).chats) {
    frames.push_back(protocol::encode(protocol::ChatChanged{.chat = to_wire(chat)}));
  }
  relay_.to_all([agent, frames = std::make_shared<const std::vector<std::string>>(std::move(frames))](Hub& hub) {
    for (const std::string& frame : *frames) hub.overview({agent}, frame);
  });
}

bool Fanout::nothing_gathered() const {
  return behind_.empty() && chats_.nothing_gathered() && gathered_queues_.empty() && gathered_colleagues_.empty() &&
         gathered_transfer_queues_.empty();
}

void Fanout::publish_directory(std::shared_ptr<const Directory> directory) {
  directory_ = directory;
  relay_.to_all([directory](Hub& hub) { hub.set_directory(directory); });
}

void Fanout::send_due(const core::State& state, Instant now) {
  asked_ = false;
  send_gathered(state, now, std::numeric_limits<std::size_t>::max());
}

void Fanout::send_gathered(const core::State& state, Instant now, std::size_t chats_max) {
  if (nothing_gathered()) return;
  const bool begins = !chats_.in_round();
  if (begins && steady_ms() < next_round_ms_) return;
  const auto started = std::chrono::steady_clock::now();
  if (begins) {
    next_round_ms_ = steady_ms() + gather_ms;
    round_took_ = {};
    chats_.begin_round();
    push_gathered_lines(state, now);
  }
  chats_.send_some(state, now, chats_max);
  round_took_ += std::chrono::steady_clock::now() - started;
  if (!chats_.in_round()) {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(round_took_ * 20).count();
    next_round_ms_ = std::max(next_round_ms_, next_round_ms_ - gather_ms + rest);
  }
}

void Fanout::push_gathered_lines(const core::State& state, Instant now) {
  push_colleagues(state, std::exchange(gathered_colleagues_, {}), std::exchange(gathered_transfer_queues_, {}));
  for (const core::AgentId id : std::exchange(behind_, {})) push_overview(state, id, now);
  for (const core::QueueId id : std::exchange(gathered_queues_, {})) {
    push_queue(state, id, now, false);
    const auto queue = state.queues.find(id);
    if (queue == state.queues.end()) continue;
    // Somebody left the line: those behind have moved up.
    for (const auto& [key, conversation_id] : queue->second.waiting) {
      if (const auto* conversation = find(state, conversation_id)) push_state(state, *conversation);
    }
  }
}

void Fanout::on_tick(std::int64_t now_ms) {
  if (asked_ || nothing_gathered() || (!chats_.in_round() && now_ms < next_round_ms_)) return;
  asked_ = true;
  if (ask_for_state_) ask_for_state_();
}

}  // namespace heti::gateway
