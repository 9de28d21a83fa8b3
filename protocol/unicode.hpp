#pragma once
// The little of Unicode that the codec needs. All texts are valid UTF-8: the reader has seen to it.
#include <cstddef>
#include <string>
#include <string_view>

namespace heti::protocol {

std::size_t code_points_in(std::string_view utf8);

// True if nothing would be left after ECMAScript's trim(), so that a browser and the server agree on "empty".
bool is_blank(std::string_view utf8);

// White space at the ends is cut, each run of it inside becomes one space, and at most `most` code points stay, the
// last one an ellipsis if anything was cut off.
std::string one_line(std::string_view utf8, std::size_t most);

}  // namespace heti::protocol
