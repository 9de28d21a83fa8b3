#pragma once
// Events as the journal numbers them (service/journal/FORMAT.md). The place in StoredBody is the type number, so the
// order never changes and nothing is taken out: a new event, or a new version of one, goes to the END. Writing gives
// present events the number of their newest version; reading turns older versions into present ones.
#include <variant>

#include "service/core/event.hpp"
#include "service/core/event_v1.hpp"

namespace heti {
class ByteReader;
class ByteWriter;
}  // namespace heti

namespace heti::core {

using StoredBody =
    std::variant<event_v1::SettingsApplied, event::CalendarSet, event_v1::ServiceResumed, event::QueueOpened,
                 event::QueueClosed, event::QueueClosingEnded, event::AgentConnected, event::AgentDisconnected,
                 event::AgentStatusChanged, event_v1::ConversationStarted, event::VisitorConnected,
                 event::VisitorDisconnected, event::MessagePosted, event_v1::ContactQueued, event::ChatOffered,
                 event::OfferEnded, event::ChatAssigned, event_v1::ChatRequeued, event::FirstResponseGiven,
                 event::ReplyGiven, event::VerdictGiven, event::ContactEnded, event::ChatClosed, event_v1::WrapUpEnded,
                 event::ConversationFinal, event::RatingGiven, event::BarEnded, event::OfflineMessageOpened,
                 event::VisitorFactsChanged, event::SettingsApplied, event::ConversationStarted, event::ContactQueued,
                 event::ChatRequeued, event::WrapUpEnded, event::ContactInitiated, event::RoutingWidened,
                 event::ServiceResumed, event::CommandDecided, event::FeatureLevelRaised>;

// A level is a number of types: a build of that level reads those below it. Every build that shares a journal with
// others knows those of the first level; later ones are written when the journal says that all nodes read them.
inline constexpr std::uint64_t first_feature_level = 39;
// Of this build.
std::uint64_t feature_level();
// Of the newest version of what it is.
std::uint64_t type_of(const EventBody& body);

void write_event(ByteWriter& out, const Event& event);
// An unknown type number or malformed bytes make in.ok() false.
Event read_event(ByteReader& in);

}  // namespace heti::core
