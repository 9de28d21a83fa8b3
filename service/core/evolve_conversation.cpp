// What is said in a conversation, and how it ends.
#include <algorithm>

#include "service/base/check.hpp"
#include "service/base/planted.hpp"
#include "service/core/decider.hpp"
#include "service/core/evolver.hpp"
#include "service/core/staffing.hpp"
#include "service/core/timers.hpp"

namespace heti::core {
namespace {

// Cuts text to at most `size` bytes without splitting a UTF-8 character.
std::string_view cut(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  std::size_t end = size;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

// Leaves the last post alone to the stream that was silent longest, if too many have more.
void cut_marks(Conversation& conversation) {
  std::size_t long_marks = 0;
  ClientMark* oldest = nullptr;
  for (auto& [name, mark] : conversation.marks) {
    if (mark.posts.size() < 2) continue;
    ++long_marks;
    if (oldest == nullptr || mark.used < oldest->used) oldest = &mark;
  }
  if (long_marks > long_marks_max) oldest->posts = {oldest->posts.back()};
}

}  // namespace

void Evolver::add_entry(Conversation& conversation, std::uint64_t seq) {
  if (seq == 0) return;
  CHECK(seq == conversation.last_seq + 1);
  conversation.last_seq = seq;
  auto entry = entry_of(s, event);
  CHECK(entry.has_value());
  std::deque<Entry>& recent = conversation.recent;
  recent.push_back(std::move(entry->second));
  conversation.recent_text += recent.back().text.size();
  while (recent.size() > recent_entries_max || (conversation.recent_text > recent_text_max && recent.size() > 1)) {
    conversation.recent_text -= recent.front().text.size();
    recent.pop_front();
  }
}

void forget_text(Conversation& conversation) {
  conversation.recent.clear();
  conversation.recent_text = 0;
  conversation.preview.clear();
}

void Evolver::remember_post(Conversation& conversation, const event::MessagePosted& e) const {
  if (e.stream.empty()) return;
  const StreamName name{.visitor = e.author == Author::visitor, .agent = e.agent, .stream = e.stream};
  ClientMark& mark = conversation.marks[name];
  mark.last_n = e.n;
  mark.used = ++conversation.mark_uses;
  mark.posts.push_back({.n = e.n, .seq = e.seq, .body_hash = e.body_hash});
  if (mark.posts.size() > mark_posts_max) mark.posts.erase(mark.posts.begin(), mark.posts.end() - mark_posts_kept);
  if (mark.posts.size() == 2 && conversation.marks.size() > long_marks_max) cut_marks(conversation);
}

void Evolver::operator()(const event::ConversationStarted& e) {
  Conversation& conversation = s.conversations[e.conversation];
  conversation.id = e.conversation;
  conversation.public_id = e.public_id;
  conversation.visitor = e.visitor;
  conversation.queue = e.queue;
  conversation.facts = e.facts;
  conversation.created = at;
  conversation.bot_first = e.bot_first;
  conversation.priority = e.priority;
  conversation.credit = e.credit;
  conversation.skills = e.skills;
  conversation.last_contact_at = at;
  s.last_conversation = e.conversation.value();
  s.of_visitor[{e.visitor, e.queue}] = e.conversation;
  s.by_public_id[e.public_id] = s.by_id[e.conversation.value()] = &conversation;
}

void Evolver::operator()(const event::OfflineMessageOpened& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  conversation.state = ConversationState::offline_message;
  conversation.agent.reset();  // Who is still in wrap-up keeps that slot, not the conversation.
  conversation.gone_due = never;
  conversation.final_due = never;
  reindex(s, conversation);
}

void Evolver::operator()(const event::MessagePosted& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  remember_post(conversation, e);
  if (planted(Planted::state_drifts))
    conversation.mark_uses += reinterpret_cast<std::uintptr_t>(&conversation) / 64 % 2;
  if (e.author == Author::note) return;
  add_entry(conversation, e.seq);
  conversation.preview = cut(e.text, 120);
  conversation.preview_author = e.author;
  if (e.author == Author::visitor && conversation.contact && conversation.answered &&
      (!conversation.contact->turn || (planted(Planted::turn_restarts) && !conversation.contact->turn->judged))) {
    const Queue& queue = queue_of(s, conversation);
    conversation.contact->turn = promise(queue, at, queue.settings.reply.threshold);
    reindex(s, conversation);
  }
}

void Evolver::operator()(const event::FirstResponseGiven& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  conversation.contact->first_response_time = e.time;
  conversation.answered = true;
  if (conversation.gone_at) conversation.gone_due = at + queue_of(s, conversation).settings.idle_close;
  reindex(s, conversation);
}

void Evolver::operator()(const event::ReplyGiven& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  conversation.contact->turn.reset();
  reindex(s, conversation);
}

void Evolver::operator()(const event::VerdictGiven& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  Promise& judged =
      e.sla == Sla::first_response ? conversation.contact->first_response : conversation.contact->turn.value();
  CHECK(!judged.judged);
  judged.judged = true;
  reindex(s, conversation);
}

void Evolver::operator()(const event::ContactEnded& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  leave_line(conversation);
  conversation.contact.reset();
  reindex(s, conversation);
}

void Evolver::operator()(const event::ChatClosed& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  conversation.state = e.wrapup ? ConversationState::wrapup : ConversationState::closed;
  conversation.closed_at = conversation.last_contact_at = at;
  conversation.final_due = at + queue_of(s, conversation).settings.reopen_window;
  conversation.gone_due = never;
  conversation.barred.clear();
  add_entry(conversation, e.seq);
  if (e.wrapup) {
    Agent& agent = agent_at(s, conversation.agent.value());
    before_change(s, agent, at);
    Engagement& engagement = agent.engagements.at(conversation.engagement);
    engagement.ended = at;
    engagement.wrapup_due = e.wrapup_due;
    reindex(s, agent);
  } else {
    forget_text(conversation);
  }
  reindex(s, conversation);
}

void Evolver::operator()(const event::WrapUpEnded& e) {
  Agent& agent = agent_at(s, e.agent);
  before_change(s, agent, at);
  agent.engagements.erase(e.engagement);
  reindex(s, agent);
  const auto found = s.conversations.find(e.conversation);
  if (found == s.conversations.end()) return;
  Conversation& conversation = found->second;
  if (conversation.state != ConversationState::wrapup || conversation.engagement != e.engagement) return;
  conversation.state = ConversationState::closed;
  conversation.agent.reset();
  forget_text(conversation);
  reindex(s, conversation);
}

void Evolver::operator()(const event::ConversationFinal& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  s.of_visitor.erase({conversation.visitor, conversation.queue});
  s.by_public_id.erase(conversation.public_id);
  s.by_id.erase(e.conversation.value());
  unindex(s, conversation);
  s.conversations.erase(e.conversation);
}

void Evolver::operator()(const event::RatingGiven& e) {
  Conversation& conversation = conversation_at(s, e.conversation);
  conversation.rating = e.score;
  const bool keeps_text = conversation.state != ConversationState::closed;
  add_entry(conversation, e.seq);
  if (!keeps_text) forget_text(conversation);
}

}  // namespace heti::core
