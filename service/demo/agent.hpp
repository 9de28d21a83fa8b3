#pragma once
// One agent of the script: logs in for a shift, takes what is offered, answers, ends, and goes.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "service/demo/stage.hpp"

namespace heti::demo {

class Agent : public std::enable_shared_from_this<Agent> {
 public:
  // `number` tells the agents of a demonstration apart.
  Agent(Stage& stage, std::string login, std::size_t number)
      : stage_(stage), login_(std::move(login)), number_(number) {}

  void begin_shift();
  // Takes nothing more, ends what is at hand, then leaves.
  void end_shift();
  // The cable is pulled while there is a chat at hand, if there is one before `back`; begin_shift() comes back.
  void lose_connection(Instant back);
  // The demonstration is over.
  void leave();
  bool is_here() const { return socket_ != nullptr || connecting_; }
  // A GET in this agent's session; nullopt before the first login.
  std::optional<client::Request> reading(std::string target) const;
  const std::string& login() const { return login_; }

 private:
  void ask_for_ticket();
  void connect(const std::string& ticket);
  void on_text(std::string_view text);
  void on_chat(const boost::json::object& chat);
  void ring(const std::string& conversation);
  // Something is to be answered or ended: once the time is up, unless it has changed hands.
  void consider(const std::string& conversation);
  void answer(const std::string& conversation);
  void close_later(const std::string& conversation, Millis pause);
  void go_if_done();
  void ask(boost::json::object frame);
  void send(const boost::json::object& frame);
  void note(std::string_view what, std::string_view frame = {}) const { stage_.note(login_, connection_, what, frame); }
  void failed(const std::string& step, const std::string& why);
  client::Request request(std::string target, const boost::json::object& body) const;
  // Not if the connection is another one by then.
  void after(Millis time, std::function<void(Agent&)> step);

  Stage& stage_;
  const std::string login_;
  const std::size_t number_;
  std::string cookie_;
  std::shared_ptr<client::WebSocket> socket_;
  std::uint64_t connection_ = 0;
  std::int64_t ref_ = 0;
  std::set<std::int64_t> unanswered_;  // refs of wishes: whoever leaves before has not seen what became of them
  bool connecting_ = false;
  bool on_shift_ = false;
  bool over_ = false;
  std::size_t unacked_ = 0;
  std::set<std::string> mine_;       // assigned to me
  std::set<std::string> ringing_;    // offered to me
  std::set<std::string> busy_with_;  // an answer or an end is on its way
  std::set<std::string> wrapping_up_;
  std::map<std::string, std::uint64_t> posts_;  // n of this connection's stream
};

}  // namespace heti::demo
