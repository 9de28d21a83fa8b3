// Secrets that nodes share: two stores with a data directory each, and one share between them.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "service/gateway/secrets.hpp"

namespace heti::gateway {
namespace {

using namespace std::chrono_literals;

constexpr Instant now = instant_from_ms(1'780'293'600'000);

// What lies between the nodes; it can be away.
struct Shared {
  SecretsShare::All all;
  bool away = false;
};

class FakeShare final : public SecretsShare {
 public:
  explicit FakeShare(Shared& shared) : shared_(shared) {}
  std::expected<std::uint64_t, std::string> version() override {
    if (shared_.away) return std::unexpected("the share is away");
    return shared_.all.version;
  }
  std::expected<All, std::string> read() override {
    if (shared_.away) return std::unexpected("the share is away");
    return shared_.all;
  }
  std::expected<bool, std::string> change(const Change& change) override {
    if (shared_.away) return std::unexpected("the share is away");
    if (!change.only_if.empty() && !shared_.all.values.contains(change.only_if)) return false;
    for (const auto& [name, value] : change.set) shared_.all.values[name] = value;
    for (const auto& name : change.remove) shared_.all.values.erase(name);
    ++shared_.all.version;
    return true;
  }
  std::expected<std::string, std::string> set_if_absent(const std::string& name, const std::string& value) override {
    if (shared_.away) return std::unexpected("the share is away");
    return shared_.all.values.emplace(name, value).first->second;
  }

 private:
  Shared& shared_;
};

class SecretsShareTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "heti-share-XXXXXX").string();
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    directory_ = path;
    std::filesystem::create_directories(directory_ / "north");
    std::filesystem::create_directories(directory_ / "south");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Secrets> open(const std::string& node, bool shares = true) {
    auto opened = Secrets::open(directory_ / node, shares ? std::make_unique<FakeShare>(shared_) : nullptr);
    EXPECT_TRUE(opened.has_value()) << opened.error();
    return opened ? *std::move(opened) : nullptr;
  }

  Shared shared_;
  std::filesystem::path directory_;
};

TEST_F(SecretsShareTest, TheFirstNodeBringsWhatItHasAndTheNextOnesTakeIt) {
  std::string cookie;
  Bytes32 key{};
  {
    const auto alone = open("north", false);
    ASSERT_TRUE(alone->set_password("aino", "correct horse").has_value());
    cookie = alone->start_session("aino", now).value();
    key = alone->signing_key();
  }
  const auto north = open("north");
  const auto south = open("south");
  EXPECT_EQ(north->signing_key(), key);
  EXPECT_EQ(south->signing_key(), key);
  EXPECT_TRUE(south->verify("aino", "correct horse").value());
  ASSERT_TRUE(south->find_session(cookie, now).has_value());
  EXPECT_EQ(south->find_session(cookie, now)->login, "aino");
  EXPECT_EQ(south->find_session(cookie, now)->key, north->find_session(cookie, now)->key);
}

TEST_F(SecretsShareTest, ANodeThatComesToOthersGivesUpWhatItHadAlone) {
  const auto north = open("north");
  ASSERT_TRUE(north->set_password("aino", "correct horse").has_value());
  {
    const auto alone = open("south", false);
    ASSERT_TRUE(alone->set_password("eero", "battery staple").has_value());
  }
  const auto south = open("south");
  EXPECT_EQ(south->signing_key(), north->signing_key());
  EXPECT_EQ(south->logins().value(), std::vector<std::string>{"aino"});
}

TEST_F(SecretsShareTest, WhatBeginsChangesOrEndsOnOneNodeDoesOnTheOther) {
  const auto north = open("north");
  const auto south = open("south");
  ASSERT_TRUE(north->set_password("aino", "correct horse").has_value());
  const std::string cookie = north->start_session("aino", now).value();
  EXPECT_FALSE(south->find_session(cookie, now).has_value());
  EXPECT_TRUE(south->refresh(now).value().empty());
  const auto session = south->find_session(cookie, now);
  ASSERT_TRUE(session.has_value());
  EXPECT_TRUE(south->verify("aino", "correct horse").value());

  ASSERT_TRUE(south->extend_session(cookie, now + 1h).value());
  ASSERT_TRUE(north->refresh(now + 1h).has_value());
  EXPECT_EQ(north->find_session(cookie, now)->expires, now + 1h + session_life);

  // A new password ends the sessions of before, wherever they are.
  ASSERT_TRUE(north->set_password("aino", "another horse").has_value());
  EXPECT_EQ(south->refresh(now).value(), std::vector<std::uint64_t>{session->key});
  EXPECT_FALSE(south->find_session(cookie, now).has_value());
  EXPECT_FALSE(south->verify("aino", "correct horse").value());

  const std::string next = south->start_session("aino", now).value();
  ASSERT_TRUE(north->refresh(now).has_value());
  ASSERT_TRUE(north->end_session(next).has_value());
  EXPECT_EQ(south->refresh(now).value().size(), 1u);
  ASSERT_TRUE(north->remove_password("aino").has_value());
  ASSERT_TRUE(south->refresh(now).has_value());
  EXPECT_TRUE(south->logins().value().empty());
}

