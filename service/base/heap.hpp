#pragma once
// The heap of glibc. Left alone it gives memory back to the kernel after each larger batch and asks for it again with
// the next one, page by page: a twentieth of what a message costs.
#include <malloc.h>

namespace heti {

// From here on what is freed stays at hand, up to 64 MiB at the end of each arena.
inline void keep_freed_memory() {
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
}

// Gives back whatever is free, wherever it lies. Takes milliseconds for each 100 MiB.
inline void give_back_freed_memory() { malloc_trim(0); }

}  // namespace heti
