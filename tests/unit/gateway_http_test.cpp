#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "service/gateway/handshake.hpp"
#include "service/gateway/http_head.hpp"
#include "service/gateway/http_reader.hpp"
#include "service/gateway/http_response.hpp"
#include "service/gateway/origin.hpp"
#include "service/gateway/peers.hpp"
#include "service/gateway/routes.hpp"
#include "service/gateway/static_files.hpp"

namespace heti::gateway {
namespace {

std::string get(std::string_view fields) { return "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n"; }

unsigned status_of(std::string_view request) {
  const auto check = check_head(request);
  return check ? check->status : 0;
}

struct HeadCase {
  const char* name;
  std::string request;
  unsigned status;
};

TEST(HttpHeadTest, OnlyPlainHeadsPass) {
  const std::vector<HeadCase> cases = {
      {"plain", get(""), 200},
      {"query", "GET /api/site?queue=a%20b HTTP/1.1\r\nHost: h\r\n\r\n", 200},
      {"port in host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 200},
      {"length", get("Content-Length: 5\r\n"), 200},
      {"1.0 without host", "GET / HTTP/1.0\r\n\r\n", 200},
      {"empty value", get("Accept:\r\n"), 200},
      {"tab before value", get("Accept:\t*/*\r\n"), 200},
      // Where a request ends must not be a matter of opinion.
      {"chunked", get("Transfer-Encoding: chunked\r\n"), 400},
      {"gzip", get("Transfer-Encoding: gzip\r\n"), 400},
      {"identity", get("Transfer-Encoding: identity\r\n"), 400},
      {"chunked not last", get("Transfer-Encoding: chunked, identity\r\n"), 400},
      {"odd case", get("tRANSFER-eNCODING: chunked\r\n"), 400},
      {"empty encoding", get("Transfer-Encoding:\r\n"), 400},
      {"CL then TE", get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"TE then CL", get("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
      {"TE in 1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"two hosts", get("Host: h\r\n"), 400},
      {"two other hosts", get("host: other\r\n"), 400},
      {"no host", "GET / HTTP/1.1\r\nAccept: a\r\n\r\n", 400},
      {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"host with path", "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", 400},
      {"host with user", "GET / HTTP/1.1\r\nHost: a@h\r\n\r\n", 400},
      {"two hosts in one", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"folded line", get("X: a\r\n b\r\n"), 400},
      {"folded with tab", get("X: a\r\n\tb\r\n"), 400},
      {"fold after request line", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {"equal double length", get("Content-Length: 3\r\nContent-Length: 3\r\n"), 400},
      {"different double length", get("Content-Length: 3\r\nContent-Length: 4\r\n"), 400},
      {"length list", get("Content-Length: 3, 3\r\n"), 400},
      {"signed length", get("Content-Length: +3\r\n"), 400},
      {"negative length", get("Content-Length: -3\r\n"), 400},
      {"hex length", get("Content-Length: 0x3\r\n"), 400},
      {"empty length", get("Content-Length:\r\n"), 400},
      {"huge length", get("Content-Length: 99999999999999999999\r\n"), 400},
      {"space before colon", get("Content-Length : 3\r\n"), 400},
      {"no colon", get("Nonsense\r\n"), 400},
      {"empty name", get(": x\r\n"), 400},
      {"space in name", get("Con tent: x\r\n"), 400},
      {"lone CR in value", get("X: a\rb\r\n"), 400},
      {"lone LF in value", get("X: a\nY: b\r\n"), 400},
      {"NUL in value", get(std::string("X: a\0b\r\n", 8)), 400},
      {"LF only", "GET / HTTP/1.1\nHost: h\n\n", 400},
      {"CR only", "GET / HTTP/1.1\rHost: h\r\r\n\r\n", 400},
      {"leading line break", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"leading space", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: h\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"space in target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"absolute target", "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"star", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n", 505},
      {"lower-case protocol", "GET / http/1.1\r\nHost: h\r\n\r\n", 400},
      {"comma in version", "GET / HTTP/1,1\r\nHost: h\r\n\r\n", 400},
      {"1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"umlaut in target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405},
      {"CONNECT", "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 405},
      // Sizes.
      {"length at the limit", get("Content-Length: 65536\r\n"), 200},
      {"length over the limit", get("Content-Length: 65537\r\n"), 413},
      {"long target", "GET /" + std::string(target_bytes_max, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {"endless first line", "GET /" + std::string(head_bytes_max, 'a'), 414},
      {"target over the limit of heads", "GET /" + std::string(65536, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {"long head", get("X: " + std::string(head_bytes_max, 'a') + "\r\n"), 431},
      {"endless head", "GET / HTTP/1.1\r\nX: " + std::string(head_bytes_max, 'a'), 431},
      {"many fields", get([] {
         std::string fields;
         for (int i = 0; i < 64; ++i) fields += "A: b\r\n";
         return fields;
       }()),
       431},
  };
  for (const HeadCase& one : cases) EXPECT_EQ(status_of(one.request), one.status) << one.name;
}

TEST(HttpHeadTest, IncompleteHeadWaits) {
  const std::string whole = get("Content-Length: 5\r\n");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(check_head(std::string_view(whole).substr(0, size)).has_value()) << size;
  }
  const auto check = check_head(whole + "12345GET");
  ASSERT_TRUE(check.has_value());
  EXPECT_EQ(check->head_size, whole.size());
  EXPECT_EQ(check->content_length, 5u);
}

TEST(HttpHeadTest, ConnectionIsKeptAsVersionAndFieldSay) {
  EXPECT_TRUE(check_head(get(""))->keep_alive);
  EXPECT_FALSE(check_head(get("Connection: close\r\n"))->keep_alive);
  EXPECT_FALSE(check_head(get("Connection: x, Close\r\n"))->keep_alive);
  EXPECT_FALSE(check_head("GET / HTTP/1.0\r\n\r\n")->keep_alive);
  EXPECT_TRUE(check_head("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->keep_alive);
  EXPECT_FALSE(check_head(get("Transfer-Encoding: chunked\r\n"))->keep_alive);
}

TEST(HttpReaderTest, RequestComesApart) {
  const auto reader = HttpReader::read(
      "POST /a%2Fb/%c3%a4?queue=my%20queue&limit=5 HTTP/1.1\r\nHost: h\r\nX-Thing: one\r\nContent-Length: "
      "4\r\n\r\nbody");
  ASSERT_TRUE(reader.has_value()) << reader.error();
  const HttpRequest& request = reader->request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/a/b/\xc3\xa4");
  EXPECT_EQ(request.parameter("queue"), "my queue");
  EXPECT_EQ(request.parameter("limit"), "5");
  EXPECT_EQ(request.parameter("nothing"), std::nullopt);
  EXPECT_EQ(request.header("x-thing"), "one");
  EXPECT_EQ(request.header("cookie"), "");
  EXPECT_EQ(request.body, "body");
  EXPECT_FALSE(reader->is_websocket_upgrade());
}

TEST(HttpReaderTest, ListsOverSeveralLinesAreOne) {
  const auto reader = HttpReader::read(
      "GET /ws/visitor HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nUpgrade: h2c\r\nSec-WebSocket-Protocol: "
      "chat\r\n"
      "connection: Upgrade\r\nupgrade: websocket\r\nSec-WebSocket-Protocol: heti.v1\r\n\r\n");
  ASSERT_TRUE(reader.has_value()) << reader.error();
  EXPECT_TRUE(reader->is_websocket_upgrade());
  EXPECT_EQ(reader->request().header("sec-websocket-protocol"), "chat, heti.v1");
  EXPECT_EQ(reader->request().header("connection"), "keep-alive, Upgrade");
  // Beast's own answer looks at the first line alone.
  const auto last = HttpReader::read(get("Connection: keep-alive\r\nConnection: close\r\n"));
  ASSERT_TRUE(last.has_value()) << last.error();
  EXPECT_FALSE(last->request().keep_alive);
}

TEST(HandshakeTest, OneVersionOneKeyAndNoBody) {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  const std::pair<std::string, std::string> version("sec-websocket-version", "13");
  const std::pair<std::string, std::string> key("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
  const auto check = [](Headers headers, std::string body = "") {
    HttpRequest request;
    request.headers = std::move(headers);
    request.body = std::move(body);
    return check_handshake(request);
  };
  EXPECT_EQ(check({version, key}), Handshake::good);
  EXPECT_EQ(check({version, {key.first, "+/+/+/+/+/+/+/+/+/+/+w=="}}), Handshake::good);
  EXPECT_EQ(check({version, key}, "x"), Handshake::has_body);
  EXPECT_EQ(check({key}), Handshake::bad_version);
  EXPECT_EQ(check({version, version, key}), Handshake::bad_version);
  for (const char* other : {"", "8", "14", "013", "13, 8", "13 "}) {
    EXPECT_EQ(check({{version.first, other}, key}), Handshake::bad_version) << other;
  }
  EXPECT_EQ(check({version}), Handshake::bad_key);
  EXPECT_EQ(check({version, key, key}), Handshake::bad_key);
  for (const char* other : {"", "AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAA",
                            "AAAAAAAAAAAAAAAAAAAAAB==", "!!!!!!!!!!!!!!!!!!!!!!==", "AAAAAAAAAAAAAAAAAAAAAA",
                            "AAAAAAAAAAAAAAAAAAAAA===", "AAAAAAAAAAA AAAAAAAAAA=="}) {
    EXPECT_EQ(check({version, {key.first, other}}), Handshake::bad_key) << other;
  }
}

TEST(HttpReaderTest, BadEscapesAreRefused) {
  EXPECT_FALSE(HttpReader::read("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n").has_value());
  EXPECT_FALSE(HttpReader::read("GET /?a=%f HTTP/1.1\r\nHost: h\r\n\r\n").has_value());
  EXPECT_FALSE(HttpReader::read("GET / HTTP/1.1\r\nHost: h\r\n\r\ntail").has_value());
}

TEST(HttpResponseTest, BytesAreWhole) {
  HttpResponse response = json("{}");
  response.headers.emplace_back("ETag", "\"x\"");
  EXPECT_EQ(bytes_of(response, false, true, instant_from_ms(1'780'293'600'000)),
            "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jun 2026 06:00:00 GMT\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
            "Referrer-Policy: same-origin\r\nETag: \"x\"\r\nConnection: keep-alive\r\n\r\n{}");
  EXPECT_TRUE(bytes_of(response, true, true, {}).ends_with("\r\n\r\n"));
  const std::string busy = bytes_of(failure(protocol::HttpFailure::try_later, Millis{1500}), false, false, {});
  EXPECT_NE(busy.find("503 Service Unavailable"), std::string::npos);
  EXPECT_NE(busy.find("Retry-After: 2\r\n"), std::string::npos);
}

TEST(OriginTest, OnlyTheVerySameOriginIsAllowed) {
  const std::vector<std::string> allowed = {"https://shop.example", "http://localhost:5173"};
  EXPECT_TRUE(origin_allowed(allowed, "https://shop.example"));
  EXPECT_TRUE(origin_allowed(allowed, "http://localhost:5173"));
  for (const char* foreign :
       {"", "null", "http://shop.example", "https://shop.example:443", "https://shop.example/",
        "https://shop.example.evil", "https://evilshop.example", "https://SHOP.example", "https://a.shop.example",
        "https://shop.example ", "http://localhost:51730", "http://localhost"}) {
    EXPECT_FALSE(origin_allowed(allowed, foreign)) << foreign;
  }
  EXPECT_TRUE(origin_allowed({"*"}, "https://any.example"));
  EXPECT_TRUE(origin_allowed({"*"}, ""));
  EXPECT_FALSE(origin_allowed({"null"}, "null"));
  EXPECT_FALSE(origin_allowed({}, "https://any.example"));
}

TEST(OriginTest, SameOriginComparesHostAndPort) {
  EXPECT_TRUE(same_origin("http://localhost:8080", "localhost:8080", false));
  EXPECT_TRUE(same_origin("https://chat.example", "chat.example", true));
  EXPECT_FALSE(same_origin("http://chat.example", "chat.example", true));
  EXPECT_FALSE(same_origin("http://localhost:8081", "localhost:8080", false));
  EXPECT_FALSE(same_origin("", "", false));
  EXPECT_FALSE(same_origin("http://", "", false));
  EXPECT_FALSE(same_origin("null", "null", false));
  EXPECT_FALSE(same_origin("ftp://h", "h", false));
}

TEST(PeersTest, PrefixIsTheAddressOrItsNetwork) {
  EXPECT_EQ(peer_prefix("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(peer_prefix("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(peer_prefix("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(peer_prefix("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  EXPECT_EQ(peer_prefix("nonsense"), "nonsense");
}

TEST(PeersTest, EachPeerHasItsCap) {
  Peers peers(2);
  EXPECT_TRUE(peers.enter("a"));
  EXPECT_TRUE(peers.enter("a"));
  EXPECT_FALSE(peers.enter("a"));
  EXPECT_TRUE(peers.enter("b"));
  peers.leave("a");
  EXPECT_TRUE(peers.enter("a"));
}

TEST(RoutesTest, CookieIsFoundByItsWholeName) {
  EXPECT_EQ(cookie_value("a=1; heti=xyz; b=2", "heti"), "xyz");
  EXPECT_EQ(cookie_value("heti=x=y", "heti"), "x=y");
  EXPECT_EQ(cookie_value("xheti=1; hetix=2", "heti"), "");
  EXPECT_EQ(cookie_value("", "heti"), "");
  EXPECT_EQ(cookie_value("heti", "heti"), "");
}

class StaticFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "heti-web-XXXXXX").string();
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    top_ = path;
    std::filesystem::create_directories(top_ / "root/console");
    write("secret.txt", "not yours");
    write("root/widget.js", "widget");
    write("root/console/index.html", "<!doctype html>");
    std::filesystem::create_symlink(top_ / "secret.txt", top_ / "root/link.txt");
    auto files = StaticFiles::load(top_ / "root");
    ASSERT_TRUE(files.has_value()) << files.error();
    files_ = *std::move(files);
  }
  void TearDown() override { std::filesystem::remove_all(top_); }
  void write(const std::string& name, const std::string& text) { std::ofstream(top_ / name) << text; }
  std::optional<HttpResponse> find(std::string path, std::string etag = {}) {
    HttpRequest request;
    request.path = std::move(path);
    if (!etag.empty()) request.headers.emplace_back("if-none-match", std::move(etag));
    return files_.find(request);
  }
  static std::string header(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  std::filesystem::path top_;
  StaticFiles files_;
};

TEST_F(StaticFilesTest, ConsoleHasAStrictPolicy) {
  const auto page = find("/console/");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(*page->shared_body, "<!doctype html>");
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(header(*page, "Content-Security-Policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'");
}

TEST_F(StaticFilesTest, WidgetMayBeLoadedFromAnywhereAndIsNotSentTwice) {
  const auto first = find("/widget.js");
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(header(*first, "Cross-Origin-Resource-Policy"), "cross-origin");
  const std::string etag = header(*first, "ETag");
  EXPECT_EQ(find("/widget.js", etag)->status, 304u);
  EXPECT_EQ(find("/widget.js", "\"other\", W/" + etag)->status, 304u);
  EXPECT_EQ(find("/widget.js", "\"other\"")->status, 200u);
}

TEST_F(StaticFilesTest, NothingOutsideTheRootIsReachable) {
  for (const char* path :
       {"/../secret.txt", "/console/../../secret.txt", "/secret.txt", "/link.txt", "/.", "/..", "//widget.js",
        "/./widget.js", "/console/..", "/widget.js/", "widget.js", "", "/console\\index.html"}) {
    EXPECT_FALSE(find(path).has_value()) << path;
  }
  EXPECT_EQ(files_.size(), 2u);
}

TEST_F(StaticFilesTest, MissingRootIsNamed) {
  const auto files = StaticFiles::load(top_ / "nowhere");
  ASSERT_FALSE(files.has_value());
  EXPECT_NE(files.error().find("nowhere"), std::string::npos);
}

}  // namespace
}  // namespace heti::gateway
