#pragma once
// One HTTP request, waited for: enough to log agents in and to ask whether a server is ready.
#include <netinet/in.h>

#include <expected>
#include <string>

namespace heti::load {

struct HttpAnswer {
  int status = 0;
  std::string cookie;  // "name=value" of the first Set-Cookie
  std::string body;
};

// `method` GET or POST; a cookie and a JSON body where they are not empty. Waits ten seconds at most.
[[nodiscard]] std::expected<HttpAnswer, std::string> http_request(const sockaddr_in& address, const std::string& host,
                                                                  const std::string& method, const std::string& path,
                                                                  const std::string& cookie, const std::string& body);

}  // namespace heti::load
