#include "service/gateway/secrets.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "service/base/check.hpp"
#include "service/gateway/secrets_table.hpp"

namespace heti::gateway {
namespace {

constexpr std::size_t password_bytes_min = 8;
constexpr std::size_t password_bytes_max = 2048;  // 512 characters of any language

std::expected<std::string, std::string> hash_of(std::string_view password) {
  std::string out(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                            crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return std::unexpected("a password could not be hashed: not enough memory");
  }
  out.resize(std::strlen(out.c_str()));
  return out;
}

constexpr const char* schema = R"(
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS passwords (login TEXT PRIMARY KEY, hash TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sessions (id BLOB PRIMARY KEY, login TEXT NOT NULL, expires_ms INTEGER NOT NULL) WITHOUT ROWID;
)";

}  // namespace

std::expected<std::unique_ptr<Secrets>, std::string> Secrets::open(const std::filesystem::path& directory,
                                                                   std::unique_ptr<SecretsShare> share) {
  const std::string path = (directory / "secrets.db").string();
  // Made here with mode 0600, so that it is never readable by others, not even for a moment; SQLite gives its
  // journal the same mode.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return std::unexpected(path + " cannot be opened: " + std::strerror(errno));
  struct stat info {};
  const bool ours = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  const bool closed_to_others = ours && ((info.st_mode & 077) == 0 || ::fchmod(fd, 0600) == 0);
  ::close(fd);
  if (!ours) return std::unexpected(path + " is not a regular file");
  if (!closed_to_others) return std::unexpected(path + " is readable by others and its mode cannot be set to 0600");

  sqlite3* database = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
  std::unique_ptr<Secrets> secrets(new Secrets(database, std::move(share)));
  if (result != SQLITE_OK) return std::unexpected(path + " cannot be opened: " + sqlite3_errstr(result));
  if (auto prepared = secrets->prepare(); !prepared) return std::unexpected(path + ": " + prepared.error());
  return secrets;
}

Secrets::~Secrets() { sqlite3_close(database_); }

std::expected<void, std::string> Secrets::prepare() {
  sqlite3_busy_timeout(database_, 5000);
  for (const char* sql : {"PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON", schema}) {
    if (auto done = run(database_, sql); !done) return done;
  }
  Bytes32 fresh{};
  random_bytes(fresh);
  Statement make(database_, "INSERT OR IGNORE INTO meta (name, value) VALUES ('signing_key', ?)");
  make.blob(1, text_of(fresh));
  if (auto done = run(make); !done) return done;
  Statement read(database_, "SELECT value FROM meta WHERE name = 'signing_key'");
  const auto row = read.step();
  if (!row) return std::unexpected(row.error());
  const std::string stored = *row ? read.column(0) : std::string();
  if (stored.size() != signing_key_.size()) return std::unexpected("the signing key in it is damaged");
  std::copy(stored.begin(), stored.end(), signing_key_.begin());

  if (auto joined = join_share(); !joined) return joined;
  auto nobody = hash_of(random_secret());
  if (!nobody) return std::unexpected(nobody.error());
  nobodys_hash_ = *std::move(nobody);
  const auto version = data_version();
  if (!version) return std::unexpected(version.error());
  seen_version_ = *version;
  auto sessions = load_sessions();
  if (!sessions) return std::unexpected(sessions.error());
  sessions_ = *std::move(sessions);
  return {};
}

std::expected<std::int64_t, std::string> Secrets::data_version() const {
  Statement read(database_, "PRAGMA data_version");
  const auto row = read.step();
  if (!row) return std::unexpected(row.error());
  return read.column_number(0);
}

std::expected<Secrets::Sessions, std::string> Secrets::load_sessions() const {
  Sessions out;
  Statement read(database_, "SELECT id, login, expires_ms FROM sessions");
  while (true) {
    const auto row = read.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    const std::string raw = read.column(0);
    Bytes32 id{};
    if (raw.size() != id.size()) continue;
    std::copy(raw.begin(), raw.end(), id.begin());
    out[id] =
        AgentSession{.login = read.column(1), .expires = instant_from_ms(read.column_number(2)), .key = key_of(id)};
  }
}

std::expected<void, std::string> Secrets::set_password(std::string_view login, std::string_view password) {
  if (login.empty()) return std::unexpected("a login name must not be empty");
  if (password.size() < password_bytes_min) return std::unexpected("a password must have at least 8 bytes");
  if (password.size() > password_bytes_max) return std::unexpected("a password must have at most 2048 bytes");
  const auto hash = hash_of(password);
  if (!hash) return std::unexpected(hash.error());
  {
    const std::lock_guard lock(database_mutex_);
    if (auto shared = share_password(login, *hash); !shared) return shared;
    if (auto begun = run(database_, "BEGIN IMMEDIATE"); !begun) return begun;
    Statement store(database_, "INSERT OR REPLACE INTO passwords (login, hash) VALUES (?, ?)");
    Statement forget(database_, "DELETE FROM sessions WHERE login = ?");
    store.text(1, login).text(2, *hash);
    forget.text(1, login);
    auto done = run(store);
    if (done) done = run(forget);
    if (done) done = run(database_, "COMMIT");
    if (!done) {
      // The first error is the one to tell; a failed rollback leaves nothing to undo.
      static_cast<void>(run(database_, "ROLLBACK"));
      return done;
    }
  }
  const std::lock_guard lock(sessions_mutex_);
  std::erase_if(sessions_, [login](const auto& entry) { return entry.second.login == login; });
  return {};
}

std::expected<void, std::string> Secrets::remove_password(std::string_view login) {
  const std::lock_guard lock(database_mutex_);
  if (auto shared = share_change({.set = {}, .remove = {shared_name(login)}, .only_if = {}}); !shared) return shared;
  Statement remove(database_, "DELETE FROM passwords WHERE login = ?");
  remove.text(1, login);
  return run(remove);
}

std::expected<std::vector<std::string>, std::string> Secrets::logins() const {
  const std::lock_guard lock(database_mutex_);
  std::vector<std::string> out;
  Statement read(database_, "SELECT login FROM passwords ORDER BY login");
  while (true) {
    const auto row = read.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    out.push_back(read.column(0));
  }
}

std::expected<bool, std::string> Secrets::verify(std::string_view login, std::string_view password) const {
  std::string hash;
  {
    const std::lock_guard lock(database_mutex_);
    Statement read(database_, "SELECT hash FROM passwords WHERE login = ?");
    const auto row = read.text(1, login).step();
    if (!row) return std::unexpected(row.error());
    if (*row) hash = read.column(0);
  }
  const bool known = !hash.empty();
  const std::string& against = known ? hash : nobodys_hash_;
  const bool right = crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0;
  return known && right;
}

std::expected<std::string, std::string> Secrets::start_session(std::string_view login, Instant now) {
  std::string cookie = random_secret();
  const Bytes32 id = sha256(cookie);
  const Instant expires = now + session_life;
  {
    const std::lock_guard lock(database_mutex_);
    if (auto shared = share_session(id, login, expires); !shared) return std::unexpected(shared.error());
    Statement store(database_, "INSERT INTO sessions (id, login, expires_ms) VALUES (?, ?, ?)");
    store.blob(1, text_of(id)).text(2, login).number(3, to_ms(expires));
    if (auto done = run(store); !done) return std::unexpected(done.error());
  }
  const std::lock_guard lock(sessions_mutex_);
  sessions_[id] = AgentSession{.login = std::string(login), .expires = expires, .key = key_of(id)};
  return cookie;
}

std::expected<bool, std::string> Secrets::extend_session(std::string_view cookie, Instant now) {
  const Bytes32 id = sha256(cookie);
  const Instant expires = now + session_life;
  const std::lock_guard lock(database_mutex_);
  std::string login;
  {
    const std::lock_guard sessions_lock(sessions_mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || found->second.expires <= now) return false;
    found->second.expires = expires;
    login = found->second.login;
  }
  const auto shared = share_extension(id, login, expires);
  if (!shared) return std::unexpected(shared.error());
  if (!*shared) return false;  // refresh() takes it from memory.
  // A session that another process has just ended has no row here; `refresh` takes it from memory.
  Statement store(database_, "UPDATE sessions SET expires_ms = ? WHERE id = ?");
  store.number(1, to_ms(expires)).blob(2, text_of(id));
  if (auto done = run(store); !done) return std::unexpected(done.error());
  return true;
}

std::expected<void, std::string> Secrets::end_session(std::string_view cookie) {
  const Bytes32 id = sha256(cookie);
  {
    const std::lock_guard lock(sessions_mutex_);
    sessions_.erase(id);
  }
  const std::lock_guard lock(database_mutex_);
  if (auto shared = share_change({.set = {}, .remove = {shared_name(id)}, .only_if = {}}); !shared) return shared;
  Statement remove(database_, "DELETE FROM sessions WHERE id = ?");
  remove.blob(1, text_of(id));
  return run(remove);
}

std::optional<AgentSession> Secrets::find_session(std::string_view cookie, Instant now) const {
  // Looked up by its hash: the time that the look-up takes tells nothing about a cookie that exists.
  const Bytes32 id = sha256(cookie);
  const std::lock_guard lock(sessions_mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second.expires <= now) return std::nullopt;
  return found->second;
}

std::expected<std::vector<std::uint64_t>, std::string> Secrets::refresh(Instant now) {
  std::vector<std::uint64_t> gone;
  const std::lock_guard lock(database_mutex_);
  Statement expire(database_, "DELETE FROM sessions WHERE expires_ms <= ?");
  std::vector<std::string> expired;
  {
    const std::lock_guard sessions_lock(sessions_mutex_);
    std::erase_if(sessions_, [&](const auto& entry) {
      if (entry.second.expires > now) return false;
      gone.push_back(entry.second.key);
      expired.push_back(shared_name(entry.first));
      return true;
    });
  }
  if (!expired.empty()) {
    expire.number(1, to_ms(now));
    if (auto done = run(expire); !done) return std::unexpected(done.error());
    if (auto shared = share_change({.set = {}, .remove = std::move(expired), .only_if = {}}); !shared) {
      return std::unexpected(shared.error());
    }
  }
  const std::uint64_t taken = shared_version_;
  if (auto took = take_in_share(); !took) return std::unexpected(took.error());
  const auto version = data_version();
  if (!version) return std::unexpected(version.error());
  if (*version == seen_version_ && taken == shared_version_) return gone;
  auto fresh = load_sessions();
  if (!fresh) return std::unexpected(fresh.error());
  seen_version_ = *version;
  const std::lock_guard sessions_lock(sessions_mutex_);
  for (const auto& [id, session] : sessions_) {
    if (!fresh->contains(id)) gone.push_back(session.key);
  }
  sessions_ = *std::move(fresh);
  return gone;
}

}  // namespace heti::gateway
