#include "service/archive/beginning.hpp"

#include <unistd.h>

#include <limits>
#include <ranges>

#include "service/base/check.hpp"
#include "service/core/state.hpp"

namespace heti::archive {
namespace {

using Done = std::expected<void, std::string>;

// In place of an instant that is none; the statement makes it NULL.
constexpr std::int64_t no_instant = std::numeric_limits<std::int64_t>::min();

Done done(const std::expected<int, std::string>& executed) {
  return executed ? Done{} : Done(std::unexpected(executed.error()));
}

Done write_conversation(Database& database, std::int64_t history, const core::State& state,
                        const core::Conversation& conversation) {
  const core::AgentId agent = conversation.agent.value_or(conversation.last_agent.value_or(core::AgentId{}));
  std::int64_t accepted = no_instant;
  if (const auto holder = state.agents.find(agent); holder != state.agents.end()) {
    const auto held = holder->second.engagements.find(conversation.engagement);
    if (held != holder->second.engagements.end()) accepted = to_ms(held->second.accepted);
  }
  const bool closed =
      conversation.state == core::ConversationState::closed || conversation.state == core::ConversationState::wrapup;
  const auto written = database.execute(
      "INSERT INTO conversations VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, -9223372036854775808), ?9, 0, 0, 0, ?10,"
      " 0, 0, nullif(?11, -9223372036854775808))",
      history, conversation.id, conversation.public_id, conversation.visitor, conversation.queue, agent,
      conversation.created, closed ? to_ms(conversation.closed_at) : no_instant, conversation.last_seq,
      conversation.rating, accepted);
  if (!written) return done(written);
  Bytes16 salt{};
  CHECK(::getentropy(salt.data(), salt.size()) == 0);
  const core::VisitorFacts& facts = conversation.facts;
  return done(database.execute("INSERT INTO people VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", history, conversation.id, salt,
                               facts.name, facts.email, facts.page_url, facts.page_title));
}

Done write_all(Database& database, const Place& place, const core::State& state) {
  if (auto made = database.run("CREATE TABLE IF NOT EXISTS beginnings(history INTEGER PRIMARY KEY REFERENCES histories"
                               " ON DELETE CASCADE, position INTEGER NOT NULL) STRICT");
      !made) {
    return made;
  }
  if (auto kept = done(database.execute("INSERT INTO beginnings VALUES(?1, ?2)", place.id, place.position)); !kept) {
    return kept;
  }
  for (const auto& [id, queue] : state.queues) {
    auto kept = done(database.execute("INSERT INTO queues VALUES(?1, ?2, ?3, ?4)", place.id, id, queue.settings.name,
                                      queue.settings.display_name));
    if (!kept) return kept;
  }
  for (const auto& [id, agent] : state.agents) {
    auto kept = done(database.execute("INSERT INTO agents VALUES(?1, ?2, ?3, ?4)", place.id, id, agent.settings.name,
                                      agent.settings.display_name));
    if (!kept) return kept;
  }
  for (const auto& [id, conversation] : state.conversations) {
    if (auto kept = write_conversation(database, place.id, state, conversation); !kept) return kept;
  }
  return database.move(place);
}

}  // namespace

std::expected<Place, std::string> begin_from_snapshot(Database& database, const Place& place,
                                                      const journal::Journal& journal) {
  auto snapshots = journal.snapshots();
  if (!snapshots) return std::unexpected(snapshots.error());
  for (const journal::Snapshot& snapshot : *snapshots | std::views::reverse) {
    if (snapshot.format != core::state_format) continue;
    const auto state = core::state_from_bytes(snapshot.bytes);
    if (!state) continue;
    const Place end{.id = place.id, .position = snapshot.position, .hash = snapshot.hash};
    if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
    auto written = write_all(database, end, *state);
    if (written) written = database.run("COMMIT");
    if (!written) {
      static_cast<void>(database.run("ROLLBACK"));
      return std::unexpected(written.error());
    }
    return end;
  }
  return std::unexpected("the journal was trimmed, and no snapshot says what lay before");
}

std::expected<bool, std::string> began_from_snapshot(Database& database, const Place& place) {
  bool table = false;
  auto asked =
      database.query("SELECT 1 FROM sqlite_master WHERE name='beginnings'", [&table](const journal::Statement&) {
        table = true;
        return true;
      });
  if (!asked) return std::unexpected(asked.error());
  bool found = false;
  if (!table) return found;
  asked = database.query(
      "SELECT 1 FROM beginnings WHERE history=?1",
      [&found](const journal::Statement&) {
        found = true;
        return true;
      },
      place.id);
  if (!asked) return std::unexpected(asked.error());
  return found;
}

}  // namespace heti::archive
