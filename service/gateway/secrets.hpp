#pragma once
// The secrets store: password hashes, console sessions and the signing key, in secrets.db (mode 0600) of the data
// directory and nowhere else: never in events, logs or the config. Where several nodes serve the same people, they
// share them: what is written is written there first, and secrets.db is this node's copy, which goes on when the share
// is away. What blocks (hashing, disk) is named so; it runs on the password pool or in the command line, never on an
// I/O loop.
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

#include "service/gateway/secrets_share.hpp"

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
  // Opens or creates directory/secrets.db; makes the signing key at the first start. A share that is empty is given
  // what is here; else its key, passwords and sessions replace ours. Blocks.
  [[nodiscard]] static std::expected<std::unique_ptr<Secrets>, std::string> open(
      const std::filesystem::path& directory, std::unique_ptr<SecretsShare> share = nullptr);
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

  // A session that is not known here may have begun on another node a moment ago: worth a refresh(), if this says so.
  // At most some times a second, whatever cookies are tried.
  [[nodiscard]] bool may_be_elsewhere(Instant now);
  [[nodiscard]] bool is_shared() const { return share_ != nullptr; }

  // Drops what has expired, and reads the table again if another process or node has written (a password set on
  // the command line ends sessions here). Gives the keys of sessions that are gone. Blocks.
  [[nodiscard]] std::expected<std::vector<std::uint64_t>, std::string> refresh(Instant now);

 private:
  using Sessions = std::map<Bytes32, AgentSession>;  // by SHA-256 of the cookie

  Secrets(sqlite3* database, std::unique_ptr<SecretsShare> share) : share_(std::move(share)), database_(database) {}

  // secrets_share.cpp; with the database locked. Without a share they do nothing.
  std::expected<void, std::string> join_share();
  std::expected<void, std::string> give_share_ours();
  std::expected<void, std::string> take_in_share();
  std::expected<void, std::string> share_change(const SecretsShare::Change& change);
  std::expected<void, std::string> share_password(std::string_view login, const std::string& hash);
  std::expected<void, std::string> share_session(const Bytes32& id, std::string_view login, Instant expires);
  std::expected<bool, std::string> share_extension(const Bytes32& id, std::string_view login, Instant expires);
  static std::string shared_name(std::string_view login);
  static std::string shared_name(const Bytes32& session);

  std::expected<void, std::string> prepare();
  std::expected<Sessions, std::string> load_sessions() const;
  std::expected<std::int64_t, std::string> data_version() const;

  const std::unique_ptr<SecretsShare> share_;  // null: this node is alone
  std::uint64_t shared_version_ = 0;           // of what was taken in

  mutable std::mutex database_mutex_;
  sqlite3* database_;
  std::int64_t seen_version_ = 0;
  Bytes32 signing_key_{};
  std::string nobodys_hash_;  // what an unknown login is verified against

  mutable std::mutex sessions_mutex_;
  Sessions sessions_;
  Instant looked_elsewhere_;  // guarded by the same
};

}  // namespace heti::gateway
