#pragma once
// From events to rows. Everything comes from the events alone; who an agent id means is known from the settings that
// were applied before, as in the core.
#include <cstdint>
#include <expected>
#include <map>
#include <string>

#include "service/archive/database.hpp"
#include "service/core/event.hpp"
#include "service/core/state.hpp"
#include "service/core/view.hpp"

namespace heti::archive {

// Writes the rows of one history. `database` must outlive it; the caller opens and commits the transactions. After an
// error the transaction must be given up, and the writer with it.
class Writer {
 public:
  // Reads the names of agents and queues that the rows already hold.
  [[nodiscard]] static std::expected<Writer, std::string> load(Database& database, std::int64_t history);

  // Decodes a batch and writes the rows of its events. An error names the batch and the event.
  [[nodiscard]] std::expected<void, std::string> write(const journal::Batch& batch);

 private:
  using Written = std::expected<void, std::string>;
  struct Fold;

  Writer(Database& database, std::int64_t history) : database_(&database), history_(history) {}

  Written apply(const core::Event& event);  // settings
  Written add(core::ConversationId conversation, const core::Entry& entry, core::AgentId agent,
              const std::string& text);
  Written add_note(const core::Event& event, const core::event::MessagePosted& e, journal::Position position,
                   std::size_t index);
  Written add_fact(const core::Event& event, journal::Position position, std::size_t index);
  std::expected<Bytes16, std::string> salt_of(core::ConversationId conversation);

  // Changes the row of one conversation: ?1 is the history, ?2 the conversation.
  template <class... Args>
  Written change(std::string_view sql, core::ConversationId conversation, const Args&... args);

  Database* database_;
  std::int64_t history_;
  core::State names_;  // Only settings are folded in: ids and names of queues and agents, nothing else.
  std::map<core::ConversationId, Bytes16> salts_;
};

}  // namespace heti::archive
