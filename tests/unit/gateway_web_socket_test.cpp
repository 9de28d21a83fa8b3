// The WebSocket over its transport of memory: frames as a client writes them, cut anywhere.
#include "service/gateway/web_socket.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <random>

#include "service/gateway/ws_frame.hpp"

namespace heti::gateway {
namespace {

using State = WebSocket::State;

enum Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close_frame = 8, ping = 9, pong = 10 };

std::string frame(std::uint8_t opcode, std::string_view payload, bool fin = true, bool masked = true) {
  std::string out;
  out.push_back(static_cast<char>((fin ? 0x80 : 0) | opcode));
  const auto mask_bit = static_cast<std::uint8_t>(masked ? 0x80 : 0);
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(mask_bit | payload.size()));
  } else if (payload.size() < 65536) {
    out.push_back(static_cast<char>(mask_bit | 126));
    for (int shift = 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(payload.size() >> shift));
  } else {
    out.push_back(static_cast<char>(mask_bit | 127));
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(payload.size() >> shift));
  }
  const std::string key = masked ? "\x12\x34\x56\x78" : "";
  out += key;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(masked ? static_cast<char>(payload[i] ^ key[i % 4]) : payload[i]);
  }
  return out;
}

class WebSocketTest : public testing::Test, public WebSocket::Events {
 protected:
  void SetUp() override {
    auto request = HttpReader::read(
        "GET /ws/visitor HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
        "13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: heti.v1\r\n\r\n");
    ASSERT_TRUE(request.has_value());
    ASSERT_TRUE(request->is_websocket_upgrade());
    socket_ = WebSocket::accept(context_, *request, "heti.v1", 65536, outbox_);
    ASSERT_NE(socket_, nullptr);
    handshake_ = taken();
  }
  bool on_message(std::string_view message) override {
    messages_.emplace_back(message);
    if (message == "stop") return false;
    if (message == "close") {
      socket_->close(protocol::CloseCode::draining, "draining");
      return false;
    }
    return true;
  }
  bool on_frame(bool control) override {
    ++(control ? control_frames_ : data_frames_);
    return true;
  }
  State feed(std::string_view bytes) { return socket_->feed(bytes, *this); }
  std::string taken() {
    std::string out(outbox_.pending_bytes());
    outbox_.clear();
    return out;
  }
  // The code of the close frame that was written, or 0.
  int close_code() {
    const std::string out = taken();
    const auto at = out.rfind(static_cast<char>(0x88));
    if (at == std::string::npos || out.size() < at + 4) return 0;
    return static_cast<unsigned char>(out[at + 2]) * 256 + static_cast<unsigned char>(out[at + 3]);
  }

  boost::asio::io_context context_;
  Outbox outbox_{1'000'000};
  std::unique_ptr<WebSocket> socket_;
  std::string handshake_;
  std::vector<std::string> messages_;
  int control_frames_ = 0;
  int data_frames_ = 0;
};

TEST_F(WebSocketTest, HandshakeIsThatOfTheRfc) {
  EXPECT_TRUE(handshake_.starts_with("HTTP/1.1 101 "));
  EXPECT_NE(handshake_.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
  EXPECT_NE(handshake_.find("Sec-WebSocket-Protocol: heti.v1\r\n"), std::string::npos);
  EXPECT_EQ(handshake_.find("Beast"), std::string::npos);
}

TEST_F(WebSocketTest, MessagesArriveHoweverTheBytesAreCut) {
  const std::string stream = frame(text, "one") + frame(ping, "p") + frame(text, "") + frame(text, "tw", false) +
                             frame(pong, "") + frame(continuation, "", false) + frame(ping, "q") +
                             frame(continuation, "o") + frame(text, std::string(300, 'x'));
  const std::vector<std::string> expected = {"one", "", "two", std::string(300, 'x')};
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    SetUp();
    messages_.clear();
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      ASSERT_EQ(feed(std::string_view(stream).substr(at, piece)), State::open) << piece;
    }
    ASSERT_EQ(messages_, expected) << piece;
    EXPECT_EQ(taken(), "\x8a\x01p\x8a\x01q");
    EXPECT_FALSE(socket_->in_message());
  }
}

