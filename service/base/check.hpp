#pragma once
// CHECK(cond): a broken rule of the program itself. On in release builds; says where, then stops the process,
// because going on would write wrong facts into the journal.
#include <cstdio>
#include <cstdlib>

namespace heti::detail {
[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}
}  // namespace heti::detail

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::heti::detail::check_failed(#condition, __FILE__, __LINE__))
