#include "service/gateway/http_reader.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <utility>

#include "service/gateway/http_head.hpp"
#include "service/gateway/http_message.hpp"

namespace heti::gateway {
namespace {

namespace http = boost::beast::http;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

void join_lines(http::fields& fields, http::field name) {
  if (fields.count(name) < 2) return;
  std::string joined;
  const auto lines = fields.equal_range(name);
  for (auto line = lines.first; line != lines.second; ++line) {
    if (!joined.empty()) joined += ", ";
    joined += view(line->value());
  }
  fields.set(name, joined);
}

}  // namespace

HttpReader::HttpReader(std::unique_ptr<Message> message) : message_(std::move(message)) {}
HttpReader::~HttpReader() = default;
HttpReader::HttpReader(HttpReader&&) noexcept = default;
HttpReader& HttpReader::operator=(HttpReader&&) noexcept = default;

std::expected<HttpReader, std::string> HttpReader::read(std::string_view bytes) {
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  parser.header_limit(head_bytes_max);
  parser.body_limit(body_bytes_max);
  boost::beast::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error) return std::unexpected(error.message());
  if (!parser.is_done() || used != bytes.size()) return std::unexpected("the request does not end where its head says");

  auto message = std::make_unique<Message>();
  message->request = parser.release();
  // Lists may be spread over lines (RFC 9110, 5.3), but whoever looks for a word in them reads one.
  for (const auto field : {http::field::connection, http::field::upgrade, http::field::sec_websocket_protocol}) {
    join_lines(message->request, field);
  }
  HttpReader reader(std::move(message));
  const auto& parsed = reader.message_->request;
  HttpRequest& request = reader.request_;
  request.method = std::string(view(parsed.method_string()));
  request.keep_alive = parsed.keep_alive();
  const auto target = boost::urls::parse_origin_form(parsed.target());
  if (!target) return std::unexpected("the target is not a path");
  request.path = target->path();
  for (const auto& parameter : target->params()) request.query.emplace_back(parameter.key, parameter.value);
  for (const auto& field : parsed) {
    request.headers.emplace_back(lower(view(field.name_string())), std::string(view(field.value())));
  }
  request.body = parsed.body();
  return reader;
}

bool HttpReader::is_websocket_upgrade() const { return boost::beast::websocket::is_upgrade(message_->request); }

}  // namespace heti::gateway
