#pragma once
// What is known to be durable, kept outside the service: every batch by its chain hash, and the state that one gets by
// folding all of them from the beginning. Nothing that stands here may ever be missing again, and every restart must
// come to the same bytes.
#include <string>
#include <vector>

#include "service/core/state.hpp"
#include "service/journal/journal.hpp"

namespace heti::simulation {

class Ledger {
 public:
  // A batch that the service calls durable: `offered` is what it gave to the journal, `events` what it handed on.
  void add(const journal::Batch& offered, const std::vector<core::Event>& events);
  // After a restart: the journal must still have everything, and what it has beyond that is the result. It can only be
  // the batch that was under way. An error is that of the disk.
  std::expected<std::vector<core::Event>, std::string> catch_up(const journal::Journal& journal,
                                                                const journal::Batch& under_way);
  // The whole journal once more, from its first batch.
  void verify(const journal::Journal& journal);

  const core::State& state() const { return state_; }
  const std::vector<core::Event>& events() const { return events_; }
  std::uint64_t batches() const { return hashes_.size(); }
  std::vector<std::string> take_complaints() { return std::exchange(complaints_, {}); }

 private:
  void fold(const journal::Batch& batch, const journal::Hash& hash, const std::vector<core::Event>& events);
  void complain(std::string what) { complaints_.push_back(std::move(what)); }

  core::State state_;
  std::vector<core::Event> events_;
  std::vector<journal::Hash> hashes_;
  Instant last_at_;
  std::vector<std::string> complaints_;
};

}  // namespace heti::simulation
