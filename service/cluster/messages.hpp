#pragma once
// What the nodes of a workspace tell each other past the journal. Every message may be lost, and those of another
// format are none. Bytes: format 2, what it is, then its fields in base's encoding. A later build may add fields at the
// end of a message: who does not know them reads the others.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "service/base/time.hpp"
#include "service/core/ids.hpp"
#include "service/gateway/typing_elsewhere.hpp"
#include "service/sequencer/pending.hpp"

namespace heti::cluster {

enum class Role : std::uint8_t { follows = 0, leads = 1 };

// What the state came to after the batch of this position.
struct StateMark {
  std::uint64_t position = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const StateMark&, const StateMark&) = default;
  auto fields() { return std::tie(position, hash); }
};

// Each node, once a second, to all.
struct Beat {
  std::string name;  // for people: host:port
  std::uint32_t node = 0;
  std::uint64_t incarnation = 0;
  Role role{};
  std::uint64_t position = 0;  // of the journal, up to which this node has come
  std::string version;         // of the program
  std::uint64_t settings_version = 0;
  std::uint64_t connections = 0;    // visitors and agents
  std::uint64_t announced = 0;      // the number of the last Announce that it followed
  Instant now;                      // journal time there
  std::uint64_t archived = 0;       // up to which position its archive lasts
  std::uint64_t rules = 0;          // hash of the queues, agents and priorities of its settings file
  std::uint64_t feature_level = 0;  // up to which its build reads
  std::uint32_t state_format = 0;   // of what is hashed: those of another one cannot be compared
  std::vector<StateMark> states{};  // the latest, in order
  auto fields() {
    return std::tie(name, node, incarnation, role, position, version, settings_version, connections, announced, now,
                    archived, rules, feature_level, state_format, states);
  }
};

// Commands of one node, in order, to the owner.
struct Commands {
  std::vector<sequencer::Sent> sent;  // of one start of one node, numbered one after the other; not empty
};

// The owner, to a node that it took for lost: its connections were ended, and it has to say which it has. Said again
// until the node's beat names the number.
struct Announce {
  std::uint32_t node = 0;
  std::uint64_t number = 0;
  auto fields() { return std::tie(node, number); }
};

// Typing on a socket of `node`.
struct Typing {
  std::uint32_t node = 0;
  gateway::TypingElsewhere typing;
  auto fields() { return std::tie(node, typing); }
};

using Message = std::variant<Beat, Commands, Announce, Typing>;

std::string to_message(const Message& message);
std::optional<Message> from_message(std::string_view bytes);

}  // namespace heti::cluster
