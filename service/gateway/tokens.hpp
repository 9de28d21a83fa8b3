#pragma once
// What the service signs and reads back: the visitor's token (who it is, no expiry, no row anywhere) and the ticket
// with which an agent's session opens a socket (30 s, once). A text that was not made by this key for this workspace,
// in any bit, is nothing. Pure but for the list of used tickets, which any thread may ask.
#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "service/base/public_id.hpp"
#include "service/base/time.hpp"
#include "service/gateway/crypto.hpp"
#include "service/gateway/tail_watch.hpp"

namespace heti::gateway {

inline constexpr Millis ticket_life{30'000};

struct VisitorToken {
  PublicId visitor;
  Instant issued;
  JournalEnd seen{};  // what was durable when it was signed; all zero in tokens of earlier builds
  friend bool operator==(const VisitorToken&, const VisitorToken&) = default;
};

struct Ticket {
  std::string login;
  std::uint64_t session_key = 0;  // which session asked for it: its end ends the socket
  Instant session_expires;
  Instant issued;
  PublicId nonce;
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

class Signer {
 public:
  Signer(const Bytes32& key, std::string workspace);

  std::string sign(const VisitorToken& token) const;
  std::string sign(const Ticket& ticket) const;
  std::optional<VisitorToken> read_visitor_token(std::string_view text) const;
  // Does not look at time or use: see TicketDesk.
  std::optional<Ticket> read_ticket(std::string_view text) const;

 private:
  std::string sealed(std::string payload) const;
  std::array<std::uint64_t, 3> mask_of(std::uint64_t nonce) const;
  std::optional<std::string> opened(std::string_view text, char kind) const;

  const Bytes32 key_;
  const std::string workspace_;
};

// Takes each ticket once, within its 30 s. A ticket from the future is a clock that went back: refused too.
class TicketDesk {
 public:
  explicit TicketDesk(const Signer& signer) : signer_(signer) {}
  std::optional<Ticket> redeem(std::string_view text, Instant now);

 private:
  const Signer& signer_;
  std::mutex mutex_;
  std::map<PublicId, Instant> used_;  // nonce -> when it may be forgotten
};

}  // namespace heti::gateway
