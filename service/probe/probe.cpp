#include "service/probe/probe.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <utility>
#include <vector>

namespace heti::probe {
namespace {

namespace json = boost::json;
using Steady = std::chrono::steady_clock;

constexpr Millis first_after{1'000};
constexpr Millis pause_min{1'000};
constexpr std::string_view asked = "Is anybody there?";
constexpr std::string_view answered = "Yes.";

// The text of that member, or nothing: what a server says is looked at, never trusted.
std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string_view(text->data(), text->size()) : std::string_view{};
}

const json::object& object_of(const json::object& object, std::string_view name) {
  static const json::object none;
  const auto* value = object.if_contains(name);
  const auto* inner = value != nullptr ? value->if_object() : nullptr;
  return inner != nullptr ? *inner : none;
}

bool answers(const json::object& frame, std::string_view kind, std::int64_t ref) {
  const auto* value = frame.if_contains("ref");
  return text_of(frame, "t") == kind && value != nullptr && *value == ref;
}

bool is_message(const json::object& entry, std::string_view role, std::string_view text) {
  return text_of(entry, "kind") == "message" && text_of(object_of(entry, "author"), "role") == role &&
         text_of(entry, "text") == text;
}

// One chat, from the open socket to the end of the wrap-up.
class Chat : public std::enable_shared_from_this<Chat> {
 public:
  // `over` is called once, with nothing for a success.
  struct Failure {
    Step step;
    std::string error;
  };
  using Over = std::function<void(const Failure* failure)>;

  Chat(client::Loop& loop, const Options& options, const Hooks& hooks, Over over)
      : loop_(loop), options_(options), hooks_(hooks), over_(std::move(over)) {}

  void begin() {
    deadline_ = loop_.after(std::min(options_.deadline, options_.interval), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->fail("not within " + self->deadline_text());
    });
    visitor_ = open("/ws/visitor", options_.visitor_origin, &Chat::visitor_opened, &Chat::visitor_heard);
  }

 private:
  using Heard = void (Chat::*)(const json::object&);
  using Opened = void (Chat::*)();
  enum Ref : std::int64_t { start_ref = 1, status_ref, accept_ref, open_ref, close_ref, done_ref, leave_ref };

  std::string deadline_text() const {
    return std::to_string(std::min(options_.deadline, options_.interval).count() / 1000) + " s";
  }

  std::shared_ptr<client::WebSocket> open(std::string target, const std::string& origin, Opened opened, Heard heard) {
    client::WebSocket::Events events;
    events.on_open = [weak = weak_from_this(), opened] {
      const auto self = weak.lock();
      if (self && !self->ended_) ((*self).*opened)();
    };
    events.on_text = [weak = weak_from_this(), heard](std::string_view text) {
      const auto self = weak.lock();
      if (!self || self->ended_) return;
      boost::system::error_code error;
      const json::value frame = json::parse({text.data(), text.size()}, error);
      if (error || !frame.is_object()) return self->fail("what came is no JSON object");
      self->hear(frame.get_object(), heard);
    };
    events.on_end = [weak = weak_from_this()](const client::WebSocket::End& end) {
      const auto self = weak.lock();
      if (!self || self->ended_) return;
      self->fail(end.error.empty() ? "the socket was closed with " + std::to_string(end.code) : end.error);
    };
    return client::WebSocket::open(loop_,
                                   {.server = options_.server,
                                    .target = std::move(target),
                                    .headers = {{"Origin", origin}},
                                    .connect_deadline = options_.deadline,
                                    .announce = announcer()},
                                   std::move(events));
  }

  client::Announce announcer() {
    return [this, weak = weak_from_this()](const std::string& address, std::uint16_t port) {
      if (const auto self = weak.lock()) {
        announced_.emplace_back(address, port);
        hooks_.announce(address, port);
      }
    };
  }

  void hear(const json::object& frame, Heard heard) {
    const std::string_view kind = text_of(frame, "t");
    if (kind == "refused" || kind == "error")
      return fail(std::string(kind) + ": " + std::string(text_of(frame, "code")));
    (this->*heard)(frame);
  }

  void send(const std::shared_ptr<client::WebSocket>& socket, const json::object& frame) {
    socket->send(json::serialize(frame));
  }
  void ask(const std::shared_ptr<client::WebSocket>& socket, std::string_view kind, Ref ref) {
    send(socket, {{"t", kind}, {"ref", static_cast<std::int64_t>(ref)}, {"conversation", conversation_}});
  }
  void post(const std::shared_ptr<client::WebSocket>& socket, std::string_view stream, std::string_view text) {
    send(socket, {{"t", "post"}, {"conversation", conversation_}, {"stream", stream}, {"n", 1}, {"text", text}});
  }

  void visitor_opened() {
    step_ = Step::welcome;
    send(visitor_, {{"t", "hello"}, {"role", "visitor"}, {"queue", options_.queue}});
  }

  void visitor_heard(const json::object& frame) {
    if (step_ == Step::welcome && text_of(frame, "t") == "welcome") {
      step_ = Step::start;
      return send(visitor_, {{"t", "start"}, {"ref", static_cast<std::int64_t>(start_ref)}});
    }
    if (step_ == Step::start && answers(frame, "opened", start_ref)) {
      conversation_ = std::string(text_of(object_of(frame, "conversation"), "id"));
      return post(visitor_, "visitor", asked);
    }
    if (step_ == Step::start && text_of(frame, "t") == "acked") return sign_in();
    if (step_ == Step::answer && text_of(frame, "t") == "entry" &&
        is_message(object_of(frame, "entry"), "agent", answered)) {
      step_ = Step::close;
      return ask(visitor_, "close", close_ref);
    }
    if (step_ == Step::close && answers(frame, "ok", close_ref)) {
      step_ = Step::done;
      return ask(agent_, "done", done_ref);
    }
  }

  void sign_in() {
    step_ = Step::sign_in;
    const auto cookie = hooks_.sign_in();
    if (!cookie) return fail(cookie.error());
    client::Request request{
        .method = "POST",
        .target = "/api/ticket",
        .headers = {{"Origin", options_.agent_origin}, {"Content-Type", "application/json"}, {"Cookie", *cookie}},
        .body = "{}"};
    const auto done = [weak = weak_from_this()](const std::expected<client::Answer, std::string>& answer) {
      if (const auto self = weak.lock(); self && !self->ended_) self->signed_in(answer);
    };
    loop_.request(options_.server, std::move(request), options_.deadline, done, announcer());
  }

  void signed_in(const std::expected<client::Answer, std::string>& answer) {
    if (!answer) return fail(answer.error());
    boost::system::error_code error;
    const json::value body = json::parse(answer->body, error);
    if (answer->status != 200 || error || !body.is_object()) {
      return fail("the ticket was answered with " + std::to_string(answer->status));
    }
    ticket_ = std::string(text_of(body.get_object(), "ticket"));
    step_ = Step::agent;
    agent_ = open("/ws/agent", options_.agent_origin, &Chat::agent_opened, &Chat::agent_heard);
  }

  void agent_opened() { send(agent_, {{"t", "hello"}, {"role", "agent"}, {"ticket", ticket_}}); }

  void agent_heard(const json::object& frame) {
    const std::string_view kind = text_of(frame, "t");
    if (step_ == Step::agent && kind == "welcome") {
      return send(agent_, {{"t", "status"}, {"ref", static_cast<std::int64_t>(status_ref)}, {"status", "online"}});
    }
    if (step_ == Step::agent && answers(frame, "ok", status_ref)) step_ = Step::offer;
    if (kind == "chat" && is_offer(object_of(frame, "chat"))) offered_ = true;
    if (step_ == Step::offer && offered_) {
      step_ = Step::accept;
      return ask(agent_, "accept", accept_ref);
    }
    if (step_ == Step::accept && answers(frame, "ok", accept_ref)) {
      return send(
          agent_,
          {{"t", "open"}, {"ref", static_cast<std::int64_t>(open_ref)}, {"conversation", conversation_}, {"after", 0}});
    }
    if (step_ == Step::accept && answers(frame, "opened", open_ref)) {
      if (!holds_question(frame)) return fail("what the visitor wrote did not come to the agent");
      step_ = Step::answer;
      return post(agent_, "agent", answered);
    }
    if (step_ == Step::done && answers(frame, "ok", done_ref)) {
      return send(agent_, {{"t", "status"}, {"ref", static_cast<std::int64_t>(leave_ref)}, {"status", "away"}});
    }
    if (step_ == Step::done && answers(frame, "ok", leave_ref)) end(nullptr);
  }

  bool is_offer(const json::object& chat) const {
    return text_of(chat, "conversation") == conversation_ && text_of(chat, "state") == "offered" &&
           text_of(chat, "offered_to") == options_.agent;
  }

  static bool holds_question(const json::object& frame) {
    const auto* value = frame.if_contains("entries");
    const auto* entries = value != nullptr ? value->if_array() : nullptr;
    return entries != nullptr && std::any_of(entries->begin(), entries->end(), [](const json::value& entry) {
             return entry.is_object() && is_message(entry.get_object(), "visitor", asked);
           });
  }

  void fail(std::string error) {
    const Failure failure{.step = step_, .error = std::move(error)};
    end(&failure);
  }

  // The chat is not left to anybody: it is closed if it can be, and otherwise ends with its visitor's grace, as the
  // agent's shift does with the agent's.
  void end(const Failure* failure) {
    if (std::exchange(ended_, true)) return;
    loop_.cancel(deadline_);
    for (const auto& [address, port] : announced_) hooks_.withdraw(address, port);
    if (visitor_) {
      if (failure != nullptr && !conversation_.empty()) ask(visitor_, "close", close_ref);
      visitor_->close();
    }
    if (agent_) {
      agent_->close();
    }
    over_(failure);
  }

  client::Loop& loop_;
  const Options& options_;
  const Hooks& hooks_;
  const Over over_;
  Step step_ = Step::connect;
  bool offered_ = false;
  bool ended_ = false;
  client::Loop::Timer deadline_{};
  std::shared_ptr<client::WebSocket> visitor_;
  std::shared_ptr<client::WebSocket> agent_;
  std::string conversation_;
  std::string ticket_;
  std::vector<std::pair<std::string, std::uint16_t>> announced_;
};

}  // namespace

struct Probe::Parts {
  Parts(Options given, Hooks wanted) : options(std::move(given)), hooks(std::move(wanted)) {}

  void begin_chat() {
    const Steady::time_point started = Steady::now();
    chat = std::make_shared<Chat>(loop, options, hooks, [this, started](const Chat::Failure* failure) {
      const auto took = Steady::now() - started;
      if (failure == nullptr) {
        hooks.succeeded(std::chrono::duration<double>(took).count());
      } else {
        hooks.failed(failure->step, failure->error);
      }
      const Millis rest = options.interval - std::chrono::duration_cast<Millis>(took);
      loop.after(std::max(rest, pause_min), [this] { begin_chat(); });
    });
    chat->begin();
  }

  const Options options;
  const Hooks hooks;
  client::Loop loop;  // before the chat, whose sockets go first
  std::shared_ptr<Chat> chat;
};

Probe::Probe(Options options, Hooks hooks) : parts_(std::make_unique<Parts>(std::move(options), std::move(hooks))) {}
Probe::~Probe() { stop(); }

void Probe::start() {
  parts_->loop.start("probe");
  parts_->loop.post([parts = parts_.get()] { parts->loop.after(first_after, [parts] { parts->begin_chat(); }); });
}

void Probe::stop() { parts_->loop.stop(); }

}  // namespace heti::probe
