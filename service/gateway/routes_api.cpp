// The API of the faces: what the loader asks, signing in and out, tickets, and yesterday's chats.
#include <spdlog/spdlog.h>

#include <charconv>
#include <utility>

#include "service/gateway/hub.hpp"
#include "service/gateway/origin.hpp"
#include "service/gateway/routes.hpp"
#include "service/gateway/to_wire.hpp"

namespace heti::gateway {

using protocol::HttpFailure;

namespace {

constexpr std::uint32_t closed_limit_default = 50;
constexpr std::uint32_t closed_limit_max = 200;
// A transcript is given whole; beyond this the oldest lines are left out.
constexpr std::uint32_t transcript_entries_max = 5'000;

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

// ---- The loader

HttpResponse Routes::site(const HttpRequest& request, const Hub& hub) const {
  const auto name = request.parameter("queue");
  const auto* queue = name ? hub.directory().public_queue(*name) : nullptr;
  const Options& options = services_.options;
  HttpResponse response = failure(HttpFailure::not_found);
  if (queue != nullptr) {
    protocol::Site site;
    site.queue = queue->state;
    site.wording = queue->wording;
    response = json(protocol::encode(site));
    const std::string etag = "\"" + fingerprint(response.body) + "\"";
    response.cache_control = "public, max-age=60";
    response.headers.emplace_back("ETag", etag);
    if (etag_matches(request.header("if-none-match"), etag)) response.status = 304;
  }
  const std::string_view origin = request.header("origin");
  const bool anybody = origin_allowed(options.widget_origins, {});  // "*" is in the list
  if (anybody) {
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  } else {
    response.headers.emplace_back("Vary", "Origin");
    if (origin_allowed(options.widget_origins, origin)) {
      response.headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
    }
  }
  return response;
}

// ---- Sessions

std::string_view Routes::cookie_name() const { return services_.options.behind_tls ? "__Host-heti" : "heti"; }

std::string Routes::cookie_header(std::string_view value, Millis life) const {
  std::string out(cookie_name());
  out += '=';
  out += value;
  out += "; Path=/; HttpOnly; SameSite=Lax; Max-Age=";
  out += std::to_string(life.count() / 1000);
  if (services_.options.behind_tls) out += "; Secure";
  return out;
}

std::optional<Routes::SignedIn> Routes::signed_in(const HttpRequest& request, const Hub& hub) const {
  const std::string_view cookie = cookie_value(request.header("cookie"), cookie_name());
  if (cookie.empty()) return std::nullopt;
  auto session = services_.secrets.find_session(cookie, wall_now());
  if (!session) return std::nullopt;
  // Whoever was taken out of the settings is out at once, whatever the cookie says.
  const auto* agent = hub.directory().agent(session->login);
  if (agent == nullptr) return std::nullopt;
  return SignedIn{.session = *std::move(session), .agent = agent};
}

HttpResponse Routes::me(const HttpRequest& request, const Hub& hub) const {
  const auto who = signed_in(request, hub);
  if (!who) return failure(HttpFailure::signed_out);
  return json(protocol::encode(protocol::Account{.name = who->agent->login, .display_name = who->agent->display_name}));
}

HttpResponse Routes::ticket(const HttpRequest& request, const Hub& hub) {
  const auto who = signed_in(request, hub);
  if (!who) return failure(HttpFailure::signed_out);
  const Ticket ticket{.login = who->agent->login,
                      .session_key = who->session.key,
                      .session_expires = who->session.expires,
                      .issued = wall_now(),
                      .nonce = random_public_id()};
  return json(protocol::encode(protocol::Ticket{.ticket = services_.signer.sign(ticket)}));
}

void Routes::login(const HttpRequest& request, const Hub& hub, const Responder& respond) {
  auto asked = protocol::decode_login(request.body);
  if (!asked) return respond(failure(HttpFailure::bad_request));
  if (const auto wait = services_.throttle.attempt(asked->name, request.address, steady_ms())) {
    count(services_.metrics.logins, LoginResult::rate_limited);
    return respond(failure(HttpFailure::rate_limited, *wait));
  }
  // Known or not, the password is hashed: the answer takes the same time.
  const auto* agent = hub.directory().public_agent(asked->name);
  const bool known = agent != nullptr;
  protocol::Account account{.name = asked->name, .display_name = known ? agent->display_name : std::string()};
  auto job = [this, respond, known, account = std::move(account), asked = *std::move(asked),
              address = request.address] {
    const auto right = services_.secrets.verify(asked.name, asked.password);
    if (!right) {
      spdlog::error("login step=verify error=\"{}\"", right.error());
      count(services_.metrics.logins, LoginResult::failed);
      return respond(failure(HttpFailure::internal));
    }
    if (!*right || !known) {
      count(services_.metrics.logins, LoginResult::wrong_password);
      return respond(failure(HttpFailure::wrong_password));
    }
    // A new session each time: nobody's cookie of before is worth anything.
    const auto cookie = services_.secrets.start_session(asked.name, wall_now());
    if (!cookie) {
      spdlog::error("login step=session error=\"{}\"", cookie.error());
      count(services_.metrics.logins, LoginResult::failed);
      return respond(failure(HttpFailure::internal));
    }
    services_.throttle.succeeded(asked.name, address);
    count(services_.metrics.logins, LoginResult::ok);
    HttpResponse response = json(protocol::encode(account));
    response.headers.emplace_back("Set-Cookie", cookie_header(*cookie, session_life));
    respond(std::move(response));
  };
  if (!services_.pool.try_run(std::move(job))) {
    services_.throttle.succeeded(account.name, request.address);
    count(services_.metrics.logins, LoginResult::busy);
    respond(failure(HttpFailure::try_later, Millis{2000}));
  }
}

void Routes::logout(const HttpRequest& request, const Hub& hub, const Responder& respond) {
  HttpResponse response = json("{}");
  response.headers.emplace_back("Set-Cookie", cookie_header("", Millis{0}));
  const auto who = signed_in(request, hub);
  if (!who) return respond(std::move(response));
  services_.relay.spread(hub.index(), [key = who->session.key](Hub& each) { each.sign_out({key}); });
  // Answered when the end is on disk: a restart must not bring the session back.
  services_.pool.run([this, respond, response = std::move(response),
                      cookie = std::string(cookie_value(request.header("cookie"), cookie_name()))] {
    const auto ended = services_.secrets.end_session(cookie);
    if (ended) return respond(response);
    spdlog::error("logout step=end error=\"{}\"", ended.error());
    respond(failure(HttpFailure::internal));
  });
}

// ---- Yesterday's chats

void Routes::closed_chats(const HttpRequest& request, const Hub& hub, const Responder& respond) {
  const auto who = signed_in(request, hub);
  if (!who) return respond(failure(HttpFailure::signed_out));
  std::uint32_t limit = closed_limit_default;
  if (const auto asked = request.parameter("limit")) {
    const auto number = number_of(*asked);
    if (!number || *number == 0) return respond(failure(HttpFailure::bad_request));
    limit = std::min(*number, closed_limit_max);
  }
  auto done = [respond](std::expected<std::vector<archive::Record>, std::string> records) {
    if (!records) return respond(failure(HttpFailure::try_later, Millis{1000}));
    protocol::ClosedChats out;
    const Instant now = wall_now();
    for (const archive::Record& record : *records) out.chats.push_back(closed_chat(record, now));
    respond(json(protocol::encode(out)));
  };
  services_.archive.closed_chats(who->agent->queues, limit, std::move(done));
}

void Routes::transcript(const HttpRequest& request, std::string_view id, const Hub& hub, const Responder& respond) {
  const auto who = signed_in(request, hub);
  if (!who) return respond(failure(HttpFailure::signed_out));
  const auto conversation = parse_public_id(id);
  if (!conversation) return respond(failure(HttpFailure::not_found));
  // The archive's thread only brings the rows: what looks at this gateway runs on its loop, or not at all.
  auto done = [this, weak_loop = hub.loop().weak_from_this(), respond,
               agent = *who->agent](std::expected<std::optional<archive::Transcript>, std::string> found) {
    if (!found) return respond(failure(HttpFailure::try_later, Millis{1000}));
    // A foreign queue's chat and no chat look the same.
    if (!*found || !agent.serves((*found)->record.queue)) return respond(failure(HttpFailure::not_found));
    auto kept = std::make_shared<const archive::Transcript>(*std::move(*found));
    if (const auto loop = weak_loop.lock()) loop->post([this, respond, kept] { give_transcript(kept, respond); });
  };
  services_.archive.transcript(*conversation, 0, transcript_entries_max, std::move(done));
}

void Routes::give_transcript(const std::shared_ptr<const archive::Transcript>& kept, const Responder& respond) {
  auto answer = [respond, kept](const core::State& state, Instant) {
    protocol::Transcript out;
    const auto* live = state.find(kept->record.conversation);
    out.conversation = live == nullptr
                           ? conversation_of(kept->record)
                           : to_wire(core::conversation_view(state, *live, live->last_seq), protocol::Role::agent);
    out.entries = to_wire(kept->entries);
    respond(json(protocol::encode(out)));
  };
  if (!services_.with_state(std::move(answer))) respond(failure(HttpFailure::try_later, Millis{1000}));
}

}  // namespace heti::gateway
