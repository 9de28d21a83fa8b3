#include "service/demo/visitor.hpp"

#include <array>

namespace heti::demo {
namespace {

using namespace std::chrono_literals;

constexpr const char* stream = "demovisitor1";
constexpr std::int64_t start_ref = 1;
constexpr std::int64_t close_ref = 2;
constexpr std::int64_t rate_ref = 3;
constexpr Millis thinks_before_leaving = 4s;
constexpr std::array<const char*, 4> questions = {
    "Hello! When does my parcel arrive?", "Hi, the coat is too small. How do I return it?",
    "Do you have the boots in size 41?", "I was charged twice for one order."};
constexpr std::array<const char*, 4> further = {"It was ordered last week.", "Thank you, and what does it cost?",
                                                "The number is on the receipt, one moment.", "I see. That helps."};

}  // namespace

client::Loop::Timer Visitor::after(Millis time, void (Visitor::*step)()) {
  return stage_.after(time, [weak = weak_from_this(), step] {
    const auto self = weak.lock();
    if (self && !self->gone_) (self.get()->*step)();
  });
}

void Visitor::come() {
  const auto self = shared_from_this();
  socket_ = client::WebSocket::open(
      stage_.loop, {.server = stage_.server, .target = "/ws/visitor", .headers = {{"Origin", stage_.server.origin()}}},
      {.on_open =
           [self] {
             self->note("opened");
             self->send({{"t", "hello"}, {"role", "visitor"}, {"queue", self->stage_.queue}});
           },
       .on_text =
           [self](std::string_view text) {
             self->note("received", text);
             self->on_text(text);
           },
       .on_end =
           [self](const client::WebSocket::End& end) {
             self->note("ended");
             if (!std::exchange(self->gone_, true)) {
               self->settle();
               self->stage_.fault("a visitor's socket ended: " + std::to_string(end.code) + ' ' + end.error);
             }
             self->socket_.reset();
           }});
}

void Visitor::on_text(std::string_view text) {
  if (gone_) return;
  const boost::json::object frame = frame_of(text);
  const std::string_view t = word(frame, "t");
  if (t == "welcome") {
    send({{"t", "start"}, {"ref", start_ref}, {"page_title", "Demo"}});
  } else if (t == "opened") {
    on_opened(frame);
  } else if (t == "acked") {
    on_acked();
  } else if (t == "entry") {
    on_entry(part(frame, "entry"));
  } else if (t == "ok" && number(frame, "ref") == rate_ref) {
    ++stage_.totals.ratings;
    go();
  } else if (t == "refused" || t == "failed") {
    // Both sides may have ended it at the same moment.
    if (closing_ || closed_) return go();
    stage_.fault("a visitor was told " + std::string(text));
    settle();
    go();
  }
}

void Visitor::send(const boost::json::object& frame) {
  const std::string text = boost::json::serialize(frame);
  note("sent", text);
  socket_->send(text);
}

void Visitor::on_opened(const boost::json::object& frame) {
  conversation_ = word(part(frame, "conversation"), "id");
  if (stage_.record) stage_.record->begun(conversation_);
  stage_.by_conversation[conversation_] = weak_from_this();
  post();
}

void Visitor::post() {
  if (closed_ || closing_ || leaving_) return;
  const std::size_t index = static_cast<std::size_t>(visit_.at.time_since_epoch().count()) % questions.size();
  const char* const said = posted_ == 0 ? questions.at(index) : further.at((index + posted_) % further.size());
  ++posted_;
  send({{"t", "post"}, {"conversation", conversation_}, {"stream", stream}, {"n", posted_}, {"text", said}});
}

void Visitor::on_acked() {
  ++acked_;
  ++stage_.totals.visitor_messages;
  if (acked_ == 1) {
    ++stage_.totals.contacts;
    waits_ = true;
    patience_ = after(visit_.patience, &Visitor::give_up);
  }
  if (leaving_) leave();
}

void Visitor::on_entry(const boost::json::object& entry) {
  const std::string_view kind = word(entry, "kind");
  if (kind == "message" && word(part(entry, "author"), "role") == "agent") on_answer();
  if (kind == "closed" && stage_.record) stage_.record->ended(conversation_);
  if (kind == "closed" && !std::exchange(closed_, true)) on_closed();
}

void Visitor::on_answer() {
  // The answer may cross our wish to end it; whichever the server took first stands first in the chat.
  if (std::exchange(gave_up_, false)) {
    --stage_.totals.abandoned;
    ++stage_.totals.answered;
  }
  if (std::exchange(waits_, false)) {
    ++stage_.totals.answered;
    if (patience_) stage_.loop.cancel(*std::exchange(patience_, std::nullopt));
  }
  ++answers_;
  if (posted_ < visit_.messages()) {
    after(visit_.pauses.at(posted_ - 1), &Visitor::post);
  } else if (visit_.leaving != Leaving::lets_end) {
    after(thinks_before_leaving, &Visitor::say_goodbye);
  }
}

void Visitor::say_goodbye() {
  if (closed_ || closing_) return;
  if (visit_.leaving == Leaving::vanishes) return vanish();
  closing_ = true;
  send({{"t", "close"}, {"ref", close_ref}, {"conversation", conversation_}});
}

void Visitor::give_up() {
  patience_.reset();
  if (!std::exchange(waits_, false)) return;
  // An answer that is on its way to us was given all the same.
  const bool answered = !visit_.gives_up_openly && stage_.answered_by_desk.contains(conversation_);
  ++(answered ? stage_.totals.answered : stage_.totals.abandoned);
  if (!visit_.gives_up_openly) {
    if (!answered) stage_.left_unanswered.insert(conversation_);
    return vanish();
  }
  closing_ = gave_up_ = true;
  send({{"t", "close"}, {"ref", close_ref}, {"conversation", conversation_}});
}

// The stars come after the end, whoever ended it.
void Visitor::on_closed() {
  if (std::exchange(waits_, false)) ++stage_.totals.ended_by_desk;
  if (answers_ == 0 || visit_.rating == 0 || stage_.ending) return go();
  send({{"t", "rate"}, {"ref", rate_ref}, {"conversation", conversation_}, {"score", visit_.rating}});
}

void Visitor::leave() {
  if (gone_) return;
  leaving_ = true;
  // What the server has taken counts there: it is waited for, so that it counts here.
  if (acked_ < posted_ && !closed_) return;
  if (conversation_.empty() || closed_) {
    settle();
    return go();
  }
  if (closing_) return;
  gave_up_ = waits_;
  settle();
  closing_ = true;
  send({{"t", "close"}, {"ref", close_ref}, {"conversation", conversation_}});
}

void Visitor::settle() {
  if (std::exchange(waits_, false)) ++stage_.totals.abandoned;
}

void Visitor::go() {
  gone_ = true;
  if (patience_) stage_.loop.cancel(*std::exchange(patience_, std::nullopt));
  if (!socket_) return;
  note("closed");
  socket_->close();
}

void Visitor::vanish() {
  gone_ = true;
  if (!socket_) return;
  note("cut");
  std::exchange(socket_, nullptr)->cut();
}

}  // namespace heti::demo
