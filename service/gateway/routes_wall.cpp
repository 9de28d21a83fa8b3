// The figures for the screen on the wall.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

#include "service/gateway/hub.hpp"
#include "service/gateway/routes.hpp"

namespace heti::gateway {

using protocol::HttpFailure;

protocol::Wall part_of(const protocol::Wall& wall, const std::vector<std::string>& queues, bool all) {
  protocol::Wall part{.at = wall.at, .clock_speed = wall.clock_speed, .queues = {}};
  std::ranges::copy_if(wall.queues, std::back_inserter(part.queues), [&](const protocol::Wall::Queue& queue) {
    return all || std::ranges::find(queues, queue.name) != queues.end();
  });
  return part;
}

void Routes::wall(const HttpRequest& request, const Hub& hub, const Responder& respond) {
  const auto who = signed_in(request, hub);
  if (!who) return respond(failure(HttpFailure::signed_out));
  Responder answer = respond;
  // A screen on the wall asks day and night, and nobody is there to sign it in again.
  if (who->session.expires - wall_now() < session_life / 2) answer = extending(request, respond);
  services_.relay.home().post([this, answer, queues = who->agent->queues, all = who->agent->supervisor] {
    const auto wall = services_.wall.at(steady_ms());
    if (wall == nullptr) return answer(failure(HttpFailure::try_later, Millis{1000}));
    answer(json(protocol::encode(part_of(*wall, queues, all))));
  });
}

Responder Routes::extending(const HttpRequest& request, const Responder& respond) {
  std::string cookie(cookie_value(request.header("cookie"), cookie_name()));
  return [this, respond, cookie = std::move(cookie)](HttpResponse response) {
    services_.pool.run([this, respond, cookie, response = std::move(response)]() mutable {
      const auto extended = services_.secrets.extend_session(cookie, wall_now());
      if (!extended) spdlog::error("session step=extend error=\"{}\"", extended.error());
      if (extended.value_or(false)) response.headers.emplace_back("Set-Cookie", cookie_header(cookie, session_life));
      respond(std::move(response));
    });
  };
}

}  // namespace heti::gateway
