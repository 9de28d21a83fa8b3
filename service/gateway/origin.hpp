#pragma once
// Whose page asks. Exact comparison only: no suffixes, no wildcards inside a name, "null" is nobody.
#include <string>
#include <string_view>
#include <vector>

namespace heti::gateway {

// An allow-list of origins ("https://shop.example", "http://localhost:5173") or "*" for any page, even none at all.
bool origin_allowed(const std::vector<std::string>& allowed, std::string_view origin);

// Is `origin` the page of this very host, as the Host header names it? `tls`: only https will do.
bool same_origin(std::string_view origin, std::string_view host, bool tls);

}  // namespace heti::gateway
