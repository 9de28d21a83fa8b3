// What the console shows of conversations, and which deed stands behind it.
#include "tests/simulation/mirror.hpp"
#include "tests/simulation/words.hpp"

#include <algorithm>

namespace heti::simulation {
namespace {

std::string sender_of(const core::event::MessagePosted& e) {
  return (e.author == core::Author::visitor ? "v" : numbered("a", e.agent.value())) + "/" + e.stream;
}

}  // namespace

void Mirror::on(const core::event::ConversationStarted& e) {
  Chat& chat = at(e.conversation);
  chat.number = e.conversation.value();
  chat.id = e.public_id;
  chat.visitor = visitor_of(e.visitor);
  chat.queue = e.queue.value();
  chat.bot_first = e.bot_first;
  chat.state = core::ConversationState::fresh;
  latest_[chat.visitor] = chat.number;
  by_id_[chat.id] = chat.number;
  // An agent's chat is not the visitor's start.
  for (std::size_t i = index_ + 1; i < batch_->size(); ++i) {
    const auto* begun = std::get_if<core::event::ContactInitiated>(&(*batch_)[i].body);
    if (begun != nullptr && begun->conversation == e.conversation) return;
  }
  seen::Started started{.visitor = chat.visitor,
                        .conversation = chat.number,
                        .queue = chat.queue,
                        .bot_first = e.bot_first,
                        .credit = {},
                        .skills = {}};
  if (const auto* settings = queue(chat.queue)) {
    for (const core::PageRule& rule : settings->pages) {
      if (!e.facts.page_url.starts_with(rule.prefix)) continue;
      started.skills = rule.skills;
      for (const auto& priority : settings_.priorities) {
        if (priority.name == rule.priority) started.credit = priority.credit;
      }
      break;
    }
  }
  saw(std::move(started));
}

void Mirror::on(const core::event::OfflineMessageOpened& e) {
  Chat& chat = at(e.conversation);
  const auto* words = post_ahead(e.conversation);
  const bool at_start =
      index_ > 0 && std::holds_alternative<core::event::ConversationStarted>((*batch_)[index_ - 1].body);
  if (words != nullptr) {
    post(*words);
  } else if (!at_start && chat.state == core::ConversationState::fresh) {
    saw(seen::HandedOver{.conversation = chat.number});
  }
  chat.state = core::ConversationState::offline_message;
  saw(seen::OfflineMessage{.conversation = e.conversation.value()});
}

void Mirror::on(const core::event::VisitorConnected& e) {
  Chat& chat = at(e.conversation);
  chat.connections.insert(e.connection.number);
  ever_connected_.insert(e.connection.number);
  connected_.insert(e.connection.number);
  chat.gone_since = never;
  saw(seen::VisitorConnected{.conversation = chat.number, .connection = e.connection.number});
}
void Mirror::on(const core::event::VisitorDisconnected& e) {
  Chat& chat = at(e.conversation);
  chat.connections.erase(e.connection.number);
  connected_.erase(e.connection.number);
  if (chat.connections.empty()) chat.gone_since = at_;
  saw(seen::VisitorDisconnected{.conversation = chat.number, .connection = e.connection.number});
}

const core::event::MessagePosted* Mirror::post_ahead(core::ConversationId conversation) const {
  if (index_ + 1 >= batch_->size()) return nullptr;
  const auto* words = std::get_if<core::event::MessagePosted>(&(*batch_)[index_ + 1].body);
  return words != nullptr && words->conversation == conversation ? words : nullptr;
}

void Mirror::on(const core::event::MessagePosted& e) {
  if (!posted_ahead_.contains({e.conversation.value(), e.seq})) post(e);
}

void Mirror::post(const core::event::MessagePosted& e) {
  Chat& chat = at(e.conversation);
  if (!e.stream.empty()) {
    std::uint64_t& last = chat.last_n[sender_of(e)];
    if (e.n != last + 1) {
      complain(numbered("invariant 5: message ", e.n) + " of " + sender_of(e) + " in C" + std::to_string(chat.number) +
               " follows " + std::to_string(last));
    }
    last = e.n;
  }
  if (e.author == core::Author::note) {
    chat.notes.insert(sender_of(e) + "/" + std::to_string(e.n) + "/" + e.text);
    return;
  }
  posted_ahead_.insert({chat.number, e.seq});
  switch (e.author) {
    case core::Author::visitor:
      if (chat.waits_since == Instant{}) chat.waits_since = at_;
      return saw(seen::VisitorPosted{.conversation = chat.number, .seq = e.seq});
    case core::Author::agent:
      chat.answered = true;
      chat.waits_since = Instant{};
      return saw(seen::AgentPosted{.conversation = chat.number, .agent = e.agent.value(), .seq = e.seq});
    case core::Author::bot:
    case core::Author::automatic:
    case core::Author::system: return saw(seen::MachinePosted{.conversation = chat.number, .seq = e.seq});
    case core::Author::note: return;
  }
}

void Mirror::on(const core::event::ContactQueued& e) {
  Chat& chat = at(e.conversation);
  const auto* words = post_ahead(e.conversation);
  if (e.stage == core::Stage::reopen && words != nullptr) post(*words);
  // The words of a visitor without a bot stand right before the queueing that they cause.
  const auto* said = index_ == 0 ? nullptr : std::get_if<core::event::MessagePosted>(&(*batch_)[index_ - 1].body);
  const bool by_words = !chat.bot_first && said != nullptr && said->conversation == e.conversation;
  if (e.stage == core::Stage::first && !by_words) saw(seen::HandedOver{.conversation = chat.number});
  chat.state = core::ConversationState::queued;
  chat.answered = false;
  chat.holder = 0;
  chat.waits_since = at_;
  if (e.stage == core::Stage::reopen) saw(seen::Reopened{.conversation = chat.number});
}

void Mirror::on(const core::event::ContactInitiated& e) {
  Chat& chat = at(e.conversation);
  chat.state = core::ConversationState::assigned;
  chat.holder = e.agent.value();
  chat.held_by.insert(chat.holder);
  chat.answered = true;
  chat.waits_since = Instant{};
  agents_[chat.holder].chats.insert(chat.number);
  saw(seen::Initiated{
      .conversation = chat.number, .visitor = chat.visitor, .queue = chat.queue, .agent = e.agent.value()});
}

void Mirror::on(const core::event::ChatOffered& e) {
  Chat& chat = at(e.conversation);
  chat.state = core::ConversationState::offered;
  chat.offered_to = e.agent.value();
  agents_[chat.offered_to].offers.insert(chat.number);
  saw(seen::Offered{.conversation = chat.number, .agent = e.agent.value()});
}

const core::event::ChatClosed* Mirror::close_ahead(core::ConversationId conversation) const {
  for (std::size_t i = index_ + 1; i < batch_->size() && (*batch_)[i].at == at_; ++i) {
    const core::EventBody& body = (*batch_)[i].body;
    if (const auto* closed = std::get_if<core::event::ChatClosed>(&body)) {
      return closed->conversation == conversation ? closed : nullptr;
    }
    const auto* verdict = std::get_if<core::event::VerdictGiven>(&body);
    const auto* ended = std::get_if<core::event::ContactEnded>(&body);
    const bool same = (verdict != nullptr && verdict->conversation == conversation) ||
                      (ended != nullptr && ended->conversation == conversation);
    if (!same) return nullptr;
  }
  return nullptr;
}

void Mirror::deed_of_close(const core::event::ChatClosed& e) {
  const std::uint64_t number = e.conversation.value();
  if (!closed_ahead_.insert(number).second) return;
  if (e.by == core::ClosedBy::visitor && e.reason != core::CloseReason::abandoned) {
    return saw(seen::VisitorClosed{.conversation = number});
  }
  if (e.by != core::ClosedBy::agent) return;
  const auto agent = who_wished(Wish::close, number, 0);
  if (!agent) return complain(numbered("durable: C", number) + " was closed by an agent unasked");
  saw(seen::AgentClosed{.conversation = number, .agent = *agent, .spam = e.reason == core::CloseReason::spam});
}

void Mirror::on(const core::event::OfferEnded& e) {
  Chat& chat = at(e.conversation);
  // A visitor who closes does so before the offer is withdrawn because of it.
  if (e.result == core::OfferEnd::rescinded) {
    if (const auto* closed = close_ahead(e.conversation)) deed_of_close(*closed);
  }
  chat.state = core::ConversationState::queued;
  chat.offered_to = 0;
  agents_[e.agent.value()].offers.erase(chat.number);
  saw(seen::OfferGone{.conversation = chat.number, .agent = e.agent.value(), .how = e.result});
}

void Mirror::on(const core::event::ChatAssigned& e) {
  Chat& chat = at(e.conversation);
  chat.state = core::ConversationState::assigned;
  chat.offered_to = 0;
  chat.holder = e.agent.value();
  chat.held_by.insert(chat.holder);
  agents_[chat.holder].chats.insert(chat.number);
  saw(seen::Assigned{.conversation = chat.number, .agent = e.agent.value()});
}

void Mirror::on(const core::event::ChatRequeued& e) {
  Chat& chat = at(e.conversation);
  const std::uint32_t agent = e.agent.value();
  if (e.stage == core::Stage::transfer) {
    seen::Transferred deed{.conversation = chat.number, .agent = agent, .to_queue = {}, .to_agent = {}};
    if (e.queue) deed.to_queue = e.queue->value();
    for (std::size_t i = index_ + 1; i < batch_->size() && (*batch_)[i].at == at_; ++i) {
      const auto* offered = std::get_if<core::event::ChatOffered>(&(*batch_)[i].body);
      const auto* assigned = std::get_if<core::event::ChatAssigned>(&(*batch_)[i].body);
      if (offered != nullptr && offered->conversation == e.conversation) {
        if (offered->rule == core::RoutedBy::transferred) deed.to_agent = offered->agent.value();
        break;
      }
      if (assigned != nullptr && assigned->conversation == e.conversation) {
        if (assigned->rule == core::RoutedBy::transferred) deed.to_agent = assigned->agent.value();
        break;
      }
    }
    saw(deed);
  }
  chat.state = core::ConversationState::queued;
  chat.holder = 0;
  ++chat.requeues;
  agents_[agent].chats.erase(chat.number);
  saw(seen::Left{.conversation = chat.number, .agent = agent});
}

void Mirror::on(const core::event::ContactEnded& e) { at(e.conversation).waits_since = Instant{}; }

void Mirror::on(const core::event::ChatClosed& e) {
  Chat& chat = at(e.conversation);
  deed_of_close(e);
  chat.state = e.wrapup ? core::ConversationState::wrapup : core::ConversationState::closed;
  ++chat.closings;
  saw(seen::Closed{.conversation = chat.number, .by = e.by, .reason = e.reason});
}

void Mirror::on(const core::event::WrapUpEnded& e) {
  Chat& chat = at(e.conversation);
  agents_[e.agent.value()].chats.erase(chat.number);
  if (chat.state == core::ConversationState::wrapup && chat.holder == e.agent.value()) {
    chat.state = core::ConversationState::closed;
    chat.holder = 0;
  }
  // Of two that end, the timer's comes first.
  if (!ends_again_in_batch(chat.number, e.agent.value()) && who_wished(Wish::finish, chat.number, e.agent.value())) {
    saw(seen::WrapUpFinished{.conversation = chat.number, .agent = e.agent.value()});
  }
  saw(seen::SlotFree{.conversation = chat.number, .agent = e.agent.value()});
}

bool Mirror::ends_again_in_batch(std::uint64_t chat, std::uint32_t agent) const {
  for (std::size_t i = index_ + 1; i < batch_->size(); ++i) {
    const auto* ended = std::get_if<core::event::WrapUpEnded>(&(*batch_)[i].body);
    if (ended != nullptr && ended->conversation.value() == chat && ended->agent.value() == agent) return true;
  }
  return false;
}

void Mirror::on(const core::event::ConversationFinal& e) {
  Chat& chat = at(e.conversation);
  chat.state = core::ConversationState::final;
  for (const std::uint64_t connection : chat.connections) connected_.erase(connection);
  chat.connections.clear();
  saw(seen::Final{.conversation = e.conversation.value()});
}

void Mirror::on(const core::event::RatingGiven& e) {
  at(e.conversation).rating = e.score;
  saw(seen::Rated{.conversation = e.conversation.value(), .score = e.score});
}

}  // namespace heti::simulation
