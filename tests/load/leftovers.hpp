#pragma once
// What the tool has started and must not leave behind, however it ends: at its end, at an exit in the middle, and when
// it is interrupted. Any thread.
#include <sys/types.h>

#include <cstddef>
#include <string>

namespace heti::load {

// SIGINT, SIGTERM and SIGHUP end the process with 128 and the signal's number, after all leftovers are cleared. To be
// called before anything is started, by the only thread there is.
void clear_leftovers_when_interrupted();

// A directory that goes when its owner goes, and before that the process that works in it.
class Leftover {
 public:
  explicit Leftover(std::string directory);
  ~Leftover();  // stops the process (SIGTERM, after 5 s SIGKILL) and removes the directory
  Leftover(const Leftover&) = delete;
  Leftover& operator=(const Leftover&) = delete;

  // A child of this process; -1 once it has been waited for.
  void set_process(pid_t pid);

 private:
  std::size_t number_;
};

}  // namespace heti::load
