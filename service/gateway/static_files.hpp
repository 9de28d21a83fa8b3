#pragma once
// The web root in memory, read once: no disk on an I/O loop, and no path of a request ever reaches the file system.
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "service/gateway/http_request.hpp"
#include "service/gateway/http_response.hpp"

namespace heti::gateway {

class StaticFiles {
 public:
  // All regular files below `root` (symbolic links are not followed), at most 64 MiB together. A root that does not
  // exist is an error: a gateway without its faces is a broken installation.
  [[nodiscard]] static std::expected<StaticFiles, std::string> load(const std::filesystem::path& root);

  // The file at the request's path ("/console/" means its index.html), 304 if the client has it, nothing if there is
  // no such file.
  std::optional<HttpResponse> find(const HttpRequest& request) const;
  std::size_t size() const { return files_.size(); }

 private:
  struct File {
    std::shared_ptr<const std::string> bytes;
    std::string content_type;
    std::string etag;
  };
  std::map<std::string, File, std::less<>> files_;  // by path, "/console/index.html"
};

std::string_view content_type_of(std::string_view path);
// RFC 9110: is `etag` in If-None-Match?
bool etag_matches(std::string_view if_none_match, std::string_view etag);

}  // namespace heti::gateway
