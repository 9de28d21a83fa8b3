#include "service/client/ws_client.hpp"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <charconv>
#include <deque>
#include <map>
#include <optional>
#include <thread>

#include "service/base/check.hpp"

namespace heti::client {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::beast::error_code;

constexpr std::size_t answer_bytes_max = 16 * 1024 * 1024;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool equal_but_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [lower](char x, char y) { return lower(x) == lower(y); });
}

// From the name to a connected stream, within the stream's own deadline. Whoever calls back keeps `stream` alive.
class Connect : public std::enable_shared_from_this<Connect> {
 public:
  using Done = std::function<void(std::string_view step, const error_code& error)>;

  Connect(boost::beast::tcp_stream& stream, const Server& server, Announce announce, Millis deadline, Done done)
      : stream_(stream),
        server_(server),
        announce_(std::move(announce)),
        until_(std::chrono::steady_clock::now() + deadline),
        resolver_(stream.get_executor()),
        timer_(stream.get_executor()),
        done_(std::move(done)) {}

  void begin() {
    error_code error;
    const auto address = asio::ip::make_address(server_.host, error);
    if (!error) return bind_and_connect(tcp::endpoint(address, server_.port));
    if (announce_) return end_later("resolve", asio::error::invalid_argument);
    // A resolver that takes too long is cancelled by the timer; its thread may go on for a while.
    timer_.expires_at(until_);
    timer_.async_wait([self = shared_from_this()](const error_code& stopped) {
      if (!stopped) self->resolver_.cancel();
    });
    resolver_.async_resolve(
        server_.host, std::to_string(server_.port),
        [self = shared_from_this()](const error_code& failed, const tcp::resolver::results_type& all) {
          self->timer_.cancel();
          if (failed) return self->end("resolve", failed);
          self->stream_.expires_at(self->until_);
          self->stream_.async_connect(
              all, [self](const error_code& refused, const tcp::endpoint&) { self->connected(refused); });
        });
  }

 private:
  void bind_and_connect(const tcp::endpoint& endpoint) {
    if (announce_) {
      error_code error;
      auto& socket = stream_.socket();
      socket.open(endpoint.protocol(), error);
      if (!error) socket.bind(tcp::endpoint(endpoint.address(), 0), error);
      if (error) return end_later("bind", error);
      const tcp::endpoint local = socket.local_endpoint(error);
      if (error) return end_later("bind", error);
      announce_(local.address().to_string(), local.port());
    }
    stream_.expires_at(until_);
    stream_.async_connect(endpoint, [self = shared_from_this()](const error_code& error) { self->connected(error); });
  }
  void connected(const error_code& error) {
    if (error) return end("connect", error);
    stream_.expires_never();
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    end({}, {});
  }
  void end_later(std::string_view step, const error_code& error) {
    asio::post(stream_.get_executor(), [self = shared_from_this(), step, error] { self->end(step, error); });
  }
  void end(std::string_view step, const error_code& error) {
    if (done_) std::exchange(done_, nullptr)(step, error);
  }

  boost::beast::tcp_stream& stream_;
  const Server server_;
  const Announce announce_;
  const std::chrono::steady_clock::time_point until_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  Done done_;
};

std::string failed_at(std::string_view step, const error_code& error) {
  return std::string(step) + ": " +
         (error == boost::beast::error::timeout ? "the deadline has passed" : error.message());
}

// One request on a connection of its own.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& context, const Server& server, Request request, Millis deadline, Loop::OnAnswer done)
      : stream_(context),
        server_(server),
        until_(std::chrono::steady_clock::now() + deadline),
        deadline_(deadline),
        done_(std::move(done)) {
    http::verb const verb = http::string_to_verb(request.method);
    CHECK(verb != http::verb::unknown);
    request_.version(11);
    request_.method(verb);
    request_.target(request.target);
    request_.set(http::field::host, server.authority());
    request_.set(http::field::connection, "close");
    for (const auto& [name, value] : request.headers) request_.set(name, value);
    request_.body() = std::move(request.body);
    request_.prepare_payload();
    parser_.body_limit(answer_bytes_max);
  }

  void begin(Announce announce) {
    std::make_shared<Connect>(stream_, server_, std::move(announce), deadline_,
                              [self = shared_from_this()](std::string_view step, const error_code& error) {
                                if (error) return self->end(std::unexpected(failed_at(step, error)));
                                self->ask();
                              })
        ->begin();
  }

 private:
  void ask() {
    stream_.expires_at(until_);
    http::async_write(stream_, request_, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (error) return self->end(std::unexpected(failed_at("send", error)));
      http::async_read(self->stream_, self->buffer_, self->parser_,
                       [self](const error_code& unread, std::size_t) { self->answered(unread); });
    });
  }
  void answered(const error_code& error) {
    if (error) return end(std::unexpected(failed_at("answer", error)));
    const auto& message = parser_.get();
    Answer answer{.status = message.result_int(), .headers = {}, .body = {}};
    for (const auto& field : message) {
      answer.headers.emplace_back(view(field.name_string()), view(field.value()));
    }
    answer.body = std::move(parser_.get().body());
    end(std::move(answer));
  }
  void end(std::expected<Answer, std::string> result) {
    if (done_) std::exchange(done_, nullptr)(std::move(result));
    error_code ignored;
    stream_.socket().close(ignored);
  }

  boost::beast::tcp_stream stream_;
  const Server server_;
  const std::chrono::steady_clock::time_point until_;
  const Millis deadline_;
  Loop::OnAnswer done_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace

