#pragma once
// From events to rows. Everything comes from the events alone; who an agent id means is known from the settings that
// were applied before, as in the core.
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "service/archive/database.hpp"
#include "service/archive/run.hpp"
#include "service/archive/samples.hpp"
#include "service/base/gives_way.hpp"
#include "service/core/event.hpp"
#include "service/core/state.hpp"

namespace heti::archive {

// Writes the rows of one history. `database` must outlive it; the caller opens and commits the transactions. After an
// error the transaction must be given up, and the writer with it.
class Writer {
 public:
  // Reads the names of agents and queues that the rows already hold.
  [[nodiscard]] static std::expected<Writer, std::string> load(Database& database, std::int64_t history);

  // Decodes a batch and gathers what its events say. An error names the batch and the event.
  [[nodiscard]] std::expected<void, std::string> write(journal::Position position, std::string_view payload);
  // To be called at the end of each transaction: writes what was gathered, once for each conversation, and gives
  // way in between.
  [[nodiscard]] std::expected<void, std::string> finish(GivesWay& gives_way);

 private:
  using Written = std::expected<void, std::string>;
  struct Fold;

  // What changes in the row of a conversation.
  struct Record {
    core::AgentId agent;
    std::optional<Instant> closed_at;
    std::uint64_t last_seq = 0;
    std::uint64_t preview_seq = 0;  // the last message, who wrote it, and the run that holds it
    core::Author preview_author{};
    std::int64_t preview_run = 0;
    std::uint32_t rating = 0;
    std::uint64_t rated_seq = 0;
    std::int64_t rated_run = 0;
  };
  // What is known of a conversation, and what this transaction has gathered of it.
  struct Talk {
    core::ConversationId id;
    std::optional<Bytes16> salt;  // Nothing: who it was with has been erased.
    Record record;
    SampledTalk sampled;

    bool gathered = false;
    Run run;
    std::optional<core::event::ConversationStarted> started;
    Instant started_at;
    bool changed = false;  // the record
    bool closed_or_opened = false;
    bool salt_is_new = false;
    std::optional<core::VisitorFacts> facts;
  };

  Writer(Database& database, std::int64_t history) : database_(&database), history_(history) {}

  Written apply(const core::Event& event);  // settings
  std::expected<Talk*, std::string> talk_of(core::ConversationId conversation);
  Written keep(Talk& talk, journal::Position position, std::size_t index, const core::Event& event, const Line* line);
  Written add_note(Talk& talk, Instant at, const core::event::MessagePosted& e, const std::string& text,
                   journal::Position position, std::size_t index);
  std::string_view display_name(core::AgentId id) const;
  static const Bytes16& salt_of(Talk& talk);
  void sample(Talk& talk, journal::Position position, std::size_t index, const core::Event& event);
  Written write_run(Talk& talk);
  Written write_talk(Talk& talk);

  Database* database_;
  std::int64_t history_;
  core::State names_;  // Only settings are folded in: ids and names of queues and agents, nothing else.
  Talk shared_;        // What matters to several conversations: no record, no lines.
  std::unordered_map<std::uint64_t, Talk> talks_;
  std::vector<Talk*> gathered_;  // in this transaction
  struct Placed {
    journal::Position position;
    std::size_t index = 0;
    Sample sample;
  };
  std::vector<Placed> samples_;  // likewise
};

}  // namespace heti::archive
