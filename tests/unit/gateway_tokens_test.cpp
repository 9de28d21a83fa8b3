#include "service/gateway/tokens.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace heti::gateway {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon = instant_from_ms(1'780'300'000'000);

Bytes32 key_of(std::uint8_t first) {
  Bytes32 key{};
  key[0] = first;
  key[31] = 7;
  return key;
}

class TokensTest : public testing::Test {
 protected:
  Ticket ticket() {
    return Ticket{.login = "aino",
                  .session_key = 0x1122334455667788,
                  .session_expires = noon + 12h,
                  .issued = noon,
                  .nonce = random_public_id()};
  }
  // 1,000 texts that differ from `text` in one bit each.
  static std::vector<std::string> flipped(const std::string& text) {
    std::vector<std::string> out;
    std::mt19937 random(42);
    for (int i = 0; i < 1000; ++i) {
      std::string copy = text;
      const std::size_t at = random() % copy.size();
      copy[at] = static_cast<char>(copy[at] ^ (1 << (random() % 8)));
      out.push_back(std::move(copy));
    }
    return out;
  }

  const Signer signer_{key_of(1), "default"};
};

TEST_F(TokensTest, VisitorTokenIsReadBack) {
  const VisitorToken token{.visitor = {.high = 0xfedcba9876543210, .low = 3},
                           .issued = noon,
                           .seen = {.history = ~0ull, .position = 77, .hash = 1}};
  const std::string text = signer_.sign(token);
  EXPECT_LE(text.size(), 512u);
  EXPECT_EQ(signer_.read_visitor_token(text), token);
}

TEST_F(TokensTest, VisitorTokenOfAnEarlierBuildIsReadAndHasSeenNothing) {
  const auto token = signer_.read_visitor_token(
      "dgdkZWZhdWx0_ty6mHZUMhAAAAAAAAAAAwAAAZ6CJisASgmfPeQVALn1nwtpbaA2CP8mHmsydS2Sd2hZWC6lmcc");
  EXPECT_EQ(token, (VisitorToken{.visitor = {.high = 0xfedcba9876543210, .low = 3}, .issued = noon}));
}

TEST_F(TokensTest, ATokenDoesNotTellHowFarTheJournalIs) {
  VisitorToken token{
      .visitor = {.high = 1, .low = 2}, .issued = noon, .seen = {.history = 3, .position = 4, .hash = 5}};
  std::set<std::string> texts;
  for (int i = 0; i < 100; ++i) {
    const std::string text = signer_.sign(token);
    EXPECT_EQ(signer_.read_visitor_token(text), token);
    const std::string bytes = from_base64url(text).value();
    EXPECT_EQ(bytes.find(std::string("\0\0\0\0\0\0\0\4", 8)), std::string::npos) << "in clear";
    texts.insert(bytes.substr(bytes.size() - 32 - 24, 24));
  }
  EXPECT_EQ(texts.size(), 100u) << "and the same place looks different each time";
}

TEST_F(TokensTest, NoFlippedBitOfAVisitorTokenIsAccepted) {
  const std::string text = signer_.sign(VisitorToken{.visitor = random_public_id(), .issued = noon});
  for (const std::string& forged : flipped(text)) EXPECT_EQ(signer_.read_visitor_token(forged), std::nullopt) << forged;
}

TEST_F(TokensTest, NoFlippedBitOfATicketIsAccepted) {
  for (const std::string& forged : flipped(signer_.sign(ticket()))) {
    EXPECT_EQ(signer_.read_ticket(forged), std::nullopt) << forged;
  }
}

TEST_F(TokensTest, TruncatedAndPaddedTokensAreNothing) {
  const std::string text = signer_.sign(VisitorToken{.visitor = random_public_id(), .issued = noon});
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(signer_.read_visitor_token(std::string_view(text).substr(0, size)), std::nullopt);
  }
  for (const char* tail : {"=", "A", "AAAA", " ", "\n"})
    EXPECT_EQ(signer_.read_visitor_token(text + tail), std::nullopt);
}

TEST_F(TokensTest, OtherKeyOtherWorkspaceAndOtherKindAreNothing) {
  const std::string token = signer_.sign(VisitorToken{.visitor = random_public_id(), .issued = noon});
  EXPECT_EQ(Signer(key_of(2), "default").read_visitor_token(token), std::nullopt);
  EXPECT_EQ(Signer(key_of(1), "other").read_visitor_token(token), std::nullopt);
  EXPECT_EQ(signer_.read_ticket(token), std::nullopt);
  EXPECT_EQ(signer_.read_visitor_token(signer_.sign(ticket())), std::nullopt);
}

TEST_F(TokensTest, TicketIsTakenOnce) {
  TicketDesk desk(signer_);
  const Ticket given = ticket();
  const std::string text = signer_.sign(given);
  EXPECT_EQ(desk.redeem(text, noon + 1s), given);
  EXPECT_EQ(desk.redeem(text, noon + 2s), std::nullopt);
}

TEST_F(TokensTest, TicketLivesThirtySeconds) {
  TicketDesk desk(signer_);
  EXPECT_EQ(desk.redeem(signer_.sign(ticket()), noon - 1ms), std::nullopt);
  EXPECT_TRUE(desk.redeem(signer_.sign(ticket()), noon).has_value());
  EXPECT_TRUE(desk.redeem(signer_.sign(ticket()), noon + ticket_life - 1ms).has_value());
  EXPECT_EQ(desk.redeem(signer_.sign(ticket()), noon + ticket_life), std::nullopt);
}

TEST_F(TokensTest, TicketOfASessionThatIsOverIsNothing) {
  TicketDesk desk(signer_);
  Ticket late = ticket();
  late.session_expires = noon + 5s;
  EXPECT_EQ(desk.redeem(signer_.sign(late), noon + 5s), std::nullopt);
}

TEST(CryptoTest, Base64urlHasOneSpellingPerValue) {
  EXPECT_EQ(to_base64url(""), "");
  EXPECT_EQ(to_base64url("\xff\xfe"), "__4");
  EXPECT_EQ(from_base64url("__4"), "\xff\xfe");
  // The last two bits carry nothing: only zeroes are read.
  EXPECT_EQ(from_base64url("__5"), std::nullopt);
  EXPECT_EQ(from_base64url("__4="), std::nullopt);
  EXPECT_EQ(from_base64url("//4"), std::nullopt);
  EXPECT_EQ(from_base64url("_ _4"), std::nullopt);
}

TEST(CryptoTest, HashesAreTheKnownOnes) {
  EXPECT_EQ(fingerprint(""), "e3b0c44298fc1c14");
  Bytes32 key{};
  for (std::size_t i = 0; i < 20; ++i) key[i] = 0x0b;  // RFC 4231, case 1: zeroes behind a shorter key change nothing
  const Bytes32 mac = hmac_sha256(key, "Hi There");
  EXPECT_EQ(mac[0], 0xb0);
  EXPECT_EQ(mac[1], 0x34);
  EXPECT_EQ(mac[31], 0xf7);
}

}  // namespace
}  // namespace heti::gateway
