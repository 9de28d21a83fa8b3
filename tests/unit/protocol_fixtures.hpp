#pragma once
// protocol/fixtures and protocol/schemas as the tests of the wire read them. web/ reads the same files. Whatever is
// wrong with a file throws, and so fails the test that reads it.
#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/words.hpp"

namespace heti::protocol::fixtures {

inline std::filesystem::path protocol_folder() {
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() / "protocol";
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// Base64 with padding, as raw_base64 holds it.
inline std::string decode_base64(std::string_view text) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) throw std::runtime_error("not base64");
    bits = (bits << 6) | static_cast<unsigned>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>((bits >> count) & 0xff));
    }
  }
  return bytes;
}

struct Fixture {
  boost::json::object content;

  bool has(std::string_view key) const { return content.contains(key); }
  std::string word(std::string_view key) const { return std::string(content.at(key).as_string()); }
  std::string name() const { return word("name"); }
  Role role() const { return word("role") == "agent" ? Role::agent : Role::visitor; }
  // The bytes that a client sends.
  std::string text() const {
    std::string text;
    if (has("raw")) {
      text = word("raw");
    } else if (has("raw_base64")) {
      text = decode_base64(word("raw_base64"));
    } else {
      text = boost::json::serialize(content.at("frame"));
    }
    if (has("pad_to_bytes")) text.resize(content.at("pad_to_bytes").to_number<std::size_t>(), ' ');
    return text;
  }
};

// All fixtures of a folder ("valid", "invalid", "http"), by name.
inline std::vector<Fixture> read_folder(std::string_view folder) {
  std::vector<Fixture> all;
  for (const auto& file : std::filesystem::directory_iterator(protocol_folder() / "fixtures" / folder)) {
    Fixture fixture{boost::json::parse(read_file(file.path())).as_object()};
    if (file.path().stem() != fixture.name()) throw std::runtime_error("misnamed: " + file.path().string());
    all.push_back(std::move(fixture));
  }
  std::ranges::sort(all, {}, &Fixture::name);
  return all;
}

// Those of them that go in one direction ("client", "server").
inline std::vector<Fixture> read_folder(std::string_view folder, std::string_view direction) {
  auto all = read_folder(folder);
  std::erase_if(all, [&](const Fixture& fixture) { return fixture.word("direction") != direction; });
  return all;
}

// A schema by its file name without ".json".
inline boost::json::object read_schema(std::string_view name) {
  return boost::json::parse(read_file(protocol_folder() / "schemas" / (std::string(name) + ".json"))).as_object();
}

// The schemas that a oneOf or anyOf names, without ".json".
inline std::vector<std::string> members_of(const boost::json::object& schema, std::string_view keyword) {
  std::vector<std::string> names;
  for (const auto& member : schema.at(keyword).as_array()) {
    const std::string file(member.as_object().at("$ref").as_string());
    names.push_back(file.substr(0, file.size() - std::string_view(".json").size()));
  }
  return names;
}

}  // namespace heti::protocol::fixtures
