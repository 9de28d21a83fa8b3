// Bytes of a client into the WebSocket, and its messages into the protocol's reader. However the bytes are cut, the
// same messages and the same end must come of them, and no answer is longer than what asked for it.
#include <boost/asio/io_context.hpp>
#include <vector>

#include "protocol/codec.hpp"
#include "service/gateway/web_socket.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace heti;
using gateway::WebSocket;
using State = WebSocket::State;

constexpr std::size_t message_bytes_max = 4096;  // small, so that the limit is met

struct Seen final : WebSocket::Events {
  bool on_message(std::string_view text) override {
    messages.emplace_back(text);
    // Any bytes give a frame or a code; both roles read all.
    for (const auto role : {protocol::Role::visitor, protocol::Role::agent}) {
      const auto frame = protocol::decode(role, text);
      if (const auto* post = frame ? std::get_if<protocol::Post>(&*frame) : nullptr) {
        static_cast<void>(protocol::check_text(post->text));
        static_cast<void>(protocol::preview_of(post->text));
      }
    }
    return true;
  }
  bool on_frame(bool) override {
    ++frames;
    return true;
  }
  std::vector<std::string> messages;
  std::size_t frames = 0;
};

const gateway::HttpReader& request() {
  static const auto reader = gateway::HttpReader::read(
      "GET /ws/visitor HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: heti.v1\r\n\r\n");
  return *reader;
}

struct Outcome {
  Seen seen;
  State state{};
  std::string sent;
};

// `cut` of 0: all at once. Else pieces of `cut` bytes.
Outcome run(std::string_view bytes, std::size_t cut) {
  static boost::asio::io_context context;
  gateway::Outbox outbox(1'000'000);
  const auto socket = WebSocket::accept(context, request(), "heti.v1", message_bytes_max, outbox);
  outbox.clear();
  Outcome outcome;
  const std::size_t piece = cut == 0 ? bytes.size() : cut;
  for (std::size_t at = 0; at < bytes.size(); at += piece) socket->feed(bytes.substr(at, piece), outcome.seen);
  outcome.state = socket->state();
  outcome.sent = std::string(outbox.pending_bytes());
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Draw draw(data, size);
  const std::size_t cut = 1 + draw.below(64);
  const std::string_view bytes = draw.rest();
  const Outcome whole = run(bytes, 0);
  const Outcome pieces = run(bytes, cut);
  fuzz::promise(whole.seen.messages == pieces.seen.messages, "the same messages however the bytes are cut");
  fuzz::promise(whole.state == pieces.state, "the same end however the bytes are cut");
  fuzz::promise(whole.sent == pieces.sent, "the same answer however the bytes are cut");
  fuzz::promise(whole.sent.size() <= bytes.size() + 4, "no answer is longer than what asked for it");
  for (const std::string& message : whole.seen.messages) {
    fuzz::promise(message.size() <= message_bytes_max, "no message is longer than the limit");
  }
  // Each message as bare text too: few inputs get their masks right.
  Seen bare;
  bare.on_message(bytes);
  return 0;
}
