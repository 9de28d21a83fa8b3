#include "tests/core/driver.hpp"

#include "service/base/bytes.hpp"
#include "service/core/batch.hpp"
#include "service/core/evolve.hpp"
#include "service/core/invariants.hpp"
#include "service/core/remote.hpp"
#include "service/sequencer/recovery.hpp"

namespace heti::tests {

Driver::Driver() : journal_(journal::make_memory()) {}

core::Answer Driver::at(Instant when, const core::Command& command) {
  // The owner's own commands, and those of nobody, come from no other node.
  const bool numbered = last_.node != 0 && !std::holds_alternative<core::command::ResumeService>(command);
  if (numbered) ++last_.n;
  while (true) {
    core::Decision decision = core::decide(state_, when, command, numbered ? &last_ : nullptr);
    keep(decision.events, when);
    follow(decision.events, command, numbered && decision.finished ? &decision.answer : nullptr);
    if (decision.finished) return decision.answer;
  }
}

void Driver::ask_from_another_node() {
  last_ = {.node = 7, .incarnation = 3, .n = 0};
  elsewhere_ = std::move(*core::state_from_bytes(core::state_bytes(state_)));
}

namespace {

std::string in_bytes(const core::ConversationView& view) {
  return to_bytes(std::tuple_cat(std::tuple{view.id, view.conversation, view.queue_id, view.queue, view.state},
                                 std::tuple{view.last_seq, view.agent_display_name, view.visitor_online},
                                 std::tuple{view.agent_online, view.rating, view.can_rate, view.position},
                                 std::tuple{view.visitor, view.facts, view.entries}));
}

std::string in_bytes(const core::QueueView& view) {
  return to_bytes(
      std::tuple{view.id, view.name, view.open, view.closing, view.next_change, view.waiting, view.staffed});
}

// What of an answer the sender is shown, to be compared.
struct InBytes {
  std::string operator()(const core::Done&) const { return "done"; }
  std::string operator()(const core::Posted& posted) const { return to_bytes(std::pair{posted.n, posted.seq}); }
  std::string operator()(const core::Refused& refused) const {
    return to_bytes(std::pair{static_cast<std::uint64_t>(refused.code), refused.resend_from});
  }
  std::string operator()(const core::ConversationView& view) const { return in_bytes(view); }
  std::string operator()(const core::WelcomeView& view) const {
    return in_bytes(view.queue) + (view.conversation ? in_bytes(*view.conversation) : "");
  }
  std::string operator()(const core::ConsoleView& view) const {
    std::string bytes = to_bytes(std::tuple{view.agent.id, view.agent.status, view.agent.busy});
    for (const core::QueueView& queue : view.queues) bytes.append(in_bytes(queue));
    for (const core::ChatView& chat : view.chats) {
      bytes.append(to_bytes(std::tuple{chat.conversation, chat.state, chat.agent, chat.preview, chat.last_seq}));
    }
    return bytes;
  }
};

}  // namespace

void Driver::follow(const std::vector<core::Event>& events, const core::Command& command, const core::Answer* answer) {
  if (last_.node == 0) return;
  bool told = false;
  for (const core::Event& event : events) {
    core::evolve(elsewhere_, event);
    const auto* decided = std::get_if<core::event::CommandDecided>(&event.body);
    if (decided == nullptr || answer == nullptr) continue;
    told = true;
    EXPECT_EQ(decided->number, last_);
    const auto way = core::command_from_bytes(core::command_bytes(command));
    ASSERT_TRUE(way.has_value());
    const core::Answer there = core::answer_of(elsewhere_, *way, *decided, event.at);
    EXPECT_EQ(there.index(), answer->index());
    EXPECT_EQ(std::visit(InBytes{}, there), std::visit(InBytes{}, *answer)) << "command " << command.index();
  }
  EXPECT_EQ(told, answer != nullptr);
}

void Driver::keep(const std::vector<core::Event>& events, Instant when) {
  for (const std::string& broken : core::broken_invariants(state_, true)) {
    ADD_FAILURE() << "invariant " << broken << " after a command at " << to_ms(when);
  }
  if (!events.empty()) {
    const journal::Tail tail = journal_->tail();
    auto result = journal::AppendResult::unknown;
    journal_->append({.position = journal::Position{tail.position.value() + 1},
                      .at = state_.now,
                      .previous = tail.hash,
                      .payload = core::encode_batch(events)},
                     [&](journal::AppendResult r) { result = r; });
    EXPECT_EQ(result, journal::AppendResult::durable);
  }
  events_.insert(events_.end(), events.begin(), events.end());
}

void Driver::expect_replay_gives_the_same_bytes() const {
  const auto recovered = sequencer::recover(*journal_);
  ASSERT_TRUE(recovered.has_value()) << recovered.error();
  EXPECT_EQ(core::state_bytes(recovered->state), core::state_bytes(state_));
  const auto reread = core::state_from_bytes(core::state_bytes(state_));
  ASSERT_TRUE(reread.has_value());
  EXPECT_EQ(core::state_bytes(*reread), core::state_bytes(state_));
  EXPECT_EQ(core::next_deadline(*reread), core::next_deadline(state_));
}

PublicId public_id(std::uint64_t n) { return {.high = 0x4865746900000000ull, .low = n}; }

}  // namespace heti::tests
