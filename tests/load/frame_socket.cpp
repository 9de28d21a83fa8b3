#include "tests/load/frame_socket.hpp"

#include "tests/load/web_socket.hpp"

namespace heti::load {

namespace {
constexpr unsigned text_opcode = 1;
constexpr unsigned close_opcode = 8;
constexpr unsigned ping_opcode = 9;
constexpr unsigned pong_opcode = 10;
}  // namespace

void FrameSocket::open(const sockaddr_in& address, const Opening& opening) {
  opening_ = &opening;
  upgraded_ = !opening.upgrade;
  connection_.open(address);
}

void FrameSocket::cut() { connection_.cut(); }

void FrameSocket::append(unsigned opcode, std::string_view body) {
  if (opening_->masked) {
    append_frame(connection_.out(), opcode, body);
  } else {
    append_bare_frame(connection_.out(), opcode, body);
  }
  connection_.written();
}

void FrameSocket::send(std::string_view text) {
  if (connection_.is_open()) append(text_opcode, text);
}

void FrameSocket::on_connected(Connection& connection) {
  connection.write(opening_->bytes);
  if (upgraded_) on_open();
}

std::size_t FrameSocket::on_bytes(Connection& connection, std::string_view bytes) {
  std::size_t used = 0;
  if (!upgraded_) {
    const auto head = http_head(bytes);
    if (!head) return 0;
    if (head->status != 101) {
      connection.cut();
      on_end("the upgrade was answered with HTTP " + std::to_string(head->status));
      return 0;
    }
    upgraded_ = true;
    used = head->size;
    on_open();
  }
  while (connection.is_open()) {
    const auto frame = front_frame(bytes.substr(used));
    if (!frame) break;
    used += frame->size;
    if (frame->opcode == text_opcode) {
      on_text(frame->body);
    } else if (frame->opcode == ping_opcode) {
      append(pong_opcode, frame->body);
    } else if (frame->opcode == close_opcode) {
      std::string code = "without a code";
      if (frame->body.size() >= 2) {
        const auto high = static_cast<unsigned char>(frame->body[0]);
        const auto low = static_cast<unsigned char>(frame->body[1]);
        code = "with " + std::to_string(high * 256 + low);
      }
      connection.cut();
      on_end("closed by the server " + code);
    }
  }
  return used;
}

void FrameSocket::on_lost(Connection&, const std::string& why) { on_end(why); }

}  // namespace heti::load
