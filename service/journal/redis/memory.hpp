#pragma once
// The last batches that this process knows to be durable, whole. A Redis that lost its end gets them again from whoever
// has them, byte for byte, and nothing is lost. Any thread.
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "service/base/threads.hpp"
#include "service/journal/journal.hpp"

namespace heti::journal::redis {

class Memory {
 public:
  // The next one, or one that begins anew because it does not follow.
  void add(const Batch& batch, const Hash& hash);

  // Up to where it knows the journal; 0: nothing.
  [[nodiscard]] Position end() const;

  // Whether a journal that ends there ends within, or at the end of, what is known here.
  [[nodiscard]] bool has(Position position, const Hash& hash) const;

  // What follows that position, if it has it: in order, without a gap.
  [[nodiscard]] std::vector<std::pair<Batch, Hash>> after(Position position, const Hash& hash) const;

 private:
  // Of the first batch after that position, which may be the one after the last. With the mutex held. Not inlined: g++
  // 12 at -O3 then takes the two hashes in has() for different ones (its pass tree-sra; redis_memory_test.cpp shows
  // it).
  [[nodiscard, gnu::noinline]] std::optional<std::size_t> index_after(Position position, const Hash& hash) const;

  mutable Mutex mutex_;
  std::deque<std::pair<Batch, Hash>> batches_;
  std::size_t bytes_ = 0;
};

}  // namespace heti::journal::redis
