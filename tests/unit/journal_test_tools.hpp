#pragma once
// Verbs for the journal's tests: a directory that goes away, an append that waits, what can be read.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "service/journal/journal.hpp"

namespace heti::journal::test {

class TempDirectory {
 public:
  TempDirectory() {
    // In memory where the machine offers it: no case here needs a disk that syncs, and there are thousands of syncs.
    const std::filesystem::path parent =
        ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path();
    std::string pattern = (parent / "heti-journal-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  TempDirectory(const TempDirectory&) = delete;
  ~TempDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline Batch following(const Tail& tail, std::string payload, Instant at) {
  return {Position{tail.position.value() + 1}, at, tail.hash, std::move(payload)};
}

// One second after the tail.
inline Batch following(const Tail& tail, std::string payload) {
  return following(tail, std::move(payload), tail.at + Millis{1000});
}

inline AppendResult append(Journal& journal, Batch batch) {
  std::promise<AppendResult> answer;
  auto result = answer.get_future();
  journal.append(std::move(batch), [&answer](AppendResult it) { answer.set_value(it); });
  return result.get();
}

inline AppendResult append(Journal& journal, std::string payload) {
  return append(journal, following(journal.tail(), std::move(payload)));
}

// Offers the same bytes until the answer is one that the sequencer would stop at. Waits at most about two seconds.
inline AppendResult append_stubbornly(Journal& journal, const Batch& batch) {
  AppendResult result = AppendResult::unknown;
  for (int attempt = 0; attempt < 2000; ++attempt) {
    result = append(journal, batch);
    if (result == AppendResult::durable || result == AppendResult::fenced) return result;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return result;
}

inline void append_numbers(Journal& journal, int first, int last) {
  for (int number = first; number <= last; ++number) {
    ASSERT_EQ(append(journal, "batch " + std::to_string(number)), AppendResult::durable);
  }
}

// Payloads that can be read after a position; the error, if any, is the last element.
inline std::vector<std::string> payloads(const Journal& journal, std::uint64_t after = 0) {
  std::vector<std::string> out;
  const auto result = journal.read(Position{after}, [&](const Batch& batch, const Hash& hash) {
    EXPECT_EQ(hash, hash_of(batch));
    out.push_back(batch.payload);
    return true;
  });
  if (!result) out.push_back("error: " + result.error());
  return out;
}

inline std::vector<std::string> numbers(int first, int last) {
  std::vector<std::string> out;
  for (int number = first; number <= last; ++number) out.push_back("batch " + std::to_string(number));
  return out;
}

inline std::unique_ptr<Journal> open_or_fail(Options options) {
  auto journal = open_sqlite(std::move(options));
  EXPECT_TRUE(journal) << journal.error();
  return journal ? std::move(*journal) : nullptr;
}

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void spill(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline void flip_bit(std::string& bytes, std::size_t at, unsigned bit) {
  bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1u << bit));
}

}  // namespace heti::journal::test
