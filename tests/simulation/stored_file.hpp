#pragma once
// A file of the simulated disk: what a reader sees, what is certain to survive, and the changes between the two.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/random.hpp"

namespace heti::simulation {

class StoredFile {
 public:
  // What became of cached writes that were not all kept; added to.
  struct Losses {
    std::uint64_t lost = 0;  // Nothing of the write was kept.
    std::uint64_t torn = 0;  // A part of it was.
  };

  [[nodiscard]] std::size_t size() const { return seen_.size(); }
  // Bytes copied; fewer than asked for at the end of the file.
  [[nodiscard]] std::size_t read(char* to, std::size_t size, std::size_t at) const;
  void write(std::string_view bytes, std::size_t at);
  void truncate(std::size_t size);
  void sync();
  // The changes count as done from here on, and are not, or not all.
  void fail_sync(Random& random, Losses& losses);
  void crash(Random& random, Losses& losses);

 private:
  struct Change {
    std::size_t at;    // A truncation: the new size.
    std::size_t size;  // The bytes are bytes_[bytes_at, bytes_at + size).
    std::size_t bytes_at;
    bool truncation;
  };

  void apply(const Change& change);
  void apply_part(const Change& change, std::size_t from, std::size_t to);
  void forget_changes();
  void keep_by_chance(Random& random, Losses& losses);
  void keep_beginning(Random& random, Losses& losses);
  void keep_scattered(Random& random, Losses& losses);

  std::string seen_;
  std::string safe_;
  bool seen_is_safe_ = true;  // But for changes_: false after a failed sync.
  std::vector<Change> changes_;
  std::string bytes_;
};

}  // namespace heti::simulation
