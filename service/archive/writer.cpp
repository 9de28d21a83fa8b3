#include "service/archive/writer.hpp"

#include <unistd.h>

#include "service/archive/facts.hpp"
#include "service/base/bytes.hpp"
#include "service/base/check.hpp"
#include "service/core/batch.hpp"
#include "service/core/evolve.hpp"
#include "service/core/stored_event.hpp"
#include "service/journal/hash.hpp"

namespace heti::archive {
namespace {

using core::ConversationId;
namespace event = core::event;

constexpr std::size_t salts_max = 4096;

// Deleting the salt makes the hashes of a conversation worthless to who guesses texts; so it is chance, not derived.
Bytes16 make_salt() {
  Bytes16 salt{};
  CHECK(::getentropy(salt.data(), salt.size()) == 0);
  return salt;
}

// Of text under its conversation's salt; no bytes if there is no text.
Blob hash_of(const Bytes16& salt, const std::string& text, journal::Hash& keeps) {
  if (text.empty()) return {};
  keeps = journal::short_sha256({{salt.data(), salt.size()}, text});
  return {journal::bytes_of(keeps)};
}

}  // namespace

// One function per event that leaves a line or changes a record; of the others the fact is all there is to keep.
struct Writer::Fold {
  Writer& writer;
  const core::Event& event;
  journal::Position position;
  std::size_t index = 0;

  Written operator()(const event::SettingsApplied&) const { return writer.apply(event); }

  Written operator()(const event::ConversationStarted& e) const {
    const auto started =
        writer.database_->execute("INSERT INTO conversations VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, NULL, 0, 0, 0, 0)",
                                  writer.history_, e.conversation, e.public_id, e.visitor, e.queue, event.at);
    if (!started) return std::unexpected(started.error());
    const auto person = writer.database_->execute("INSERT INTO people VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                                                  writer.history_, e.conversation, make_salt(), e.facts.name,
                                                  e.facts.email, e.facts.page_url, e.facts.page_title);
    if (!person) return std::unexpected(person.error());
    return {};
  }

  Written operator()(const event::MessagePosted& e) const {
    if (e.author == core::Author::note) return writer.add_note(event, e, position, index);
    if (e.seq == 0) return std::unexpected("a message that is not a note has no number");
    if (auto added = entry(e.conversation, e.seq, e.agent, e.text); !added) return added;
    return writer.change("UPDATE conversations SET last_seq=?3, preview_seq=?3 WHERE history=?1 AND conversation=?2",
                         e.conversation, e.seq);
  }

  // Asked for a human, again or for the first time: it is not closed (any more), and the new contact has no rating yet.
  // What was given before stays as an entry, its comment as that entry's text.
  Written operator()(const event::ContactQueued& e) const {
    if (auto added = entry(e.conversation, e.seq, {}, {}); !added) return added;
    return writer.change(
        "UPDATE conversations SET last_seq=max(last_seq, ?3), closed_at=NULL, rating=0, rated_seq=0"
        " WHERE history=?1 AND conversation=?2",
        e.conversation, e.seq);
  }
  Written operator()(const event::VisitorFactsChanged& e) const {
    const auto changed = writer.database_->execute(
        "UPDATE people SET name=?3, email=?4, page_url=?5, page_title=?6 WHERE history=?1 AND conversation=?2",
        writer.history_, e.conversation, e.facts.name, e.facts.email, e.facts.page_url, e.facts.page_title);
    if (!changed) return std::unexpected(changed.error());
    return {};
  }
  Written operator()(const event::OfflineMessageOpened& e) const {
    return writer.change("UPDATE conversations SET closed_at=NULL WHERE history=?1 AND conversation=?2",
                         e.conversation);
  }

