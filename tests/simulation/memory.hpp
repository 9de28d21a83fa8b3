#pragma once
// What the model believes of queues, agents and conversations, as told by the sightings. Readings are those of the
// odometer of the conversation's home queue.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "service/base/time.hpp"
#include "service/core/event.hpp"

namespace heti::simulation {

struct Desk {  // a queue
  core::QueueSettings settings;
  bool removed = false;
  std::optional<std::uint32_t> help;  // the queue that `overflow` names
  Instant closing_until = never;      // while closing: the end of it
  bool free_agent = false;            // a member is ONLINE with a free slot

  bool pulls() const { return settings.mode == core::RoutingMode::pull; }
};

struct Slot {
  std::uint64_t chat = 0;
  Instant accepted;
  std::optional<Instant> ended;  // wrap-up since
  Instant due = never;           // of the wrap-up
  Instant finished = never;      // when the agent said that it is done
};

struct Clerk {  // an agent
  core::AgentSettings settings;
  bool removed = false;
  std::set<std::uint32_t> queues;
  std::set<std::string> skills;
  core::AgentStatus status = core::AgentStatus::offline;
  core::AgentStatus before_lost = core::AgentStatus::offline;
  core::AgentStatus shown = core::AgentStatus::offline;
  std::set<std::uint64_t> connections;
  Instant lost_at;
  std::vector<std::int64_t> lost_readings;  // of all queues
  Instant grace_due = never;
  Instant offline_at = never;  // and since when their chats count as left, with all readings of then
  Instant released_since;
  std::vector<std::int64_t> released_readings;
  std::uint32_t expiries = 0;  // in a row
  Instant last_assigned{};
  std::vector<Slot> slots;
  std::set<std::uint64_t> offers;

  bool online() const { return status == core::AgentStatus::online && !removed; }
  std::size_t busy() const { return slots.size() + offers.size(); }
  bool free_slot() const { return busy() < settings.capacity; }
};

struct Promise {
  std::uint64_t serial = 0;  // tells it from others of the conversation
  Instant started;
  std::int64_t reading = 0;
  Millis threshold{};
  bool judged = false;
};

// One wait in a line.
struct Stay {
  core::Stage stage{};
  Instant since;
  std::int64_t reading = 0;  // at `since`
  std::uint32_t line = 0;
  Instant entered;             // later than `since` when an agent was lost
  Instant held_until = never;  // kept for the agent of last time; never: not kept
  std::optional<std::uint32_t> help;
  Millis help_after{};
  Instant joined = never;  // when the helpers came
};

struct Contact {
  bool outbound = false;
  Instant key;
  Promise first;
  bool answered = false;  // or begun by an agent
  Millis max_wait{};
  std::optional<Promise> turn;
  Stay stay;
};

struct Bar {
  Instant soft_at;
  Instant until;
};

struct Offer {
  std::uint32_t agent = 0;
  Instant due;
  bool void_by_outage = false;  // made before we were gone: shown to nobody any more
};

enum class ChatState : std::uint8_t { fresh, waiting, held, over, offline, final };

// What was done or shown within the present instant, and is due an explanation by its end.
struct Today {
  Instant visitor_closed = never, agent_closed = never;  // They said so.
  bool spam = false;
  Instant sent_home = never;  // an operator ended the closing of its line
  Instant closed = never, reopened = never, reopened_shown = never;
  Instant offline = never, offline_shown = never;
  Instant left = never, transferred = never, handed = never, accepted = never, rescinded = never;
  std::optional<std::uint32_t> to_queue, to_agent;  // of the transfer
  std::uint32_t accepted_by = 0, rescinded_from = 0;
};

struct Chat {  // a conversation
  std::uint64_t number = 0;
  std::uint64_t rank = 0;  // in the order of starting: the last tie-break of the line
  std::uint32_t home = 0;
  bool bot_first = false;
  Millis credit{};
  std::set<std::string> skills;
  ChatState state = ChatState::fresh;
  std::uint64_t last_seq = 0;

  std::set<std::uint64_t> connections;
  std::optional<Instant> gone_at;
  std::int64_t gone_reading = 0;
  Instant gone_due = never;

  std::optional<Contact> contact;
  std::optional<Offer> offer;
  std::uint32_t holder = 0;
  std::map<std::uint32_t, Bar> barred;
  std::uint32_t last_agent = 0;
  Instant last_contact;
  std::optional<std::int64_t> first_reading;  // when the first contact began
  std::int64_t closed_reading = 0;
  Instant final_due = never;
  bool in_vain = false;  // waits though somebody could serve it; told once
  Today today;
};

}  // namespace heti::simulation
