#include "service/journal/audit.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <utility>

#include "service/journal/hash.hpp"
#include "service/journal/side_file.hpp"
#include "service/journal/snapshot_store.hpp"
#include "service/journal/sqlite_rows.hpp"

namespace heti::journal {
namespace {

// After a page that cannot be read, so many positions are tried one by one before the search is given up.
constexpr std::uint64_t tries_max = 4096;

std::optional<Hash> to_hash(std::optional<std::string_view> bytes) {
  Hash hash{};
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::memcpy(hash.data(), bytes->data(), hash.size());
  return hash;
}

// Walks the rows and keeps what it finds. A row is judged by its own hash and by its place between its neighbours.
class Walk {
 public:
  Walk(Connection& connection, const std::string& workspace, const std::vector<Witness>& witnesses)
      : connection_(connection), workspace_(workspace) {
    for (const Witness& witness : witnesses) known_[witness.position.value()] = std::nullopt;
  }

  std::expected<Findings, std::string> run() {
    // No WHERE and no ORDER: so the pages are read in the order in which they are chained, whatever the keys say.
    auto rows = connection_.prepare("SELECT workspace, position, at, previous, hash, payload FROM batch");
    if (!rows) return std::unexpected(rows.error());
    for (;;) {
      const int rc = rows->step();
      if (rc == SQLITE_DONE) break;
      if (rc == SQLITE_ROW) {
        take(*rows);
        continue;
      }
      const std::string why = connection_.error("cannot be read");
      auto next = step_over();
      if (!next) {
        // Where the journal ends cannot be seen, so nothing says that its end is lost.
        const std::uint64_t last = known_.empty() ? expected_ : std::max(expected_, known_.rbegin()->first);
        hole(expected_, last, why + "; nor can what follows");
        expected_ = last + 1;
        break;
      }
      hole(expected_, next->second - 1, why);
      expected_ = next->second;
      previous_.reset();
      rows = std::move(next->first);
    }
    found_.end = Position{expected_ - 1};
    return std::move(found_);
  }

  // The chain hash that was found at a position that a witness names; nothing if there is no sound batch.
  std::optional<Hash> hash_at(Position position) const {
    const auto at = known_.find(position.value());
    return at == known_.end() ? std::nullopt : at->second;
  }

 private:
  // The rows from the next position on that can be read, and that position.
  std::optional<std::pair<Statement, std::uint64_t>> step_over() {
    for (std::uint64_t next = expected_ + 1; next <= expected_ + tries_max; ++next) {
      auto rows = connection_.prepare(
          "SELECT workspace, position, at, previous, hash, payload FROM batch WHERE workspace=?1 AND position>=?2"
          " ORDER BY position");
      if (!rows) return std::nullopt;
      rows->bind_text(1, workspace_).bind(2, static_cast<std::int64_t>(next));
      const int rc = rows->step();
      if (rc == SQLITE_DONE) return std::nullopt;
      if (rc != SQLITE_ROW) continue;
      rows->reset();  // The bindings stay.
      return std::pair(std::move(*rows), next);
    }
    return std::nullopt;
  }

  void take(const Statement& row) {
    const bool ours = row.text(0) == workspace_;
    const auto position = row.integer(1);
    const auto at = row.integer(2);
    const auto previous = to_hash(row.blob(3));
    const auto hash = to_hash(row.blob(4));
    const auto payload = row.blob(5);
    const bool whole = position && at && previous && hash && payload;
    if (!ours) {
      // Rows of others stand before ours or after them. One that carries on our chain has a damaged key.
      if (whole && found_.first.value() != 0 && previous_ == previous) {
        hole(expected_, expected_, "is damaged: its workspace is not written as it was");
        next(*hash);
      }
      return;
    }
    if (!whole) return damaged("is damaged: a column holds what it cannot hold");
    Batch batch{Position{static_cast<std::uint64_t>(*position)}, instant_from_ms(*at), *previous,
                std::string(*payload)};
    if (hash_of(batch) != *hash) {
      batch.position = Position{expected_};
      if (hash_of(batch) != *hash) return damaged("is damaged: its checksum does not match");
      hole(expected_, expected_, "is damaged: it says that it is batch " + std::to_string(*position));
      return next(*hash);
    }
    const std::uint64_t here = batch.position.value();
    if (found_.first.value() == 0) {
      found_.first = batch.position;
      known_before_first(here, batch.previous);
      expected_ = here;
      if (here > 1) previous_.reset();  // Trimmed: whom it follows is for a snapshot to say.
    }
    if (here < expected_) return hole_beside(here);
    if (here > expected_) {
      hole(expected_, here - 1, here - 1 == expected_ ? "is missing" : "are missing");
      known_before_first(here, batch.previous);
    } else if (previous_ && *previous_ != batch.previous) {
      hole(here, here, "does not follow the batch before it: the chain is broken");
      expected_ = here;
      return next(*hash);
    }
    expected_ = here;
    found_.tail = {batch.position, *hash, batch.at};
    ++found_.batches;
    const auto known = known_.find(here);
    if (known != known_.end()) known->second = *hash;
    next(*hash);
  }