  Written operator()(const event::ChatAssigned& e) const {
    if (auto added = entry(e.conversation, e.seq, e.agent, {}); !added) return added;
    return writer.change(
        "UPDATE conversations SET last_seq=max(last_seq, ?3), agent=?4 WHERE history=?1 AND conversation=?2",
        e.conversation, e.seq, e.agent);
  }
  // As a contact that is queued and assigned at once.
  Written operator()(const event::ContactInitiated& e) const {
    if (auto added = entry(e.conversation, e.seq, e.agent, {}); !added) return added;
    return writer.change(
        "UPDATE conversations SET last_seq=max(last_seq, ?3), agent=?4, closed_at=NULL, rating=0, rated_seq=0"
        " WHERE history=?1 AND conversation=?2",
        e.conversation, e.seq, e.agent);
  }
  Written operator()(const event::ChatRequeued& e) const {  // The agent stays the last one.
    if (auto added = entry(e.conversation, e.seq, e.agent, {}); !added) return added;
    return writer.change("UPDATE conversations SET last_seq=max(last_seq, ?3) WHERE history=?1 AND conversation=?2",
                         e.conversation, e.seq);
  }
  Written operator()(const event::ChatClosed& e) const {
    if (auto added = entry(e.conversation, e.seq, {}, {}); !added) return added;
    return writer.change(
        "UPDATE conversations SET last_seq=max(last_seq, ?3), closed_at=?4 WHERE history=?1 AND conversation=?2",
        e.conversation, e.seq, event.at);
  }
  Written operator()(const event::RatingGiven& e) const {
    if (auto added = entry(e.conversation, e.seq, {}, e.comment); !added) return added;
    return writer.change(
        "UPDATE conversations SET last_seq=max(last_seq, ?3), rating=?4, rated_seq=?3"
        " WHERE history=?1 AND conversation=?2",
        e.conversation, e.seq, e.score);
  }

  Written operator()(const auto&) const { return {}; }

