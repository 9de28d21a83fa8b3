// The secrets store among several nodes.
#include <sodium.h>

#include <algorithm>
#include <charconv>

#include "service/gateway/secrets.hpp"
#include "service/gateway/secrets_table.hpp"

namespace heti::gateway {
namespace {

constexpr std::string_view key_name = "signing_key";
constexpr std::string_view password_prefix = "password:";
constexpr std::string_view session_prefix = "session:";
constexpr Millis look_elsewhere_every{200};

std::string hex_of(const Bytes32& bytes) {
  std::string hex(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  hex.pop_back();
  return hex;
}

std::optional<Bytes32> from_hex(std::string_view hex) {
  Bytes32 bytes{};
  std::size_t size = 0;
  const bool sound = sodium_hex2bin(bytes.data(), bytes.size(), hex.data(), hex.size(), nullptr, &size, nullptr) == 0;
  return sound && size == bytes.size() && hex.size() == 2 * size ? std::optional(bytes) : std::nullopt;
}

// A session as it is shared: "<expires, in ms> <login>".
std::string session_value(std::string_view login, std::int64_t expires_ms) {
  return std::to_string(expires_ms).append(" ").append(login);
}
struct SharedSession {
  std::int64_t expires_ms = 0;
  std::string_view login;
};
std::optional<SharedSession> read_session(std::string_view value) {
  SharedSession session;
  const auto space = value.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(value.data(), value.data() + space, session.expires_ms);
  if (error != std::errc{} || end != value.data() + space) return std::nullopt;
  session.login = value.substr(space + 1);
  return session;
}

}  // namespace

std::string Secrets::shared_name(std::string_view login) { return std::string(password_prefix).append(login); }
std::string Secrets::shared_name(const Bytes32& session) { return std::string(session_prefix).append(hex_of(session)); }

// The first node of all brings what it has; every other one takes what there is.
std::expected<void, std::string> Secrets::join_share() {
  if (!share_) return {};
  const auto key = share_->set_if_absent(std::string(key_name), hex_of(signing_key_));
  if (!key) return std::unexpected(key.error());
  const auto bytes = from_hex(*key);
  if (!bytes) return std::unexpected("the signing key that the nodes share is damaged");
  if (*bytes == signing_key_) {
    const auto version = share_->version();
    if (!version) return std::unexpected(version.error());
    if (*version == 0) return give_share_ours();
    return take_in_share();
  }
  Statement replace(database_, "UPDATE meta SET value = ? WHERE name = 'signing_key'");
  replace.blob(1, text_of(*bytes));
  if (auto done = run(replace); !done) return done;
  signing_key_ = *bytes;
  return take_in_share();
}

std::expected<void, std::string> Secrets::give_share_ours() {
  SecretsShare::Change ours;
  Statement passwords(database_, "SELECT login, hash FROM passwords");
  for (;;) {
    const auto row = passwords.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    ours.set.emplace_back(shared_name(passwords.column(0)), passwords.column(1));
  }
  Statement sessions(database_, "SELECT id, login, expires_ms FROM sessions");
  for (;;) {
    const auto row = sessions.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    const std::string raw = sessions.column(0);
    Bytes32 id{};
    if (raw.size() != id.size()) continue;
    std::copy(raw.begin(), raw.end(), id.begin());
    ours.set.emplace_back(shared_name(id), session_value(sessions.column(1), sessions.column_number(2)));
  }
  return share_change(ours);
}

// What the share holds becomes what secrets.db holds, if there was a change.
std::expected<void, std::string> Secrets::take_in_share() {
  if (!share_) return {};
  const auto version = share_->version();
  if (!version) return std::unexpected(version.error());
  if (*version == shared_version_) return {};
  // A share that was emptied or has lost its end: what is known here is put there again, never the other way round.
  if (*version < shared_version_) {
    const auto key = share_->set_if_absent(std::string(key_name), hex_of(signing_key_));
    if (!key) return std::unexpected(key.error());
    if (auto given = give_share_ours(); !given) return given;
  }
  const auto all = share_->read();
  if (!all) return std::unexpected(all.error());
  auto done = run(database_, "BEGIN IMMEDIATE");
  if (!done) return done;
  done = run(database_, "DELETE FROM passwords");
  if (done) done = run(database_, "DELETE FROM sessions");
  for (const auto& [name, value] : all->values) {
    if (!done) break;
    const std::string_view whose = name;
    if (whose.starts_with(password_prefix)) {
      Statement store(database_, "INSERT INTO passwords (login, hash) VALUES (?, ?)");
      store.text(1, whose.substr(password_prefix.size())).text(2, value);
      done = run(store);
    } else if (whose.starts_with(session_prefix)) {
      const auto id = from_hex(whose.substr(session_prefix.size()));
      const auto session = read_session(value);
      if (!id || !session) continue;
      Statement store(database_, "INSERT INTO sessions (id, login, expires_ms) VALUES (?, ?, ?)");
      store.blob(1, text_of(*id)).text(2, session->login).number(3, session->expires_ms);
      done = run(store);
    }
  }
  if (done) done = run(database_, "COMMIT");
  if (!done) {
    // The first error is the one to tell; a failed rollback leaves nothing to undo.
    static_cast<void>(run(database_, "ROLLBACK"));
    return done;
  }
  shared_version_ = all->version;
  return {};
}

// This node, too, takes it in from there, by its next refresh().
std::expected<void, std::string> Secrets::share_change(const SecretsShare::Change& change) {
  if (!share_ || (change.set.empty() && change.remove.empty())) return {};
  const auto changed = share_->change(change);
  if (!changed) return std::unexpected(changed.error());
  return {};
}

// False: it was ended on another node, and stays so.
std::expected<bool, std::string> Secrets::share_extension(const Bytes32& id, std::string_view login, Instant expires) {
  if (!share_) return true;
  const std::string name = shared_name(id);
  return share_->change({.set = {{name, session_value(login, to_ms(expires))}}, .remove = {}, .only_if = name});
}

std::expected<void, std::string> Secrets::share_password(std::string_view login, const std::string& hash) {
  if (!share_) return {};
  const auto all = share_->read();
  if (!all) return std::unexpected(all.error());
  SecretsShare::Change change{.set = {{shared_name(login), hash}}, .remove = {}, .only_if = {}};
  for (const auto& [name, value] : all->values) {
    const auto session = name.starts_with(session_prefix) ? read_session(value) : std::nullopt;
    if (session && session->login == login) change.remove.push_back(name);
  }
  return share_change(change);
}

std::expected<void, std::string> Secrets::share_session(const Bytes32& id, std::string_view login, Instant expires) {
  return share_change({.set = {{shared_name(id), session_value(login, to_ms(expires))}}, .remove = {}, .only_if = {}});
}

bool Secrets::may_be_elsewhere(Instant now) {
  if (!share_) return false;
  const std::lock_guard lock(sessions_mutex_);
  if (now >= looked_elsewhere_ && now - looked_elsewhere_ < look_elsewhere_every) return false;
  looked_elsewhere_ = now;
  return true;
}

}  // namespace heti::gateway
