#pragma once
// One run: a machine with the service on it, the clients around it, and everything that happens between them. Actions
// come from people who are there (a seed), or from a script, and are carried out in the same way. After each durable
// batch the invariants are asked, after each restart the state is compared with what is known to be durable, and at the
// end the model has its say.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "service/core/invariants.hpp"
#include "tests/simulation/client.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/machine.hpp"
#include "tests/simulation/mirror.hpp"
#include "tests/simulation/script.hpp"
#include "tests/simulation/tally.hpp"

namespace heti::simulation {

class People;

struct WorldOptions {
  std::filesystem::path directory;  // of the journal; made and removed
  bool memory = false;              // journal without a disk
  bool verbose = false;             // each action and event to standard output
  bool model = true;
  int log = -1;  // a file that gets each action before it is carried out, for when the process dies of it
};

struct Outcome {
  Script script;  // as it was carried out
  std::vector<std::string> violations;
  Tally tally;
};

class World {
 public:
  World(Script script, WorldOptions options);
  ~World();

  // By the people of the seed, up to the end of its setup; or exactly the actions of the script.
  Outcome run_people();
  Outcome run_script();

  // For the people: what they may know.
  const Setup& setup() const { return setup_; }
  const Mirror& mirror() const { return mirror_; }
  Machine& machine() { return machine_; }
  const std::map<std::uint32_t, Visitor>& visitors() const { return visitors_; }
  const std::map<std::uint32_t, Console>& consoles() const { return consoles_; }

 private:
  Outcome run(const std::function<std::optional<Millis>()>& next, const std::function<void()>& wake);
  void describe() const;
  void carry_out(const Action& action);
  void run_machine();
  void finish();
  void judge();
  void check_conservation();

  // service.cpp: start, stop and what is checked then.
  void boot();
  std::string on_recovered(const journal::Journal& journal, const core::State& recovered);
  void set_up_workspace();
  void on_durable(const journal::Batch& offered, const sequencer::Durable& batch);
  void see(const std::vector<core::Event>& events, const core::State& state, bool told);
  void process_ended(Millis down);
  void fault(const Action& action);
  void operate(const Action& action);
  void set_calendar(std::uint32_t queue, Schedule schedule);

  // clients.cpp: visitors and agents.
  void visitor(const Action& action);
  void agent(const Action& action);
  void machine_words(const Action& action);
  void start(Visitor& visitor, const Action& action);
  void come_back(Visitor& visitor, std::int64_t tab);
  void leave(Visitor& visitor, std::int64_t tab);
  void connect(Console& console, std::int64_t name);
  void drop(Console& console, std::int64_t name);
  void drop_everybody();
  void write(core::Sender sender, const PublicId& conversation, Outbox& outbox, bool note);
  void send_pending(core::Sender sender, const PublicId& conversation, Outbox& outbox);
  void misbehave(core::Sender sender, const PublicId& conversation, Outbox& outbox, Verb verb);
  void answered(Outbox& outbox, const PublicId& conversation, std::uint64_t n, const core::Answer* answer);
  void set_status(const Action& action, core::AgentStatus status, bool by_other);

  // answers.cpp: what was answered, held against what is durable.
  void expect(std::function<std::string()> check) { checks_.push_back(std::move(check)); }
  void check_answers();
  void check_view(const core::ConversationView& view);
  void check_ack(const PublicId& conversation, const Outbox& outbox, const Outbox::Acked& acked);

  using Handler = std::function<void(const core::Answer* answer)>;  // null: it was lost on its way
  // False if the service takes nothing now.
  bool submit(core::Command command, Handler handler, bool* loses_answer = nullptr, bool reserved = false);
  core::ConnectionId new_connection();
  void violation(std::string what);
  void say(const std::string& line) const;

  Script script_;
  const WorldOptions options_;
  Setup setup_;
  std::unique_ptr<Storage> storage_;
  Mirror mirror_;
  Ledger ledger_;
  core::InvariantWatch watch_;
  Machine machine_;
  std::unique_ptr<People> people_;

  std::map<std::uint32_t, Visitor> visitors_;
  std::map<std::uint32_t, Console> consoles_;
  std::vector<Action> done_;
  std::vector<std::function<std::string()>> checks_;
  std::optional<Millis> boot_at_;
  Millis down_for_{};
  std::int64_t recovery_fails_at_ = 0;
  std::uint32_t boots_failed_ = 0;
  std::uint64_t connections_ = 0;
  std::uint64_t texts_ = 0;
  std::vector<std::string> violations_;
  Tally tally_;
};

}  // namespace heti::simulation
