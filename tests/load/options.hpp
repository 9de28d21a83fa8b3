#pragma once
// The command line of heti_load.
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace heti::load {

struct Options {
  std::string mode;           // closed, open, idle, handshakes, storm, life, disk, config
  std::string peer = "heti";  // or raw, node, nchan, mosquitto
  std::string server;         // the program to start; empty: one that runs
  int pid = 0;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;

  std::size_t pairs = 500;
  std::size_t window = 1;
  double rate = 5000;
  double seconds = 10;
  double warm_up = 2;
  std::size_t messages = 0;  // closed: measured are so many instead of `seconds`
  std::size_t beside = 0;    // closed, open: visitors of Heti who are there and say nothing
  std::size_t connections = 10000;
  std::size_t at_once = 500;
  double wait = 60;      // after a mass disconnect
  std::string depth;     // of Heti's crowds; empty: the mode's own
  bool posting = false;  // storm: a post of each client is under way when it is cut
  std::size_t chats = 2000;
  std::size_t queues = 0;  // 0: one for each fifty pairs
  std::size_t agents = 0;  // 0: as many as the pairs need
  std::size_t screens = 1;
  std::size_t message_bytes = 120;
  int threads = 1;
  std::string journal = "sqlite";
  std::vector<int> server_cores{0};
  int own_core = 1;
  std::string json;
};

[[nodiscard]] std::expected<Options, std::string> read_options(int argc, char** argv);
std::string usage();

}  // namespace heti::load
