#include "service/demo/agent.hpp"

#include <array>

#include "service/demo/visitor.hpp"

namespace heti::demo {
namespace {

using namespace std::chrono_literals;

constexpr Millis http_deadline = 20s;
constexpr Millis ends_after = 10s;  // of the last answer, so that the visitor can leave first
constexpr Millis waits_for_vanished = 90s;
constexpr std::array<const char*, 3> answers = {"Let me look that up for you.", "It is on its way, here is what I see.",
                                                "You are welcome. Anything else?"};

}  // namespace

void Agent::after(Millis time, std::function<void(Agent&)> step) {
  stage_.after(time, [weak = weak_from_this(), connection = connection_, step = std::move(step)] {
    const auto self = weak.lock();
    if (self && self->socket_ && self->connection_ == connection) step(*self);
  });
}

client::Request Agent::request(std::string target, const boost::json::object& body) const {
  client::Request request{.method = "POST", .target = std::move(target), .body = boost::json::serialize(body)};
  request.headers = {{"Content-Type", "application/json"}, {"Origin", stage_.server.origin()}};
  if (!cookie_.empty()) request.headers.emplace_back("Cookie", cookie_);
  return request;
}

std::optional<client::Request> Agent::reading(std::string target) const {
  if (cookie_.empty()) return std::nullopt;
  client::Request request{.method = "GET", .target = std::move(target), .headers = {{"Cookie", cookie_}}};
  return request;
}

void Agent::failed(const std::string& step, const std::string& why) {
  connecting_ = false;
  stage_.fault(login_ + ": " + step + ": " + why);
}

void Agent::begin_shift() {
  if (stage_.ending) return;
  on_shift_ = true;
  if (socket_) return ask({{"t", "status"}, {"status", "online"}});
  if (std::exchange(connecting_, true)) return;
  if (!cookie_.empty()) return ask_for_ticket();
  stage_.loop.request(stage_.server, request("/api/login", {{"name", login_}, {"password", stage_.password}}),
                      http_deadline, [self = shared_from_this()](const auto& answer) {
                        if (!answer) return self->failed("login", answer.error());
                        if (answer->status != 200) {
                          return self->failed("login",
                                              "status " + std::to_string(answer->status) +
                                                  "; set the password with heti set-password, or give --password");
                        }
                        self->cookie_ = answer->cookie();
                        self->note("logged_in");
                        self->ask_for_ticket();
                      });
}

void Agent::ask_for_ticket() {
  stage_.loop.request(stage_.server, request("/api/ticket", {}), http_deadline,
                      [self = shared_from_this()](const auto& answer) {
                        if (!answer) return self->failed("ticket", answer.error());
                        if (answer->status != 200)
                          return self->failed("ticket", "status " + std::to_string(answer->status));
                        self->connect(std::string(word(frame_of(answer->body), "ticket")));
                      });
}

void Agent::connect(const std::string& ticket) {
  connecting_ = false;
  if (stage_.ending || !on_shift_) return;
  ++connection_;
  unacked_ = 0;
  unanswered_.clear();
  const auto self = shared_from_this();
  socket_ = client::WebSocket::open(
      stage_.loop, {.server = stage_.server, .target = "/ws/agent", .headers = {{"Origin", stage_.server.origin()}}},
      {.on_open =
           [self, ticket] {
             self->note("opened");
             self->send({{"t", "hello"}, {"role", "agent"}, {"ticket", ticket}});
           },
       .on_text =
           [self](std::string_view text) {
             self->note("received", text);
             self->on_text(text);
           },
       .on_end =
           [self, connection = connection_](const client::WebSocket::End& end) {
             if (self->connection_ != connection) return;
             self->note("ended");
             if (self->socket_ && !self->stage_.ending && self->on_shift_) {
               self->failed("socket", std::to_string(end.code) + ' ' + end.error);
             }
             self->socket_.reset();
           }});
}

void Agent::ask(boost::json::object frame) {
  if (!socket_) return;
  frame["ref"] = ++ref_;
  unanswered_.insert(ref_);
  send(frame);
}

void Agent::send(const boost::json::object& frame) {
  const std::string text = boost::json::serialize(frame);
  note("sent", text);
  socket_->send(text);
}

void Agent::on_text(std::string_view text) {
  if (!socket_) return;
  const boost::json::object frame = frame_of(text);
  const std::string_view t = word(frame, "t");
  const auto* const ref = frame.if_contains("ref");
  const bool answers = ref != nullptr && ref->is_int64() && unanswered_.erase(ref->get_int64()) > 0;
  if (t == "welcome") {
    mine_.clear();
    ringing_.clear();
    busy_with_.clear();
    wrapping_up_.clear();
    posts_.clear();
    ask({{"t", "status"}, {"status", "online"}});
    const auto* const chats = frame.if_contains("chats");
    if (chats == nullptr || !chats->is_array()) return;
    for (const auto& chat : chats->get_array()) {
      if (chat.is_object()) on_chat(chat.get_object());
    }
  } else if (t == "chat") {
    on_chat(part(frame, "chat"));
  } else if (t == "gone") {
    const std::string conversation(word(frame, "conversation"));
    mine_.erase(conversation);
    ringing_.erase(conversation);
    wrapping_up_.erase(conversation);
    go_if_done();
  } else if (t == "entry" || t == "opened") {
    const std::string_view id = t == "entry" ? word(frame, "conversation") : word(part(frame, "conversation"), "id");
    if (stage_.record && word(part(frame, "entry"), "kind") == "closed") stage_.record->ended(std::string(id));
    consider(std::string(id));
  } else if (t == "acked") {
    --unacked_;
    ++stage_.totals.agent_messages;
    const std::string conversation(word(frame, "conversation"));
    stage_.answered_by_desk.insert(conversation);
    // The visitor left while the answer was on its way.
    if (stage_.left_unanswered.erase(conversation) > 0) {
      --stage_.totals.abandoned;
      ++stage_.totals.answered;
    }
  } else if (t == "agent" && on_shift_ && word(frame, "status") == "away" && word(frame, "reason") == "offers_missed") {
    ask({{"t", "status"}, {"status", "online"}});
  } else if (t == "refused" && frame.contains("n")) {
    --unacked_;
    --posts_[std::string(word(frame, "conversation"))];  // the number is still free
    // The visitor or the queue may have ended it at the same moment; everything else is a fault.
    const std::string_view code = word(frame, "code");
    if (code != "wrong_state" && code != "not_allowed" && code != "not_found") {
      stage_.fault(login_ + " was told " + std::string(text));
    }
  } else if (t == "refused") {
    // A wish that came too late, or a chat that nobody else could take: whatever is still here goes on.
    for (const std::string& conversation : mine_) consider(conversation);
  } else if (t == "failed") {
    stage_.fault(login_ + " was told " + std::string(text));
  }
  if (answers) go_if_done();
}

void Agent::on_chat(const boost::json::object& chat) {
  const std::string conversation(word(chat, "conversation"));
  const std::string_view state = word(chat, "state");
  if (state == "offered" && word(chat, "offered_to") == login_) {
    if (ringing_.insert(conversation).second) ring(conversation);
    return;
  }
  ringing_.erase(conversation);
  const bool at_me = word(chat, "agent") == login_;
  if (state == "assigned" && at_me) {
    if (mine_.insert(conversation).second) ask({{"t", "open"}, {"conversation", conversation}, {"after", 0}});
  } else {
    mine_.erase(conversation);
  }
  if (state == "wrapup" && at_me) {
    const auto known = stage_.by_conversation.find(conversation);
    const auto visitor = known == stage_.by_conversation.end() ? nullptr : known->second.lock();
    if (wrapping_up_.insert(conversation).second) {
      after(visitor ? visitor->visit().wrap_up : Millis{10s}, [conversation](Agent& self) {
        self.ask({{"t", "done"}, {"conversation", conversation}});
      });
    }
  } else {
    wrapping_up_.erase(conversation);
  }
  go_if_done();
}

void Agent::ring(const std::string& conversation) {
  const auto known = stage_.by_conversation.find(conversation);
  const auto visitor = known == stage_.by_conversation.end() ? nullptr : known->second.lock();
  after(visitor ? visitor->visit().accepts : Millis{3s}, [conversation, visitor](Agent& self) {
    if (!self.ringing_.contains(conversation)) return;
    const bool declines = visitor && visitor->take_decline();
    self.ask({{"t", declines ? "decline" : "accept"}, {"conversation", conversation}});
  });
}

void Agent::consider(const std::string& conversation) {
  if (!mine_.contains(conversation) || busy_with_.contains(conversation)) return;
  const auto known = stage_.by_conversation.find(conversation);
  const auto visitor = known == stage_.by_conversation.end() ? nullptr : known->second.lock();
  // A chat of before this demonstration, or one whose visitor has left the page.
  if (!visitor || (visitor->is_gone() && visitor->answers() > 0)) return close_later(conversation, waits_for_vanished);
  if (visitor->is_gone()) return;  // The server's grace decides.
  if (visitor->take_handing_on()) return ask({{"t", "transfer"}, {"conversation", conversation}});
  if (visitor->all_said()) {
    const bool vanishes = visitor->visit().leaving == Leaving::vanishes;
    return close_later(conversation, vanishes ? waits_for_vanished : ends_after);
  }
  if (!visitor->wants_answer()) return;
  busy_with_.insert(conversation);
  after(visitor->visit().answers.at(visitor->answers()), [conversation](Agent& self) {
    self.busy_with_.erase(conversation);
    if (self.mine_.contains(conversation)) self.answer(conversation);
  });
}

void Agent::answer(const std::string& conversation) {
  const auto known = stage_.by_conversation.find(conversation);
  const auto visitor = known == stage_.by_conversation.end() ? nullptr : known->second.lock();
  if (!visitor || !visitor->wants_answer()) return consider(conversation);
  const std::size_t number = visitor->all_said() ? answers.size() - 1 : visitor->answers() % answers.size();
  const std::string stream = "demoagent" + std::to_string(number_) + "n" + std::to_string(connection_);
  ++unacked_;
  send({{"t", "post"},
        {"conversation", conversation},
        {"stream", stream},
        {"n", ++posts_[conversation]},
        {"text", answers.at(number)}});
}

void Agent::close_later(const std::string& conversation, Millis pause) {
  busy_with_.insert(conversation);
  after(pause, [conversation](Agent& self) {
    self.busy_with_.erase(conversation);
    if (self.mine_.contains(conversation)) self.ask({{"t", "close"}, {"conversation", conversation}});
  });
}

void Agent::end_shift() {
  on_shift_ = false;
  if (!socket_) return;
  ask({{"t", "status"}, {"status", "away"}});
  go_if_done();
}

void Agent::go_if_done() {
  if (on_shift_ || !socket_ || !unanswered_.empty()) return;
  if (!over_ && (!mine_.empty() || !wrapping_up_.empty())) return;
  note("closed");
  socket_->close();
}

void Agent::lose_connection(Instant back) {
  // What the server has and we do not know of would be counted by one side only.
  if (unacked_ > 0 || mine_.empty()) {
    if (!socket_ || stage_.ending || stage_.now() >= back) return;
    stage_.loop.after(20ms, [self = shared_from_this(), back] { self->lose_connection(back); });
    return;
  }
  on_shift_ = false;
  if (socket_) note("cut");
  ++connection_;
  if (socket_) std::exchange(socket_, nullptr)->cut();
}

void Agent::leave() {
  on_shift_ = false;
  over_ = true;
  if (!socket_) return;
  ask({{"t", "status"}, {"status", "away"}});
  for (const std::string& conversation : mine_) ask({{"t", "close"}, {"conversation", conversation}});
}

}  // namespace heti::demo
