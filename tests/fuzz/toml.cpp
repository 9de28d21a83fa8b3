// As Debian builds it: its assertions are off there, and what they would stop is an orderly syntax error.
#define NDEBUG
#define TOML_HEADER_ONLY 0
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
