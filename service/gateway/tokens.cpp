#include "service/gateway/tokens.hpp"

#include <algorithm>
#include <utility>

#include "service/base/check.hpp"

namespace heti::gateway {
namespace {

// kind | workspace (one byte of length in front) | fields of 8 bytes, big-endian | rest | HMAC-SHA256 of all that.
constexpr char visitor_kind = 'v';
constexpr char ticket_kind = 't';

void put(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

std::uint64_t take(std::string_view& in) {
  CHECK(in.size() >= 8);
  std::uint64_t value = 0;
  for (const char c : in.substr(0, 8)) value = (value << 8) | static_cast<unsigned char>(c);
  in.remove_prefix(8);
  return value;
}

void put(std::string& out, Instant at) { put(out, static_cast<std::uint64_t>(to_ms(at))); }
Instant take_instant(std::string_view& in) { return instant_from_ms(static_cast<std::int64_t>(take(in))); }

}  // namespace

Signer::Signer(const Bytes32& key, std::string workspace) : key_(key), workspace_(std::move(workspace)) {
  CHECK(workspace_.size() <= 255);
}

std::string Signer::sealed(std::string payload) const {
  const Bytes32 mac = hmac_sha256(key_, payload);
  payload.append(reinterpret_cast<const char*>(mac.data()), mac.size());
  return to_base64url(payload);
}

std::optional<std::string> Signer::opened(std::string_view text, char kind) const {
  auto raw = from_base64url(text);
  Bytes32 mac{};
  if (!raw || raw->size() < mac.size()) return std::nullopt;
  const std::size_t size = raw->size() - mac.size();
  std::copy_n(raw->begin() + static_cast<std::ptrdiff_t>(size), mac.size(), mac.begin());
  raw->resize(size);
  // The signature first: nothing of a forged text is interpreted.
  if (!equal_in_constant_time(hmac_sha256(key_, *raw), mac)) return std::nullopt;
  std::string expected(1, kind);
  expected.push_back(static_cast<char>(workspace_.size()));
  expected += workspace_;
  if (!raw->starts_with(expected)) return std::nullopt;
  return raw->substr(expected.size());
}

// How far the journal has come tells how much is said here, which is nobody's business who can read a token.
std::array<std::uint64_t, 3> Signer::mask_of(std::uint64_t nonce) const {
  std::string payload = "the end of the journal";
  put(payload, nonce);
  const Bytes32 bytes = hmac_sha256(key_, payload);
  std::string_view in(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return {take(in), take(in), take(in)};
}

std::string Signer::sign(const VisitorToken& token) const {
  std::string payload(1, visitor_kind);
  payload.push_back(static_cast<char>(workspace_.size()));
  payload += workspace_;
  put(payload, token.visitor.high);
  put(payload, token.visitor.low);
  put(payload, token.issued);
  const std::uint64_t nonce = random_public_id().low;
  const auto mask = mask_of(nonce);
  put(payload, nonce);
  put(payload, token.seen.history ^ mask[0]);
  put(payload, token.seen.position ^ mask[1]);
  put(payload, token.seen.hash ^ mask[2]);
  return sealed(std::move(payload));
}

std::optional<VisitorToken> Signer::read_visitor_token(std::string_view text) const {
  const auto payload = opened(text, visitor_kind);
  if (!payload || (payload->size() != 56 && payload->size() != 24)) return std::nullopt;
  std::string_view in = *payload;
  VisitorToken token;
  token.visitor.high = take(in);
  token.visitor.low = take(in);
  token.issued = take_instant(in);
  if (in.empty()) return token;
  const auto mask = mask_of(take(in));
  token.seen.history = take(in) ^ mask[0];
  token.seen.position = take(in) ^ mask[1];
  token.seen.hash = take(in) ^ mask[2];
  return token;
}

std::string Signer::sign(const Ticket& ticket) const {
  std::string payload(1, ticket_kind);
  payload.push_back(static_cast<char>(workspace_.size()));
  payload += workspace_;
  put(payload, ticket.session_key);
  put(payload, ticket.session_expires);
  put(payload, ticket.issued);
  put(payload, ticket.nonce.high);
  put(payload, ticket.nonce.low);
  payload += ticket.login;
  return sealed(std::move(payload));
}

std::optional<Ticket> Signer::read_ticket(std::string_view text) const {
  const auto payload = opened(text, ticket_kind);
  if (!payload || payload->size() <= 40) return std::nullopt;
  std::string_view in = *payload;
  Ticket ticket;
  ticket.session_key = take(in);
  ticket.session_expires = take_instant(in);
  ticket.issued = take_instant(in);
  ticket.nonce.high = take(in);
  ticket.nonce.low = take(in);
  ticket.login = std::string(in);
  return ticket;
}

std::optional<Ticket> TicketDesk::redeem(std::string_view text, Instant now) {
  auto ticket = signer_.read_ticket(text);
  if (!ticket || ticket->issued > now || now - ticket->issued >= ticket_life || now >= ticket->session_expires) {
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(used_, [now](const auto& entry) { return entry.second <= now; });
  if (!used_.emplace(ticket->nonce, ticket->issued + ticket_life).second) return std::nullopt;
  return ticket;
}

}  // namespace heti::gateway
