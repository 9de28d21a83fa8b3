#pragma once
// Threads, what they wait with, and the clock by which they measure time. The cluster simulator puts fibers and a clock
// of its own in their place (HETI_THREADS_HEADER), so that one seed is one order of everything that happens.
#ifdef HETI_THREADS_HEADER
#include HETI_THREADS_HEADER
#else
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace heti {

using Thread = std::thread;
using Mutex = std::mutex;
using Condition = std::condition_variable;
using SteadyClock = std::chrono::steady_clock;

}  // namespace heti
#endif
