#include "protocol/http.hpp"

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

boost::json::value to_json(const Site::Wording& part, const Arena& arena) {
  return Fields(arena)
      .add("title", part.title)
      .add("greeting", part.greeting)
      .add("closed", part.closed)
      .add("placeholder", part.placeholder)
      .take();
}

boost::json::value to_json(const ClosedChat& part, const Arena& arena) {
  return chat_fields(part.chat, arena).add("closed_at", part.closed_at).take();
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

std::string encode(HttpFailure failure) {
  return text_of([&](Fields& out) { out.add("code", failure); });
}

}  // namespace heti::protocol