  // The line is the one that the core shows, so that it comes back exactly. Nothing without a number.
  Written entry(ConversationId conversation, std::uint64_t seq, core::AgentId agent, const std::string& text) const {
    if (seq == 0) return {};
    const auto line = core::entry_of(writer.names_, event);
    CHECK(line && line->first == conversation && line->second.seq == seq);
    return writer.add(conversation, line->second, agent, text);
  }
};

std::expected<Writer, std::string> Writer::load(Database& database, std::int64_t history) {
  Writer writer(database, history);
  auto queues = database.query(
      "SELECT queue, name, display_name FROM queues WHERE history=?1",
      [&writer](const journal::Statement& row) {
        const auto id = row.integer(0);
        const auto name = row.text(1);
        const auto display_name = row.text(2);
        if (!id || !name || !display_name) return false;
        core::Queue& queue = writer.names_.queues[core::QueueId{static_cast<std::uint32_t>(*id)}];
        queue.id = core::QueueId{static_cast<std::uint32_t>(*id)};
        queue.settings.name = *name;
        queue.settings.display_name = *display_name;
        return true;
      },
      history);
  if (!queues) return std::unexpected(queues.error());
  auto agents = database.query(
      "SELECT agent, name, display_name FROM agents WHERE history=?1",
      [&writer](const journal::Statement& row) {
        const auto id = row.integer(0);
        const auto name = row.text(1);
        const auto display_name = row.text(2);
        if (!id || !name || !display_name) return false;
        core::Agent& agent = writer.names_.agents[core::AgentId{static_cast<std::uint32_t>(*id)}];
        agent.id = core::AgentId{static_cast<std::uint32_t>(*id)};
        agent.settings.name = *name;
        agent.settings.display_name = *display_name;
        return true;
      },
      history);
  if (!agents) return std::unexpected(agents.error());
  return writer;
}

std::expected<void, std::string> Writer::write(const journal::Batch& batch) {
  const std::string where = "batch " + std::to_string(batch.position.value());
  const auto events = core::decode_batch(batch.payload);
  if (!events) return std::unexpected(where + ": " + events.error());
  for (std::size_t i = 0; i < events->size(); ++i) {
    const core::Event& event = (*events)[i];
    auto written =
        std::visit(Fold{.writer = *this, .event = event, .position = batch.position, .index = i}, event.body);
    if (written) written = add_fact(event, batch.position, i);
    if (!written) {
      return std::unexpected(where + ", event " + std::to_string(i + 1) + " (" +
                             std::string(core::name_of(event.body)) + "): " + written.error());
    }
  }
  return {};
}

// Ids are given by order of first appearance of a name, which the core's own function does; the tables keep the result.
// A queue or an agent that left the settings keeps its id and its last name.
Writer::Written Writer::apply(const core::Event& event) {
  core::evolve(names_, event);
  for (const auto& [id, queue] : names_.queues) {
    const auto kept = database_->execute("INSERT OR REPLACE INTO queues VALUES(?1, ?2, ?3, ?4)", history_, id,
                                         queue.settings.name, queue.settings.display_name);
    if (!kept) return std::unexpected(kept.error());
  }
  for (const auto& [id, agent] : names_.agents) {
    const auto kept = database_->execute("INSERT OR REPLACE INTO agents VALUES(?1, ?2, ?3, ?4)", history_, id,
                                         agent.settings.name, agent.settings.display_name);
    if (!kept) return std::unexpected(kept.error());
  }
  return {};
}

Writer::Written Writer::add(ConversationId conversation, const core::Entry& entry, core::AgentId agent,
                            const std::string& text) {
  const auto salt = salt_of(conversation);
  if (!salt) return std::unexpected(salt.error());
  journal::Hash hash{};
  const auto added = database_->execute(
      "INSERT INTO entries VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, nullif(?14, x''))", history_,
      conversation, entry.seq, entry.at, entry.kind, entry.author, agent, entry.name, entry.stream, entry.n, entry.by,
      entry.reason, entry.score, hash_of(*salt, text, hash));
  if (!added) return std::unexpected(added.error());
  if (text.empty()) return {};
  const auto kept =
      database_->execute("INSERT INTO entry_texts VALUES(?1, ?2, ?3, ?4)", history_, conversation, entry.seq, text);
  if (!kept) return std::unexpected(kept.error());
  return {};
}

Writer::Written Writer::add_note(const core::Event& event, const event::MessagePosted& e, journal::Position position,
                                 std::size_t index) {
  const auto salt = salt_of(e.conversation);
  if (!salt) return std::unexpected(salt.error());
  const auto agent = names_.agents.find(e.agent);
  const std::string name = agent == names_.agents.end() ? std::string{} : agent->second.settings.display_name;
  journal::Hash hash{};
  const auto added = database_->execute(
      "INSERT INTO notes VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, x''))", history_, e.conversation,
      position, index, event.at, e.agent, name, e.stream, e.n, hash_of(*salt, e.text, hash));
  if (!added) return std::unexpected(added.error());
  if (e.text.empty()) return {};
  const auto kept = database_->execute("INSERT INTO note_texts VALUES(?1, ?2, ?3, ?4, ?5)", history_, e.conversation,
                                       position, index, e.text);
  if (!kept) return std::unexpected(kept.error());
  return {};
}

Writer::Written Writer::add_fact(const core::Event& event, journal::Position position, std::size_t index) {
  const auto conversation = whose(event.body);
  if (!conversation) return {};
  ByteWriter bytes;
  core::write_event(bytes, without_personal_text(event));
  const auto added = database_->execute("INSERT INTO facts VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", history_, *conversation,
                                        position, index, event.at, core::name_of(event.body), Blob{bytes.bytes()});
  if (!added) return std::unexpected(added.error());
  return {};
}

std::expected<Bytes16, std::string> Writer::salt_of(ConversationId conversation) {
  if (const auto known = salts_.find(conversation); known != salts_.end()) return known->second;
  std::optional<Bytes16> salt;
  auto asked = database_->query(
      "SELECT salt FROM people WHERE history=?1 AND conversation=?2",
      [&salt](const journal::Statement& row) {
        const auto bytes = row.blob(0);
        if (!bytes || bytes->size() != sizeof(Bytes16)) return false;
        std::memcpy(salt.emplace().data(), bytes->data(), bytes->size());
        return true;
      },
      history_, conversation);
  if (!asked) return std::unexpected(asked.error());
  if (!salt) {
    return std::unexpected("conversation " + std::to_string(conversation.value()) + " is not known to the archive");
  }
  if (salts_.size() >= salts_max) salts_.clear();
  salts_.emplace(conversation, *salt);
  return *salt;
}

template <class... Args>
Writer::Written Writer::change(std::string_view sql, ConversationId conversation, const Args&... args) {
  const auto changed = database_->execute(sql, history_, conversation, args...);
  if (!changed) return std::unexpected(changed.error());
  if (*changed == 1) return {};
  return std::unexpected("conversation " + std::to_string(conversation.value()) + " is not known to the archive");
}

}  // namespace heti::archive
