#pragma once
// The fields of one frame, asked for one by one by name, type and bounds, each once. What is missing, ill-typed or out
// of bounds makes ok() false; the values are then of no meaning.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/flat_reader.hpp"
#include "service/base/public_id.hpp"

namespace heti::protocol {

class FieldSet {
 public:
  explicit FieldSet(std::vector<FlatField>&& fields) : fields_(std::move(fields)) {}

  std::uint64_t number(std::string_view name, std::uint64_t least, std::uint64_t most);
  std::uint64_t number_or(std::string_view name, std::uint64_t least, std::uint64_t most, std::uint64_t otherwise);
  bool flag_or(std::string_view name, bool otherwise);
  PublicId id(std::string_view name);

  // Any length that came in.
  std::string text(std::string_view name);
  // `least` to `most` Unicode code points.
  std::string text(std::string_view name, std::size_t least, std::size_t most);
  // At most `most` code points; an empty one counts as absent.
  std::optional<std::string> optional_text(std::string_view name, std::size_t most);

  // True if all that was asked for so far was there and right.
  bool ok() const { return ok_; }
  // True if besides nothing is left over: every field that came has been asked for.
  bool complete() const { return ok_ && taken_ == fields_.size(); }
  void fail() { ok_ = false; }

 private:
  // The field with that name, now counted as taken, or null.
  FlatField* take(std::string_view name);
  template <class T>
  T* value_of(FlatField* field);
  template <class T>
  T* required(std::string_view name);

  std::vector<FlatField> fields_;
  std::size_t taken_ = 0;
  bool ok_ = true;
};

}  // namespace heti::protocol