// ---- Names

std::string Server::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == 80 ? name : name + ":" + std::to_string(port);
}

std::expected<Server, std::string> parse_server(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  const std::string quoted = "\"" + std::string(url) + "\"";
  if (url.starts_with("https://") || url.starts_with("wss://")) {
    return std::unexpected(quoted +
                           " asks for TLS, which this client does not speak; it speaks http to the node itself, "
                           "so name the node's own address and port, and put TLS in front for browsers");
  }
  const auto wrong = [&](std::string_view why) {
    return std::unexpected(quoted + " " + std::string(why) + "; expected an address such as http://127.0.0.1:8080");
  };
  if (!url.starts_with(scheme)) return wrong("does not begin with http://");
  std::string_view rest = url.substr(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos) return wrong("holds more than a host and a port");
  Server server;
  std::string_view port;
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return wrong("has an open bracket");
    server.host = rest.substr(1, end - 1);
    port = rest.substr(end + 1);
  } else {
    const auto colon = std::min(rest.find(':'), rest.size());
    server.host = rest.substr(0, colon);
    port = rest.substr(colon);
  }
  if (server.host.empty()) return wrong("names no host");
  if (port.empty()) return server;
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.port);
  if (error != std::errc() || end != port.data() + port.size() || server.port == 0) {
    return wrong("has a port that is no number from 1 to 65535");
  }
  return server;
}

std::string_view Answer::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (equal_but_case(field, name)) return value;
  }
  return {};
}

std::string Answer::cookie() const {
  const std::string_view set = header("Set-Cookie");
  return std::string(set.substr(0, set.find(';')));
}

// ---- The loop

struct Loop::Parts {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::uint64_t last_timer = 0;
  std::map<std::uint64_t, std::unique_ptr<asio::steady_timer>> timers;
  std::jthread thread;
};

Loop::Loop() : parts_(std::make_unique<Parts>()) {}
Loop::~Loop() { stop(); }

void Loop::start(const char* thread_name) {
  CHECK(!parts_->thread.joinable());
  parts_->thread = std::jthread([parts = parts_.get(), name = std::string(thread_name).substr(0, 15)] {
    pthread_setname_np(pthread_self(), name.c_str());
    parts->context.run();
  });
}

void Loop::stop() {
  CHECK(std::this_thread::get_id() != parts_->thread.get_id());
  parts_->context.stop();
  if (parts_->thread.joinable()) parts_->thread.join();
  // What still waits goes with the context, uncalled.
}

void Loop::post(std::function<void()> task) { asio::post(parts_->context, std::move(task)); }

Loop::Timer Loop::after(Millis delay, std::function<void()> task) {
  const std::uint64_t number = ++parts_->last_timer;
  auto& timer = *(parts_->timers[number] = std::make_unique<asio::steady_timer>(parts_->context, delay));
  timer.async_wait([this, number, task = std::move(task)](const error_code& error) {
    // One that was due already when it was cancelled is known by its absence.
    if (error || parts_->timers.erase(number) == 0) return;
    task();
  });
  return Timer{number};
}

void Loop::cancel(Timer timer) { parts_->timers.erase(static_cast<std::uint64_t>(timer)); }

void Loop::request(const Server& server, Request request, Millis deadline, OnAnswer done, Announce announce) {
  std::make_shared<Exchange>(parts_->context, server, std::move(request), deadline, std::move(done))
      ->begin(std::move(announce));
}

// ---- The WebSocket

struct WebSocket::Parts : std::enable_shared_from_this<WebSocket::Parts> {
  enum class Phase : std::uint8_t { connecting, open, closing, ended };

  Parts(asio::io_context& context, Options given, Events wanted)
      : options(std::move(given)), events(std::make_shared<Events>(std::move(wanted))), socket(context) {}

  void begin();
  void shake_hands();
  void read();
  void write_next();
  void say_goodbye();
  void end(std::string_view step, const error_code& error);

  const Options options;
  std::shared_ptr<Events> events;  // whoever calls one keeps them: a callback may end the socket
  websocket::stream<boost::beast::tcp_stream, false> socket;
  boost::beast::flat_buffer buffer;
  std::deque<std::string> to_send;
  std::optional<std::uint16_t> goodbye;  // asked for, not said yet
  std::uint16_t said = 0;
  Phase phase = Phase::connecting;
  bool opened = false;
  bool writing = false;
};

void WebSocket::Parts::begin() {
  std::make_shared<Connect>(boost::beast::get_lowest_layer(socket), options.server, options.announce,
                            options.connect_deadline,
                            [self = shared_from_this()](std::string_view step, const error_code& error) {
                              if (error) return self->end(step, error);
                              self->shake_hands();
                            })
      ->begin();
}

