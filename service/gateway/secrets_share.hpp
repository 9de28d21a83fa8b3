#pragma once
// What the nodes of a workspace share of their secrets: named values with a version that counts every change. What lies
// there is as secret as secrets.db: password hashes, sessions, the signing key.
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace heti::gateway {

// Every call blocks; an error says what is wrong and where. Any thread.
class SecretsShare {
 public:
  struct Change {
    std::vector<std::pair<std::string, std::string>> set;
    std::vector<std::string> remove;
    std::string only_if{};  // a name that must be there, or nothing is changed; empty: whatever is there
  };
  struct All {
    std::uint64_t version = 0;  // 0: nothing was ever changed
    std::map<std::string, std::string> values;
  };

  virtual ~SecretsShare() = default;
  [[nodiscard]] virtual std::expected<std::uint64_t, std::string> version() = 0;
  [[nodiscard]] virtual std::expected<All, std::string> read() = 0;
  // All of it or nothing. False: nothing, because of `only_if`.
  [[nodiscard]] virtual std::expected<bool, std::string> change(const Change& change) = 0;
  // The value that is there: ours, if there was none. This alone is no change of the version.
  [[nodiscard]] virtual std::expected<std::string, std::string> set_if_absent(const std::string& name,
                                                                              const std::string& value) = 0;
};

}  // namespace heti::gateway
