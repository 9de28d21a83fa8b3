#pragma once
// Reads facts beside the process that writes archive.db, or without one, without a lock of ours and without changing a
// row: SQLite lets readers in at any time. What is read is one moment of the file.
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/archive/database.hpp"
#include "service/archive/facts.hpp"
#include "service/archive/samples.hpp"

namespace heti::archive {

// What was said in one conversation, as far as it was not erased.
struct Texts {
  std::map<std::uint64_t, std::string> by_seq;                         // messages, and comments of ratings
  std::map<std::pair<std::uint64_t, std::size_t>, std::string> notes;  // by position and place in the batch
};

struct Named {
  core::ConversationId conversation;
  PublicId public_id;
};

class FactsReader {
 public:
  // Nothing if there is no archive.db in the directory, or it is of an older format, or holds nothing of this
  // history: then the journal alone can tell.
  [[nodiscard]] static std::expected<std::optional<FactsReader>, std::string> open(const std::string& directory,
                                                                                   std::string workspace,
                                                                                   const PublicId& history);

  // Facts of later batches are not here.
  const Place& place() const { return place_; }

  // Conversations whose public id begins with these hexadecimal digits; at most `limit`.
  [[nodiscard]] std::expected<std::vector<Named>, std::string> find(std::string_view digits, std::uint32_t limit);
  // Its own and those that matter to several, in order.
  [[nodiscard]] std::expected<std::vector<Fact>, std::string> facts(core::ConversationId conversation);
  [[nodiscard]] std::expected<Texts, std::string> texts(core::ConversationId conversation);

  // Only its own.
  [[nodiscard]] std::expected<std::vector<Fact>, std::string> own_facts(core::ConversationId conversation);
  // Conversations that are not closed, or were closed at or after `since`, in order.
  [[nodiscard]] std::expected<std::vector<core::ConversationId>, std::string> live_since(Instant since);

  // All with at >= since, in order of time.
  [[nodiscard]] std::expected<std::vector<Sample>, std::string> samples(Instant since);
  // What the samples that follow must know of a conversation; nothing if it is not here.
  [[nodiscard]] std::expected<std::optional<SampledTalk>, std::string> sampled(core::ConversationId conversation);

 private:
  std::expected<std::vector<Fact>, std::string> facts_of(core::ConversationId one, core::ConversationId other);

  FactsReader(Database database, Place place) : database_(std::move(database)), place_(place) {}

  Database database_;
  Place place_;
};

}  // namespace heti::archive
