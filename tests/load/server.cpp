#include "tests/load/server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "tests/free_port.hpp"
#include "tests/load/accounts.hpp"
#include "tests/load/http.hpp"
#include "tests/load/peer_configs.hpp"
#include "tests/load/process.hpp"

namespace heti::load {

namespace {

using Environment = std::map<std::string, std::string>;

struct Command {
  std::vector<std::string> words;
  Environment environment;
  std::string input;
  std::string log;  // a file
  std::vector<int> cores;
};

// The child's own variables, without those that would change Heti's settings.
std::vector<std::string> environment_of(const Environment& extra) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::strncmp(*variable, "HETI_", 5) != 0) all.emplace_back(*variable);
  }
  for (const auto& [name, value] : extra) {
    std::string pair = name;
    pair += '=';
    pair += value;
    all.push_back(std::move(pair));
  }
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t spawn(const Command& command) {
  std::array<int, 2> input{};
  if (pipe(input.data()) != 0) return -1;
  std::vector<std::string> words = command.words;
  std::vector<std::string> environment = environment_of(command.environment);
  const std::vector<char*> arguments = pointers_to(words);
  const std::vector<char*> variables = pointers_to(environment);
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // No server outlives a tool that was killed.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    dup2(input[0], 0);
    close(input[0]);
    close(input[1]);
    const int log = open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(log, 1);
    dup2(log, 2);
    if (!command.cores.empty()) pin_to(0, command.cores);
    execvpe(arguments[0], arguments.data(), variables.data());
    std::fprintf(stderr, "%s: %s\n", arguments[0], std::strerror(errno));
    _exit(127);
  }
  close(input[0]);
  if (!command.input.empty()) {
    const ssize_t written = write(input[1], command.input.data(), command.input.size());
    if (written < 0) std::fprintf(stderr, "%s takes no input\n", arguments[0]);
  }
  close(input[1]);
  return pid;
}

std::string tail_of(const std::string& log) {
  std::ifstream file(log);
  std::string all((std::istreambuf_iterator<char>(file)), {});
  return all.size() > 600 ? all.substr(all.size() - 600) : all;
}

bool listens(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const auto address = address_of("127.0.0.1", port);
  const bool is = connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
  close(fd);
  return is;
}

bool is_ready(std::uint16_t metrics_port) {
  if (!listens(metrics_port)) return false;
  const auto answer = http_request(*address_of("127.0.0.1", metrics_port), "127.0.0.1", "GET", "/readyz", "", "");
  return answer && answer->status == 200;
}

// Runs to its end. Nothing if it ended well.
[[nodiscard]] std::expected<void, std::string> run(const Command& command) {
  int status = 0;
  waitpid(spawn(command), &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return std::unexpected(command.words[0] + " failed: " + tail_of(command.log));
}

}  // namespace

