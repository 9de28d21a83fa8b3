// The library's code, compiled here: Debian's shared one has the fault that toml.hpp mends. As Debian builds it: its
// assertions are off there, and what they would stop is an orderly syntax error.
#ifndef NDEBUG
#define NDEBUG
#endif
#define TOML_IMPLEMENTATION
#include "config/toml.hpp"
