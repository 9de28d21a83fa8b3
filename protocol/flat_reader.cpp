#include "protocol/flat_reader.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <utility>

#include "protocol/limits.hpp"

namespace heti::protocol {
namespace {

namespace json = boost::json;
using Error = json::error_code;

// The callbacks of boost::json::basic_parser.
class Collector {
 public:
  Collector() { fields.reserve(8); }

  static constexpr std::size_t max_object_size = frame_bytes_max;
  static constexpr std::size_t max_array_size = frame_bytes_max;
  static constexpr std::size_t max_key_size = frame_bytes_max;
  static constexpr std::size_t max_string_size = frame_bytes_max;

  std::vector<FlatField> fields;
  ErrorCode code = ErrorCode::bad_json;  // should the reading fail

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }

  bool on_object_begin(Error&) { return ++depth_, true; }
  bool on_object_end(std::size_t, Error&) { return --depth_, true; }
  bool on_array_begin(Error& error) {
    if (depth_ == 0) return refuse(error, ErrorCode::bad_json);
    return ++depth_, true;
  }
  bool on_array_end(std::size_t, Error&) { return --depth_, true; }

  bool on_key_part(json::string_view part, std::size_t, Error&) { return keep(part); }
  bool on_key(json::string_view part, std::size_t, Error& error) {
    keep(part);
    std::string name = std::exchange(text_, {});
    if (depth_ > 1) return true;
    // Without a limit a long object would cost quadratic time in the search for a name that comes twice.
    if (fields.size() == fields_max) return refuse(error, ErrorCode::bad_frame);
    if (std::ranges::find(fields, name, &FlatField::name) != fields.end()) return refuse(error, ErrorCode::bad_json);
    fields.push_back({std::move(name), FlatField::Unusable{}});
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t, Error&) { return keep(part); }
  bool on_string(json::string_view part, std::size_t, Error& error) {
    keep(part);
    return value(std::exchange(text_, {}), error);
  }
  bool on_number_part(json::string_view, Error&) { return true; }
  bool on_int64(std::int64_t number, json::string_view text, Error& error) {
    if (text.starts_with('-')) return value(FlatField::Unusable{}, error);
    return on_uint64(static_cast<std::uint64_t>(number), text, error);
  }
  bool on_uint64(std::uint64_t number, json::string_view, Error& error) {
    if (number > number_max) return value(FlatField::Unusable{}, error);
    return value(number, error);
  }
  bool on_double(double, json::string_view, Error& error) { return value(FlatField::Unusable{}, error); }
  bool on_bool(bool flag, Error& error) { return value(flag, error); }
  bool on_null(Error& error) { return value(FlatField::Unusable{}, error); }
  bool on_comment_part(json::string_view, Error&) { return true; }
  bool on_comment(json::string_view, Error&) { return true; }

 private:
  static constexpr std::size_t fields_max = 32;

  bool refuse(Error& error, ErrorCode reason) {
    code = reason;
    error = json::error::syntax;
    return false;
  }
  bool keep(json::string_view part) { return text_.append(part.data(), part.size()), true; }

  // Depth 0 is a document that is no object; below depth 1 nothing matters but that it can be read.
  template <class T>
  bool value(T&& item, Error& error) {
    if (depth_ == 0) return refuse(error, ErrorCode::bad_json);
    if (depth_ == 1) fields.back().value = std::forward<T>(item);
    return true;
  }

  std::size_t depth_ = 0;
  std::string text_;
};

}  // namespace

std::expected<std::vector<FlatField>, ErrorCode> read_flat_object(std::string_view text) noexcept {
  if (text.size() > frame_bytes_max) return std::unexpected(ErrorCode::too_big);
  json::parse_options options;
  options.max_depth = depth_max;
  json::basic_parser<Collector> parser(options);
  Error error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (error) return std::unexpected(parser.handler().code);
  if (used != text.size()) return std::unexpected(ErrorCode::bad_json);
  return std::move(parser.handler().fields);
}

}  // namespace heti::protocol
