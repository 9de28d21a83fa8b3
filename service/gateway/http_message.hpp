#pragma once
// Private to http_reader.cpp and web_socket.cpp, the two files that include Beast.
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "service/gateway/http_reader.hpp"

namespace heti::gateway {

struct HttpReader::Message {
  boost::beast::http::request<boost::beast::http::string_body> request;
};

}  // namespace heti::gateway