void WebSocket::Parts::shake_hands() {
  if (phase != Phase::connecting) return;
  // Pings of ours at half the time, so that a server which rests is not taken for one that is gone.
  websocket::stream_base::timeout timeouts{};
  timeouts.handshake_timeout = options.connect_deadline;
  timeouts.idle_timeout = options.silence_max;
  timeouts.keep_alive_pings = true;
  socket.set_option(timeouts);
  socket.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
    if (!options.subprotocol.empty()) request.set(http::field::sec_websocket_protocol, options.subprotocol);
    for (const auto& [name, value] : options.headers) request.set(name, value);
  }));
  socket.read_message_max(options.message_bytes_max);
  socket.async_handshake(options.server.authority(), options.target,
                         [self = shared_from_this()](const error_code& error) {
                           if (error) return self->end("handshake", error);
                           if (self->phase != Phase::connecting) return;
                           self->phase = Phase::open;
                           self->opened = true;
                           self->socket.text(true);
                           const auto wanted = self->events;
                           if (wanted->on_open) wanted->on_open();
                           self->read();
                         });
}

void WebSocket::Parts::read() {
  if (phase == Phase::ended) return;
  socket.async_read(buffer, [self = shared_from_this()](const error_code& error, std::size_t) {
    if (error) return self->end("read", error);
    const auto data = self->buffer.cdata();
    const auto wanted = self->events;
    if (self->phase != Phase::ended && wanted->on_text) {
      wanted->on_text({static_cast<const char*>(data.data()), data.size()});
    }
    self->buffer.consume(self->buffer.size());
    self->read();
  });
}

void WebSocket::Parts::write_next() {
  if (writing || phase == Phase::ended || phase == Phase::connecting) return;
  if (to_send.empty()) return say_goodbye();
  writing = true;
  socket.async_write(asio::buffer(to_send.front()), [self = shared_from_this()](const error_code& error, std::size_t) {
    self->writing = false;
    if (error) return self->end("send", error);
    self->to_send.pop_front();
    self->write_next();
  });
}

void WebSocket::Parts::say_goodbye() {
  if (!goodbye) return;
  said = *std::exchange(goodbye, std::nullopt);
  writing = true;
  websocket::close_reason reason;
  reason.code = said;
  socket.async_close(reason, [self = shared_from_this()](const error_code& error) {
    // The read tells the end too, perhaps before: the first one counts.
    self->end("close", error ? error : error_code(websocket::error::closed));
  });
}

void WebSocket::Parts::end(std::string_view step, const error_code& error) {
  if (phase == Phase::ended) return;
  phase = Phase::ended;
  End how{.opened = opened, .code = 0, .error = {}};
  if (error == websocket::error::closed) {
    how.code = socket.reason().code != 0 ? socket.reason().code : said;
  } else {
    how.error = failed_at(step, error);
  }
  // Handlers that are still to come find an ended socket, and no way to call anybody. The port is given back last: who
  // announced it may take the word back before another has it.
  const auto last = std::exchange(events, std::make_shared<Events>());
  if (last->on_end) last->on_end(how);
  error_code ignored;
  boost::beast::get_lowest_layer(socket).socket().close(ignored);
}

WebSocket::WebSocket(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}
WebSocket::~WebSocket() = default;

std::shared_ptr<WebSocket> WebSocket::open(Loop& loop, Options options, Events events) {
  auto parts = std::make_shared<Parts>(loop.parts_->context, std::move(options), std::move(events));
  asio::post(loop.parts_->context, [parts] {
    if (parts->phase == Parts::Phase::connecting) parts->begin();
  });
  return std::shared_ptr<WebSocket>(new WebSocket(parts));
}

void WebSocket::send(std::string text) {
  if (!is_open()) return;
  parts_->to_send.push_back(std::move(text));
  // Never from here: a write that fails at once would call back from within this function.
  if (parts_->to_send.size() == 1 && !parts_->writing) {
    asio::post(parts_->socket.get_executor(), [parts = parts_] { parts->write_next(); });
  }
}

void WebSocket::close(std::uint16_t code) {
  if (parts_->phase == Parts::Phase::connecting) {
    asio::post(parts_->socket.get_executor(),
               [parts = parts_] { parts->end("close", asio::error::operation_aborted); });
    return;
  }
  if (!is_open()) return;
  parts_->phase = Parts::Phase::closing;
  parts_->goodbye = code;
  asio::post(parts_->socket.get_executor(), [parts = parts_] { parts->write_next(); });
}

void WebSocket::cut() {
  if (parts_->phase == Parts::Phase::ended) return;
  parts_->phase = Parts::Phase::ended;
  parts_->events = std::make_shared<Events>();
  error_code ignored;
  boost::beast::get_lowest_layer(parts_->socket).socket().close(ignored);
}

bool WebSocket::is_open() const { return parts_->phase == Parts::Phase::open; }

}  // namespace heti::client
