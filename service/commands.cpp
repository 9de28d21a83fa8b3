// The small commands: what is done once, beside a node or while none runs.
#include <iostream>

#include "service/core/invariants.hpp"
#include "service/demo_clock.hpp"
#include "service/gateway/secrets.hpp"
#include "service/heti.hpp"
#include "service/node_options.hpp"
#include "service/propose.hpp"
#include "service/sequencer/recovery.hpp"

namespace heti {

int failed(const std::string& sentence) {
  std::cerr << "heti: " << sentence << '\n';
  return exit_failed;
}

int apply(const config::Settings& settings) {
  if (const auto admitted = admit_clock(settings, {}); !admitted) return failed(admitted.error());
  auto journal = open_journal(settings, nullptr);
  if (!journal) return failed(journal.error());
  auto recovered = sequencer::recover(**journal);
  if (!recovered) return failed(recovered.error());
  const auto version = apply_proposal(**journal, *recovered, proposal(settings));
  if (!version) return failed(version.error());
  std::cout << "settings version " << *version << " is in force\n";
  return exit_ok;
}

int replay(const config::Settings& settings) {
  const auto journal = open_journal(settings, nullptr);
  if (!journal) return failed(journal.error());
  const auto whole = sequencer::replay(**journal);
  if (!whole) return failed(whole.error());
  const auto quick = sequencer::recover(**journal);
  if (!quick) return failed(quick.error());
  const std::string bytes = core::state_bytes(whole->state);
  std::cout << "position " << whole->position.value() << ", " << whole->events << " events, state of " << bytes.size()
            << " bytes\n";
  if (bytes != core::state_bytes(quick->state)) {
    return failed("replay from the beginning and from snapshot " + std::to_string(quick->snapshot_position.value()) +
                  " give different states");
  }
  for (const std::string& broken : core::broken_invariants(whole->state, true)) {
    return failed("the state breaks invariant " + broken);
  }
  std::cout << "replay from the beginning and from snapshot " << quick->snapshot_position.value()
            << " give the same bytes\n";
  return exit_ok;
}

int set_password(const config::Settings& settings, const std::string& login) {
  bool known = false;
  for (const auto& agent : settings.agents) known = known || agent.name == login;
  if (!known) return failed("agent \"" + login + "\" is not in the settings; add a section [agent." + login + "]");
  std::string password;
  std::getline(std::cin, password);
  auto secrets = open_secrets(settings);
  if (!secrets) return failed(secrets.error());
  if (const auto set = (*secrets)->set_password(login, password); !set) return failed(set.error());
  std::cout << "the password of " << login << " is set; its sessions have ended\n";
  return exit_ok;
}

int list_logins(const config::Settings& settings) {
  auto secrets = open_secrets(settings);
  if (!secrets) return failed(secrets.error());
  const auto logins = (*secrets)->logins();
  if (!logins) return failed(logins.error());
  for (const std::string& login : *logins) std::cout << login << '\n';
  return exit_ok;
}

}  // namespace heti
