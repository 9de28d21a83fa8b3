#pragma once
// The archive: what was said, kept for reading. A projection that follows the journal from its own position, on a
// thread of its own, woken every second and by requests; it never holds up the line. A request is answered from rows
// that include everything durable at the time of asking.
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/archive/samples.hpp"
#include "service/base/public_id.hpp"
#include "service/core/view.hpp"
#include "service/journal/journal.hpp"

namespace heti::archive {

struct Options {
  std::string directory;  // archive.db lies here
  std::string workspace = "default";
  // What an operator should read in the log: why it stopped, or that it is written anew. Not called if not set; runs
  // on the archive's thread, or inside open(), and must not throw.
  std::function<void(std::string_view sentence)> on_warning{};
  // Up to which position batches were removed from the journal on purpose. Not set: none ever are.
  std::function<std::expected<journal::Position, std::string>()> trimmed_through{};
  std::chrono::milliseconds try_again_after{2000};  // when something could not be written or read
};

// A conversation as the archive knows it.
struct Record {
  PublicId conversation;
  PublicId visitor;
  std::string queue;  // name
  core::VisitorFacts facts;
  std::string agent_name;  // login of the last agent; empty: nobody
  std::string agent_display_name;
  Instant created;
  std::optional<Instant> closed_at;
  std::uint64_t last_seq = 0;
  std::string preview;
  core::Author preview_author{};
  std::uint32_t rating = 0;
  std::string rating_comment;
};

struct Transcript {
  Record record;
  std::vector<core::Entry> entries;  // ascending
};

class Archive {
 public:
  virtual ~Archive() = default;

  // Callbacks run on the archive's thread. An error is a sentence; absent conversations give std::nullopt / no rows.
  using OnTranscript = std::function<void(std::expected<std::optional<Transcript>, std::string>)>;
  using OnRecords = std::function<void(std::expected<std::vector<Record>, std::string>)>;

  // Entries with seq < before, the latest `limit` of them; before = 0 means from the end.
  virtual void transcript(PublicId conversation, std::uint64_t before, std::uint32_t limit, OnTranscript done) = 0;
  // Closed chats of these queues (by name), latest first.
  virtual void closed_chats(std::vector<std::string> queues, std::uint32_t limit, OnRecords done) = 0;

  // All samples with at >= since of batches up to `until`, in order of time. It is answered once the rows have come so
  // far, so one that asks for a batch which the journal does not hold yet waits for it.
  using OnSamples = std::function<void(std::expected<std::vector<Sample>, std::string>)>;
  virtual void samples(Instant since, journal::Position until, OnSamples done) = 0;

  // Position up to which rows are durable; the journal may be trimmed up to here.
  virtual journal::Position position() const = 0;
  virtual std::optional<std::string> error() const = 0;  // what has stopped it, until it goes on
};

// Opens or creates directory/archive.db; one of an older format is written anew from the journal. `journal` must
// outlive the archive.
std::expected<std::unique_ptr<Archive>, std::string> open(Options options, const journal::Journal& journal);
// For a memory journal: rows in memory.
std::expected<std::unique_ptr<Archive>, std::string> open_memory(const journal::Journal& journal);

}  // namespace heti::archive
