#pragma once
// One WebSocket of a visitor or an agent, from the handshake to the end. It turns frames into commands, and answers
// and pushes into frames; it decides nothing. On its loop only; answers find it by a weak pointer.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/frames.hpp"
#include "service/gateway/connection.hpp"
#include "service/gateway/hub.hpp"
#include "service/gateway/reply.hpp"
#include "service/gateway/services.hpp"
#include "service/gateway/to_core.hpp"
#include "service/gateway/token_bucket.hpp"
#include "service/gateway/web_socket.hpp"

namespace heti::gateway {

class Session final : public ConnectionUser, public WebSocket::Events, public std::enable_shared_from_this<Session> {
 public:
  // Shakes hands and takes the connection over; `bytes` came behind the request. Nothing if the handshake failed: then
  // the answer is in the connection's outbox. `peer` is what Peers counted for it, if that is the session's to pay
  // back.
  static std::shared_ptr<Session> start(Services& services, Hub& hub, Connection& connection, const HttpReader& request,
                                        protocol::Role role, std::string peer);
  ~Session() override;

  struct Subscription {
    PublicId conversation;
    std::uint64_t last_seq = 0;  // the last one sent
  };
  const std::vector<Subscription>& subscriptions() const { return subscriptions_; }
  const Self& self() const { return self_; }
  std::optional<std::uint64_t> session_key() const { return session_key_; }
  bool is_ended() const { return phase_ == Phase::ended; }

  // ---- What the hub and the relay bring.
  void welcome(const std::string& frame);
  void turn_away(protocol::ErrorCode code);
  void take(const Reply& reply);
  void push(const std::string& frame);
  void push_entry(const PublicId& conversation, std::uint64_t seq, const std::string& frame);
  void push_typing(const std::string& frame);  // dropped rather than queued up
  // Previews, clocks, colleagues, queues of a console: left out while the socket does not keep up, and told anew, all
  // of them, when it has caught up.
  void push_overview(const std::string& frame);
  void unsubscribe(const PublicId& conversation);
  void announce();  // says hello to the core again, for a connection that has lived on
  void sign_out();
  void hand_over();      // 4012: this node lets go of the socket
  void begin_history();  // 4040: positions mean something else from here on

  // ---- ConnectionUser
  void on_bytes(Connection& connection, std::string_view bytes) override;
  void before_send(Connection& connection) override;
  void on_sent(Connection& connection, std::size_t bytes) override;
  void on_second(Connection& connection, std::int64_t now_ms) override;
  void on_stalled(Connection& connection) override;
  void on_overload(Connection& connection) override;
  void on_closed(Connection& connection, std::string_view step, std::string_view error) override;

  // ---- WebSocket::Events
  bool on_message(std::string_view text) override;
  bool on_frame(bool control) override;

 private:
  enum class Phase : std::uint8_t { hello, greeted, open, ended };

  Session(Services& services, Hub& hub, Connection& connection, protocol::Role role, std::string peer);

  // session_frames.cpp: one per frame
  void handle(const protocol::VisitorHello& frame);
  void handle(const protocol::AgentHello& frame);
  void handle(const protocol::Start& frame);
  void handle(const protocol::Open& frame);
  void handle(const protocol::History& frame);
  void handle(protocol::Post frame);
  void handle(const protocol::Typing& frame);
  void handle(const protocol::Close& frame);
  void handle(const protocol::Rate& frame);
  void handle(const protocol::Status& frame);
  void handle(const protocol::Accept& frame);
  void handle(const protocol::Decline& frame);
  void handle(const protocol::Done& frame);
  void handle(const protocol::Transfer& frame);
  void handle(const protocol::SetStatus& frame);
  void greet(VisitorToken token);
  void submit(core::Command command, Asked asked);
  void read_next_page();

  bool alive() const { return phase_ != Phase::ended; }
  bool has_more_waiting_than(std::size_t bytes) const;
  bool has_opened(const PublicId& conversation) const;
  Rate message_rate() const;
  void send(const std::string& frame, bool answer);
  void refuse(const Asked& asked, protocol::RefusalCode code, Millis retry_after);
  // An `error` frame, then the close that belongs to it.
  void fail(protocol::ErrorCode code);
  void end(Ended why, protocol::CloseCode code);
  void look_at_socket_state();

  Services& services_;
  Hub& hub_;
  Connection* connection_;  // outlives the session's phases other than ended
  std::unique_ptr<WebSocket> socket_;
  Self self_;
  Phase phase_ = Phase::hello;
  bool page_under_way_ = false;
  bool owes_overview_ = false;
  const std::string peer_;
  std::string display_name_;  // agents
  std::optional<std::uint64_t> session_key_;
  Instant session_expires_ = never;
  std::vector<Subscription> subscriptions_;
  std::vector<protocol::Acked> acks_;
  std::vector<protocol::History> pages_;  // asked for, not begun, in order
  TokenBucket messages_;
  TokenBucket frames_;
  TokenBucket control_;
  TokenBucket typing_;
  const std::int64_t started_ms_;
  std::int64_t pinged_ms_ = 0;
  std::int64_t unfinished_since_ms_ = 0;  // since when the same message is under way, as seen each second; 0: none
};

}  // namespace heti::gateway
