#include "tests/load/accounts.hpp"

#include <sodium.h>
#include <sqlite3.h>

#include <array>
#include <memory>

namespace heti::load {

std::expected<void, std::string> make_cheap_accounts(const std::filesystem::path& store,
                                                     const std::vector<std::string>& logins,
                                                     const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (sodium_init() < 0 ||
      crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), crypto_pwhash_argon2id_OPSLIMIT_MIN,
                            crypto_pwhash_argon2id_MEMLIMIT_MIN, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return std::unexpected("the password could not be hashed");
  }
  sqlite3* opened = nullptr;
  const int result = sqlite3_open_v2(store.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(opened, &sqlite3_close);
  const auto failed = [&]() -> std::unexpected<std::string> {
    return std::unexpected(store.string() + ": " + sqlite3_errmsg(database.get()) +
                           "; has Heti another store of passwords than this tool knows?");
  };
  if (result != SQLITE_OK) return failed();
  if (sqlite3_exec(opened, "BEGIN", nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, "INSERT OR REPLACE INTO passwords (login, hash) VALUES (?, ?)", -1, &prepared,
                         nullptr) != SQLITE_OK) {
    return failed();
  }
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(prepared, &sqlite3_finalize);
  for (const std::string& login : logins) {
    sqlite3_bind_text(prepared, 1, login.c_str(), -1, SQLITE_STATIC);
    sqlite3_bind_text(prepared, 2, hash.data(), -1, SQLITE_STATIC);
    if (sqlite3_step(prepared) != SQLITE_DONE) return failed();
    sqlite3_reset(prepared);
  }
  if (sqlite3_exec(opened, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
  return {};
}

}  // namespace heti::load
