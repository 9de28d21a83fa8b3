// The journal in Redis keeps the contract of every journal.
#include "service/journal/redis/redis_journal.hpp"

#include <atomic>

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

// A node alone that leads keeps the contract of every journal.
class LeadingWorld final : public World {
 public:
  std::unique_ptr<Journal> open() override {
    std::atomic<bool> leads = false;
    auto journal = open_shared_redis({.connection = server_.options(), .look_every = Millis{10}},
                                     {.on_owned = [&leads] { leads = true; }});
    EXPECT_TRUE(journal) << journal.error();
    if (!journal) return nullptr;
    (*journal)->start((*journal)->tail().position);
    EXPECT_TRUE(wait_until([&leads] { return leads.load(); }));
    return std::move(*journal);
  }

 private:
  RedisServer server_;
};

INSTANTIATE_TEST_SUITE_P(Shared, JournalContractTest,
                         testing::Values(Kind{"Shared",
                                              [] { return std::unique_ptr<World>(std::make_unique<LeadingWorld>()); }}),
                         [](const auto& about) { return std::string(about.param.name); });

}  // namespace
}  // namespace heti::journal::test
