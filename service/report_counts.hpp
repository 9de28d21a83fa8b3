#pragma once
// What became of the contacts of late, counted from the samples of the archive and the journal's tail.
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/archive/facts_reader.hpp"
#include "service/explain_since.hpp"
#include "service/explain_story.hpp"

namespace heti::reporting {

struct Verdicts {
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::uint64_t excluded = 0;
  friend bool operator==(const Verdicts&, const Verdicts&) = default;
};

struct QueueReport {
  std::string queue;
  std::string zone;
  Instant since;
  std::uint64_t contacts = 0;  // demands for a human, reopened ones too
  std::uint64_t reopened = 0;  // of them
  // By the words of heti_contacts_ended_total: "answered", "abandoned_short", "missed_timeout", "spam" and so on; all
  // of them are there.
  std::map<std::string, std::uint64_t> ended;
  Verdicts first_response;
  Verdicts reply;
};

// Good of all that were judged (formula F4 of the first response); nothing if none was.
[[nodiscard]] std::optional<double> service_level(const Verdicts& verdicts);

struct Report {
  Instant as_of;
  journal::Position tail;           // the last batch that was seen
  std::vector<QueueReport> queues;  // by name: those in the settings, and others of which something was counted
};

// Queues of the service's own are left out. Without an archive the journal must reach back to its first batch. An error
// says what could not be read.
[[nodiscard]] std::expected<Report, std::string> make_report(const explaining::Since& since,
                                                             archive::FactsReader* archive,
                                                             const explaining::JournalView& journal, Instant now);

[[nodiscard]] std::string to_text(const Report& report);
// One JSON object; instants are ISO 8601 in UTC, "service_level" is null if nothing was judged.
[[nodiscard]] std::string to_json(const Report& report);

}  // namespace heti::reporting
