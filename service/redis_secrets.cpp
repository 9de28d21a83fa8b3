#include "service/redis_secrets.hpp"

#include <charconv>
#include <mutex>
#include <optional>

namespace heti {
namespace {

using journal::redis::Command;
using journal::redis::Connection;
using journal::redis::Reply;

constexpr std::string_view version_name = "version";

// ARGV: a name that must be there, or ''; how many names to remove, and these; then names and values to set.
constexpr std::string_view change_script = R"lua(
if ARGV[1] ~= '' and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
local removed = tonumber(ARGV[2])
for i = 3, 2 + removed do redis.call('HDEL', KEYS[1], ARGV[i]) end
for i = 3 + removed, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1
)lua";

class RedisSecrets final : public gateway::SecretsShare {
 public:
  RedisSecrets(journal::redis::ConnectionOptions connection, const std::string& workspace)
      : options_(std::move(connection)), key_("{" + workspace + "}:secrets") {}

  std::expected<std::uint64_t, std::string> version() override {
    const auto reply = ask({{"HGET", key_, version_name}});
    if (!reply) return std::unexpected(reply.error());
    return number_in(reply->front().text);
  }

  std::expected<All, std::string> read() override {
    auto reply = ask({{"HGETALL", key_}});
    if (!reply) return std::unexpected(reply.error());
    All all;
    std::vector<Reply>& list = reply->front().list;
    for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
      if (list[i].text == version_name) {
        const auto version = number_in(list[i + 1].text);
        if (!version) return std::unexpected(version.error());
        all.version = *version;
      } else {
        all.values.emplace(std::move(list[i].text), std::move(list[i + 1].text));
      }
    }
    return all;
  }

  std::expected<bool, std::string> change(const Change& change) override {
    const std::string removed = std::to_string(change.remove.size());
    Command command{"EVAL", change_script, "1", key_, change.only_if, removed};
    for (const std::string& name : change.remove) command.push_back(name);
    for (const auto& [name, value] : change.set) {
      command.push_back(name);
      command.push_back(value);
    }
    const auto reply = ask({command});
    if (!reply) return std::unexpected(reply.error());
    return reply->front().integer == 1;
  }

  std::expected<std::string, std::string> set_if_absent(const std::string& name, const std::string& value) override {
    const auto reply = ask({{"HSETNX", key_, name, value}, {"HGET", key_, name}});
    if (!reply) return std::unexpected(reply.error());
    return reply->back().text;
  }

 private:
  // An error of any of the commands is the error.
  std::expected<std::vector<Reply>, std::string> ask(const std::vector<Command>& commands) {
    const std::lock_guard lock(mutex_);
    // A connection may have gone stale since it was used last: then once more, over a new one. Everything that is asked
    // here may be asked twice.
    for (int attempt = 0;; ++attempt) {
      const bool used = link_.has_value();
      if (!link_) {
        auto connection = Connection::open(options_);
        if (!connection) return std::unexpected(connection.error());
        link_.emplace(std::move(*connection));
      }
      auto replies = link_->call(commands);
      if (!replies) {
        link_.reset();
        if (used && attempt == 0) continue;
        return std::unexpected(replies.error().sentence);
      }
      for (const Reply& reply : *replies) {
        if (reply.is_error()) {
          link_.reset();
          return std::unexpected("Redis refuses the shared secrets: " + reply.text);
        }
      }
      return std::move(*replies);
    }
  }

  std::expected<std::uint64_t, std::string> number_in(std::string_view text) const {
    std::uint64_t number = 0;
    if (text.empty()) return number;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size()) return number;
    return std::unexpected("Redis: the version in " + key_ + " is no number");
  }

  const journal::redis::ConnectionOptions options_;
  const std::string key_;
  std::mutex mutex_;
  std::optional<Connection> link_;
};

}  // namespace

std::unique_ptr<gateway::SecretsShare> share_in_redis(journal::redis::ConnectionOptions connection,
                                                      const std::string& workspace) {
  return std::make_unique<RedisSecrets>(std::move(connection), workspace);
}

}  // namespace heti
