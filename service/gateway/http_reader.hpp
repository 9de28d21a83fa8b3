#pragma once
// One HTTP request out of bytes that check_head() has passed. The parser is Beast's; its templates are compiled in
// http_reader.cpp only. The parsed message stays inside, because the WebSocket handshake wants it as it is.
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "service/gateway/http_request.hpp"

namespace heti::gateway {

class HttpReader {
 public:
  // `bytes` is the whole request, head and body. The error is a phrase for the log.
  [[nodiscard]] static std::expected<HttpReader, std::string> read(std::string_view bytes);
  ~HttpReader();
  HttpReader(HttpReader&&) noexcept;
  HttpReader& operator=(HttpReader&&) noexcept;

  const HttpRequest& request() const { return request_; }
  HttpRequest& request() { return request_; }
  bool is_websocket_upgrade() const;

  struct Message;  // http_message.hpp
  const Message& message() const { return *message_; }

 private:
  explicit HttpReader(std::unique_ptr<Message> message);

  std::unique_ptr<Message> message_;
  HttpRequest request_;
};

}  // namespace heti::gateway
