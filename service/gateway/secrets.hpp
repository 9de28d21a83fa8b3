#pragma once
// The secrets store: password hashes, console sessions and the signing key, in secrets.db (mode 0600) of the data
// directory and nowhere else: never in events, logs or the config. What blocks (hashing, disk) is named so; it runs on
// the password pool or in the command line, never on an I/O loop.
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/base/time.hpp"
#include "service/gateway/crypto.hpp"

struct sqlite3;

namespace heti::gateway {

inline constexpr Millis session_life{12 * 3600 * 1000};

struct AgentSession {
  std::string login;
  Instant expires;
  std::uint64_t key = 0;  // names the session among sockets; says nothing about the cookie
};

class Secrets {
 public:
  // Opens or creates directory/secrets.db; makes the signing key at the first start. Blocks.
  [[nodiscard]] static std::expected<std::unique_ptr<Secrets>, std::string> open(
      const std::filesystem::path& directory);
  ~Secrets();
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;

  // 32 random bytes, made once.
  const Bytes32& signing_key() const { return signing_key_; }

  // Sets or replaces the password (8 to 512 bytes) and ends all sessions of that login. Blocks.
  [[nodiscard]] std::expected<void, std::string> set_password(std::string_view login, std::string_view password);
  [[nodiscard]] std::expected<void, std::string> remove_password(std::string_view login);
  [[nodiscard]] std::expected<std::vector<std::string>, std::string> logins() const;

  // True if that is the password. Takes as long for a login that does not exist. Blocks for some 50 ms and uses 64 MiB.
  [[nodiscard]] std::expected<bool, std::string> verify(std::string_view login, std::string_view password) const;

  // The cookie's value; the session survives a restart. Blocks.
  [[nodiscard]] std::expected<std::string, std::string> start_session(std::string_view login, Instant now);
  // Gives the session of that cookie its whole life again from `now` on. False if it is over. Blocks.
  [[nodiscard]] std::expected<bool, std::string> extend_session(std::string_view cookie, Instant now);
  // Blocks.
  [[nodiscard]] std::expected<void, std::string> end_session(std::string_view cookie);
  // Any thread, from memory.
  std::optional<AgentSession> find_session(std::string_view cookie, Instant now) const;

  // Drops what has expired, and reads the table again if another process has written (a password set on the command
  // line ends sessions here). Gives the keys of sessions that are gone. Blocks.
  [[nodiscard]] std::expected<std::vector<std::uint64_t>, std::string> refresh(Instant now);

 private:
  using Sessions = std::map<Bytes32, AgentSession>;  // by SHA-256 of the cookie

  explicit Secrets(sqlite3* database) : database_(database) {}
  std::expected<void, std::string> prepare();
  std::expected<Sessions, std::string> load_sessions() const;
  std::expected<std::int64_t, std::string> data_version() const;

  mutable std::mutex database_mutex_;
  sqlite3* database_;
  std::int64_t seen_version_ = 0;
  Bytes32 signing_key_{};
  std::string nobodys_hash_;  // what an unknown login is verified against

  mutable std::mutex sessions_mutex_;
  Sessions sessions_;
};

}  // namespace heti::gateway
