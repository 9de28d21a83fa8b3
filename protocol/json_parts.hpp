#pragma once
// The shared parts of frames and HTTP bodies as JSON values, built in one arena per text.
#include <array>
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "protocol/server_frames.hpp"

namespace heti::protocol {

using Arena = boost::json::storage_ptr;

boost::json::value to_json(bool value, const Arena& arena);
boost::json::value to_json(std::uint64_t value, const Arena& arena);
boost::json::value to_json(std::string_view value, const Arena& arena);
boost::json::value to_json(const std::string& value, const Arena& arena);
boost::json::value to_json(const PublicId& value, const Arena& arena);
boost::json::value to_json(Millis value, const Arena& arena);   // an integer
boost::json::value to_json(Instant value, const Arena& arena);  // "2026-06-01T06:00:00.000Z"
boost::json::value to_json(const QueueState& part, const Arena& arena);
boost::json::value to_json(const Entry& part, const Arena& arena);
boost::json::value to_json(const VisitorView& part, const Arena& arena);
boost::json::value to_json(const ConversationView& part, const Arena& arena);
boost::json::value to_json(const Wait& part, const Arena& arena);
boost::json::value to_json(const Chat& part, const Arena& arena);
boost::json::value to_json(const Chat::Visitor& part, const Arena& arena);
boost::json::value to_json(const Author& part, const Arena& arena);
boost::json::value to_json(const VisitorWelcome::Present& part, const Arena& arena);
boost::json::value to_json(const AgentWelcome::Self& part, const Arena& arena);
boost::json::value to_json(const Colleague& part, const Arena& arena);
boost::json::value to_json(const TransferQueue& part, const Arena& arena);

template <class Enum>
requires std::is_enum_v<Enum> boost::json::value to_json(Enum value, const Arena& arena) {
  return to_json(to_string(value), arena);
}

template <class T>
boost::json::value to_json(const std::vector<T>& items, const Arena& arena) {
  boost::json::array list(arena);
  list.reserve(items.size());
  for (const T& item : items) list.push_back(to_json(item, arena));
  return list;
}

// One JSON object under construction. Fields keep the order in which they are added; an absent optional adds nothing.
class Fields {
 public:
  explicit Fields(const Arena& arena) : object_(12, arena) {}

  template <class T>
  Fields& add(std::string_view name, const T& value) {
    object_.emplace(name, to_json(value, object_.storage()));
    return *this;
  }
  template <class T>
  Fields& add(std::string_view name, const std::optional<T>& value) {
    if (value) add(name, *value);
    return *this;
  }
  // A word of the protocol itself, such as a `t` or a `kind`.
  Fields& word(std::string_view name, std::string_view value) { return add(name, value); }

  boost::json::object take() { return std::move(object_); }

 private:
  boost::json::object object_;
};

// Fields shared by Chat and ClosedChat.
Fields chat_fields(const Chat& part, const Arena& arena);

// Runs `build` on the fields of one text and serialises them. A usual frame never leaves the stack buffer.
template <class Build>
std::string text_of(const Build& build) {
  std::array<unsigned char, 4096> buffer;
  boost::json::monotonic_resource resource(buffer.data(), buffer.size());
  Fields fields{Arena(&resource)};
  build(fields);
  return boost::json::serialize(fields.take());
}

}  // namespace heti::protocol
