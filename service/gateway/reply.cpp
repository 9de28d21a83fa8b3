#include "service/gateway/reply.hpp"

#include "protocol/codec.hpp"
#include "service/base/check.hpp"
#include "service/gateway/to_wire.hpp"

namespace heti::gateway {

Reply refusal(const Asked& asked, protocol::RefusalCode code, std::optional<Millis> retry_after) {
  Reply reply;
  reply.refused = code;
  reply.frame =
      protocol::encode(protocol::Refused{.code = code, .what = asked, .resend_from = {}, .retry_after = retry_after});
  return reply;
}

namespace {

Reply reply_to(const Asked& asked, const core::Refused& refused) {
  protocol::Refused frame{.code = to_wire(refused.code), .what = asked, .resend_from = {}, .retry_after = {}};
  if (refused.code == core::Refusal::resend_from) frame.resend_from = refused.resend_from;
  Reply reply;
  reply.refused = frame.code;
  reply.frame = protocol::encode(frame);
  return reply;
}

Reply opened(std::uint64_t ref, const core::ConversationView& view, protocol::Role audience) {
  Reply reply;
  reply.frame =
      protocol::encode(protocol::Opened{.ref = ref,
                                        .conversation = to_wire(view, audience),
                                        .entries = to_wire(newest_within(view.entries, page_text_bytes_max))});
  reply.opened = Reply::Subscription{.conversation = view.conversation, .last_seq = view.last_seq};
  return reply;
}

}  // namespace

Reply reply_to(const Asked& asked, const core::Answer& answer, protocol::Role audience, Instant at) {
  if (const auto* refused = std::get_if<core::Refused>(&answer)) return reply_to(asked, *refused);
  if (const auto* post = std::get_if<protocol::PostKey>(&asked)) {
    const auto* posted = std::get_if<core::Posted>(&answer);
    CHECK(posted != nullptr);
    Reply reply;
    reply.acked =
        protocol::Acked{.conversation = post->conversation, .stream = post->stream, .n = posted->n, .seq = posted->seq};
    return reply;
  }
  const std::uint64_t ref = std::get<std::uint64_t>(asked);
  if (const auto* view = std::get_if<core::ConversationView>(&answer)) return opened(ref, *view, audience);
  CHECK(std::holds_alternative<core::Done>(answer));
  Reply reply;
  reply.frame = protocol::encode(protocol::Ok{.ref = ref, .at = at});
  return reply;
}

}  // namespace heti::gateway