class ServerStarter {
 public:
  static std::expected<std::unique_ptr<Server>, std::string> make() {
    std::string pattern = (std::filesystem::temp_directory_path() / "heti-load-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) return std::unexpected("mkdtemp " + pattern + ": " + std::strerror(errno));
    std::unique_ptr<Server> server(new Server(std::move(pattern)));
    server->port_ = test::free_port();
    return server;
  }

  template <class Ready>
  static std::expected<void, std::string> launch(Server& server, const Command& command, Ready&& ready) {
    server.pid_ = spawn(command);
    server.leftover_.set_process(server.pid_);
    for (int i = 0; i < 1500; ++i) {
      if (ready()) return {};
      int status = 0;
      if (waitpid(server.pid_, &status, WNOHANG) == server.pid_) {
        server.leftover_.set_process(-1);
        return std::unexpected(command.words[0] + " ended at its start: " + tail_of(command.log));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return std::unexpected(command.words[0] + " is not ready after 30 s: " + tail_of(command.log));
  }
};

std::string heti_config(const HetiSettings& settings, std::uint16_t port, std::uint16_t metrics_port,
                        const std::string& directory) {
  const std::string connections = std::to_string(settings.connections_max);
  std::string text = "threads = " + std::to_string(settings.threads) +
                     "\n[listen]\naddress = \"127.0.0.1\"\nport = " + std::to_string(port) +
                     "\n[metrics]\nport = " + std::to_string(metrics_port) + "\n[journal]\npath = \"" + directory +
                     "/data\"\nkind = \"" + settings.journal + "\"\n[log]\nlevel = \"warning\"\n" +
                     "[probe]\nenabled = false\n" + "[limits]\nconnections_max = " + connections +
                     "\nconnections_per_ip_max = " + connections +
                     "\nvisitor_messages_per_second = 1000\nvisitor_messages_burst = 10000\n"
                     "agent_messages_per_second = 10000\nagent_messages_burst = 100000\n"
                     "frames_per_second = 100000\nframes_burst = 1000000\n"
                     "outbox_bytes_max = 16777216\noutbox_total_bytes_max = 2147483647\nmailbox_max = "
                     "1048576\n[timeouts]\ndrain = \"0s\"\n";
  const HetiStaff& staff = *settings.staff;
  for (const std::string& queue : staff.queues) {
    text += "[queue." + queue + "]\ntimezone = \"Europe/Helsinki\"\nhours.mon-sun = [\"00:00-24:00\"]\n" +
            "offer_timeout = \"10m\"\nwrapup = \"1h\"\n";
  }
  for (std::size_t i = 0; i < staff.logins.size(); ++i) {
    std::string served;
    for (const std::size_t queue : staff.queues_of[i])
      served += (served.empty() ? "\"" : ", \"") + staff.queues[queue] + '"';
    text += "[agent." + staff.logins[i] + "]\nqueues = [" + served +
            "]\ncapacity = " + std::to_string(HetiStaff::chats_each) + "\n";
  }
  return text;
}

std::expected<std::unique_ptr<Server>, std::string> start_heti(const std::string& program, const HetiSettings& settings,
                                                               const std::vector<int>& cores) {
  auto server = ServerStarter::make();
  if (!server) return server;
  const std::string& directory = (*server)->directory();
  const std::uint16_t metrics_port = test::free_port();
  std::ofstream(directory + "/heti.toml") << heti_config(settings, (*server)->port(), metrics_port, directory);
  std::filesystem::create_directory(directory + "/web");
  std::fprintf(
      stderr,
      "Heti runs in %s with a configuration of its own: %zu connections from one address, up to 1,000 messages/s "
      "of a visitor and 10,000/s of an agent, 16 MiB to a slow socket and 2 GiB to all, a mailbox of 1,048,576.\n",
      directory.c_str(), settings.connections_max);
  Command command{.words = {program, "set-password", ""},
                  .environment = {{"HETI_CONFIG", directory + "/heti.toml"}, {"HETI_WEB_ROOT", directory + "/web"}},
                  .input = settings.staff->password,
                  .log = directory + "/log",
                  .cores = {}};
  const std::vector<std::string>& logins = settings.staff->logins;
  if (!logins.empty()) {
    std::fprintf(stderr, "making %zu accounts, under password hashes of the smallest cost\n", logins.size());
    command.words[2] = logins.front();  // The store is Heti's to make.
    if (auto made = run(command); !made) return std::unexpected(made.error());
    const std::string store = directory + "/data/secrets.db";
    if (auto made = make_cheap_accounts(store, logins, settings.staff->password); !made) {
      return std::unexpected(made.error());
    }
  }
  command.words = {program, "run"};
  command.input.clear();
  command.cores = cores;
  if (auto up = ServerStarter::launch(**server, command, [&] { return is_ready(metrics_port); }); !up) {
    return std::unexpected(up.error());
  }
  return server;
}

std::expected<std::unique_ptr<Server>, std::string> start_peer(const std::string& kind, const std::string& program,
                                                               const std::vector<int>& cores) {
  auto server = ServerStarter::make();
  if (!server) return server;
  const std::string& directory = (*server)->directory();
  const std::uint16_t port = (*server)->port();
  auto words = peer_command(kind, program, directory, port);
  if (!words) return std::unexpected(words.error());
  const Command command{
      .words = std::move(*words), .environment = {}, .input = {}, .log = directory + "/log", .cores = cores};
  if (auto up = ServerStarter::launch(**server, command, [port] { return listens(port); }); !up) {
    return std::unexpected(up.error());
  }
  return server;
}

}  // namespace heti::load
