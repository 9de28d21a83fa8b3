#pragma once
// What a Redis holds, as much of it as Heti uses: hashes and streams, with the commands on them. Their answers and
// errors are those of Redis 7.0.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "service/journal/redis/connection.hpp"

namespace heti::simulation {

using journal::redis::Reply;
using Words = std::vector<std::string>;

Reply integer_reply(std::int64_t value);
Reply text_reply(std::string text);
Reply error_reply(std::string text);
Reply list_reply(std::vector<Reply> list);

class Keyspace {
 public:
  // `wrote` is set to the command as a replica has to run it, if it changed anything.
  Reply run(const Words& words, Words& wrote, std::int64_t now_ms);

  // Whether one of so many last entries of a stream has this hash.
  bool ends_with(const std::string& stream, std::string_view hash, int looks) const;

  struct StreamId {
    std::uint64_t ms = 0;
    std::uint64_t n = 0;
    friend auto operator<=>(const StreamId&, const StreamId&) = default;
  };

 private:
  struct Stream {
    std::map<StreamId, Words> entries;
    StreamId last;
  };
  using Hash = std::map<std::string, std::string>;

  Reply add(Stream& stream, const Words& words, Words& wrote, std::int64_t now_ms);
  static Reply range(const Stream& stream, const Words& words, bool backwards);

  std::map<std::string, Hash> hashes_;
  std::map<std::string, Stream> streams_;
};

}  // namespace heti::simulation
