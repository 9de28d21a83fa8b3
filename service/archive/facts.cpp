#include "service/archive/facts.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <tuple>
#include <utility>

namespace heti::archive {
namespace {

namespace event = core::event;
using core::ConversationId;
using core::EventBody;

struct Whose {
  using Answer = std::optional<ConversationId>;
  Answer operator()(const event::AgentConnected&) const { return std::nullopt; }
  Answer operator()(const event::AgentDisconnected&) const { return std::nullopt; }
  Answer operator()(const event::CommandDecided&) const { return std::nullopt; }
  Answer operator()(const event::FeatureLevelRaised&) const { return std::nullopt; }
  Answer operator()(const event::SettingsApplied&) const { return ConversationId{}; }
  Answer operator()(const event::CalendarSet&) const { return ConversationId{}; }
  Answer operator()(const event::ServiceResumed&) const { return ConversationId{}; }
  Answer operator()(const event::QueueOpened&) const { return ConversationId{}; }
  Answer operator()(const event::QueueClosed&) const { return ConversationId{}; }
  Answer operator()(const event::QueueClosingEnded&) const { return ConversationId{}; }
  Answer operator()(const event::AgentStatusChanged&) const { return ConversationId{}; }
  Answer operator()(const auto& e) const { return e.conversation; }
};

// Field by field where there is personal text, so that a long text is not copied only to be thrown away. A new field
// that is forgotten here does not compile.
struct Blanked {
  EventBody operator()(const event::MessagePosted& e) const {
    return event::MessagePosted{.conversation = e.conversation,
                                .seq = e.seq,
                                .author = e.author,
                                .agent = e.agent,
                                .stream = e.stream,
                                .n = e.n,
                                .body_hash = 0,
                                .text = std::to_string(characters(e.text))};
  }
  EventBody operator()(const event::ConversationStarted& e) const {
    return event::ConversationStarted{.conversation = e.conversation,
                                      .public_id = e.public_id,
                                      .visitor = e.visitor,
                                      .queue = e.queue,
                                      .facts = {},
                                      .bot_first = e.bot_first,
                                      .priority = e.priority,
                                      .credit = e.credit,
                                      .skills = e.skills};
  }
  EventBody operator()(const event::VisitorFactsChanged& e) const {
    return event::VisitorFactsChanged{.conversation = e.conversation, .facts = {}};
  }
  EventBody operator()(const event::RatingGiven& e) const {
    return event::RatingGiven{.conversation = e.conversation, .seq = e.seq, .score = e.score, .comment = {}};
  }
  EventBody operator()(const auto& e) const { return e; }
};

}  // namespace

std::optional<ConversationId> whose(const EventBody& body) { return std::visit(Whose{}, body); }

core::Event without_personal_text(const core::Event& event) {
  return {.at = event.at, .body = std::visit(Blanked{}, event.body)};
}

std::string take_personal_text(event::MessagePosted& message) {
  static_assert(std::tuple_size_v<decltype(message.fields())> == 8, "is there a new field with personal text?");
  std::string text = std::exchange(message.text, std::to_string(characters(message.text)));
  message.body_hash = 0;
  return text;
}

std::uint64_t characters(std::string_view text) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::uint64_t length_of(const event::MessagePosted& fact) {
  std::uint64_t length = 0;
  std::from_chars(fact.text.data(), fact.text.data() + fact.text.size(), length);
  return length;
}

}  // namespace heti::archive