TEST_F(WebSocketTest, PingIsAnsweredAtOnceInTheMiddleOfAMessage) {
  EXPECT_EQ(feed(frame(text, "half", false) + frame(ping, "are you there")), State::open);
  EXPECT_EQ(taken(),
            "\x8a\x0d"
            "are you there");
  EXPECT_TRUE(socket_->in_message());
  EXPECT_EQ(feed(frame(continuation, " done")), State::open);
  EXPECT_EQ(messages_, std::vector<std::string>{"half done"});
}

TEST_F(WebSocketTest, HalfAFrameIsAMessageUnderWay) {
  const std::string whole = frame(text, "whole");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    SetUp();
    EXPECT_EQ(feed(std::string_view(whole).substr(0, size)), State::open);
    EXPECT_TRUE(socket_->in_message()) << size;
    EXPECT_FALSE(socket_->in_fragments()) << size;
    EXPECT_EQ(feed(std::string_view(whole).substr(size)), State::open);
    EXPECT_FALSE(socket_->in_message()) << size;
  }
  EXPECT_EQ(feed(frame(text, "", false)), State::open);
  EXPECT_TRUE(socket_->in_fragments());
  EXPECT_EQ(feed(frame(continuation, "")), State::open);
  EXPECT_FALSE(socket_->in_message());
}

TEST_F(WebSocketTest, LargestMessagePassesByteByByte) {
  const std::string whole = frame(text, std::string(65536, 'a'));
  for (const char byte : whole) ASSERT_EQ(feed({&byte, 1}), State::open);
  ASSERT_EQ(messages_.size(), 1u);
  EXPECT_EQ(messages_[0].size(), 65536u);
}

TEST_F(WebSocketTest, LargestMessagePassesAndOneByteMoreIsTooBig) {
  EXPECT_EQ(feed(frame(text, std::string(65536, 'a'))), State::open);
  ASSERT_EQ(messages_.size(), 1u);
  EXPECT_EQ(messages_[0].size(), 65536u);
  EXPECT_EQ(feed(frame(text, std::string(65537, 'a'))), State::too_big);
  EXPECT_EQ(messages_.size(), 1u);
  EXPECT_EQ(taken(), "");
  socket_->send("too big");
  socket_->close(protocol::CloseCode::frame_too_big, "");
  EXPECT_EQ(close_code(), 1009);
}

TEST_F(WebSocketTest, FragmentsTogetherAreTooBig) {
  EXPECT_EQ(feed(frame(text, std::string(40000, 'a'), false)), State::open);
  EXPECT_EQ(feed(frame(ping, "")), State::open);
  EXPECT_EQ(feed(frame(continuation, std::string(25536, 'a'), false)), State::open);
  EXPECT_EQ(feed(frame(continuation, "a")), State::too_big);
}

TEST_F(WebSocketTest, AnnouncedLengthIsRefusedByTheHeaderAlone) {
  for (const std::string_view length : {std::string_view("\x00\x00\x00\x00\x06\x40\x00\x00", 8),
                                        std::string_view("\x7f\xff\xff\xff\xff\xff\xff\xff", 8)}) {
    SetUp();
    EXPECT_EQ(feed("\x81\xff" + std::string(length) + "\x12\x34\x56\x78"), State::too_big);
    EXPECT_EQ(taken(), "");
  }
}

TEST_F(WebSocketTest, TopBitOfTheLengthEndsTheConnection) {
  const State state = feed("\x81\xff" + std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8) + "\x12\x34\x56\x78");
  EXPECT_TRUE(state == State::too_big || state == State::protocol_error);
  EXPECT_TRUE(messages_.empty());
}

