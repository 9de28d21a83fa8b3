#include "tests/load/options.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <string_view>

namespace heti::load {

namespace {

constexpr std::size_t queues_max = 50;  // that Heti allows

using Setter = std::function<bool(std::string_view)>;

template <class Number>
Setter number(Number& to) {
  return [&to](std::string_view text) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), to);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
  };
}

Setter word(std::string& to) {
  return [&to](std::string_view text) {
    to = text;
    return !text.empty();
  };
}

Setter flag(bool& to) {
  return [&to](std::string_view text) {
    to = text == "1";
    return text == "0" || text == "1";
  };
}

Setter cores(std::vector<int>& to) {
  return [&to](std::string_view text) {
    to.clear();
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      int core = -1;
      if (!number(core)(text.substr(0, comma)) || core < 0) return false;
      to.push_back(core);
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return !to.empty();
  };
}

}  // namespace

std::string usage() {
  return R"(usage: heti_load MODE [--peer heti|raw|node|nchan|mosquitto] (--server PROGRAM | --pid PID --port PORT) [options]

  closed      each of --pairs has --window messages under way        --pairs 500 --window 1
  open        --rate messages a second, whatever comes back          --pairs 500 --rate 5000
  idle        --connections that say nothing: memory of each         --connections 15000 --wait 60
  handshakes  connects, is greeted and goes, --at-once at a time     --seconds 10 --at-once 64
  storm       all cut by reset, all come back, --at-once at a time   --connections 10000 --at-once 500
  life        whole chats from start to rating (Heti only)           --chats 2000 --at-once 50
  disk        what a write with fdatasync takes in the directory for temporary files
  config      prints the settings that --server would get (Heti only)

  --server PROGRAM   starts it in a directory of its own: heti, raw_relay, relay.mjs, nginx, mosquitto
  --pid, --host, --port   of a server that runs; it needs the settings and accounts of `config`
  --seconds 10 --warm-up 2   what is measured, and what comes before it
  --messages N       closed: so many are measured, however long it takes
  --beside N         closed, open: so many visitors of Heti are there as well and say nothing
  --depth welcome|started|posted   how far the clients of idle, handshakes, storm and --beside go on Heti
  --posting 1        storm: a post of each client is under way when it is cut
  --queues N         queues of the chats; else one for each fifty pairs, but at most 50
  --agents N         agents, spread over the queues; else one for each ten pairs
  --screens 1        sockets of each agent, who has ten chats; with 10 each chat has a socket of its own on both sides
  --message-bytes 120   length of a post's JSON text
  --threads 1, --journal sqlite|memory   of a Heti that is started
  --server-cores 0, --own-core 1   where they run; --own-core -1 leaves the tool free
  --json FILE        the figures once more

It ends with 1 if anything was lost, doubled or out of order, with 2 if it could not run.
)";
}

std::expected<Options, std::string> read_options(int argc, char** argv) {
  Options options;
  const std::map<std::string, Setter, std::less<>> setters{
      {"--peer", word(options.peer)},
      {"--server", word(options.server)},
      {"--pid", number(options.pid)},
      {"--host", word(options.host)},
      {"--port", number(options.port)},
      {"--pairs", number(options.pairs)},
      {"--window", number(options.window)},
      {"--rate", number(options.rate)},
      {"--seconds", number(options.seconds)},
      {"--warm-up", number(options.warm_up)},
      {"--connections", number(options.connections)},
      {"--at-once", number(options.at_once)},
      {"--wait", number(options.wait)},
      {"--depth", word(options.depth)},
      {"--posting", flag(options.posting)},
      {"--chats", number(options.chats)},
      {"--queues", number(options.queues)},
      {"--agents", number(options.agents)},
      {"--messages", number(options.messages)},
      {"--beside", number(options.beside)},
      {"--screens", number(options.screens)},
      {"--message-bytes", number(options.message_bytes)},
      {"--threads", number(options.threads)},
      {"--journal", word(options.journal)},
      {"--server-cores", cores(options.server_cores)},
      {"--own-core", number(options.own_core)},
      {"--json", word(options.json)},
  };
  if (argc < 2) return std::unexpected(usage());
  options.mode = argv[1];
  for (int i = 2; i < argc; i += 2) {
    const auto setter = setters.find(argv[i]);
    if (setter == setters.end()) return std::unexpected(std::string(argv[i]) + " is not known\n\n" + usage());
    if (i + 1 == argc || !setter->second(argv[i + 1])) {
      return std::unexpected(std::string(argv[i]) + " needs a value of its kind\n\n" + usage());
    }
  }
  if (options.mode != "config" && options.mode != "disk" && options.server.empty() &&
      (options.pid == 0 || options.port == 0)) {
    return std::unexpected("either --server, or --pid and --port\n\n" + usage());
  }
  if (options.pairs == 0 || options.window == 0 || options.at_once == 0 || options.screens == 0 ||
      !(options.rate > 0)) {
    return std::unexpected("--pairs, --window, --at-once, --screens and --rate must be more than 0\n");
  }
  if (options.beside > 0 && (options.peer != "heti" || (options.mode != "closed" && options.mode != "open"))) {
    return std::unexpected("--beside is for closed and open on Heti only\n");
  }
  if (options.queues == 0) options.queues = std::min<std::size_t>((options.pairs + 49) / 50, queues_max);
  return options;
}

}  // namespace heti::load
