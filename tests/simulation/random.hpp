#pragma once
// The only chance in a simulation: a 64-bit seed and nothing else (SplitMix64), so that one seed is one run everywhere.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace heti::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  // 0 ... n-1; 0 for n = 0.
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
  // low ... high, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool chance(std::uint64_t permille) { return below(1000) < permille; }
  template <class T>
  const T& of(const std::vector<T>& values) {
    return values[static_cast<std::size_t>(below(values.size()))];
  }
  // A stream of its own, so that what one part draws does not move another part.
  Random fork(std::uint64_t name) { return Random(next() ^ (name * 0xd1342543de82ef95ull)); }

 private:
  std::uint64_t state_;
};

}  // namespace heti::simulation