TEST_F(WebSocketTest, FaultsOfTheRfcCloseWithTheirCode) {
  struct Case {
    const char* name;
    std::string bytes;
    State state;
    int code;
  };
  const std::vector<Case> cases = {
      {"unmasked", frame(text, "a", true, false), State::protocol_error, 1002},
      {"reserved bit", std::string("\xc1\x81\x12\x34\x56\x78\x00", 7), State::protocol_error, 1002},
      {"reserved opcode", frame(3, "a"), State::protocol_error, 1002},
      {"reserved control", frame(11, "a"), State::protocol_error, 1002},
      {"fragmented ping", frame(ping, "a", false), State::protocol_error, 1002},
      {"long ping", frame(ping, std::string(126, 'a')), State::protocol_error, 1002},
      {"endless ping", frame(ping, std::string(70000, 'a')).substr(0, 14), State::protocol_error, 1002},
      {"ping that announces 126 bytes", frame(ping, std::string(126, 'a')).substr(0, 8), State::protocol_error, 1002},
      {"close that announces 65,535 bytes", frame(close_frame, std::string(65535, 'a')).substr(0, 8),
       State::protocol_error, 1002},
      {"continuation of nothing", frame(continuation, "a"), State::protocol_error, 1002},
      {"text within text", frame(text, "a", false) + frame(text, "b"), State::protocol_error, 1002},
      {"close of one byte", frame(close_frame, "a"), State::protocol_error, 1002},
      {"close code 1005", frame(close_frame, "\x03\xed"), State::protocol_error, 1002},
      {"not UTF-8", frame(text, "\xc3\x28"), State::invalid_text, 1007},
      {"UTF-8 cut at the end", frame(text, "\xc3"), State::invalid_text, 1007},
      {"surrogate", frame(text, "\xed\xa0\x80"), State::invalid_text, 1007},
      {"overlong", frame(text, "\xc0\xaf"), State::invalid_text, 1007},
      {"bad over fragments", frame(text, "\xc3", false) + frame(continuation, "("), State::invalid_text, 1007},
  };
  for (const Case& one : cases) {
    SetUp();
    EXPECT_EQ(feed(one.bytes), one.state) << one.name;
    EXPECT_EQ(close_code(), one.code) << one.name;
    EXPECT_EQ(feed(frame(text, "after")), one.state) << one.name;
  }
  EXPECT_TRUE(messages_.empty());
}

TEST_F(WebSocketTest, CharacterMayBeCutByFragments) {
  EXPECT_EQ(feed(frame(text, "\xc3", false) + frame(continuation, "\xa4")), State::open);
  EXPECT_EQ(messages_, std::vector<std::string>{"\xc3\xa4"});
}

TEST_F(WebSocketTest, BinaryIsForTheCallerToClose) {
  EXPECT_EQ(feed(frame(binary, "a")), State::binary);
  socket_->close(protocol::CloseCode::policy_violation, "text frames only");
  EXPECT_EQ(close_code(), 1008);
}

TEST_F(WebSocketTest, GoodbyeIsAnswered) {
  EXPECT_EQ(feed(frame(text, "last") + frame(close_frame, "\x03\xe8") + frame(text, "too late")), State::peer_closed);
  EXPECT_EQ(close_code(), 1000);
  EXPECT_EQ(messages_, std::vector<std::string>{"last"});
  socket_->send("nothing");
  EXPECT_EQ(taken(), "");
}

TEST_F(WebSocketTest, NothingIsReadOrSentAfterOurGoodbye) {
  EXPECT_EQ(feed(frame(text, "close") + frame(text, "more")), State::closing);
  EXPECT_EQ(close_code(), 4012);
  socket_->send("nothing");
  socket_->ping();
  socket_->close(protocol::CloseCode::overloaded, "again");
  EXPECT_EQ(taken(), "");
  EXPECT_EQ(feed(frame(text, "more")), State::closing);
  EXPECT_EQ(messages_, std::vector<std::string>{"close"});
}

