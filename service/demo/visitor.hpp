#pragma once
// One visitor of the script, over a socket of its own.
#include <memory>
#include <optional>
#include <string>

#include "service/demo/stage.hpp"

namespace heti::demo {

class Visitor : public std::enable_shared_from_this<Visitor> {
 public:
  // `number` tells the visitors of a demonstration apart.
  Visitor(Stage& stage, Visit visit, std::size_t number)
      : stage_(stage), visit_(std::move(visit)), name_("visitor " + std::to_string(number)) {}

  void come();
  // The demonstration is over: ends the chat, if there is one, and leaves.
  void leave();
  bool is_gone() const { return gone_; }

  // ---- For the agent who has the chat: what the script says of it, not what the server does.

  const Visit& visit() const { return visit_; }
  // What was sent counts, not what was acknowledged: the agent may read of it first.
  bool wants_answer() const { return !gone_ && posted_ > answers_; }
  std::size_t answers() const { return answers_; }
  bool all_said() const { return answers_ >= visit_.messages(); }
  // The first who asks declines, or hands on; nobody does it twice.
  bool take_decline() { return std::exchange(decline_, false); }
  bool take_handing_on() { return answers_ >= 1 && std::exchange(hand_on_, false); }

 private:
  void on_text(std::string_view text);
  void on_opened(const boost::json::object& frame);
  void on_acked();
  void on_entry(const boost::json::object& entry);
  void on_answer();
  void on_closed();
  void post();
  void say_goodbye();
  void give_up();
  void settle();  // this contact waits no longer
  void go();      // says goodbye to the server
  void vanish();  // does not
  void send(const boost::json::object& frame);
  void note(std::string_view what, std::string_view frame = {}) const { stage_.note(name_, 1, what, frame); }
  // Unless it is over by then.
  client::Loop::Timer after(Millis time, void (Visitor::*step)());

  Stage& stage_;
  const Visit visit_;
  const std::string name_;
  std::shared_ptr<client::WebSocket> socket_;
  std::string conversation_;
  std::size_t posted_ = 0;
  std::size_t acked_ = 0;
  std::size_t answers_ = 0;
  std::optional<client::Loop::Timer> patience_;
  bool decline_ = visit_.declined;
  bool hand_on_ = visit_.handed_on;
  bool waits_ = false;
  bool gave_up_ = false;  // asked for the end before an answer was read
  bool closing_ = false;  // we asked for the end
  bool closed_ = false;   // the chat is over
  bool leaving_ = false;  // the demonstration is over
  bool gone_ = false;
};

}  // namespace heti::demo
