#include "service/gateway/secrets.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "service/gateway/login_throttle.hpp"
#include "service/gateway/password_pool.hpp"

namespace heti::gateway {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon = instant_from_ms(1'780'300'000'000);

class SecretsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "heti-secrets-XXXXXX").string();
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    directory_ = path;
    reopen();
  }
  void TearDown() override {
    secrets_.reset();
    std::filesystem::remove_all(directory_);
  }
  void reopen() {
    secrets_.reset();
    auto opened = Secrets::open(directory_);
    ASSERT_TRUE(opened.has_value()) << opened.error();
    secrets_ = *std::move(opened);
  }

  std::filesystem::path directory_;
  std::unique_ptr<Secrets> secrets_;
};

TEST_F(SecretsTest, FileIsReadableByItsOwnerOnly) {
  struct stat info {};
  ASSERT_EQ(::stat((directory_ / "secrets.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(::chmod((directory_ / "secrets.db").c_str(), 0644), 0);
  reopen();
  ASSERT_EQ(::stat((directory_ / "secrets.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SecretsTest, SigningKeyIsMadeOnce) {
  const Bytes32 key = secrets_->signing_key();
  EXPECT_NE(key, Bytes32{});
  reopen();
  EXPECT_EQ(secrets_->signing_key(), key);
}

TEST_F(SecretsTest, OnlyTheRightPasswordOfTheRightLoginIsRight) {
  ASSERT_TRUE(secrets_->set_password("aino", "correct horse").has_value());
  EXPECT_TRUE(secrets_->verify("aino", "correct horse").value());
  EXPECT_FALSE(secrets_->verify("aino", "correct horsf").value());
  EXPECT_FALSE(secrets_->verify("aino", "").value());
  EXPECT_FALSE(secrets_->verify("eero", "correct horse").value());
  ASSERT_TRUE(secrets_->remove_password("aino").has_value());
  EXPECT_FALSE(secrets_->verify("aino", "correct horse").value());
}

TEST_F(SecretsTest, PasswordsAreStoredAsArgon2idAndNeverAsThemselves) {
  ASSERT_TRUE(secrets_->set_password("aino", "correct horse").has_value());
  const std::string cookie = secrets_->start_session("aino", noon).value();
  std::ifstream in(directory_ / "secrets.db", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_NE(bytes.find("$argon2id$"), std::string::npos);
  EXPECT_EQ(bytes.find("correct horse"), std::string::npos);
  EXPECT_EQ(bytes.find(cookie), std::string::npos);
}

TEST_F(SecretsTest, UnfitPasswordsAreRefusedWithASentence) {
  EXPECT_EQ(secrets_->set_password("aino", "short").error(), "a password must have at least 8 bytes");
  EXPECT_EQ(secrets_->set_password("", "long enough").error(), "a login name must not be empty");
  EXPECT_TRUE(secrets_->set_password("aino", std::string(512, 'x')).has_value());
}

TEST_F(SecretsTest, SessionSurvivesARestartAndEndsAfterTwelveHours) {
  const std::string cookie = secrets_->start_session("aino", noon).value();
  reopen();
  ASSERT_TRUE(secrets_->find_session(cookie, noon).has_value());
  EXPECT_EQ(secrets_->find_session(cookie, noon)->login, "aino");
  EXPECT_TRUE(secrets_->find_session(cookie, noon + 12h - 1ms).has_value());
  EXPECT_FALSE(secrets_->find_session(cookie, noon + 12h).has_value());
  EXPECT_EQ(secrets_->refresh(noon + 12h).value().size(), 1u);
  reopen();
  EXPECT_FALSE(secrets_->find_session(cookie, noon).has_value());
}

TEST_F(SecretsTest, AnExtendedSessionHasItsWholeLifeAgainAlsoAfterARestart) {
  const std::string cookie = secrets_->start_session("aino", noon).value();
  ASSERT_TRUE(secrets_->extend_session(cookie, noon + 7h).value());
  EXPECT_TRUE(secrets_->refresh(noon + 12h).value().empty());
  reopen();
  EXPECT_TRUE(secrets_->find_session(cookie, noon + 19h - 1ms).has_value());
  EXPECT_FALSE(secrets_->find_session(cookie, noon + 19h).has_value());
  EXPECT_FALSE(secrets_->extend_session(cookie, noon + 19h).value()) << "it is over";
  EXPECT_FALSE(secrets_->extend_session("nobody's", noon).value());
}

TEST_F(SecretsTest, WhatHasEndedIsNotExtended) {
  const std::string cookie = secrets_->start_session("aino", noon).value();
  {
    auto elsewhere = Secrets::open(directory_);
    ASSERT_TRUE(elsewhere.has_value());
    ASSERT_TRUE((*elsewhere)->end_session(cookie).has_value());
  }
  ASSERT_TRUE(secrets_->extend_session(cookie, noon + 7h).has_value());
  EXPECT_EQ(secrets_->refresh(noon + 7h).value().size(), 1u) << "another process ended it";
  EXPECT_FALSE(secrets_->find_session(cookie, noon + 7h).has_value());
}

TEST_F(SecretsTest, NoFlippedBitOfACookieIsASession) {
  const std::string cookie = secrets_->start_session("aino", noon).value();
  for (std::size_t at = 0; at < cookie.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string forged = cookie;
      forged[at] = static_cast<char>(forged[at] ^ (1 << bit));
      EXPECT_FALSE(secrets_->find_session(forged, noon).has_value());
    }
  }
}

TEST_F(SecretsTest, EndedSessionStaysEnded) {
  const std::string cookie = secrets_->start_session("aino", noon).value();
  ASSERT_TRUE(secrets_->end_session(cookie).has_value());
  EXPECT_FALSE(secrets_->find_session(cookie, noon).has_value());
  reopen();
  EXPECT_FALSE(secrets_->find_session(cookie, noon).has_value());
}

TEST_F(SecretsTest, NewPasswordFromAnotherProcessEndsSessionsHere) {
  const std::string cookie = secrets_->start_session("aino", noon).value();
  const std::string other = secrets_->start_session("eero", noon).value();
  const std::uint64_t key = secrets_->find_session(cookie, noon)->key;
  EXPECT_TRUE(secrets_->refresh(noon).value().empty());
  {
    auto elsewhere = Secrets::open(directory_);
    ASSERT_TRUE(elsewhere.has_value());
    ASSERT_TRUE((*elsewhere)->set_password("aino", "another one").has_value());
  }
  EXPECT_EQ(secrets_->refresh(noon).value(), std::vector<std::uint64_t>{key});
  EXPECT_FALSE(secrets_->find_session(cookie, noon).has_value());
  EXPECT_TRUE(secrets_->find_session(other, noon).has_value());
  EXPECT_TRUE(secrets_->verify("aino", "another one").value());
}

TEST_F(SecretsTest, MissingDirectoryIsNamed) {
  const auto opened = Secrets::open(directory_ / "nowhere");
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().find("nowhere/secrets.db"), std::string::npos);
}

TEST(PasswordPoolTest, FullQueueRefusesAndReservedRoomStays) {
  Counter waiting{0};
  std::mutex gate;
  std::atomic<int> ran = 0;
  std::atomic<int> started = 0;
  gate.lock();
  {
    PasswordPool pool(2, 3, waiting);
    const auto job = [&] {
      ++started;
      const std::lock_guard wait(gate);
      ++ran;
    };
    ASSERT_TRUE(pool.try_run(job));
    ASSERT_TRUE(pool.try_run(job));
    while (started < 2) std::this_thread::yield();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.try_run(job));
    EXPECT_FALSE(pool.try_run(job));
    pool.run(job);
    EXPECT_EQ(waiting.load(), 4u);
    gate.unlock();
  }
  EXPECT_EQ(ran, 6);
}

TEST(LoginThrottleTest, TenFailuresOfOneLoginFromOneAddressAreEnough) {
  LoginThrottle throttle(LoginLimits{});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(throttle.attempt("aino", "192.0.2.1", 1000), std::nullopt);
  EXPECT_EQ(throttle.attempt("aino", "192.0.2.1", 1000), 5min);
  // The owner elsewhere is not locked out, and neither is another login from there.
  EXPECT_EQ(throttle.attempt("aino", "192.0.2.2", 1000), std::nullopt);
  EXPECT_EQ(throttle.attempt("eero", "192.0.2.1", 1000), std::nullopt);
  EXPECT_EQ(throttle.attempt("aino", "192.0.2.1", 1000 + 299'999), 1s);
  EXPECT_EQ(throttle.attempt("aino", "192.0.2.1", 1000 + 300'000), std::nullopt);
}

TEST(LoginThrottleTest, RightPasswordGivesTheAttemptBack) {
  LoginThrottle throttle(LoginLimits{});
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(throttle.attempt("aino", "192.0.2.1", 1000), std::nullopt);
    throttle.succeeded("aino", "192.0.2.1");
  }
}

TEST(LoginThrottleTest, SprayFromOneAddressIsSlowed) {
  LoginThrottle throttle(LoginLimits{});
  int passed = 0;
  for (int i = 0; i < 1000; ++i) {
    if (!throttle.attempt("user" + std::to_string(i), "192.0.2.1", 1000)) ++passed;
  }
  EXPECT_EQ(passed, 100);
}

}  // namespace
}  // namespace heti::gateway
