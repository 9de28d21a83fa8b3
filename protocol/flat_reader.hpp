#pragma once
// A strict reader of one flat JSON object. Client frames hold no arrays and no objects, so no tree is built: the parser
// hands each field to a short list, and whatever is nested is only remembered as unusable.
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/close_code.hpp"

namespace heti::protocol {

struct FlatField {
  struct Unusable {};  // null, an array, an object, or a number other than 0, 1, 2 ... number_max
  std::string name;
  std::variant<Unusable, bool, std::uint64_t, std::string> value;
};

// Fails with too_big over frame_bytes_max, with bad_json unless `text` is exactly one JSON object (RFC 8259, UTF-8, no
// BOM, depth at most depth_max, no name twice, no lone surrogate), and with bad_frame if it has more fields than any
// frame could.
std::expected<std::vector<FlatField>, ErrorCode> read_flat_object(std::string_view text) noexcept;

}  // namespace heti::protocol
