#pragma once
// One function per kind of vector: from the file's words to commands, and from the core's samples to what is expected.
#include "tests/core/vector_tools.hpp"

namespace heti::tests {

void run_hours(const json::object& file, const json::object& vector);
void run_conversation(const json::object& file, const json::object& vector);
void run_staffed(const json::object& file, const json::object& vector);
void run_service_level(const json::object& file, const json::object& vector);
void run_erlang(const json::object& file, const json::object& vector);

}  // namespace heti::tests
