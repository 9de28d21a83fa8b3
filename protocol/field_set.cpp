#include "protocol/field_set.hpp"

#include <algorithm>
#include <utility>

#include "protocol/unicode.hpp"

namespace heti::protocol {

FlatField* FieldSet::take(std::string_view name) {
  const auto found = std::ranges::find(fields_, name, &FlatField::name);
  if (found == fields_.end()) return nullptr;
  ++taken_;
  return &*found;
}

// Null, and the frame is bad, if the field holds another type.
template <class T>
T* FieldSet::value_of(FlatField* field) {
  T* value = std::get_if<T>(&field->value);
  if (value == nullptr) fail();
  return value;
}

template <class T>
T* FieldSet::required(std::string_view name) {
  FlatField* field = take(name);
  if (field == nullptr) return fail(), nullptr;
  return value_of<T>(field);
}

std::uint64_t FieldSet::number(std::string_view name, std::uint64_t least, std::uint64_t most) {
  const auto* value = required<std::uint64_t>(name);
  if (value == nullptr) return 0;
  if (*value < least || *value > most) fail();
  return *value;
}

std::uint64_t FieldSet::number_or(std::string_view name, std::uint64_t least, std::uint64_t most,
                                  std::uint64_t otherwise) {
  FlatField* field = take(name);
  if (field == nullptr) return otherwise;
  const auto* value = value_of<std::uint64_t>(field);
  if (value == nullptr) return otherwise;
  if (*value < least || *value > most) fail();
  return *value;
}

bool FieldSet::flag_or(std::string_view name, bool otherwise) {
  FlatField* field = take(name);
  if (field == nullptr) return otherwise;
  const bool* value = value_of<bool>(field);
  return value == nullptr ? otherwise : *value;
}

PublicId FieldSet::id(std::string_view name) {
  const auto* value = required<std::string>(name);
  if (value == nullptr) return {};
  const auto id = parse_public_id(*value);
  if (!id) fail();
  return id.value_or(PublicId{});
}

// U+0000 is refused in every text: too many readers downstream end a string there.
std::string FieldSet::text(std::string_view name) {
  auto* value = required<std::string>(name);
  if (value == nullptr) return {};
  if (value->find('\0') != std::string::npos) fail();
  return std::move(*value);
}

std::string FieldSet::text(std::string_view name, std::size_t least, std::size_t most) {
  std::string value = text(name);
  const std::size_t length = code_points_in(value);
  if (length < least || length > most) fail();
  return value;
}

std::optional<std::string> FieldSet::optional_text(std::string_view name, std::size_t most) {
  const bool present = std::ranges::find(fields_, name, &FlatField::name) != fields_.end();
  if (!present) return std::nullopt;
  std::string value = text(name, 0, most);
  if (value.empty()) return std::nullopt;
  return value;
}

}  // namespace heti::protocol
