#include "service/gateway/session.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "protocol/codec.hpp"
#include "service/base/check.hpp"

namespace heti::gateway {

using protocol::CloseCode;
using protocol::ErrorCode;
using protocol::RefusalCode;

namespace {
constexpr std::string_view subprotocol = "heti.v1";
// A message has this long from its first byte to its last, in however many fragments and pieces.
constexpr std::int64_t message_ms_max = 30'000;
// Room for the close handshake, also behind a full outbox.
constexpr Millis close_linger{5'000};
}  // namespace

std::shared_ptr<Session> Session::start(Services& services, Hub& hub, Connection& connection, const HttpReader& request,
                                        protocol::Role role, std::string peer) {
  auto socket = WebSocket::accept(hub.loop().context(), request, subprotocol, services.options.limits.frame_bytes_max,
                                  connection.outbox());
  if (!socket) return nullptr;
  std::shared_ptr<Session> session(new Session(services, hub, connection, role, std::move(peer)));
  session->socket_ = std::move(socket);
  hub.add(*session);
  count(services.metrics.opened, role);
  count(services.metrics.sockets, role);
  return session;
}

Session::Session(Services& services, Hub& hub, Connection& connection, protocol::Role role, std::string peer)
    : services_(services),
      hub_(hub),
      connection_(&connection),
      peer_(std::move(peer)),
      messages_(services.options.limits.visitor_messages),
      frames_(services.options.limits.frames, steady_ms()),
      control_(services.options.limits.control, steady_ms()),
      typing_(services.options.limits.typing, steady_ms()),
      started_ms_(steady_ms()) {
  self_.role = role;
  self_.connection = core::ConnectionId{.node = services.options.node,
                                        .incarnation = services.options.incarnation,
                                        .number = services.next_connection.fetch_add(1)};
  messages_ = TokenBucket(message_rate(), started_ms_);
}

Session::~Session() { CHECK(phase_ == Phase::ended || connection_ == nullptr); }

Rate Session::message_rate() const {
  const Limits& limits = services_.options.limits;
  return self_.role == protocol::Role::visitor ? limits.visitor_messages : limits.agent_messages;
}

// ---- In

void Session::on_bytes(Connection&, std::string_view bytes) {
  count(services_.metrics.bytes_received, self_.role, bytes.size());
  const std::shared_ptr<Session> kept = shared_from_this();
  socket_->feed(bytes, *this);
  look_at_socket_state();
  if (connection_ != nullptr) connection_->send_soon();
}

void Session::look_at_socket_state() {
  if (!alive()) return;
  const auto fault = [this](FramingFault which) {
    count(services_.metrics.framing_faults, which);
    count(services_.metrics.ended, Ended::protocol_error);
    phase_ = Phase::ended;
    connection_->finish(close_linger);
  };
  switch (socket_->state()) {
    case WebSocket::State::open:
    case WebSocket::State::closing: return;
    case WebSocket::State::peer_closed:
      count(services_.metrics.ended, Ended::bye);
      phase_ = Phase::ended;
      return connection_->finish();
    case WebSocket::State::protocol_error: return fault(FramingFault::protocol_error);
    case WebSocket::State::invalid_text: return fault(FramingFault::invalid_text);
    case WebSocket::State::too_big: return fail(ErrorCode::too_big);
    case WebSocket::State::binary:
      socket_->close(CloseCode::policy_violation, "text frames only");
      return fault(FramingFault::binary);
    case WebSocket::State::too_many_fragments:
      socket_->close(CloseCode::policy_violation, "too many fragments");
      return fault(FramingFault::fragment_flood);
  }
}

bool Session::on_frame(bool control) {
  if (!alive()) return false;
  // A frame is whole: what is unfinished after it is another one, unless it lies within a message in fragments.
  if (!socket_->in_fragments()) unfinished_since_ms_ = 0;
  const Limits& limits = services_.options.limits;
  const std::int64_t now = steady_ms();
  if ((!control || control_.take(limits.control, now)) && frames_.take(limits.frames, now)) return true;
  if (control) {
    count(services_.metrics.framing_faults, FramingFault::control_flood);
    end(Ended::protocol_error, CloseCode::policy_violation);
  } else {
    fail(ErrorCode::rate_limited);
  }
  return false;
}

bool Session::on_message(std::string_view text) {
  unfinished_since_ms_ = 0;
  count(services_.metrics.frames_received, self_.role);
  auto frame = protocol::decode(self_.role, text);
  if (!frame) {
    fail(frame.error());
    return false;
  }
  const bool is_hello =
      std::holds_alternative<protocol::VisitorHello>(*frame) || std::holds_alternative<protocol::AgentHello>(*frame);
  // Hello comes first, and once.
  if ((phase_ == Phase::hello) != is_hello) {
    fail(is_hello ? ErrorCode::bad_frame : ErrorCode::auth_timeout);
    return false;
  }
  std::visit([this](auto& known) { handle(std::move(known)); }, *frame);
  return alive();
}

// ---- Out

void Session::send(const std::string& frame, bool answer) {
  if (!alive()) return;
  Outbox& outbox = connection_->outbox();
  const std::size_t size = frame.size() + 10;
  if (answer) outbox.make_room_for_answer(size);
  if (!outbox.has_room(size)) {
    // A lot of large answers in one round says nothing about the peer: it is slow when the kernel is full of it too.
    connection_->try_send();
    if (answer) outbox.make_room_for_answer(size);
    if (!outbox.has_room(size)) return end(Ended::slow_consumer, CloseCode::slow_consumer);
  }
  socket_->send(frame);
  count(services_.metrics.frames_sent, self_.role);
  raise_to(services_.metrics.outbox_bytes_max_seen, outbox.pending());
  connection_->send_soon();
}

void Session::welcome(const std::string& frame) {
  if (phase_ != Phase::greeted) return;
  phase_ = Phase::open;
  if (self_.role == protocol::Role::agent) hub_.add_console(*this, self_.agent);
  send(frame, true);
}

void Session::turn_away(ErrorCode code) { fail(code); }

void Session::take(const Reply& reply) {
  if (!alive()) return;
  if (reply.refused) count(services_.metrics.refusals, *reply.refused);
  if (reply.acked) {
    const auto same = std::find_if(acks_.begin(), acks_.end(), [&](const protocol::Acked& ack) {
      return ack.conversation == reply.acked->conversation && ack.stream == reply.acked->stream;
    });
    if (same == acks_.end()) {
      acks_.push_back(*reply.acked);
    } else if (reply.acked->n > same->n) {
      *same = *reply.acked;
    }
    connection_->send_soon();
  }
  if (reply.opened) {
    const auto found = std::find_if(
        subscriptions_.begin(), subscriptions_.end(),
        [&](const Subscription& subscription) { return subscription.conversation == reply.opened->conversation; });
    if (found == subscriptions_.end()) {
      subscriptions_.push_back({.conversation = reply.opened->conversation, .last_seq = reply.opened->last_seq});
      hub_.subscribe(reply.opened->conversation, *this);
    } else {
      found->last_seq = std::max(found->last_seq, reply.opened->last_seq);
    }
  }
  if (!reply.frame.empty()) send(reply.frame, true);
}

void Session::push(const std::string& frame) {
  if (phase_ == Phase::open) send(frame, false);
}

void Session::push_entry(const PublicId& conversation, std::uint64_t seq, const std::string& frame) {
  const auto found = std::find_if(subscriptions_.begin(), subscriptions_.end(), [&](const Subscription& subscription) {
    return subscription.conversation == conversation;
  });
  if (found == subscriptions_.end() || seq <= found->last_seq) return;
  found->last_seq = seq;
  count(services_.metrics.entries_pushed);
  push(frame);
}

// What waits for this socket is too much for what may be left out: by itself, or because all wait for too much.
bool Session::has_more_waiting_than(std::size_t bytes) const {
  const std::size_t pending = connection_->outbox().pending();
  return pending > 0 && (pending > bytes || services_.budget.is_near());
}

void Session::push_typing(const std::string& frame) {
  if (phase_ != Phase::open) return;
  if (has_more_waiting_than(services_.options.limits.outbox_bytes_max / 4)) {
    return count(services_.metrics.dropped, Dropped::typing);
  }
  send(frame, false);
}

void Session::push_overview(const std::string& frame) {
  if (phase_ != Phase::open) return;
  if (has_more_waiting_than(services_.options.limits.outbox_bytes_max / 2)) {
    owes_overview_ = true;
    return count(services_.metrics.dropped, Dropped::overview);
  }
  send(frame, false);
}

void Session::unsubscribe(const PublicId& conversation) {
  std::erase_if(subscriptions_,
                [&](const Subscription& subscription) { return subscription.conversation == conversation; });
}

bool Session::has_opened(const PublicId& conversation) const {
  return std::any_of(subscriptions_.begin(), subscriptions_.end(),
                     [&](const Subscription& subscription) { return subscription.conversation == conversation; });
}

void Session::refuse(const Asked& asked, RefusalCode code, Millis retry_after) {
  take(refusal(asked, code, retry_after));
}

void Session::before_send(Connection&) {
  if (acks_.empty() || !alive()) return;
  std::vector<protocol::Acked> acks = std::exchange(acks_, {});
  for (const protocol::Acked& ack : acks) send(protocol::encode(ack), true);
  acks.clear();
  if (acks_.empty()) acks_.swap(acks);  // Keeps the memory.
}

void Session::on_sent(Connection& connection, std::size_t bytes) {
  count(services_.metrics.bytes_sent, self_.role, bytes);
  if (!pages_.empty()) read_next_page();
  if (owes_overview_ && connection.outbox().empty()) {
    owes_overview_ = false;
    services_.relay.home().post(
        [&services = services_, agent = self_.agent] { services.fanout.tell_overview_again(agent); });
  }
}

// ---- Time and ends

void Session::on_second(Connection&, std::int64_t now_ms) {
  if (!alive()) return;
  const Timeouts& timeouts = services_.options.timeouts;
  if (phase_ == Phase::hello) {
    if (now_ms - started_ms_ < timeouts.hello.count()) return;
    count(services_.metrics.hello_timeouts);
    return fail(ErrorCode::auth_timeout);
  }
  const std::int64_t silent_ms = now_ms - connection_->last_heard_ms();
  if (silent_ms >= timeouts.dead.count()) {
    count(services_.metrics.ended, Ended::ping_timeout);
    phase_ = Phase::ended;
    return connection_->abort();
  }
  if (silent_ms >= timeouts.ping.count() && now_ms - pinged_ms_ >= timeouts.ping.count()) {
    pinged_ms_ = now_ms;
    socket_->ping();
    connection_->send_soon();
  }
  if (!socket_->in_message()) {
    unfinished_since_ms_ = 0;
  } else if (unfinished_since_ms_ == 0) {
    unfinished_since_ms_ = now_ms;
  } else if (now_ms - unfinished_since_ms_ >= message_ms_max) {
    count(services_.metrics.framing_faults, FramingFault::unfinished);
    return end(Ended::protocol_error, CloseCode::policy_violation);
  }
  if (session_expires_ != never && wall_now() >= session_expires_) sign_out();
}

void Session::on_stalled(Connection&) {
  if (!alive()) return;
  count(services_.metrics.ended, Ended::slow_consumer);
  phase_ = Phase::ended;
}

void Session::on_overload(Connection& connection) {
  if (!alive()) return connection.abort();
  phase_ = Phase::ended;
  count(services_.metrics.ended, Ended::outboxes_full);
  // What it was not told comes with `open`, and what was not acknowledged is sent again: only the close is left to say.
  connection.outbox().drop_unsent_frames();
  socket_->close(CloseCode::slow_consumer, protocol::to_string(CloseCode::slow_consumer));
  connection.finish(close_linger);
}

void Session::sign_out() { end(Ended::signed_out, CloseCode::auth_failed); }

void Session::hand_over() { end(Ended::draining, CloseCode::draining); }

void Session::begin_history() { end(Ended::history_changed, CloseCode::history_changed); }

void Session::fail(ErrorCode code) {
  if (!alive()) return;
  count(services_.metrics.protocol_errors, code);
  send(protocol::encode(protocol::Failed{.code = code}), true);
  end(Ended::protocol_error, protocol::close_code_of(code));
}

void Session::end(Ended why, CloseCode code) {
  if (!alive()) return;
  phase_ = Phase::ended;
  count(services_.metrics.ended, why);
  socket_->close(code, protocol::to_string(code));
  connection_->finish(close_linger);
}

void Session::on_closed(Connection&, std::string_view step, std::string_view error) {
  if (!error.empty()) {
    spdlog::debug("session={} step={} error=\"{}\"", self_.connection.number, step, error);
  }
  if (alive()) count(services_.metrics.ended, Ended::bye);
  phase_ = Phase::ended;
  hub_.remove(*this);
  services_.metrics.sockets[static_cast<std::size_t>(self_.role)].fetch_sub(1, std::memory_order_relaxed);
  if (!peer_.empty()) services_.peers.leave(peer_);
  connection_ = nullptr;
  const bool said_hello = self_.role == protocol::Role::agent ? session_key_.has_value() : self_.visitor != PublicId{};
  sequencer::Sequencer* const line = services_.sequencer.load();
  if (!said_hello || line == nullptr) return;
  // Presence must not be lost to a full mailbox: this has reserved room. If the journal takes nothing now, the end of
  // this incarnation ends the connection too.
  const auto submitted = line->submit(
      gone_command(self_), [](const core::Answer&, const core::State&) {}, true);
  if (submitted != sequencer::Submit::accepted && !services_.draining) {
    spdlog::warn("session={} step=gone error=\"the sequencer does not take the end of the connection\"",
                 self_.connection.number);
  }
}

}  // namespace heti::gateway
