#include "service/archive/writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "service/archive/facts.hpp"
#include "service/archive/sample_rows.hpp"
#include "service/base/check.hpp"
#include "service/core/batch.hpp"
#include "service/core/evolve.hpp"
#include "service/core/view.hpp"
#include "service/journal/hash.hpp"

namespace heti::archive {
namespace {

using core::ConversationId;
namespace event = core::event;

// Beyond the transaction: so that what is spoken now is not read from the tables each time.
constexpr std::size_t talks_max = 4096;

// Deleting the salt makes the hashes of a conversation worthless to who guesses texts; so it is chance, not derived.
Bytes16 make_salt() {
  Bytes16 salt{};
  CHECK(::getentropy(salt.data(), salt.size()) == 0);
  return salt;
}

// Of text under its conversation's salt; no bytes if there is no text.
std::string_view hash_of(const Bytes16& salt, const std::string& text, journal::Hash& keeps) {
  if (text.empty()) return {};
  keeps = journal::short_sha256({{salt.data(), salt.size()}, text});
  return journal::bytes_of(keeps);
}

// In place of an instant that is none; the statements make it NULL.
constexpr std::int64_t no_instant = std::numeric_limits<std::int64_t>::min();

std::int64_t or_none(const std::optional<Instant>& at) { return at ? to_ms(*at) : no_instant; }

std::string named(ConversationId conversation) { return "conversation " + std::to_string(conversation.value()); }

}  // namespace

// One function per event that leaves a line or changes a record; of the others the fact is all there is to keep.
struct Writer::Fold {
  Writer& writer;
  Talk& talk;
  core::Event& event;
  journal::Position position;
  std::size_t index = 0;

  Written operator()(const event::SettingsApplied&) const {
    if (auto applied = writer.apply(event); !applied) return applied;
    return fact();
  }

  Written operator()(event::MessagePosted& e) const {
    const std::string text = take_personal_text(e);
    if (e.author == core::Author::note) {
      if (auto added = writer.add_note(talk, event.at, e, text, position, index); !added) return added;
      return writer.keep(talk, position, index, event, nullptr);
    }
    if (e.seq == 0) return std::unexpected("a message that is not a note has no number");
    talk.record.preview_seq = e.seq;
    talk.record.preview_author = e.author;
    // As core::entry_of has it, which would copy the text.
    const bool by_agent = e.author == core::Author::agent;
    return line(event, e.seq, by_agent ? writer.display_name(e.agent) : std::string_view{}, text);
  }

  // Asked for a human, again or for the first time: it is not closed (any more), and the new contact has no rating yet.
  // What was given before stays as a line, its comment as that line's text.
  Written operator()(const event::ContactQueued& e) const {
    opens();
    return line(e.seq);
  }
  Written operator()(const event::VisitorFactsChanged& e) const {
    salt_of(talk);  // Or there would be no row for them.
    talk.facts = e.facts;
    return fact();
  }
  Written operator()(const event::OfflineMessageOpened&) const {
    closes(std::nullopt);
    return fact();
  }

  Written operator()(const event::ChatAssigned& e) const {
    talk.record.agent = e.agent;
    talk.changed = true;
    return line(e.seq);
  }
  // As a contact that is queued and assigned at once.
  Written operator()(const event::ContactInitiated& e) const {
    opens();
    talk.record.agent = e.agent;
    return line(e.seq);
  }
  Written operator()(const event::ChatRequeued& e) const { return line(e.seq); }  // The agent stays the last one.
  Written operator()(const event::ChatClosed& e) const {
    closes(event.at);
    return line(e.seq);
  }
  Written operator()(const event::RatingGiven& e) const {
    talk.record.rating = e.score;
    talk.record.rated_seq = e.seq;
    talk.changed = true;
    return line(e.seq, e.comment);
  }

  Written operator()(const auto&) const { return fact(); }