TEST_F(SecretsShareTest, ASessionThatEndedElsewhereIsNotBroughtBack) {
  const auto north = open("north");
  const auto south = open("south");
  const std::string cookie = north->start_session("aino", now).value();
  ASSERT_TRUE(south->refresh(now).has_value());
  ASSERT_TRUE(north->end_session(cookie).has_value());
  EXPECT_FALSE(south->extend_session(cookie, now).value());
  EXPECT_EQ(south->refresh(now).value().size(), 1u);
  ASSERT_TRUE(north->refresh(now).has_value());
  EXPECT_FALSE(north->find_session(cookie, now).has_value());
}

TEST_F(SecretsShareTest, AnExpiredSessionLeavesTheShare) {
  const auto north = open("north");
  ASSERT_TRUE(north->start_session("aino", now).has_value());
  EXPECT_EQ(shared_.all.values.size(), 2u);  // and the key
  EXPECT_EQ(north->refresh(now + session_life).value().size(), 1u);
  EXPECT_EQ(shared_.all.values.size(), 1u);
}

TEST_F(SecretsShareTest, WhileTheShareIsAwayWhoIsKnownStaysKnownAndNothingIsWritten) {
  const auto north = open("north");
  ASSERT_TRUE(north->set_password("aino", "correct horse").has_value());
  const std::string cookie = north->start_session("aino", now).value();
  shared_.away = true;
  EXPECT_TRUE(north->find_session(cookie, now).has_value());
  EXPECT_TRUE(north->verify("aino", "correct horse").value());
  EXPECT_EQ(north->start_session("aino", now).error(), "the share is away");
  EXPECT_EQ(north->set_password("aino", "another horse").error(), "the share is away");
  EXPECT_EQ(north->refresh(now).error(), "the share is away");
  EXPECT_FALSE(Secrets::open(directory_ / "south", std::make_unique<FakeShare>(shared_)).has_value());
  shared_.away = false;
  EXPECT_TRUE(north->refresh(now).has_value());
  EXPECT_TRUE(north->verify("aino", "correct horse").value());
}

TEST_F(SecretsShareTest, AShareThatWasEmptiedIsGivenWhatIsKnownAndTakesNothing) {
  const auto north = open("north");
  const auto south = open("south");
  ASSERT_TRUE(north->set_password("aino", "correct horse").has_value());
  const std::string cookie = north->start_session("aino", now).value();
  ASSERT_TRUE(south->refresh(now).has_value());
  ASSERT_TRUE(north->refresh(now).has_value());
  shared_.all = {};
  EXPECT_TRUE(north->refresh(now).value().empty());
  EXPECT_TRUE(south->refresh(now).value().empty());
  for (const auto* node : {&north, &south}) {
    EXPECT_TRUE((*node)->verify("aino", "correct horse").value());
    EXPECT_TRUE((*node)->find_session(cookie, now).has_value());
  }
  const auto west = [&] {
    std::filesystem::create_directories(directory_ / "west");
    return open("west");
  }();
  EXPECT_EQ(west->signing_key(), north->signing_key());
  EXPECT_TRUE(west->verify("aino", "correct horse").value());
}

TEST_F(SecretsShareTest, AnUnknownCookieIsLookedForElsewhereOnlySomeTimesASecond) {
  const auto north = open("north");
  EXPECT_TRUE(north->may_be_elsewhere(now));
  EXPECT_FALSE(north->may_be_elsewhere(now + 199ms));
  EXPECT_TRUE(north->may_be_elsewhere(now + 200ms));
  EXPECT_TRUE(north->may_be_elsewhere(now)) << "a clock that was set back";
  EXPECT_FALSE(open("south", false)->may_be_elsewhere(now));
}

}  // namespace
}  // namespace heti::gateway
