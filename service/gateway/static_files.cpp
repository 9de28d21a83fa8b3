#include "service/gateway/static_files.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "service/gateway/crypto.hpp"

namespace heti::gateway {
namespace {

constexpr std::uintmax_t bytes_max = 64 * 1024 * 1024;

// The console loads its own script and style, talks to its own host, and is in nobody's frame.
constexpr std::string_view console_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'";

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> types{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
}};

}  // namespace

std::string_view content_type_of(std::string_view path) {
  for (const auto& [ending, type] : types) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    const auto comma = if_none_match.find(',');
    std::string_view one = if_none_match.substr(0, comma);
    while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || one == etag) return true;
    if (comma == std::string_view::npos) break;
    if_none_match.remove_prefix(comma + 1);
  }
  return false;
}

std::expected<StaticFiles, std::string> StaticFiles::load(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  std::error_code error;
  StaticFiles out;
  std::uintmax_t total = 0;
  fs::recursive_directory_iterator files(root, error);
  if (error) return std::unexpected("the web root " + root.string() + " cannot be read: " + error.message());
  for (; files != fs::recursive_directory_iterator(); files.increment(error)) {
    if (error) return std::unexpected("the web root " + root.string() + " cannot be read: " + error.message());
    if (files->is_symlink() || !files->is_regular_file()) continue;
    const fs::path& path = files->path();
    total += files->file_size(error);
    if (error || total > bytes_max) return std::unexpected("the web root " + root.string() + " holds more than 64 MiB");
    std::ifstream in(path, std::ios::binary);
    auto bytes = std::make_shared<std::string>(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    if (!in.good() && !in.eof()) return std::unexpected(path.string() + " cannot be read");
    std::string name("/");
    name += path.lexically_relative(root).generic_string();
    std::string etag("\"");
    etag += fingerprint(*bytes);
    etag += '"';
    File file{.bytes = std::move(bytes), .content_type = std::string(content_type_of(name)), .etag = std::move(etag)};
    out.files_[std::move(name)] = std::move(file);
  }
  return out;
}

std::optional<HttpResponse> StaticFiles::find(const HttpRequest& request) const {
  std::string path = request.path;
  if (path.ends_with('/')) path += "index.html";
  const auto found = files_.find(path);
  if (found == files_.end()) return std::nullopt;
  const File& file = found->second;
  HttpResponse response;
  response.content_type = file.content_type;
  response.headers.emplace_back("ETag", file.etag);
  if (path.starts_with("/console/")) {
    response.cache_control = "no-cache";
    response.headers.emplace_back("Content-Security-Policy", std::string(console_policy));
    response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  } else {
    // The widget is loaded by pages of other origins.
    response.cache_control = "public, max-age=300";
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
  }
  if (etag_matches(request.header("if-none-match"), file.etag)) {
    response.status = 304;
  } else {
    response.shared_body = file.bytes;
  }
  return response;
}

}  // namespace heti::gateway
