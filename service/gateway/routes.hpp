#pragma once
// What the public listener serves: the API of both faces, the web root, and the two WebSocket paths.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "service/gateway/http_session.hpp"
#include "service/gateway/services.hpp"

namespace heti::gateway {

class Routes final : public HttpSite {
 public:
  explicit Routes(Services& services) : services_(services) {}

  void handle(HttpRequest request, Hub& hub, Responder respond) override;
  std::optional<HttpResponse> upgrade(Connection& connection, Hub& hub, const HttpReader& request,
                                      std::string bytes_behind) override;
  std::string address_of(const Connection& connection, const HttpRequest& request) const override;

 private:
  bool look_elsewhere(const HttpRequest& request, Hub& hub, const Responder& respond);
  void answer(const HttpRequest& request, Hub& hub, const Responder& respond);
  void handle_get(const HttpRequest& request, Hub& hub, const Responder& respond);
  void handle_post(const HttpRequest& request, Hub& hub, const Responder& respond);

  // routes_api.cpp
  HttpResponse site(const HttpRequest& request, const Hub& hub) const;
  HttpResponse me(const HttpRequest& request, const Hub& hub) const;
  HttpResponse ticket(const HttpRequest& request, const Hub& hub);
  void login(const HttpRequest& request, const Hub& hub, const Responder& respond);
  void logout(const HttpRequest& request, const Hub& hub, const Responder& respond);
  void closed_chats(const HttpRequest& request, const Hub& hub, const Responder& respond);
  void transcript(const HttpRequest& request, std::string_view id, const Hub& hub, const Responder& respond);

  // routes_wall.cpp
  void wall(const HttpRequest& request, const Hub& hub, const Responder& respond);
  // Gives the asker's session its whole life again before it answers.
  Responder extending(const HttpRequest& request, const Responder& respond);

  void give_transcript(const std::shared_ptr<const archive::Transcript>& kept, const Responder& respond);

  struct SignedIn {
    AgentSession session;
    const Directory::Agent* agent;
  };
  std::optional<SignedIn> signed_in(const HttpRequest& request, const Hub& hub) const;
  std::string_view cookie_name() const;
  std::string cookie_header(std::string_view value, Millis life) const;

  Services& services_;
};

// The value of that cookie in a Cookie header; empty if it is not there.
std::string_view cookie_value(std::string_view header, std::string_view name);

}  // namespace heti::gateway
