#pragma once
// The scripts that run inside Redis, one file each (*.lua beside this one), embedded by CMake with common.lua in front.
// What each takes and answers is said at its top.
#include <string>
#include <string_view>

namespace heti::journal::redis {

class Script {
 public:
  explicit Script(std::string_view source);
  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] const std::string& sha1() const { return sha1_; }  // 40 hex digits: its name in Redis.

 private:
  std::string source_;
  std::string sha1_;
};

[[nodiscard]] const Script& append_script();
[[nodiscard]] const Script& claim_script();
[[nodiscard]] const Script& hash_at_script();
[[nodiscard]] const Script& history_script();
[[nodiscard]] const Script& read_script();
[[nodiscard]] const Script& release_script();
[[nodiscard]] const Script& renew_script();
[[nodiscard]] const Script& save_snapshot_script();
[[nodiscard]] const Script& trim_script();

}  // namespace heti::journal::redis
