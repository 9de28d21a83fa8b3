// The journal in Redis keeps the contract of every journal.
#include "service/journal/redis/redis_journal.hpp"
#include "tests/unit/journal_contract.hpp"
#include "tests/unit/redis_server.hpp"

namespace heti::journal::test {
namespace {

class RedisWorld final : public World {
 public:
  std::unique_ptr<Journal> open() override {
    auto journal = open_redis({.connection = server_.options()});
    EXPECT_TRUE(journal) << journal.error();
    return journal ? std::move(*journal) : nullptr;
  }

 private:
  RedisServer server_;
};

INSTANTIATE_TEST_SUITE_P(Redis, JournalContractTest,
                         testing::Values(Kind{"Redis",
                                              [] { return std::unique_ptr<World>(std::make_unique<RedisWorld>()); }}),
                         [](const auto& about) { return std::string(about.param.name); });

}  // namespace
}  // namespace heti::journal::test
