#pragma once
// CHECK(cond): a broken rule of the program itself. On in release builds; says where, then stops the process,
// because going on would write wrong facts into the journal. Whoever can throw away what was touched says so with
// ChecksThrow, and gets an exception instead.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace heti {

struct CheckFailed : std::logic_error {
  using std::logic_error::logic_error;
};

namespace detail {
inline thread_local int checks_throw = 0;

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  if (checks_throw > 0)
    throw CheckFailed(std::string(condition).append(" at ").append(file).append(":") + std::to_string(line));
  std::abort();
}
}  // namespace detail

// As long as it lives, on its thread: a broken rule is an exception.
class ChecksThrow {
 public:
  ChecksThrow() { ++detail::checks_throw; }
  ~ChecksThrow() { --detail::checks_throw; }
  ChecksThrow(const ChecksThrow&) = delete;
  ChecksThrow& operator=(const ChecksThrow&) = delete;
};

}  // namespace heti

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::heti::detail::check_failed(#condition, __FILE__, __LINE__))