  void known_before_first(std::uint64_t first, const Hash& previous) {
    const auto known = known_.find(first - 1);
    if (known != known_.end()) known->second = previous;
  }

  void next(const Hash& hash) {
    previous_ = hash;
    ++expected_;
  }

  // The row at expected_ tells nothing more, neither whom it follows nor what follows it.
  void damaged(std::string what) {
    if (found_.first.value() == 0) found_.first = Position{expected_};
    hole(expected_, expected_, std::move(what));
    previous_.reset();
    ++expected_;
  }

  void hole_beside(std::uint64_t position) {
    hole(position, position, "stands in the file once more, at a wrong place");
  }

  void hole(std::uint64_t first, std::uint64_t last, std::string what) {
    found_.damaged += last - first + 1;
    if (found_.holes.size() < holes_listed_max) {
      found_.holes.push_back({Position{first}, Position{last}, std::move(what)});
    }
  }

  Connection& connection_;
  const std::string& workspace_;
  std::map<std::uint64_t, std::optional<Hash>> known_;
  std::uint64_t expected_ = 1;
  std::optional<Hash> previous_ = Hash{};
  Findings found_;
};

}  // namespace

std::expected<Findings, std::string> audit(Connection& connection, const std::string& workspace,
                                           const std::vector<Witness>& witnesses) {
  const auto history = read_history(connection, workspace);
  if (!history) return std::unexpected(history.error());
  if (auto begun = connection.run("BEGIN"); !begun) return std::unexpected(begun.error());
  Walk walk(connection, workspace, witnesses);
  auto found = walk.run();
  const auto sound = Rows(connection, workspace).check_structure();
  if (auto ended = connection.run("ROLLBACK"); !ended) return std::unexpected(ended.error());
  if (!found) return std::unexpected(found.error());
  found->history = *history;
  if (!sound) found->structure = sound.error();
  for (const Witness& witness : witnesses) {
    if (witness.position > found->end) {
      found->lost.push_back({.witness = witness});
      continue;
    }
    const auto hash = walk.hash_at(witness.position);  // Nothing in a hole, which is told already.
    if (hash && *hash != witness.hash) found->lost.push_back({.witness = witness, .other_batch = true});
  }
  return found;
}

std::expected<Findings, std::string> audit_directory(
    const std::filesystem::path& directory, const std::string& workspace,
    const std::function<std::vector<Witness>(const PublicId& history)>& others) {
  const auto path = directory / "journal.db";
  auto connection = Connection::open(path, Connection::Mode::read, {});
  if (!connection) return std::unexpected(connection.error());
  if (auto ours = prepare_schema(*connection); !ours) return std::unexpected(ours.error());
  const auto history = read_history(*connection, workspace);
  if (!history) return std::unexpected(history.error());

  std::vector<Witness> witnesses = others ? others(*history) : std::vector<Witness>{};
  const std::string side_name = workspace + ".tail";
  const auto mark = SideFile::peek(directory / side_name);
  if (!mark) return std::unexpected(mark.error());
  if (*mark) witnesses.push_back({side_name, (*mark)->position, (*mark)->hash});
  std::vector<std::string> bad;
  std::vector<Witness> snapshots;
  const auto paths = SnapshotStore(directory, workspace).list();
  if (!paths) return std::unexpected(paths.error());
  for (const auto& file : *paths) {
    const auto snapshot = SnapshotStore::load(file);
    if (snapshot) {
      snapshots.push_back({file.filename().string(), snapshot->position, snapshot->hash});
    } else if (std::filesystem::exists(file)) {  // A running node removes the older ones.
      bad.push_back(snapshot.error());
    }
  }
  witnesses.insert(witnesses.end(), snapshots.begin(), snapshots.end());
  auto found = audit(*connection, workspace, witnesses);
  if (!found) return found;
  found->bad_snapshots = std::move(bad);
  bool beginning_kept = found->first.value() <= 1;
  for (const Witness& snapshot : snapshots) {
    const bool denied =
        std::ranges::any_of(found->lost, [&](const LostEnd& lost) { return lost.witness.name == snapshot.name; });
    if (denied) continue;
    found->snapshots.push_back(snapshot.name);
    beginning_kept = beginning_kept || snapshot.position.value() + 1 >= found->first.value();
  }
  if (!beginning_kept) {
    const Position last{found->first.value() - 1};
    found->damaged += last.value();
    found->holes.insert(found->holes.begin(), {Position{1}, last, "are missing, and no snapshot holds what they said"});
  }
  return found;
}

}  // namespace heti::journal
