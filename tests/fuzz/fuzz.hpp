#pragma once
// What all fuzz targets share: numbers drawn from the front of the input, and a promise that ends the run if broken.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace heti::fuzz {

// Draws from bytes; zeroes when they are used up.
class Draw {
 public:
  Draw(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::uint32_t word() {
    const std::uint32_t low = byte();
    return low | static_cast<std::uint32_t>(byte()) << 8;
  }
  // 0 ... count - 1
  std::uint32_t below(std::uint32_t count) { return (count > 256 ? word() : byte()) % count; }
  bool one_in(std::uint32_t count) { return below(count) == 1 % count; }
  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

inline void promise(bool kept, std::string_view what) {
  if (kept) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace heti::fuzz