TEST_F(WebSocketTest, SentTextIsOneFrame) {
  socket_->send("hello");
  EXPECT_EQ(taken(), "\x81\x05hello");
  socket_->send(std::string(70000, 'a'));
  const std::string large = taken();
  EXPECT_EQ(large.size(), 70010u);
  EXPECT_EQ(large.substr(0, 2), "\x81\x7f");
  socket_->ping();
  EXPECT_EQ(taken(), std::string("\x89\x00", 2));
}

TEST_F(WebSocketTest, NoiseNeverDoesMoreThanCloseTheSocket) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    SetUp();
    std::string noise = frame(text, "some text") + frame(ping, "x") + frame(text, "more", false);
    for (int flips = 0; flips < 3; ++flips) {
      const std::size_t at = random() % noise.size();
      noise[at] = static_cast<char>(noise[at] ^ (1 << (random() % 8)));
    }
    for (std::size_t at = 0; at < noise.size();) {
      const std::size_t size = 1 + random() % noise.size();
      feed(std::string_view(noise).substr(at, size));
      at += size;
    }
    EXPECT_LT(taken().size(), 400u);
  }
}

TEST_F(WebSocketTest, MessageHasAtMostSoManyFragments) {
  const std::string part = frame(continuation, "", false);
  feed(frame(text, "a", false));
  for (int i = 2; i <= 255; ++i) ASSERT_EQ(feed(part), State::open) << i;
  ASSERT_EQ(feed(frame(continuation, "b")), State::open);  // The 256th is its end.
  EXPECT_EQ(messages_, std::vector<std::string>{"ab"});
  feed(frame(text, "c", false));
  for (int i = 2; i <= 255; ++i) ASSERT_EQ(feed(part + frame(ping, "")), State::open) << i;
  taken();
  // The header says it: not even the payload is waited for.
  EXPECT_EQ(feed(frame(continuation, std::string(200, 'x'), false).substr(0, 8)), State::too_many_fragments);
  socket_->close(protocol::CloseCode::policy_violation, "too many fragments");
  EXPECT_EQ(close_code(), 1008);
  EXPECT_EQ(feed(frame(continuation, "d")), State::closing);
  EXPECT_EQ(messages_.size(), 1u);
}

TEST(WsFrameTest, HeaderTellsWhereTheFrameEnds) {
  EXPECT_EQ(read_ws_header("\x81").has_value(), false);
  const auto small = read_ws_header(frame(text, "abc"));
  ASSERT_TRUE(small.has_value());
  EXPECT_EQ(small->header_size, 6u);
  EXPECT_EQ(small->payload_size, 3u);
  EXPECT_TRUE(small->fin);
  const auto medium = read_ws_header(frame(text, std::string(126, 'a'), false));
  EXPECT_EQ(medium->header_size, 8u);
  EXPECT_EQ(medium->payload_size, 126u);
  EXPECT_FALSE(medium->fin);
  const auto large = read_ws_header(frame(binary, std::string(65536, 'a')));
  EXPECT_EQ(large->header_size, 14u);
  EXPECT_EQ(large->payload_size, 65536u);
  EXPECT_FALSE(read_ws_header(std::string_view(frame(text, std::string(300, 'a'))).substr(0, 7)).has_value());
  EXPECT_TRUE(read_ws_header(frame(close_frame, ""))->is_close());
}

TEST(WsFrameTest, WhatIsWrittenIsWhatIsRead) {
  for (const std::size_t size : {0uz, 1uz, 125uz, 126uz, 127uz, 65'535uz, 65'536uz, 1'000'000uz}) {
    const WsTextHeader written(size);
    const auto read = read_ws_header(written.bytes());
    ASSERT_TRUE(read.has_value()) << size;
    EXPECT_EQ(read->payload_size, size);
    EXPECT_EQ(read->header_size, written.bytes().size());
    EXPECT_EQ(written.bytes().size(), size < 126 ? 2u : size < 65'536 ? 4u : 10u);
    EXPECT_EQ(read->opcode, 1u);
    EXPECT_TRUE(read->fin);
  }
}

}  // namespace
}  // namespace heti::gateway
