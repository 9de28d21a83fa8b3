#include "service/core/remote.hpp"

#include "service/base/bytes.hpp"
#include "service/base/check.hpp"
#include "service/core/view.hpp"

namespace heti::core {
namespace {

// The views of decide(), in the same words. Whoever was shown something is shown something that there is.
struct Shown {
  const State& state;
  Instant at;

  Answer operator()(const command::AgentHello& c) const { return console_view(state, state.agents.at(c.agent), at); }
  Answer operator()(const command::VisitorHello& c) const {
    WelcomeView view{.queue = view_of(state.queues.at(c.queue), at), .conversation = std::nullopt};
    const auto present = state.of_visitor.find({c.visitor, c.queue});
    if (present == state.of_visitor.end()) return view;
    const Conversation& conversation = state.conversations.at(present->second);
    view.conversation = conversation_view(state, conversation, conversation.last_seq);
    return view;
  }
  Answer operator()(const command::Start& c) const { return present({c.visitor, c.queue}); }
  Answer operator()(const command::Initiate& c) const { return present({c.visitor, c.queue}); }
  Answer operator()(const command::Open& c) const {
    const Conversation* conversation = state.find(c.conversation);
    CHECK(conversation != nullptr);
    return conversation_view(state, *conversation, c.after);
  }
  Answer operator()(const auto&) const { return Done{}; }

  Answer present(const std::pair<PublicId, QueueId>& whose) const {
    return conversation_view(state, state.conversations.at(state.of_visitor.at(whose)), 0);
  }
};

}  // namespace

bool is_next(const State& state, const CommandNumber& number) {
  const auto last = state.last_decided.find(number.node);
  if (last == state.last_decided.end() || number.incarnation > last->second.incarnation) return number.n == 1;
  return number.incarnation == last->second.incarnation && number.n == last->second.n + 1;
}

bool is_past(const State& state, const CommandNumber& number) {
  const auto last = state.last_decided.find(number.node);
  if (last == state.last_decided.end() || number.incarnation > last->second.incarnation) return false;
  return number.incarnation < last->second.incarnation || number.n <= last->second.n;
}

event::CommandDecided decided(const CommandNumber& number, const Answer& answer) {
  event::CommandDecided e{.number = number, .told = Told::shown, .code = 0, .n = 0, .seq = 0};
  if (std::holds_alternative<Done>(answer)) e.told = Told::done;
  if (const auto* posted = std::get_if<Posted>(&answer)) {
    e.told = Told::posted;
    e.n = posted->n;
    e.seq = posted->seq;
  } else if (const auto* refusal = std::get_if<Refused>(&answer)) {
    e.told = Told::refused;
    e.code = static_cast<std::uint64_t>(refusal->code);
    e.n = refusal->resend_from;
  }
  return e;
}

Answer answer_of(const State& state, const Command& command, const event::CommandDecided& decided, Instant at) {
  switch (decided.told) {
    case Told::done: return Done{};
    case Told::posted: return Posted{.n = decided.n, .seq = decided.seq};
    case Told::refused: return Refused{.code = static_cast<Refusal>(decided.code), .resend_from = decided.n};
    case Told::shown: break;
  }
  return std::visit(Shown{.state = state, .at = at}, command);
}

std::string command_bytes(const Command& command) { return to_bytes(command); }

std::optional<Command> command_from_bytes(std::string_view bytes) { return from_bytes<Command>(bytes); }

}  // namespace heti::core
