#include "service/gateway/origin.hpp"

#include <algorithm>

namespace heti::gateway {

bool origin_allowed(const std::vector<std::string>& allowed, std::string_view origin) {
  return std::any_of(allowed.begin(), allowed.end(), [origin](const std::string& entry) {
    return entry == "*" || (!origin.empty() && origin != "null" && entry == origin);
  });
}

bool same_origin(std::string_view origin, std::string_view host, bool tls) {
  if (host.empty()) return false;
  for (const std::string_view scheme : {std::string_view("https://"), std::string_view("http://")}) {
    if (tls && scheme == "http://") continue;
    if (!origin.starts_with(scheme)) continue;
    // Browsers write both in lower case and leave out a default port, so that the bytes are equal.
    return origin.substr(scheme.size()) == host;
  }
  return false;
}

}  // namespace heti::gateway
