#pragma once
// The batches of a journal with their events, to be told again from any place on.
#include <gtest/gtest.h>

#include <vector>

#include "service/core/batch.hpp"
#include "service/journal/journal.hpp"

namespace heti::tests {

struct Lot {
  journal::Position position;
  Instant at;
  std::vector<core::Event> events;
};

inline std::vector<Lot> lots_of(journal::Journal& journal) {
  std::vector<Lot> lots;
  const auto read = journal.read(journal::Position{0}, [&](const journal::Batch& batch, const journal::Hash&) {
    auto events = core::decode_batch(batch.payload);
    EXPECT_TRUE(events.has_value());
    if (events) lots.push_back({batch.position, batch.at, *std::move(events)});
    return true;
  });
  EXPECT_TRUE(read.has_value());
  return lots;
}

}  // namespace heti::tests
