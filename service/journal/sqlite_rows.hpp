#pragma once
// The tables of journal.db (FORMAT.md) and the verified reading of their rows. A batch is believed only if its bytes
// give the hash that is stored with it and its `previous` is the hash of the row before: the chain hash is the row's
// checksum, there is no other.
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "service/journal/journal.hpp"
#include "service/journal/sqlite.hpp"

namespace heti::journal {

struct Row {
  Batch batch;
  Hash hash{};
};

// "position 7", for sentences.
[[nodiscard]] std::string at_position(Position position);

// Creates the tables in an empty file; refuses a file that is not ours or of a later format.
[[nodiscard]] std::expected<void, std::string> prepare_schema(Connection& connection);

// The history of a workspace; an error if the file has none of that name.
[[nodiscard]] std::expected<PublicId, std::string> read_history(Connection& connection, const std::string& workspace);

// The 16 bytes in which a history is stored.
[[nodiscard]] std::string encode_history(const PublicId& id);
[[nodiscard]] PublicId random_history();

// What the journal says about "at this position the chain hash was this".
enum class Verdict : std::uint8_t {
  confirmed,
  contradicted,  // The journal ends before it, or has another hash there.
  trimmed,       // The journal begins after it and cannot tell.
};

// The rows of one workspace through one connection. `connection` and `workspace` must outlive it.
class Rows {
 public:
  Rows(Connection& connection, const std::string& workspace) : connection_(connection), workspace_(workspace) {}

  // The last batch, verified by itself; nothing if there is none.
  [[nodiscard]] std::expected<std::optional<Row>, std::string> last();

  [[nodiscard]] std::expected<Verdict, std::string> judge(Position position, const Hash& hash);

  // Whether SQLite finds its pages and the order of the keys in order. Reads the whole file.
  [[nodiscard]] std::expected<void, std::string> check_structure();

  // See Journal::read. `durable` is a position that the journal is known to reach.
  [[nodiscard]] std::expected<void, std::string> read(Position after, Position durable,
                                                      const std::function<bool(const Batch&, const Hash&)>& each);

 private:
  [[nodiscard]] std::expected<std::optional<Row>, std::string> at(Position position);
  [[nodiscard]] std::expected<Hash, std::string> hash_before_first(Position after, Position durable);
  [[nodiscard]] std::expected<Row, std::string> decode(const Statement& statement, Position expected) const;
  [[nodiscard]] std::string fault(Position position, std::string_view what) const;

  Connection& connection_;
  const std::string& workspace_;
};

}  // namespace heti::journal
