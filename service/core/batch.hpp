#pragma once
// What one journal batch holds: the events of a lot, in order.
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "service/core/event.hpp"

namespace heti::core {

std::string encode_batch(const std::vector<Event>& events);

// An error names what could not be read: a format or an event type that this build does not know stops the reader,
// nothing is ever skipped.
std::expected<std::vector<Event>, std::string> decode_batch(std::string_view payload);

}  // namespace heti::core
