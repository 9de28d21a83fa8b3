// Bytes of a stored batch or snapshot into their readers: refused, or read; and what was read is written and read again
// without a difference.
#include "service/core/batch.hpp"
#include "service/core/state.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace heti;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Draw draw(data, size);
  const bool is_batch = draw.byte() % 2 == 0;
  if (is_batch) {
    const auto events = core::decode_batch(draw.rest());
    if (!events) {
      fuzz::promise(!events.error().empty(), "a refusal has a reason");
      return 0;
    }
    const std::string written = core::encode_batch(*events);
    const auto again = core::decode_batch(written);
    fuzz::promise(again && core::encode_batch(*again) == written, "a batch that was read reads the same again");
    return 0;
  }
  const auto state = core::state_from_bytes(draw.rest());
  if (!state) return 0;
  const std::string written = core::state_bytes(*state);
  const auto again = core::state_from_bytes(written);
  fuzz::promise(again && core::state_bytes(*again) == written, "a state that was read reads the same again");
  return 0;
}
