#include "service/gateway/web_socket.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

#include "service/base/check.hpp"
#include "service/gateway/http_message.hpp"
#include "service/gateway/ws_frame.hpp"

namespace heti::gateway {
namespace {

namespace websocket = boost::beast::websocket;
using boost::beast::error_code;

// Thrown by the transport when Beast asks for more than the frame at hand: after a control frame or an empty fragment
// it looks for the next header. Beast keeps its state over an exception, while any error code would end the stream.
struct NeedMore {};

// Beast's next layer: reads from the frame at hand, writes into the outbox. Never waits, never fails.
class MemoryTransport {
 public:
  using executor_type = boost::asio::io_context::executor_type;
  MemoryTransport(executor_type executor, Outbox& outbox) : executor_(executor), outbox_(&outbox) {}

  executor_type get_executor() const { return executor_; }

  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, error_code& error) {
    error = {};
    if (input.empty()) throw NeedMore{};
    const std::size_t size = boost::asio::buffer_copy(buffers, boost::asio::buffer(input.data(), input.size()));
    input.remove_prefix(size);
    return size;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers) {
    error_code error;
    return read_some(buffers, error);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, error_code& error) {
    error = {};
    std::size_t size = 0;
    for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers); ++it) {
      const boost::asio::const_buffer part(*it);
      outbox_->append(part.data(), part.size());
      size += part.size();
    }
    return size;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    error_code error;
    return write_some(buffers, error);
  }

  std::string_view input;

 private:
  executor_type executor_;
  Outbox* outbox_;
};

// The TCP end of the connection is the connection's own business.
void teardown(boost::beast::role_type, MemoryTransport&, error_code& error) { error = {}; }

constexpr std::uint64_t control_payload_max = 125;  // RFC 6455, 5.5
// Browsers send no fragments at all, and the largest message is whole in 256 fragments of 256 bytes.
constexpr std::uint32_t fragments_max = 256;
constexpr std::size_t scratch_bytes = 65'536;
thread_local std::array<char, scratch_bytes> scratch;

}  // namespace

struct WebSocket::Stream {
  Stream(boost::asio::io_context& context, Outbox& outbox) : socket(context.get_executor(), outbox) {}
  websocket::stream<MemoryTransport, false> socket;
};

WebSocket::WebSocket(std::unique_ptr<Stream> stream, Outbox& outbox, std::size_t message_bytes_max)
    : stream_(std::move(stream)), outbox_(outbox), message_bytes_max_(message_bytes_max) {}
WebSocket::~WebSocket() = default;

std::unique_ptr<WebSocket> WebSocket::accept(boost::asio::io_context& context, const HttpReader& request,
                                             std::string_view subprotocol, std::size_t message_bytes_max,
                                             Outbox& outbox) {
  CHECK(message_bytes_max <= scratch_bytes);
  auto stream = std::make_unique<Stream>(context, outbox);
  auto& socket = stream->socket;
  socket.auto_fragment(false);
  socket.read_message_max(message_bytes_max);
  websocket::stream_base::decorator decorate([subprotocol](websocket::response_type& response) {
    response.set(boost::beast::http::field::sec_websocket_protocol,
                 boost::beast::string_view(subprotocol.data(), subprotocol.size()));
    response.set(boost::beast::http::field::server, "heti");
  });
  socket.set_option(std::move(decorate));
  error_code error;
  socket.accept(request.message().request, error);
  if (error) return nullptr;
  outbox.frames_begin();
  socket.text(true);
  return std::unique_ptr<WebSocket>(new WebSocket(std::move(stream), outbox, message_bytes_max));
}

