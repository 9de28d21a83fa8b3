#include "service/core/batch.hpp"

#include "service/base/bytes.hpp"
#include "service/core/stored_event.hpp"

namespace heti::core {
namespace {
constexpr std::uint64_t batch_format = 1;
}

std::string encode_batch(const std::vector<Event>& events) {
  ByteWriter out;
  out.unsigned_value(batch_format);
  out.unsigned_value(events.size());
  for (const Event& event : events) write_event(out, event);
  return out.take();
}

std::expected<std::vector<Event>, std::string> decode_batch(std::string_view payload) {
  ByteReader in(payload);
  const std::uint64_t format = in.unsigned_value();
  if (format != batch_format) {
    return std::unexpected("batch format " + std::to_string(format) + " is not known to this build (it knows " +
                           std::to_string(batch_format) + ")");
  }
  std::vector<Event> events;
  const std::size_t count = in.count();
  events.reserve(count);
  while (events.size() < count && in.ok()) events.push_back(read_event(in));
  if (!in.ok() || !in.at_end()) {
    return std::unexpected("event " + std::to_string(events.size()) +
                           " of the batch is damaged or of a type that this build does not know");
  }
  return events;
}

}  // namespace heti::core
