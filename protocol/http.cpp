#include "protocol/http.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "protocol/field_set.hpp"
#include "protocol/json_parts.hpp"
#include "protocol/limits.hpp"
#include "service/base/check.hpp"

namespace heti::protocol {
namespace {

[[noreturn]] void no_such_failure() {
  CHECK(!"a value outside its enumeration");
  std::abort();
}

}  // namespace

void append_json(TextBuffer& out, const Site::Wording& part) {
  Fields(out)
      .add("title", part.title)
      .add("greeting", part.greeting)
      .add("closed", part.closed)
      .add("placeholder", part.placeholder)
      .end();
}

void append_json(TextBuffer& out, const ClosedChat& part) {
  chat_fields(out, part.chat).add("closed_at", part.closed_at).end();
}

// A ratio or a mean: the shortest digits that give it back.
void append_json(TextBuffer& out, double value) {
  CHECK(std::isfinite(value));
  constexpr std::size_t longest = 24;
  char* const at = out.room(longest);
  out.grow_to(std::to_chars(at, at + longest, value).ptr);
}

void append_json(TextBuffer& out, const Wall::Hour& part) {
  Fields(out).add("arrivals", part.arrivals).add("agents_required", part.agents_required).end();
}

void append_json(TextBuffer& out, const Wall::Queue& part) {
  Fields(out)
      .add("name", part.name)
      .add("display_name", part.display_name)
      .add("open", part.open)
      .add("closing", part.closing)
      .add("next_change", part.next_change)
      .add("waiting", part.waiting)
      .add("oldest_wait_ms", part.oldest_wait)
      .add("oldest_unanswered_ms", part.oldest_unanswered)
      .add("target_ms", part.target)
      .add("goal", part.goal)
      .add("overdue", part.overdue)
      .add("predicted_breaches", part.predicted_breaches)
      .add("estimated_wait_ms", part.estimated_wait)
      .add("staffed", part.staffed)
      .add("free_slots", part.free_slots)
      .add("min_agents", part.min_agents)
      .add("agents_required", part.agents_required)
      .add("staffed_today", part.staffed_today)
      .add("service_level_today", part.service_level_today)
      .add("good_today", part.good_today)
      .add("bad_today", part.bad_today)
      .add("next_hour", part.next_hour)
      .end();
}

std::expected<Login, ErrorCode> decode_login(std::string_view body) noexcept {
  auto fields = read_flat_object(body);
  if (!fields) return std::unexpected(fields.error());
  FieldSet in(std::move(*fields));
  Login login{in.text("name", 1, name_length_max), in.text("password", 1, password_length_max)};
  if (!in.complete()) return std::unexpected(ErrorCode::bad_frame);
  return login;
}

std::string_view to_string(HttpFailure failure) {
  switch (failure) {
    case HttpFailure::bad_request: return "bad_request";
    case HttpFailure::wrong_password: return "wrong_password";
    case HttpFailure::signed_out: return "signed_out";
    case HttpFailure::origin: return "origin";
    case HttpFailure::not_found: return "not_found";
    case HttpFailure::wrong_method: return "wrong_method";
    case HttpFailure::too_big: return "too_big";
    case HttpFailure::wrong_type: return "wrong_type";
    case HttpFailure::rate_limited: return "rate_limited";
    case HttpFailure::internal: return "internal";
    case HttpFailure::try_later: return "try_later";
  }
  no_such_failure();
}

unsigned http_status_of(HttpFailure failure) {
  switch (failure) {
    case HttpFailure::bad_request: return 400;
    case HttpFailure::wrong_password: return 401;
    case HttpFailure::signed_out: return 401;
    case HttpFailure::origin: return 403;
    case HttpFailure::not_found: return 404;
    case HttpFailure::wrong_method: return 405;
    case HttpFailure::too_big: return 413;
    case HttpFailure::wrong_type: return 415;
    case HttpFailure::rate_limited: return 429;
    case HttpFailure::internal: return 500;
    case HttpFailure::try_later: return 503;
  }
  no_such_failure();
}

std::string encode(const Account& body) {
  return text_of([&](Fields& out) { out.add("name", body.name).add("display_name", body.display_name); });
}

std::string encode(const Ticket& body) {
  return text_of([&](Fields& out) { out.add("ticket", body.ticket); });
}

std::string encode(const Site& body) {
  return text_of(
      [&](Fields& out) { out.add("queue", body.queue).add("wording", body.wording).add("websocket", body.websocket); });
}

std::string encode(const ClosedChats& body) {
  return text_of([&](Fields& out) { out.add("chats", body.chats); });
}

std::string encode(const Transcript& body) {
  return text_of([&](Fields& out) { out.add("conversation", body.conversation).add("entries", body.entries); });
}

std::string encode(const Wall& body) {
  return text_of(
      [&](Fields& out) { out.add("at", body.at).add("clock_speed", body.clock_speed).add("queues", body.queues); });
}

std::string encode(HttpFailure failure) {
  return text_of([&](Fields& out) { out.add("code", failure); });
}

}  // namespace heti::protocol
