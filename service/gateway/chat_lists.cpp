#include "service/gateway/chat_lists.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "protocol/codec.hpp"
#include "service/gateway/to_wire.hpp"

namespace heti::gateway {

namespace {

using Agents = Consoles::Agents;

void insert(Agents& agents, core::AgentId agent) {
  const auto place = std::ranges::lower_bound(agents, agent);
  if (place == agents.end() || *place != agent) agents.insert(place, agent);
}
Agents both(const Agents& a, const Agents& b) {
  Agents result;
  std::ranges::set_union(a, b, std::back_inserter(result));
  return result;
}
Agents common(const Agents& a, const Agents& b) {
  Agents result;
  std::ranges::set_intersection(a, b, std::back_inserter(result));
  return result;
}
Agents without(const Agents& a, const Agents& b) {
  Agents result;
  std::ranges::set_difference(a, b, std::back_inserter(result));
  return result;
}

}  // namespace

void ChatLists::greeted(core::AgentId agent, const core::ConsoleView& view, const core::State& state) {
  for (const core::ChatView& chat : view.chats) {
    const core::Seers seers = core::listed_for(state.conversations.at(chat.id));
    const auto [place, is_new] = told_.try_emplace(chat.id, Told{.public_id = chat.conversation, .seers = seers});
    // The others were told of it as it was before the lot at hand.
    if (!is_new && place->second.seers != seers) insert(place->second.ahead, agent);
  }
}

void ChatLists::changed(const core::State& state, const core::Conversation& conversation, Instant now) {
  if (consoles_.all().empty()) return;
  if (conversation.state == core::ConversationState::queued) {
    tell_all(state, conversation, now, Concerned::know_less, Urgent::yes);
    gathered_.erase(conversation.id);
    return;
  }
  const core::Seers seers = core::listed_for(conversation);
  const Agents listing = consoles_.of(seers, state);
  if (listing.empty() && !told_.contains(conversation.id)) return;
  Told& told = told_.try_emplace(conversation.id, Told{.public_id = conversation.public_id}).first->second;
  const Agents audience = both(concerned_by(conversation), told.ahead);
  tell_gone(without(audience, listing), conversation.public_id);
  told.ahead = common(audience, listing);
  tell(told.ahead, state, conversation, now, Urgent::yes);
  if (told.ahead != listing || told.seers != seers) gathered_[conversation.id] = Concerned::know_all;
}

void ChatLists::tell_all(const core::State& state, const core::Conversation& conversation, Instant now,
                         Concerned concerned, Urgent urgent) {
  const core::Seers seers = core::listed_for(conversation);
  const Agents listing = consoles_.of(seers, state);
  auto place = told_.find(conversation.id);
  if (place == told_.end()) {
    if (listing.empty()) return;
    place = told_.try_emplace(conversation.id, Told{.public_id = conversation.public_id}).first;
  }
  Told& told = place->second;
  if (!told.ahead.empty() || told.seers != seers) {
    tell_gone(without(both(consoles_.of(told.seers, state), told.ahead), listing), told.public_id);
  }
  tell(concerned == Concerned::know_all ? without(listing, told.ahead) : listing, state, conversation, now, urgent);
  told.seers = seers;
  told.ahead = common(concerned_by(conversation), listing);
}

void ChatLists::forget(core::ConversationId id, const core::State& state) {
  gathered_.erase(id);
  const auto place = told_.find(id);
  if (place == told_.end()) return;
  // A console that does not list it any more takes no notice.
  tell_gone(both(consoles_.of(place->second.seers, state), place->second.ahead), place->second.public_id);
  told_.erase(place);
}

void ChatLists::begin_round() {
  due_.insert(due_.end(), gathered_.begin(), gathered_.end());
  gathered_.clear();
}

void ChatLists::send_some(const core::State& state, Instant now, std::size_t most) {
  for (; most > 0 && !due_.empty(); --most) {
    const auto [id, concerned] = due_.back();
    due_.pop_back();
    const auto conversation = state.conversations.find(id);
    if (conversation != state.conversations.end()) {
      tell_all(state, conversation->second, now, concerned, Urgent::no);
    }
  }
}

void ChatLists::tell(Agents agents, const core::State& state, const core::Conversation& conversation, Instant now,
                     Urgent urgent) {
  if (agents.empty()) return;
  tell_(std::move(agents),
        protocol::encode(protocol::ChatChanged{.chat = to_wire(core::chat_view(state, conversation, now))}), urgent);
}

void ChatLists::tell_gone(Agents agents, const PublicId& conversation) {
  if (agents.empty()) return;
  tell_(std::move(agents), protocol::encode(protocol::ChatGone{.conversation = conversation}), Urgent::yes);
}

Agents ChatLists::concerned_by(const core::Conversation& conversation) const {
  Agents agents;
  if (conversation.agent && consoles_.contains(*conversation.agent)) insert(agents, *conversation.agent);
  if (conversation.offer && consoles_.contains(conversation.offer->agent)) insert(agents, conversation.offer->agent);
  return agents;
}

}  // namespace heti::gateway
