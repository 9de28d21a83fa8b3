#pragma once
// The core's answer to a wish, as what its socket is told. Pure.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "protocol/server_frames.hpp"
#include "service/core/answer.hpp"

namespace heti::gateway {

// Which wish: one with a ref, or a post.
using Asked = std::variant<std::uint64_t, protocol::PostKey>;

// Texts of one `opened` or `page` together; the rest is fetched with `history`.
inline constexpr std::size_t page_text_bytes_max = 128 * 1024;

struct Reply {
  struct Subscription {
    PublicId conversation;
    std::uint64_t last_seq = 0;
  };
  std::string frame;                     // empty if there is only an ack
  std::optional<protocol::Acked> acked;  // kept apart: acks are marks, the later one covers the earlier
  std::optional<Subscription> opened;
  std::optional<protocol::RefusalCode> refused;
};

// `at`: when the wish was decided.
Reply reply_to(const Asked& asked, const core::Answer& answer, protocol::Role audience, Instant at);
Reply refusal(const Asked& asked, protocol::RefusalCode code, std::optional<Millis> retry_after = std::nullopt);

}  // namespace heti::gateway
