#pragma once
// Verbs for the archive's tests: questions that wait for their answer, a journal seen through a window, the rows that
// the core itself says there should be, and what lies in the file.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/archive/archive.hpp"
#include "service/archive/run.hpp"
#include "service/core/batch.hpp"
#include "service/core/evolve.hpp"
#include "tests/core/desk.hpp"
#include "tests/unit/journal_test_tools.hpp"

namespace heti::archive::test {

using journal::test::TempDirectory;
using namespace core;
using tests::Desk;
using tests::public_id;
namespace cmd = core::command;

inline std::expected<std::optional<Transcript>, std::string> ask_transcript(Archive& archive, PublicId conversation,
                                                                            std::uint64_t before = 0,
                                                                            std::uint32_t limit = 100'000) {
  std::promise<std::expected<std::optional<Transcript>, std::string>> answer;
  archive.transcript(conversation, before, limit, [&answer](auto it) { answer.set_value(std::move(it)); });
  return answer.get_future().get();
}

inline std::expected<std::vector<Record>, std::string> ask_closed(Archive& archive, std::vector<std::string> queues,
                                                                  std::uint32_t limit = 100'000) {
  std::promise<std::expected<std::vector<Record>, std::string>> answer;
  archive.closed_chats(std::move(queues), limit, [&answer](auto it) { answer.set_value(std::move(it)); });
  return answer.get_future().get();
}

// The transcript, which must be there.
inline Transcript transcript_of(Archive& archive, PublicId conversation, std::uint64_t before = 0,
                                std::uint32_t limit = 100'000) {
  const auto answer = ask_transcript(archive, conversation, before, limit);
  EXPECT_TRUE(answer.has_value()) << answer.error();
  if (!answer || !*answer) {
    ADD_FAILURE() << "no transcript of " << to_string(conversation);
    return {};
  }
  return **answer;
}

inline std::vector<Record> closed_of(Archive& archive, std::vector<std::string> queues, std::uint32_t limit = 100'000) {
  auto answer = ask_closed(archive, std::move(queues), limit);
  EXPECT_TRUE(answer.has_value()) << answer.error();
  return answer ? std::move(*answer) : std::vector<Record>{};
}

inline std::unique_ptr<Archive> open_or_fail(const std::filesystem::path& directory, const journal::Journal& journal,
                                             const std::string& workspace = "default",
                                             std::function<void(std::string_view)> on_warning = {}) {
  auto archive = archive::open(
      {.directory = directory.string(), .workspace = workspace, .on_warning = std::move(on_warning)}, journal);
  EXPECT_TRUE(archive.has_value()) << archive.error();
  return archive ? std::move(*archive) : nullptr;
}

inline std::unique_ptr<Archive> in_memory(const journal::Journal& journal) {
  auto archive = open_memory(journal);
  EXPECT_TRUE(archive.has_value()) << archive.error();
  return archive ? std::move(*archive) : nullptr;
}

// Every line that the visitors may see, and the notes, as the core makes them: from the whole journal, by the whole
// state.
struct Said {
  std::map<PublicId, std::vector<Entry>> entries;
  std::size_t notes = 0;
};
inline Said said_in(const journal::Journal& journal) {
  Said said;
  State state;
  std::map<ConversationId, PublicId> names;
  const auto read = journal.read({}, [&](const journal::Batch& batch, const journal::Hash&) {
    const auto events = decode_batch(batch.payload);
    EXPECT_TRUE(events.has_value());
    for (const Event& event : *events) {
      evolve(state, event);
      if (const auto* started = std::get_if<event::ConversationStarted>(&event.body)) {
        names[started->conversation] = started->public_id;
        said.entries[started->public_id];
      }
      const auto* posted = std::get_if<event::MessagePosted>(&event.body);
      said.notes += posted != nullptr && posted->author == Author::note ? 1 : 0;
      if (auto line = entry_of(state, event)) {
        said.entries[names.at(line->first)].push_back(std::move(line->second));
      }
    }
    return true;
  });
  EXPECT_TRUE(read.has_value()) << read.error();
  return said;
}

// Everything that is known of one journal's conversations, to compare two archives with.
inline std::string describe(const Record& record) {
  std::string out = to_string(record.conversation) + "|" + to_string(record.visitor) + "|" + record.queue + "|" +
                    record.facts.name + "|" + record.facts.email + "|" + record.facts.page_url + "|" +
                    record.facts.page_title + "|" + record.agent_name + "|" + record.agent_display_name + "|" +
                    std::to_string(to_ms(record.created)) + "|";
  out += record.closed_at ? std::to_string(to_ms(*record.closed_at)) : "open";
  return out + "|" + std::to_string(record.last_seq) + "|" + record.preview + "|" +
         std::to_string(static_cast<int>(record.preview_author)) + "|" + std::to_string(record.rating) + "|" +
         record.rating_comment;
}

// Both hold the same conversations of `said`, line by line, and the lines are those that were said.
inline void expect_same(Archive& archive, Archive& other, const Said& said) {
  for (const auto& [id, entries] : said.entries) {
    const Transcript transcript = transcript_of(archive, id);
    EXPECT_EQ(transcript.entries, entries) << to_string(id);
    EXPECT_EQ(describe(transcript.record), describe(transcript_of(other, id).record));
  }
}

// A journal of which only the first batches are seen, under a history of its own choosing; a reader's nth call may do
// something first.
class Window : public journal::Journal {
 public:
  Window(journal::Journal& behind, std::uint64_t batches) : behind_(behind), batches_(batches) {}

  std::optional<PublicId> other_history;
  mutable std::function<std::expected<void, std::string>()> before_read;
  mutable std::atomic<int> reads = 0;
  void show(std::uint64_t batches) { batches_ = batches; }

