// The text of a config file, and behind the first NUL byte lines of NAME=VALUE for the environment. What loads must
// print as a file that loads to the same settings; what does not load must say so with a sentence.
#include "config/load.hpp"
#include "config/print.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace heti;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto zero = bytes.find('\0');
  config::Environment environment;
  for (std::string_view rest = zero == std::string_view::npos ? std::string_view{} : bytes.substr(zero + 1);
       !rest.empty();) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const auto equals = line.find('=');
    if (equals != std::string_view::npos)
      environment.emplace("HETI_" + std::string(line.substr(0, equals)), line.substr(equals + 1));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  const auto zone_exists = [](std::string_view name) { return name == "Europe/Helsinki" || name == "UTC"; };
  const Instant now = instant_from_ms(1'780'293'600'000);
  const auto loaded = config::load_text(bytes.substr(0, zero), "heti.toml", environment, zone_exists, now);
  if (!loaded) {
    fuzz::promise(!loaded.error().empty(), "a refusal has a reason");
    for (const config::Problem& problem : loaded.error()) {
      fuzz::promise(!config::to_string(problem).empty(), "a reason is a sentence");
    }
    return 0;
  }
  for (const config::Warning& warning : loaded->warnings) {
    fuzz::promise(!config::to_string(warning).empty(), "a warning is a sentence");
  }
  const auto again = config::load_text(config::print_config(loaded->settings), "printed", {}, zone_exists, now);
  fuzz::promise(again.has_value(), again ? "" : "what is printed loads: " + config::to_string(again.error().front()));
  fuzz::promise(again->settings == loaded->settings, "what is printed loads to the same settings");
  return 0;
}
