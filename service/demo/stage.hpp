#pragma once
// What the people of a demonstration share: the loop, the server, its time, what became of each visit, and the totals.
// Everything here is for the loop's thread only.
#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "service/client/ws_client.hpp"
#include "service/demo/record.hpp"
#include "service/demo/script.hpp"

namespace heti::demo {

// What the clients themselves know: acknowledged by the server, or read from it.
struct Totals {
  std::uint64_t contacts = 0;       // first messages acknowledged
  std::uint64_t answered = 0;       // of these, an answer came before the end
  std::uint64_t abandoned = 0;      // gone before
  std::uint64_t ended_by_desk = 0;  // ended without an answer, and not by the visitor
  std::uint64_t visitor_messages = 0;
  std::uint64_t agent_messages = 0;
  std::uint64_t ratings = 0;
  std::uint64_t faults = 0;  // refusals, errors and lost connections that the script does not know

  std::uint64_t waiting() const { return contacts - answered - abandoned - ended_by_desk; }
};

class Visitor;

struct Stage {
  client::Loop& loop;
  client::Server server;
  std::string queue;
  std::string password;
  std::uint32_t speed = 1;
  Totals totals{};
  std::map<std::string, std::weak_ptr<Visitor>, std::less<>> by_conversation{};
  std::function<void(std::string sentence)> on_fault{};
  // Journal time is the server's: as of a welcome, carried on by our own clock.
  Instant server_time{};
  std::chrono::steady_clock::time_point read_at{};
  bool ending = false;
  std::unique_ptr<Record> record{};  // null: nobody wants it
  // Chats with an acknowledged answer; and those whose visitor left the page before having read one.
  std::set<std::string, std::less<>> answered_by_desk{};
  std::set<std::string, std::less<>> left_unanswered{};

  Instant now() const {
    const auto passed = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - read_at);
    return server_time + passed * speed;
  }
  // Runs `task` after a stretch of journal time.
  client::Loop::Timer after(Millis journal_time, std::function<void()> task) {
    return loop.after(std::max(journal_time, Millis{0}) / speed, std::move(task));
  }
  void note(std::string_view who, std::uint64_t connection, std::string_view what, std::string_view frame = {}) const {
    if (record) record->add(who, connection, now(), what, frame);
  }
  void fault(std::string sentence) {
    ++totals.faults;
    on_fault(std::move(sentence));
  }
};

// A field of a frame; empty or 0 where there is none.
inline std::string_view word(const boost::json::object& frame, std::string_view name) {
  const auto* const value = frame.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}
inline std::int64_t number(const boost::json::object& frame, std::string_view name) {
  const auto* const value = frame.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}
inline const boost::json::object& part(const boost::json::object& frame, std::string_view name) {
  static const boost::json::object none;
  const auto* const value = frame.if_contains(name);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}
// Empty if the text is no object.
inline boost::json::object frame_of(std::string_view text) {
  boost::system::error_code error;
  auto value = boost::json::parse(text, error);
  return !error && value.is_object() ? std::move(value.get_object()) : boost::json::object();
}

}  // namespace heti::demo