WebSocket::State WebSocket::feed(std::string_view bytes, Events& events) {
  if (!partial_frame_.empty()) {
    partial_frame_.append(bytes);
    bytes = partial_frame_;
  }
  std::string_view rest = bytes;
  while (state_ == State::open) {
    const auto header = read_ws_header(rest);
    if (!header) break;
    // A message that is longer than any may be is refused by the header that makes it so; its payload is never
    // collected. A control frame over its 125 bytes is a fault, which its header alone tells Beast.
    const bool control = header->is_control();
    const std::uint64_t room = control ? control_payload_max : message_bytes_max_ - message_.size();
    const bool too_long = header->payload_size > room;
    if (too_long && !control) {
      state_ = State::too_big;
      break;
    }
    const std::size_t size =
        too_long ? header->header_size : header->header_size + static_cast<std::size_t>(header->payload_size);
    // The last that it may have, and still not its end.
    if (!control && !header->fin && fragments_ + 1 >= fragments_max) {
      state_ = State::too_many_fragments;
      break;
    }
    if (rest.size() < size) break;
    if (!events.on_frame(control)) break;
    if (state_ != State::open) break;
    const bool go_on = read_frame(rest.substr(0, size), control, header->payload_size, header->fin, events);
    rest.remove_prefix(size);
    if (!go_on) break;
  }
  if (state_ == State::open) {
    // What is left is the start of a frame, at most a header and a message long. Bytes that come one by one are not
    // copied anew each time.
    if (!partial_frame_.empty() && rest.size() == partial_frame_.size()) return state_;
    std::string tail(rest);
    partial_frame_.swap(tail);
    if (partial_frame_.empty()) partial_frame_.shrink_to_fit();
  }
  return state_;
}

bool WebSocket::read_frame(std::string_view frame, bool control, std::uint64_t payload_size, bool fin, Events& events) {
  auto& socket = stream_->socket;
  MemoryTransport& transport = socket.next_layer();
  transport.input = frame;
  std::size_t got = 0;
  error_code error;
  bool done = false;
  try {
    do {
      got += socket.read_some(boost::asio::buffer(scratch.data() + got, scratch.size() - got), error);
      done = !error && got >= payload_size && !control;
    } while (!error && !done);
  } catch (const NeedMore&) {
    // The frame is used up. Good for control frames and empty fragments; a frame that announced too much fails before.
  }
  if (error) {
    fail(error == websocket::error::closed, error == websocket::error::bad_frame_payload);
    return false;
  }
  if (control) return true;
  CHECK(transport.input.empty());
  if (socket.got_binary()) {
    state_ = State::binary;
    return false;
  }
  if (!fin) {
    ++fragments_;
    message_.append(scratch.data(), got);
    return true;
  }
  if (fragments_ == 0) return events.on_message({scratch.data(), got});
  message_.append(scratch.data(), got);
  const std::string whole = std::exchange(message_, std::string());
  fragments_ = 0;
  return events.on_message(whole);
}

void WebSocket::fail(bool is_closed, bool is_bad_text) {
  state_ = is_closed ? State::peer_closed : is_bad_text ? State::invalid_text : State::protocol_error;
}

// The one thing that is not left to Beast, whose write costs ten times as much: a whole text frame, unmasked, between
// two frames of Beast's (it writes pongs and the close whole).
void WebSocket::send(std::string_view text) {
  if (state_ != State::open && state_ != State::too_big) return;
  outbox_.append(WsTextHeader(text.size()).bytes());
  outbox_.append(text);
}

void WebSocket::ping() {
  if (state_ != State::open) return;
  error_code error;
  stream_->socket.ping({}, error);
  CHECK(!error);
}

void WebSocket::close(protocol::CloseCode code, std::string_view reason) {
  const bool may_say_so = state_ == State::open || state_ == State::binary || state_ == State::too_big ||
                          state_ == State::too_many_fragments;
  if (!may_say_so) return;
  state_ = State::closing;
  websocket::close_reason close;
  close.code = static_cast<std::uint16_t>(code);
  close.reason.assign(reason.data(), std::min(reason.size(), close.reason.max_size()));
  stream_->socket.next_layer().input = {};
  error_code error;
  try {
    stream_->socket.close(close, error);
  } catch (const NeedMore&) {
    // The close frame is written. Beast would now wait for the peer's; the connection waits for its end instead.
  }
}

}  // namespace heti::gateway