  void opens() const {
    closes(std::nullopt);
    talk.record.rating = 0;
    talk.record.rated_seq = 0;
    talk.record.rated_run = 0;
  }
  void closes(std::optional<Instant> at) const {
    talk.record.closed_at = at;
    talk.changed = true;
    talk.closed_or_opened = true;
  }

  Written fact() const { return writer.keep(talk, position, index, without_personal_text(event), nullptr); }

  // The line is the one that the core shows, so that it comes back exactly. A fact alone without a number.
  Written line(std::uint64_t seq, const std::string& text = {}) const {
    if (seq == 0) return fact();
    const auto shown = core::entry_of(writer.names_, event);
    CHECK(shown && shown->first == talk.id && shown->second.seq == seq && seq_of(event.body) == seq);
    return line(without_personal_text(event), seq, shown->second.name, text);
  }
  Written line(const core::Event& kept, std::uint64_t seq, std::string_view name, const std::string& text) const {
    if (seq <= talk.record.last_seq) {
      return std::unexpected("line " + std::to_string(seq) + " of " + named(talk.id) + " comes after its line " +
                             std::to_string(talk.record.last_seq));
    }
    talk.record.last_seq = seq;
    talk.changed = true;
    journal::Hash hash{};
    const Line line{.seq = seq, .name = name, .text_hash = hash_of(salt_of(talk), text, hash), .text = text};
    return writer.keep(talk, position, index, kept, &line);
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

std::expected<void, std::string> Writer::write(journal::Position position, std::string_view payload) {
  const auto at_batch = [position] { return "batch " + std::to_string(position.value()); };
  auto events = core::decode_batch(payload);
  if (!events) return std::unexpected(at_batch() + ": " + events.error());
  for (std::size_t i = 0; i < events->size(); ++i) {
    core::Event& event = (*events)[i];
    const auto conversation = whose(event.body);
    if (!conversation) continue;
    Talk* talk = &shared_;
    Written written;
    if (auto* started = std::get_if<event::ConversationStarted>(&event.body)) {
      talk = &talks_[conversation->value()];
      if (talk->started || talk->salt) {
        written = std::unexpected(named(*conversation) + " has begun before");
      } else {
        talk->id = *conversation;
        talk->salt = make_salt();
        talk->salt_is_new = true;
        talk->facts = started->facts;
        talk->started = *started;
        talk->started_at = event.at;
      }
    } else if (*conversation != ConversationId{}) {
      auto known = talk_of(*conversation);
      if (known) talk = *known;
      if (!known) written = std::unexpected(known.error());
    }
    if (written) {
      written = std::visit(Fold{.writer = *this, .talk = *talk, .event = event, .position = position, .index = i},
                           event.body);
    }
    if (!written) {
      return std::unexpected(at_batch() + ", event " + std::to_string(i + 1) + " (" +
                             std::string(core::name_of(event.body)) + "): " + written.error());
    }
    if (*conversation != ConversationId{}) sample(*talk, position, i, event);
  }
  return {};
}

// By number: those that began one after the other lie beside each other in the tables.
std::expected<void, std::string> Writer::finish(GivesWay& gives_way) {
  std::ranges::sort(gathered_, {}, [](const Talk* talk) { return talk->id; });
  for (Talk* talk : gathered_) {
    auto written = write_run(*talk);
    if (written) written = write_talk(*talk);
    if (!written) return std::unexpected(named(talk->id) + ": " + written.error());
    talk->gathered = false;
    gives_way.here();
  }
  gathered_.clear();
  // In their own order, at the end of their table.
  for (const Placed& placed : samples_) {
    auto written = write_sample(*database_, history_, placed.position, placed.index, placed.sample);
    if (!written) return written;
    gives_way.here();
  }
  samples_.clear();
  if (talks_.size() >= talks_max) talks_.clear();
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

std::expected<Writer::Talk*, std::string> Writer::talk_of(ConversationId conversation) {
  if (const auto found = talks_.find(conversation.value()); found != talks_.end()) return &found->second;
  std::optional<Talk> talk;
  auto asked = database_->query(
      "SELECT c.agent, c.closed_at, c.last_seq, c.preview_seq, c.preview_author, c.preview_run, c.rating, c.rated_seq,"
      " c.rated_run, p.salt, c.queue, c.accepted_at FROM conversations c LEFT JOIN people p USING(history, "
      "conversation)"
      " WHERE c.history=?1 AND c.conversation=?2",
      [&](const journal::Statement& row) {
        const auto number = [&row](int column) { return row.integer(column).value_or(0); };
        talk.emplace();
        talk->id = conversation;
        talk->record.agent = core::AgentId{static_cast<std::uint32_t>(number(0))};
        if (const auto closed_at = row.integer(1)) talk->record.closed_at = instant_from_ms(*closed_at);
        talk->record.last_seq = static_cast<std::uint64_t>(number(2));
        talk->record.preview_seq = static_cast<std::uint64_t>(number(3));
        talk->record.preview_author = static_cast<core::Author>(number(4));
        talk->record.preview_run = number(5);
        talk->record.rating = static_cast<std::uint32_t>(number(6));
        talk->record.rated_seq = static_cast<std::uint64_t>(number(7));
        talk->record.rated_run = number(8);
        talk->sampled.queue = core::QueueId{static_cast<std::uint32_t>(number(10))};
        if (const auto accepted_at = row.integer(11)) talk->sampled.accepted = instant_from_ms(*accepted_at);
        const auto salt = row.blob(9);
        if (!salt) return true;
        if (salt->size() != sizeof(Bytes16)) return false;
        std::memcpy(talk->salt.emplace().data(), salt->data(), salt->size());
        return true;
      },
      history_, conversation);
  if (!asked) return std::unexpected(asked.error());
  if (!talk) return std::unexpected(named(conversation) + " is not known to the archive");
  return &talks_.emplace(conversation.value(), std::move(*talk)).first->second;
}

Writer::Written Writer::keep(Talk& talk, journal::Position position, std::size_t index, const core::Event& event,
                             const Line* line) {
  if (!talk.gathered) {
    talk.gathered = true;
    gathered_.push_back(&talk);
  }
  if (!talk.run.has_room(line)) {
    if (auto written = write_run(talk); !written) return written;
  }
  talk.run.add(position, index, event, line);
  return {};
}

Writer::Written Writer::add_note(Talk& talk, Instant at, const event::MessagePosted& e, const std::string& text,
                                 journal::Position position, std::size_t index) {
  journal::Hash hash{};
  const auto added = database_->execute(
      "INSERT INTO notes VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, x''))", history_, e.conversation,
      position, index, at, e.agent, display_name(e.agent), e.stream, e.n, Blob{hash_of(salt_of(talk), text, hash)});
  if (!added) return std::unexpected(added.error());
  if (text.empty()) return {};
  const auto kept = database_->execute("INSERT INTO note_texts VALUES(?1, ?2, ?3, ?4, ?5)", history_, e.conversation,
                                       position, index, text);
  if (!kept) return std::unexpected(kept.error());
  return {};
}

std::string_view Writer::display_name(core::AgentId id) const {
  const auto agent = names_.agents.find(id);
  return agent == names_.agents.end() ? std::string_view{} : agent->second.settings.display_name;
}

// Of an erased person nothing comes back: what is said from now on is under a salt of its own.
const Bytes16& Writer::salt_of(Talk& talk) {
  if (!talk.salt) {
    talk.salt = make_salt();
    talk.salt_is_new = true;
    talk.facts.emplace();
  }
  return *talk.salt;
}

// Every event that changes what is remembered of the conversation changes its record too, so both are stored together.
void Writer::sample(Talk& talk, journal::Position position, std::size_t index, const core::Event& event) {
  const SamplesOfEvent taken = take_samples(talk.sampled, event);
  for (std::size_t i = 0; i < taken.count; ++i) samples_.push_back({position, index, taken.samples[i]});
}

Writer::Written Writer::write_run(Talk& talk) {
  if (talk.run.empty()) return {};
  const std::uint64_t first_seq = talk.run.first_seq();
  const std::string texts = talk.run.take_texts();
  const auto added = database_->execute("INSERT INTO runs VALUES(NULL, ?1, ?2, ?3, ?4)", history_, talk.id, first_seq,
                                        Blob{talk.run.take_events()});
  if (!added) return std::unexpected(added.error());
  if (first_seq == 0) return {};
  const std::int64_t id = database_->last_id();
  if (talk.record.preview_seq >= first_seq) talk.record.preview_run = id;
  if (talk.record.rated_seq >= first_seq) talk.record.rated_run = id;
  if (texts.empty()) return {};
  const auto kept = database_->execute("INSERT INTO entry_texts VALUES(?1, ?2)", id, Blob{texts});
  if (!kept) return std::unexpected(kept.error());
  return {};
}

Writer::Written Writer::write_talk(Talk& talk) {
  const Record& record = talk.record;
  // Gone from here whatever comes of it: an error gives up the writer.
  const auto started = std::exchange(talk.started, std::nullopt);
  const auto facts = std::exchange(talk.facts, std::nullopt);
  const bool changed = std::exchange(talk.changed, false);
  const bool closed_or_opened = std::exchange(talk.closed_or_opened, false);
  const bool salt_is_new = std::exchange(talk.salt_is_new, false);
  std::expected<int, std::string> done = 0;
  if (started) {
    done = database_->execute(
        "INSERT INTO conversations VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, -9223372036854775808), ?9, ?10, ?11,"
        " ?12, ?13, ?14, ?15, nullif(?16, -9223372036854775808))",
        history_, talk.id, started->public_id, started->visitor, started->queue, record.agent, talk.started_at,
        or_none(record.closed_at), record.last_seq, record.preview_seq, record.preview_author, record.preview_run,
        record.rating, record.rated_seq, record.rated_run, or_none(talk.sampled.accepted));
  } else if (closed_or_opened) {
    done = database_->execute(
        "UPDATE conversations SET agent=?3, last_seq=?4, preview_seq=?5, preview_author=?6, preview_run=?7, rating=?8,"
        " rated_seq=?9, rated_run=?10, accepted_at=nullif(?11, -9223372036854775808),"
        " closed_at=nullif(?12, -9223372036854775808) WHERE history=?1 AND conversation=?2",
        history_, talk.id, record.agent, record.last_seq, record.preview_seq, record.preview_author, record.preview_run,
        record.rating, record.rated_seq, record.rated_run, or_none(talk.sampled.accepted), or_none(record.closed_at));
  } else if (changed) {  // Without what an index holds.
    done = database_->execute(
        "UPDATE conversations SET agent=?3, last_seq=?4, preview_seq=?5, preview_author=?6, preview_run=?7, rating=?8,"
        " rated_seq=?9, rated_run=?10, accepted_at=nullif(?11, -9223372036854775808) WHERE history=?1 AND"
        " conversation=?2",
        history_, talk.id, record.agent, record.last_seq, record.preview_seq, record.preview_author, record.preview_run,
        record.rating, record.rated_seq, record.rated_run, or_none(talk.sampled.accepted));
  }
  if (!done) return std::unexpected(done.error());
  if (salt_is_new) {
    done = database_->execute("INSERT INTO people VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", history_, talk.id, *talk.salt,
                              facts->name, facts->email, facts->page_url, facts->page_title);
  } else if (facts) {
    done = database_->execute(
        "UPDATE people SET name=?3, email=?4, page_url=?5, page_title=?6 WHERE history=?1 AND conversation=?2",
        history_, talk.id, facts->name, facts->email, facts->page_url, facts->page_title);
  }
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace heti::archive
