#include "service/core/stored_event.hpp"

#include <type_traits>

#include "service/base/bytes.hpp"
#include "service/base/planted.hpp"

namespace heti::core {
namespace {

template <class T, std::size_t I = 0>
constexpr std::size_t number_of() {
  if constexpr (std::is_same_v<T, std::variant_alternative_t<I, StoredBody>>) {
    return I;
  } else {
    return number_of<T, I + 1>();
  }
}

static_assert(number_of<event::FeatureLevelRaised>() + 1 == first_feature_level);

// Old facts in present words. What an old build did not record is left at its default.
struct Present {
  Instant at;

  EventBody operator()(event_v1::SettingsApplied& old) const {
    event::SettingsApplied e{.version = old.version, .settings = {}};
    for (event_v1::QueueSettings& q : old.queues) {
      QueueSettings queue;
      queue.name = std::move(q.name);
      queue.display_name = std::move(q.display_name);
      queue.min_agents = q.min_agents;
      queue.first_response = q.first_response;
      queue.reply = q.reply;
      queue.after_hours = q.after_hours;
      queue.mode = q.mode;
      queue.short_abandon = q.short_abandon;
      queue.visitor_grace = q.visitor_grace;
      queue.idle_close = q.idle_close;
      queue.agent_grace = q.agent_grace;
      queue.offer_timeout = q.offer_timeout;
      queue.bar = q.bar;
      queue.reoffer = q.reoffer;
      queue.wrapup = q.wrapup;
      queue.reopen_window = q.reopen_window;
      queue.closing = q.closing;
      queue.schedule = std::move(q.schedule);
      e.settings.queues.push_back(std::move(queue));
    }
    for (event_v1::AgentSettings& a : old.agents) {
      e.settings.agents.push_back({.name = std::move(a.name),
                                   .display_name = std::move(a.display_name),
                                   .queues = std::move(a.queues),
                                   .capacity = a.capacity,
                                   .supervisor = a.supervisor,
                                   .skills = {}});
    }
    return e;
  }
  EventBody operator()(event_v1::ServiceResumed& old) const {
    return event::ServiceResumed{
        .resumed_at = old.resumed_at, .node = old.node, .incarnation = old.incarnation, .down_from = at};
  }
  EventBody operator()(event_v1::ConversationStarted& old) const {
    return event::ConversationStarted{.conversation = old.conversation,
                                      .public_id = old.public_id,
                                      .visitor = old.visitor,
                                      .queue = old.queue,
                                      .facts = std::move(old.facts),
                                      .bot_first = old.bot_first,
                                      .priority = {},
                                      .credit = {},
                                      .skills = {}};
  }
  EventBody operator()(event_v1::ContactQueued& old) const {
    return event::ContactQueued{
        .conversation = old.conversation, .contact = old.contact, .stage = old.stage, .seq = old.seq, .key = at};
  }
  EventBody operator()(event_v1::ChatRequeued& old) const {
    return event::ChatRequeued{.conversation = old.conversation,
                               .seq = old.seq,
                               .agent = old.agent,
                               .stage = old.stage,
                               .since = old.since,
                               .queue = std::nullopt,
                               .handle = {},
                               .focus = {}};
  }
  EventBody operator()(event_v1::WrapUpEnded& old) const {
    return event::WrapUpEnded{.agent = old.agent,
                              .engagement = old.engagement,
                              .conversation = old.conversation,
                              .handle = old.handle,
                              .wrapup = old.wrapup,
                              .focus = {}};
  }
  template <class Same>
  EventBody operator()(Same& same) const {
    return std::move(same);
  }
};

}  // namespace

std::uint64_t feature_level() { return std::variant_size_v<StoredBody> + (planted(Planted::next_build) ? 1 : 0); }

std::uint64_t type_of(const EventBody& body) {
  return std::visit([](const auto& e) -> std::uint64_t { return number_of<std::decay_t<decltype(e)>>(); }, body);
}

void write_event(ByteWriter& out, const Event& event) {
  encode(out, event.at);
  std::visit(
      [&out]<class Body>(const Body& body) {
        out.unsigned_value(number_of<Body>());
        encode(out, body);
      },
      event.body);
}

Event read_event(ByteReader& in) {
  Event event;
  decode(in, event.at);
  StoredBody stored;
  decode(in, stored);
  event.body = std::visit(Present{.at = event.at}, stored);
  return event;
}

}  // namespace heti::core
