// heti_load: how much one server carries and what it costs, over its public protocol only. See usage() in options.cpp.
#include <cstdio>
#include <cstdlib>

#include "tests/load/leftovers.hpp"
#include "tests/load/modes.hpp"
#include "tests/load/options.hpp"

int main(int argc, char** argv) {
  using namespace heti::load;
  const auto options = read_options(argc, argv);
  if (!options) {
    std::fprintf(stderr, "%s", options.error().c_str());
    return 2;
  }
  clear_leftovers_when_interrupted();
  const auto code = run_mode(*options);
  if (!code) {
    std::fprintf(stderr, "heti_load: %s\n", code.error().c_str());
    return 2;
  }
  return *code;
}
