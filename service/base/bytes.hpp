#pragma once
// The one binary encoding of journal and snapshot (service/journal/FORMAT.md): unsigned integers as LEB128, signed
// ones zigzag first, text and lists with a count in front, optional as 0/1, variants as index and value, a fixed array
// and a struct as their parts in order. Equal values give equal bytes. Decoding never reads past the end and never
// allocates more than the bytes at hand could fill; a malformed input makes ok() false and yields default values.
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "service/base/ranked_set.hpp"
#include "service/base/strong.hpp"
#include "service/base/time.hpp"

namespace heti {

class ByteWriter {
 public:
  void unsigned_value(std::uint64_t value) {
    if (value < 0x80) return out_.push_back(static_cast<char>(value));
    std::array<char, 10> digits;
    std::size_t count = 0;
    for (; value >= 0x80; value >>= 7) digits[count++] = static_cast<char>((value & 0x7f) | 0x80);
    digits[count++] = static_cast<char>(value);
    out_.append(digits.data(), count);
  }
  void signed_value(std::int64_t value) {
    unsigned_value((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void text(std::string_view value) {
    unsigned_value(value.size());
    out_.append(value);
  }
  const std::string& bytes() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t unsigned_value() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return fail();
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) return fail();
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) {
        if (shift != 0 && byte == 0) return fail();  // One value, one spelling.
        return value;
      }
    }
    return fail();
  }
  std::int64_t signed_value() {
    const std::uint64_t raw = unsigned_value();
    return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
  }
  std::string_view text() {
    const std::uint64_t size = unsigned_value();
    if (size > rest_.size()) return fail(), std::string_view{};
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  // A count of elements that take at least one byte each.
  std::size_t count() {
    const std::uint64_t size = unsigned_value();
    if (size > rest_.size()) return fail();
    return size;
  }
  std::uint64_t fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

namespace detail {
template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is_a<Template<Args...>, Template> = true;
template <class T>
inline constexpr bool is_list = is_a<T, std::vector> || is_a<T, std::deque>;
template <class T>
inline constexpr bool is_set = is_a<T, std::set> || is_a<T, RankedSet>;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;
template <class T>
concept HasFields = requires(T& value) {
  value.fields();
};
// Has an encoding of its own.
template <class T>
concept Packs = requires(const T& value, T& read, ByteWriter& out, ByteReader& in) {
  value.pack(out);
  read.unpack(in);
};
}  // namespace detail

// Dates within some 2,700 years of the epoch: the range in which chrono's calendar arithmetic is safe by far.
inline constexpr std::int64_t days_max = 1'000'000;

template <class T>
void encode(ByteWriter& out, const T& value);
template <class T>
void decode(ByteReader& in, T& value);

namespace detail {

template <class Variant, std::size_t... I>
void decode_variant(ByteReader& in, Variant& value, std::uint64_t index, std::index_sequence<I...>) {
  const bool known = ((index == I ? (decode(in, value.template emplace<I>()), true) : false) || ...);
  if (!known) in.fail();
}

}  // namespace detail

template <class T>
void encode(ByteWriter& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    out.unsigned_value(value ? 1 : 0);
  } else if constexpr (std::is_enum_v<T>) {
    out.unsigned_value(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    out.unsigned_value(std::bit_cast<std::uint64_t>(static_cast<double>(value)));
  } else if constexpr (std::is_unsigned_v<T>) {
    out.unsigned_value(value);
  } else if constexpr (std::is_signed_v<T>) {
    out.signed_value(value);
  } else if constexpr (std::is_same_v<T, Millis>) {
    out.signed_value(value.count());
  } else if constexpr (std::is_same_v<T, Instant>) {
    out.signed_value(to_ms(value));
  } else if constexpr (std::is_same_v<T, std::chrono::year_month_day>) {
    out.signed_value(std::chrono::sys_days{value}.time_since_epoch().count());
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.text(value);
  } else if constexpr (detail::is_a<T, std::optional>) {
    out.unsigned_value(value ? 1 : 0);
    if (value) encode(out, *value);
  } else if constexpr (detail::is_array<T>) {
    for (const auto& item : value) encode(out, item);
  } else if constexpr (detail::is_list<T> || detail::is_set<T>) {
    out.unsigned_value(value.size());
    for (const auto& item : value) encode(out, item);
  } else if constexpr (detail::is_a<T, std::map>) {
    out.unsigned_value(value.size());
    for (const auto& [key, item] : value) {
      encode(out, key);
      encode(out, item);
    }
  } else if constexpr (detail::is_a<T, std::pair>) {
    encode(out, value.first);
    encode(out, value.second);
  } else if constexpr (detail::is_a<T, std::tuple>) {
    std::apply([&out](const auto&... part) { (encode(out, part), ...); }, value);
  } else if constexpr (detail::is_a<T, std::variant>) {
    out.unsigned_value(value.index());
    std::visit([&out](const auto& item) { encode(out, item); }, value);
  } else if constexpr (detail::Packs<T>) {
    value.pack(out);
  } else if constexpr (detail::HasFields<T>) {
    // fields() hands out references for both directions; encoding only reads through them.
    std::apply([&out](const auto&... field) { (encode(out, field), ...); }, const_cast<T&>(value).fields());
  } else {
    encode(out, value.value());  // Strong
  }
}

template <class T>
void decode(ByteReader& in, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    const auto raw = in.unsigned_value();
    if (raw > 1) in.fail();
    value = raw == 1;
  } else if constexpr (std::is_enum_v<T>) {
    const auto raw = in.unsigned_value();
    if (raw > 255) in.fail();
    value = static_cast<T>(raw);
  } else if constexpr (std::is_floating_point_v<T>) {
    value = static_cast<T>(std::bit_cast<double>(in.unsigned_value()));
  } else if constexpr (std::is_unsigned_v<T>) {
    const auto raw = in.unsigned_value();
    value = static_cast<T>(raw);
    if (value != raw) in.fail();
  } else if constexpr (std::is_signed_v<T>) {
    const auto raw = in.signed_value();
    value = static_cast<T>(raw);
    if (value != raw) in.fail();
  } else if constexpr (std::is_same_v<T, Millis>) {
    value = Millis{in.signed_value()};
  } else if constexpr (std::is_same_v<T, Instant>) {
    value = instant_from_ms(in.signed_value());
  } else if constexpr (std::is_same_v<T, std::chrono::year_month_day>) {
    const std::int64_t day = in.signed_value();
    if (day < -days_max || day > days_max) in.fail();
    value = std::chrono::sys_days{std::chrono::days{in.ok() ? day : 0}};
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = std::string(in.text());
  } else if constexpr (detail::is_a<T, std::optional>) {
    bool present = false;
    decode(in, present);
    value.reset();
    if (present) decode(in, value.emplace());
  } else if constexpr (detail::is_array<T>) {
    for (auto& item : value) decode(in, item);
  } else if constexpr (detail::is_list<T>) {
    const std::size_t size = in.count();
    value.clear();
    for (std::size_t i = 0; i < size && in.ok(); ++i) decode(in, value.emplace_back());
  } else if constexpr (detail::is_set<T>) {
    const std::size_t size = in.count();
    value.clear();
    for (std::size_t i = 0; i < size && in.ok(); ++i) {
      typename T::value_type item{};
      decode(in, item);
      if constexpr (detail::is_a<T, RankedSet>) {
        value.insert(item);
      } else {
        value.insert(value.end(), std::move(item));  // Written in order.
      }
    }
    if (value.size() != size) in.fail();
  } else if constexpr (detail::is_a<T, std::map>) {
    const std::size_t size = in.count();
    value.clear();
    for (std::size_t i = 0; i < size && in.ok(); ++i) {
      typename T::key_type key{};
      decode(in, key);
      decode(in, value.try_emplace(value.end(), std::move(key))->second);  // Written in order.
    }
    if (value.size() != size) in.fail();
  } else if constexpr (detail::is_a<T, std::pair>) {
    decode(in, value.first);
    decode(in, value.second);
  } else if constexpr (detail::is_a<T, std::variant>) {
    const auto index = in.unsigned_value();
    detail::decode_variant(in, value, index, std::make_index_sequence<std::variant_size_v<T>>{});
  } else if constexpr (detail::Packs<T>) {
    value.unpack(in);
  } else if constexpr (detail::HasFields<T>) {
    std::apply([&in](auto&... field) { (decode(in, field), ...); }, value.fields());
  } else {
    typename T::Value raw{};  // Strong
    decode(in, raw);
    value = T{std::move(raw)};
  }
}

template <class T>
std::string to_bytes(const T& value) {
  ByteWriter out;
  encode(out, value);
  return out.take();
}

// Nothing if the bytes are malformed or do not end with the value.
template <class T>
std::optional<T> from_bytes(std::string_view bytes) {
  ByteReader in(bytes);
  T value{};
  decode(in, value);
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return value;
}

}  // namespace heti
