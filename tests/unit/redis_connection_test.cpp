// The connection to Redis: addresses, passwords, deadlines, and what it says when something is wrong.
#include "tests/free_port.hpp"
#include "tests/unit/redis_server.hpp"

namespace heti::journal::test {
namespace {

using redis::Address;
using redis::Command;
using redis::Connection;
using redis::parse_address;
using redis::Reply;

TEST(RedisAddressTest, BothFormsAreReadAndWritten) {
  EXPECT_EQ(parse_address("redis://example.org"), (Address{.host = "example.org"}));
  EXPECT_EQ(parse_address("redis://[::1]:7000/"), (Address{.host = "::1", .port = 7000}));
  EXPECT_EQ(parse_address("unix:///run/redis.sock"), (Address{.socket = "/run/redis.sock"}));
  for (const char* text : {"redis://10.0.0.1:6380", "redis://[::1]:6379", "unix:///run/redis.sock"}) {
    EXPECT_EQ(to_string(parse_address(text).value()), text);
  }
}

TEST(RedisAddressTest, SentinelsAreAListAndTheNameOfTheirMaster) {
  const auto address = parse_address("sentinel://a:1,[::1]:2,c/heti");
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(address->sentinels, (std::vector<redis::Place>{{"a", 1}, {"::1", 2}, {"c", 26379}}));
  EXPECT_EQ(address->master, "heti");
  EXPECT_EQ(to_string(*address), "sentinel://a:1,[::1]:2,c:26379/heti");
}

TEST(RedisAddressTest, WrongOnesAreRefusedWithTheReasonAndWithoutThePassword) {
  const std::vector<std::pair<const char*, const char*>> wrong{{"redis://", "no host"},
                                                               {"redis://h:0", "1 to 65535"},
                                                               {"redis://h:70000", "1 to 65535"},
                                                               {"redis://h:7x", "1 to 65535"},
                                                               {"rediss://h", "TLS"},
                                                               {"http://h", "no known scheme"},
                                                               {"unix://redis.sock", "absolute"},
                                                               {"redis://h/3", "database"},
                                                               {"redis://[::1", "without a ]"},
                                                               {"redis://:s3cret@h", "password"},
                                                               {"redis://[::1]7000", "a port"},
                                                               {"sentinel://a:1,b:2", "no master"},
                                                               {"sentinel://a:1/", "no master"},
                                                               {"sentinel://a:1,/m", "no host"},
                                                               {"sentinel://a:x/m", "1 to 65535"},
                                                               {"sentinel://a:1/m/3", "more than a name"}};
  for (const auto& [text, reason] : wrong) {
    const auto result = parse_address(text);
    ASSERT_FALSE(result) << text;
    EXPECT_NE(result.error().find(reason), std::string::npos) << result.error();
    EXPECT_EQ(result.error().find("s3cret"), std::string::npos);
  }
}

TEST(RedisConnectionTest, EveryKindOfReplyComesBackAndBytesAreKept) {
  RedisServer server;
  Connection connection = server.connect();
  const std::string bytes("one\0two\r\n\xff", 10);
  const auto replies =
      connection.call({Command{"SET", "key", bytes}, Command{"GET", "key"}, Command{"GET", "none"},
                       Command{"INCR", "count"}, Command{"INCR", "key"}, Command{"MGET", "count", "none"}});
  ASSERT_TRUE(replies) << replies.error().sentence;
  ASSERT_EQ(replies->size(), 6u);
  EXPECT_EQ((*replies)[0].text, "OK");
  EXPECT_EQ((*replies)[1].text, bytes);
  EXPECT_EQ((*replies)[2].kind, Reply::Kind::nil);
  EXPECT_EQ((*replies)[3].integer, 1);
  EXPECT_TRUE((*replies)[4].is_error());
  EXPECT_EQ((*replies)[5].at(0), "1");
  EXPECT_EQ((*replies)[5].list[1].kind, Reply::Kind::nil);
}

TEST(RedisConnectionTest, LargeCommandsAndRepliesPass) {
  RedisServer server;
  Connection connection = server.connect();
  const std::string large(8'000'000, 'x');
  ASSERT_TRUE(connection.call(Command{"SET", "key", large}));
  EXPECT_EQ(connection.call(Command{"GET", "key"})->text, large);
}

TEST(RedisConnectionTest, AScriptThatRedisForgotIsGivenAgain) {
  RedisServer server;
  Connection connection = server.connect();
  const redis::Script script("return {KEYS[1], ARGV[1]}");
  for (int i = 0; i < 2; ++i) {
    const auto replies = connection.run(script, {"key"}, {"argument"}, {Command{"PING"}});
    ASSERT_TRUE(replies);
    EXPECT_EQ((*replies)[0].at(1), "argument");
    EXPECT_EQ((*replies)[1].text, "PONG");
    server.tell({"SCRIPT", "FLUSH"});
  }
}

TEST(RedisConnectionTest, AFrozenRedisIsGivenUpAtTheDeadline) {
  RedisServer server;
  auto options = server.options();
  options.call_timeout = Millis{50};
  auto connection = Connection::open(options);
  while (!connection) connection = Connection::open(options);  // A busy machine may need longer than that once.
  server.pause();
  const auto reply = connection->call(Command{"PING"});
  server.go_on();
  ASSERT_FALSE(reply);
  EXPECT_TRUE(reply.error().sent);
  EXPECT_NE(reply.error().sentence.find(to_string(options.address)), std::string::npos);
  EXPECT_NE(reply.error().sentence.find("within 50 ms"), std::string::npos) << reply.error().sentence;
  const auto again = connection->call(Command{"PING"});
  ASSERT_FALSE(again) << "a late reply must not answer another command";
  EXPECT_FALSE(again.error().sent);
}

TEST(RedisConnectionTest, AnEndedRedisIsAnErrorOfTheCallAndOfTheNextConnection) {
  RedisServer server;
  Connection connection = server.connect();
  server.stop(SIGKILL);
  EXPECT_FALSE(connection.call(Command{"PING"}));
  const auto next = Connection::open(server.options());
  ASSERT_FALSE(next);
  EXPECT_NE(next.error().find("cannot be reached"), std::string::npos) << next.error();
  const auto port = Connection::open({.address = {.host = "127.0.0.1", .port = heti::test::free_port()}});
  ASSERT_FALSE(port);
  EXPECT_NE(port.error().find("redis://127.0.0.1:"), std::string::npos) << port.error();
}

TEST(RedisConnectionTest, APortAnswersAsASocketDoes) {
  const std::uint16_t port = heti::test::free_port();
  RedisServer server({"--port", std::to_string(port), "--bind", "127.0.0.1"});
  auto connection = Connection::open({.address = {.host = "127.0.0.1", .port = port},
                                      .connect_timeout = Millis{60'000},
                                      .call_timeout = Millis{60'000}});
  ASSERT_TRUE(connection) << connection.error();
  EXPECT_EQ(connection->call(Command{"PING"})->text, "PONG");
}

TEST(RedisConnectionTest, ThePasswordComesFromAFile) {
  RedisServer server;
  server.tell({"CONFIG", "SET", "requirepass", "s3cret"});
  auto options = server.options();
  const auto none = Connection::open(options);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().find("name the file"), std::string::npos) << none.error();

  options.password_file = server.directory() / "password";
  const auto missing = Connection::open(options);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().find(options.password_file.string()), std::string::npos) << missing.error();

  spill(options.password_file, "wr0ng\n");
  const auto wrong = Connection::open(options);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().find("does not take the password in"), std::string::npos) << wrong.error();
  EXPECT_EQ(wrong.error().find("wr0ng"), std::string::npos);

  spill(options.password_file, "s3cret\n");
  EXPECT_TRUE(Connection::open(options));
}

}  // namespace
}  // namespace heti::journal::test
