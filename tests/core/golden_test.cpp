// Old facts never change their meaning: journals of earlier builds are read by this one (tests/golden/README.md).
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "service/base/bytes.hpp"
#include "service/core/batch.hpp"
#include "service/core/evolve.hpp"
#include "service/core/invariants.hpp"
#include "service/core/stored_event.hpp"

namespace heti::tests {
namespace {

using namespace core;

std::string from_hex(const std::string& line) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

struct Read {
  State state;
  std::map<std::string, int> kinds;
  Millis waited{};  // sum of all wait samples
  int good = 0;
};

Read read(const std::string& name) {
  Read out;
  std::ifstream in(HETI_SOURCE_DIR "/tests/golden/" + name);
  InvariantWatch watch;
  std::string line;
  while (std::getline(in, line)) {
    const auto events = decode_batch(from_hex(line));
    EXPECT_TRUE(events.has_value()) << events.error();
    if (!events) return out;
    for (const Event& event : *events) {
      evolve(out.state, event);
      ++out.kinds[std::string(name_of(event.body))];
      if (const auto* assigned = std::get_if<event::ChatAssigned>(&event.body)) out.waited += assigned->wait;
      if (const auto* verdict = std::get_if<event::VerdictGiven>(&event.body))
        out.good += verdict->verdict == Verdict::good;
    }
    for (const std::string& broken : watch.after(out.state, *events)) ADD_FAILURE() << name << ": " << broken;
    // Writing the same facts anew, in present versions, loses nothing.
    const auto again = decode_batch(encode_batch(*events));
    EXPECT_TRUE(again.has_value() && encode_batch(*again) == encode_batch(*events));
  }
  return out;
}

TEST(GoldenTest, TheFirstJournalsMeanWhatTheyMeant) {
  Read a = read("journal_1_a.hex");
  EXPECT_EQ(a.kinds.size(), 25u);
  EXPECT_TRUE(broken_invariants(a.state, true).empty());
  Read b = read("journal_1_b.hex");
  EXPECT_EQ(b.kinds.size(), 24u);
  std::string told;
  for (const Read* each : {&a, &b}) {
    for (const auto& [kind, count] : each->kinds) told += kind + "=" + std::to_string(count) + " ";
    told += "waited=" + std::to_string(each->waited.count()) + " good=" + std::to_string(each->good) + "\n";
    for (const auto& [id, queue] : each->state.queues) {
      const StaffingTotals& t = queue.totals;
      told += "open=" + std::to_string(t.open.count()) + " staffed=" + std::to_string(t.staffed.count()) +
              " unstaffed=" + std::to_string(t.unstaffed.count()) +
              " saturated=" + std::to_string(t.saturated.count()) +
              " shortfall=" + std::to_string(t.shortfall.count()) + "\n";
    }
  }
  std::ifstream in(HETI_SOURCE_DIR "/tests/golden/journal_1.txt");
  const std::string expected{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(told, expected);
}

TEST(GoldenTest, AnUnknownTypeStopsTheReader) {
  ByteWriter out;
  out.unsigned_value(1);  // format
  out.unsigned_value(1);  // one event
  out.signed_value(0);    // at
  out.unsigned_value(std::variant_size_v<StoredBody>);
  const auto events = decode_batch(out.bytes());
  ASSERT_FALSE(events.has_value());
  EXPECT_NE(events.error().find("does not know"), std::string::npos);
  ByteWriter other;
  other.unsigned_value(2);
  EXPECT_FALSE(decode_batch(other.bytes()).has_value());
}

}  // namespace
}  // namespace heti::tests
