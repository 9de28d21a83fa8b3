#pragma once
// The limits of heti.v1. The schemas state the same numbers; PROTOCOL.md has them in one table.
#include <cstddef>
#include <cstdint>

namespace heti::protocol {

inline constexpr std::size_t frame_bytes_max = 65'536;
inline constexpr std::size_t depth_max = 16;

// UTF-8 bytes, the only limit that is not counted in Unicode code points.
inline constexpr std::size_t text_bytes_max = 16'000;

// Unicode code points, as JSON Schema's maxLength counts them.
inline constexpr std::size_t token_length_max = 512;
inline constexpr std::size_t queue_length_max = 64;
inline constexpr std::size_t agent_length_max = 64;  // a login name
inline constexpr std::size_t page_url_length_max = 2'000;
inline constexpr std::size_t page_title_length_max = 300;
inline constexpr std::size_t name_length_max = 100;
inline constexpr std::size_t email_length_max = 200;
inline constexpr std::size_t comment_length_max = 2'000;
inline constexpr std::size_t preview_length_max = 120;
inline constexpr std::size_t stream_length_max = 32;  // each one of [0-9a-z]
inline constexpr std::size_t password_length_max = 512;

// The largest integer that every JSON reader keeps exactly (2^53 - 1).
inline constexpr std::uint64_t number_max = 9'007'199'254'740'991;

inline constexpr std::uint64_t history_limit_default = 100;
inline constexpr std::uint64_t history_limit_max = 200;
inline constexpr std::uint64_t score_max = 5;

}  // namespace heti::protocol
