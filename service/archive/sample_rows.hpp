#pragma once
// Samples as rows of archive.db.
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "service/archive/database.hpp"
#include "service/archive/samples.hpp"

namespace heti::archive {

// Writes one; the same again changes nothing.
[[nodiscard]] std::expected<void, std::string> write_sample(Database& database, std::int64_t history,
                                                            journal::Position position, std::size_t index,
                                                            const Sample& sample);

// All with at >= since of batches up to `until`, in order. Numbers that no sample can have are an error.
[[nodiscard]] std::expected<std::vector<Sample>, std::string> read_samples(Database& database, std::int64_t history,
                                                                           Instant since, journal::Position until);

}  // namespace heti::archive
