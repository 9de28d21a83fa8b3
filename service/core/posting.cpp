// Messages: who may post what in which state, and the sender's own numbering that makes a repeated post harmless.
#include "service/base/check.hpp"
#include "service/base/planted.hpp"
#include "service/core/decider.hpp"
#include "service/core/state_table.hpp"

namespace heti::core {
namespace {

// FNV-1a, 64 bits: tells a repeated text from another one under the same number. Only the sender could profit from a
// collision, against itself.
std::uint64_t body_hash(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

std::optional<Answer> numbering(const Conversation& conversation, const StreamName& name, std::uint64_t n,
                                std::uint64_t hash) {
  const auto mark = conversation.marks.find(name);
  if (mark == conversation.marks.end() && conversation.marks.size() >= marks_max) return refused(Refusal::not_allowed);
  const std::uint64_t last = mark == conversation.marks.end() ? 0 : mark->second.last_n;
  if (n == last + 1) return std::nullopt;
  if (planted(Planted::no_dedupe) && n != 0 && n < last + 1) return std::nullopt;
  if (n > last || n == 0) return Refused{.code = Refusal::resend_from, .resend_from = last + 1};
  for (const MarkedPost& post : mark->second.posts) {
    if (post.n != n) continue;
    if (post.body_hash != hash) return refused(Refusal::conflict);
    return Posted{.n = n, .seq = post.seq};
  }
  // Kept so long ago that its text and place are forgotten. An answer is a high-water mark: that of the newest post
  // says that this one is durable, too.
  return Posted{.n = last, .seq = mark->second.posts.back().seq};
}

void append(Decider& d, Conversation& conversation, const command::Post& c, std::uint64_t hash) {
  d.emit(event::MessagePosted{.conversation = conversation.id,
                              .seq = c.author == Author::note ? 0 : next_seq(conversation),
                              .author = c.author,
                              .agent = c.sender.agent.value_or(AgentId{}),
                              .stream = c.stream,
                              .n = c.n,
                              .body_hash = hash,
                              .text = c.text});
}

// The visitor speaks: the first words, or words after the end, ask for a human.
std::optional<Refused> post_of_visitor(Decider& d, Conversation& conversation, const command::Post& c,
                                       std::uint64_t hash) {
  const Queue& queue = queue_of(d.state, conversation);
  const bool begins = conversation.state == ConversationState::fresh && !conversation.bot_first;
  const bool over = conversation.state == ConversationState::wrapup || conversation.state == ConversationState::closed;
  if (!begins && !over) {
    append(d, conversation, c, hash);
    return std::nullopt;
  }
  if (!takes_contacts(queue)) {
    if (queue.settings.after_hours == AfterHours::refuse) return refused(Refusal::queue_closed);
    d.emit(event::OfflineMessageOpened{.conversation = conversation.id});
    append(d, conversation, c, hash);
  } else if (begins) {
    append(d, conversation, c, hash);
    enqueue(d, conversation, Stage::first);
  } else {
    enqueue(d, conversation, Stage::reopen);
    append(d, conversation, c, hash);
  }
  return std::nullopt;
}

Ask ask_of(Author author) {
  switch (author) {
    case Author::visitor: return Ask::visitor_message;
    case Author::agent: return Ask::agent_message;
    case Author::note: return Ask::note;
    case Author::bot:
    case Author::automatic:
    case Author::system: break;
  }
  return Ask::machine_message;
}

std::optional<Refusal> may_post(const Agent& agent, const Conversation& conversation, Author author) {
  if (author == Author::note) return std::nullopt;
  if (author != Author::agent) return Refusal::not_allowed;
  if (conversation.state == ConversationState::offline_message) return std::nullopt;
  if (conversation.agent != agent.id && !agent.settings.supervisor) return Refusal::not_allowed;
  return std::nullopt;
}

}  // namespace

Answer post(Decider& d, const command::Post& c) {
  Conversation* conversation = d.state.find(c.conversation);
  if (conversation == nullptr) return refused(Refusal::not_found);
  if (c.sender.visitor && *c.sender.visitor != conversation->visitor) return refused(Refusal::not_found);
  const bool by_service = !c.sender.visitor && !c.sender.agent;
  if (by_service != (ask_of(c.author) == Ask::machine_message)) return refused(Refusal::not_allowed);
  if (c.sender.visitor && c.author != Author::visitor) return refused(Refusal::not_allowed);

  const Agent* agent = nullptr;
  if (c.sender.agent) {
    const auto found = d.state.agents.find(*c.sender.agent);
    if (found == d.state.agents.end() || !may_see(found->second, *conversation)) return refused(Refusal::not_found);
    agent = &found->second;
  }

  const std::uint64_t hash = body_hash(c.text);
  if (!c.stream.empty()) {
    const StreamName name{
        .visitor = c.sender.visitor.has_value(), .agent = c.sender.agent.value_or(AgentId{}), .stream = c.stream};
    if (auto known = numbering(*conversation, name, c.n, hash)) return *known;
  }
  if (allowed(conversation->state, ask_of(c.author)) != Allowed::yes) return refused(Refusal::wrong_state);
  if (agent != nullptr) {
    if (const auto refusal = may_post(*agent, *conversation, c.author)) return refused(*refusal);
  }

  if (c.sender.visitor) {
    if (const auto refusal = post_of_visitor(d, *conversation, c, hash)) return *refusal;
    CHECK(!planted(Planted::poisoned) || c.text != "poison");
  } else {
    append(d, *conversation, c, hash);
    const bool stops = c.author == Author::agent || (planted(Planted::bot_answers) && c.author == Author::bot);
    if (stops) answered(d, *conversation);
  }
  return Posted{.n = c.n, .seq = c.author == Author::note ? 0 : conversation->last_seq};
}

}  // namespace heti::core
