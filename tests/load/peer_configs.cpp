#include "tests/load/peer_configs.hpp"

#include <fstream>

namespace heti::load {

namespace {

// Side s of pair p reads channel ps and writes to the other side's. Messages are kept for a moment only, as a relay
// would.
std::string nginx_config(const std::string& directory, std::uint16_t port) {
  return "load_module /usr/lib/nginx/modules/ngx_nchan_module.so;\n"
         "daemon off;\nworker_processes 1;\npid " +
         directory + "/nginx.pid;\nerror_log " + directory +
         "/error.log crit;\nworker_rlimit_nofile 20000;\nevents { worker_connections 19000; }\n"
         "http {\n  access_log off;\n  nchan_shared_memory_size 512M;\n  client_body_temp_path " +
         directory + "/body;\n  proxy_temp_path " + directory + "/proxy;\n  fastcgi_temp_path " + directory +
         "/fastcgi;\n  uwsgi_temp_path " + directory + "/uwsgi;\n  scgi_temp_path " + directory +
         "/scgi;\n"
         "  server {\n    listen 127.0.0.1:" +
         std::to_string(port) +
         " backlog=4096;\n"
         "    location ~ ^/pair/(\\w+)/0$ {\n      nchan_pubsub websocket;\n      nchan_publisher_channel_id $1_1;\n"
         "      nchan_subscriber_channel_id $1_0;\n      nchan_subscriber_first_message newest;\n"
         "      nchan_message_buffer_length 64;\n      nchan_message_timeout 5s;\n    }\n"
         "    location ~ ^/pair/(\\w+)/1$ {\n      nchan_pubsub websocket;\n      nchan_publisher_channel_id $1_0;\n"
         "      nchan_subscriber_channel_id $1_1;\n      nchan_subscriber_first_message newest;\n"
         "      nchan_message_buffer_length 64;\n      nchan_message_timeout 5s;\n    }\n  }\n}\n";
}

std::string mosquitto_config(std::uint16_t port) {
  return "listener " + std::to_string(port) +
         " 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\nmax_connections -1\n"
         "set_tcp_nodelay true\nmax_inflight_messages 0\nmax_queued_messages 0\n";
}

}  // namespace

std::expected<std::vector<std::string>, std::string> peer_command(const std::string& kind, const std::string& program,
                                                                  const std::string& directory, std::uint16_t port) {
  if (kind == "raw") return std::vector{program, std::to_string(port)};
  if (kind == "node") return std::vector<std::string>{"node", program, std::to_string(port)};
  if (kind == "nchan") {
    const std::string file = directory + "/nginx.conf";
    std::ofstream(file) << nginx_config(directory, port);
    return std::vector<std::string>{program, "-p", directory, "-c", file};
  }
  if (kind == "mosquitto") {
    const std::string file = directory + "/mosquitto.conf";
    std::ofstream(file) << mosquitto_config(port);
    return std::vector<std::string>{program, "-c", file};
  }
  return std::unexpected("peer " + kind + " is not known; one of heti, raw, node, nchan, mosquitto");
}

}  // namespace heti::load