  PublicId history() const override { return other_history.value_or(behind_.history()); }
  journal::Tail tail() const override {
    journal::Tail tail;
    const std::uint64_t shown = batches_;
    const auto read = behind_.read({}, [&](const journal::Batch& batch, const journal::Hash& hash) {
      if (batch.position.value() > shown) return false;
      tail = {batch.position, hash, batch.at};
      return true;
    });
    EXPECT_TRUE(read.has_value());
    return tail;
  }
  std::expected<void, std::string> read(
      journal::Position after,
      const std::function<bool(const journal::Batch&, const journal::Hash&)>& each) const override {
    ++reads;
    if (before_read) {
      if (auto allowed = before_read(); !allowed) return allowed;
    }
    const std::uint64_t shown = batches_;
    return behind_.read(after, [&](const journal::Batch& batch, const journal::Hash& hash) {
      return batch.position.value() <= shown && each(batch, hash);
    });
  }
  void append(journal::Batch batch, std::function<void(journal::AppendResult)> done) override {
    behind_.append(std::move(batch), std::move(done));
  }
  void keep_alive(Instant now) override { behind_.keep_alive(now); }
  Instant alive_until() const override { return behind_.alive_until(); }
  std::expected<void, std::string> save_snapshot(journal::Snapshot snapshot) override {
    return behind_.save_snapshot(std::move(snapshot));
  }
  std::expected<std::vector<journal::Snapshot>, std::string> snapshots() const override { return behind_.snapshots(); }
  journal::Stats stats() const override { return behind_.stats(); }
  void give_up_end(std::string shown, std::function<void(std::expected<void, std::string>)> done) override {
    behind_.give_up_end(std::move(shown), std::move(done));
  }
  std::optional<std::string> open_notice() const override { return behind_.open_notice(); }

 private:
  journal::Journal& behind_;
  std::atomic<std::uint64_t> batches_;
};

// A second look into archive.db, beside the archive or after it.
class File {
 public:
  explicit File(const std::filesystem::path& directory) {
    EXPECT_EQ(sqlite3_open((directory / "archive.db").c_str(), &connection_), SQLITE_OK);
    sqlite3_busy_timeout(connection_, 2000);
  }
  File(const File&) = delete;
  ~File() { sqlite3_close(connection_); }

  // Rows, their columns joined by '|'.
  std::vector<std::string> rows(const std::string& sql) {
    std::vector<std::string> found;
    char* error = nullptr;
    sqlite3_exec(
        connection_, sql.c_str(),
        [](void* out, int columns, char** values, char**) {
          std::string row;
          for (int i = 0; i < columns; ++i) {
            if (i > 0) row += '|';
            row += values[i] != nullptr ? values[i] : "NULL";
          }
          static_cast<std::vector<std::string>*>(out)->push_back(row);
          return 0;
        },
        &found, &error);
    EXPECT_EQ(error, nullptr) << sql << ": " << (error ? error : "");
    sqlite3_free(error);
    return found;
  }
  // The same with every byte, also those that are 0.
  std::vector<std::vector<std::string>> values(const std::string& sql) {
    std::vector<std::vector<std::string>> found;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(connection_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sql;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::vector<std::string>& row = found.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, i));
        row.emplace_back(bytes, bytes + sqlite3_column_bytes(statement, i));
      }
    }
    sqlite3_finalize(statement);
    return found;
  }
  // Puts other bytes where a statement says ?1.
  void put(const std::string& sql, std::string_view bytes) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(connection_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sql;
    sqlite3_bind_blob(statement, 1, bytes.data(), static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE) << sqlite3_errmsg(connection_);
    sqlite3_finalize(statement);
  }
  std::int64_t number(const std::string& sql) {
    const auto found = rows(sql);
    return found.size() == 1 ? std::stoll(found[0]) : -1;
  }

 private:
  sqlite3* connection_ = nullptr;
};

// Everything that the runs hold, of whatever history.
struct Held {
  struct Said {
    std::string conversation;
    std::uint64_t seq = 0;
    std::string text_hash;
    std::string text;
  };
  std::vector<Kept> events;
  std::vector<Said> lines;
  std::size_t texts = 0;
};
inline Held held_in(const std::filesystem::path& directory) {
  Held held;
  File file(directory);
  for (const auto& row : file.values("SELECT runs.conversation, runs.events, entry_texts.texts FROM runs"
                                     " LEFT JOIN entry_texts USING(id) ORDER BY history, id")) {
    auto events = read_events(row[1]);
    EXPECT_TRUE(events.has_value()) << events.error();
    const auto texts = row[2].empty() ? NumberedTexts{} : read_texts(row[2]).value();
    held.texts += texts.size();
    for (Kept& kept : *events) {
      if (kept.seq != 0) {
        held.lines.push_back({row[0], kept.seq, kept.text_hash, std::string(text_in(texts, kept.seq))});
      }
      held.events.push_back(std::move(kept));
    }
  }
  return held;
}

// How much there is of what can be said: events, lines, their texts, notes, conversations.
inline std::vector<std::int64_t> counts(const std::filesystem::path& directory) {
  const Held held = held_in(directory);
  File file(directory);
  return {static_cast<std::int64_t>(held.events.size()),  static_cast<std::int64_t>(held.lines.size()),
          static_cast<std::int64_t>(held.texts),          file.number("SELECT count(*) FROM notes"),
          file.number("SELECT count(*) FROM note_texts"), file.number("SELECT count(*) FROM conversations"),
          file.number("SELECT count(*) FROM people")};
}

}  // namespace heti::archive::test
