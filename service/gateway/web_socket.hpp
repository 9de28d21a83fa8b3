#pragma once
// The WebSocket of one connection: bytes in, messages out, and the other way round. Beast's stream sits on a transport
// of memory, so that nothing waits: the connection hands over what one recv gave, every whole frame of it is read
// there and then, and all that is written lands in the outbox and leaves in one send. web_socket.cpp is the only file
// that instantiates the stream.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/close_code.hpp"
#include "service/gateway/http_reader.hpp"
#include "service/gateway/outbox.hpp"

namespace boost::asio {
class io_context;
}

namespace heti::gateway {

class WebSocket {
 public:
  // What reading comes across. A `false` stops the reading of the bytes at hand.
  class Events {
   public:
    virtual ~Events() = default;
    virtual bool on_message(std::string_view text) = 0;
    virtual bool on_frame(bool control) = 0;  // any frame, before it is read
  };
  enum class State : std::uint8_t {
    open,
    peer_closed,     // it said goodbye, and our answer is in the outbox
    protocol_error,  // a fault of RFC 6455: the close frame is in the outbox
    invalid_text,
    too_big,             // over the limit: the caller says so and closes
    binary,              // the caller closes
    too_many_fragments,  // the caller closes
    closing,             // we said goodbye: nothing is read or sent any more
  };

  // Answers the handshake of `request` into `outbox`, which must outlive the WebSocket. Nothing if Beast refuses it;
  // then the outbox holds the HTTP answer.
  static std::unique_ptr<WebSocket> accept(boost::asio::io_context& context, const HttpReader& request,
                                           std::string_view subprotocol, std::size_t message_bytes_max, Outbox& outbox);
  ~WebSocket();

  // Bytes as they came. Returns the state after them.
  State feed(std::string_view bytes, Events& events);
  State state() const { return state_; }

  void send(std::string_view text);
  void ping();
  // Writes the close frame. From then on nothing is sent any more.
  void close(protocol::CloseCode code, std::string_view reason);

  // Fragments of a message have come, but not its last one.
  bool in_fragments() const { return fragments_ > 0; }
  // Something has begun that is not complete: a message in fragments, or a single frame.
  bool in_message() const { return in_fragments() || !partial_frame_.empty(); }

 private:
  struct Stream;

  WebSocket(std::unique_ptr<Stream> stream, Outbox& outbox, std::size_t message_bytes_max);
  bool read_frame(std::string_view frame, bool control, std::uint64_t payload_size, bool fin, Events& events);
  void fail(bool is_closed, bool is_bad_text);

  std::unique_ptr<Stream> stream_;
  Outbox& outbox_;
  const std::size_t message_bytes_max_;
  State state_ = State::open;
  std::uint32_t fragments_ = 0;
  std::string partial_frame_;
  std::string message_;  // the fragments so far
};

}  // namespace heti::gateway
