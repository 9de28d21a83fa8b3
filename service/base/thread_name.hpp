#pragma once
// Names of threads, as `top -H` and /proc show them: who uses the processor has a name.
#include <pthread.h>

#include <cstddef>

namespace heti {

// Of the calling thread; at most 15 characters. The name of the main thread is that of the process: leave it.
template <std::size_t size>
void name_thread(const char (&name)[size]) {
  static_assert(size <= 16, "the kernel keeps 15 characters");
  pthread_setname_np(pthread_self(), name);
}

}  // namespace heti
