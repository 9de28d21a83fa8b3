#pragma once
// Passwords for the agents of a Heti that the tool starts.
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace heti::load {

// Gives all of them the same password in a store that Heti has made (its data directory's secrets.db), under a hash of
// the smallest cost that Heti's own check accepts: a thousand agents then log in within seconds, and none of what is
// measured hashes passwords.
[[nodiscard]] std::expected<void, std::string> make_cheap_accounts(const std::filesystem::path& store,
                                                                   const std::vector<std::string>& logins,
                                                                   const std::string& password);

}  // namespace heti::load
